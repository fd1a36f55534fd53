"""Adding up: steps become counts, and documents that were never counted are counted.

Not here: what a step or a count is (counts.py), or when steps are added up (store.py, making.py).
"""

from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, OperationFailure

from biosight.storage.mongo.access import MongoAccess
from biosight.storage.mongo.counts import (
    COUNTED,
    added_to,
    form_of,
    shown_for_steps,
    steps_between,
)
from biosight.storage.mongo.documents import Document
from biosight.storage.records import AT_ONCE, Record

MOST_STEPS = 2_000  # added up in one transaction
AGAIN = {"errorLabels": ["TransientTransactionError"]}
OCCUPIED = 11000  # DuplicateKey


def add_up_all(access: MongoAccess, kind: type[Record]) -> None:
    """Add up all steps of a kind."""
    while add_up(access, kind) == MOST_STEPS:
        pass


def add_up(access: MongoAccess, kind: type[Record]) -> int:
    """Add up the earliest steps of a kind in one transaction; return how many there were."""
    many = 0

    def body(session: ClientSession | None) -> None:
        nonlocal many
        kept = access.steps_of(kind)
        steps = list(kept.find({}, session=session).sort("_id", 1).limit(MOST_STEPS))
        many = len(steps)
        add_to_counts(access, kind, steps, session)
        if steps:
            ids = [one["_id"] for one in steps]
            kept.delete_many({"_id": {"$in": ids}}, session=session)

    access.transact(body)
    return many


def add_to_counts(
    access: MongoAccess, kind: type[Record], steps: list[Document], session: ClientSession | None
) -> None:
    """Add steps to the counts, and remove counts of nothing."""
    counts, added = access.counts_of(kind), added_to(kind, steps)
    if not added:
        return
    try:
        updates = {id: update_of(change) for id, change in added.items()}
        access.update_each(counts, updates, session, create=True)
    except BulkWriteError as error:
        if any(e.get("code") != OCCUPIED for e in error.details.get("writeErrors", ())):
            raise
        # Another process made the same count at the same moment.
        raise OperationFailure("Begin anew.", details=AGAIN) from error
    fewer = [id for id, change in added.items() if change["n"] < 0]
    if fewer:
        counts.delete_many({"_id": {"$in": fewer}, "n": 0, "total": 0}, session=session)


def update_of(change: Document) -> Document:
    """Return the update for one count: what is added, and what a new one is made with."""
    added = {name: change[name] for name in ("n", "total")}
    return {"$inc": added, "$setOnInsert": {k: v for k, v in change.items() if k not in added}}


def count_all(access: MongoAccess, kind: type[Record]) -> None:
    """Count all documents of a kind that are not counted yet. An interrupted count goes on where it
    stopped; what is written meanwhile is counted once."""
    last = ""
    while found := count_some(access, kind, last):
        last = found


def count_some(access: MongoAccess, kind: type[Record], last: str) -> str:
    """Count the next uncounted documents after the id `last`, in one transaction. Return the id of
    the last one, "" when none was left."""
    reached = ""

    def body(session: ClientSession | None) -> None:
        nonlocal reached
        kept, form = access.of(kind), form_of(kind)
        chosen = {"_id": {"$gt": last}, COUNTED: {"$ne": form}}
        every = kept.find(chosen, shown_for_steps(kind), session=session)
        new = list(every.sort("_id", 1).limit(AT_ONCE))
        reached = new[-1]["_id"] if new else ""
        if not new:
            return
        steps = [s for d in new for s in steps_between(kind, None, d)]
        add_to_counts(access, kind, steps, session)
        ids = [d["_id"] for d in new]
        kept.update_many({"_id": {"$in": ids}}, {"$set": {COUNTED: form}}, session=session)

    access.transact(body)
    return reached
