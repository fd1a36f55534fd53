"""Changes of a write as MongoDB's commands, each in the write's transaction where it has one, and
the steps that they are for the counts.

Not here: what is one transaction (store.py), or the form of a step (counts.py).
"""

from collections.abc import Sequence
from contextlib import suppress

from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, OperationFailure

from biosight.errors import Stale
from biosight.storage.declarations import declared_by
from biosight.storage.mongo.access import MongoAccess
from biosight.storage.mongo.adding_up import AGAIN
from biosight.storage.mongo.counts import (
    COUNTED,
    form_of,
    groups_of,
    shown_for_steps,
    steps_between,
)
from biosight.storage.mongo.documents import Document, to_document
from biosight.storage.mongo.leaning import moves_others, own_point, points_of, record_concerned
from biosight.storage.records import Gone, Insert, Record, Remove, Replace, Require, Write


def carry_out(access: MongoAccess, changes: Sequence[Write], session: ClientSession | None) -> None:
    """Make changes, and note the steps that they are for the counts."""
    # Shared requirements are touched last: uploads into one collection conflict only briefly.
    needs = [change for change in changes if isinstance(change, Require)]
    steps: dict[type[Record], list[Document]] = {}
    for change in changes:
        if not isinstance(change, Require):
            kind, _ = record_concerned(change)
            steps.setdefault(kind, []).extend(make_change(access, change, session))
    for kind, some in steps.items():
        note_steps(access, kind, some, session)
    for change in needs:
        require(access, change, session)


def note_steps(
    access: MongoAccess, kind: type[Record], steps: list[Document], session: ClientSession | None
) -> None:
    """Note what a write changes in a kind's counts: new documents, which no other write
    touches."""
    if steps:
        access.steps_of(kind).insert_many(steps, session=session)
        access.noted[kind] += len(steps)


def lean(
    access: MongoAccess, kind: type[Record], id: str, at: list[str], session: ClientSession
) -> None:
    """Touch points of a record. Where they are absent, create them and restart the
    transaction."""
    touched = {"$inc": {"touched": 1}}
    done = access.leaning.update_many({"_id": {"$in": at}}, touched, session=session)
    if done.matched_count == len(at):
        return
    with suppress(BulkWriteError):  # some of them exist already
        access.leaning.insert_many([{"_id": p} for p in points_of(kind, id)], ordered=False)
    raise OperationFailure("Begin anew.", details=AGAIN)


def make_change(
    access: MongoAccess, change: Insert | Replace | Remove, session: ClientSession | None
) -> list[Document]:
    """Make one change; return the steps that it is for the counts. Raises DuplicateKeyError or
    Stale."""
    if session is not None and moves_others(change):
        kind, id = record_concerned(change)
        lean(access, kind, id, points_of(kind, id), session)
    if isinstance(change, Insert):
        kept = counted_document(change.record)
        access.of(type(change.record)).insert_one(kept, session=session)
        return steps_between(type(change.record), None, kept)
    if isinstance(change, Replace):
        return replace(access, change, session)
    return remove_one(access, change, session)


def replace(access: MongoAccess, change: Replace, session: ClientSession | None) -> list[Document]:
    """Replace a record by compare-and-set on its version; return the steps. Raises Stale."""
    kind, kept = type(change.record), counted_document(change.record)
    # A sharded cluster finds the document by these fields as they were.
    place = {f: getattr(change.was or change.record, f) for f in declared_by(kind).sharded_by}
    chosen = {"_id": kept["_id"], "version": change.expected, **place}
    before = before_replacing(access, change, session)
    done = access.of(kind).replace_one(chosen, kept, session=session)
    if not done.matched_count:
        raise Stale("Somebody changed this in the meantime.")
    return steps_between(kind, before, kept)


def before_replacing(
    access: MongoAccess, change: Replace, session: ClientSession | None
) -> Document | None:
    """Return the document that is replaced, as far as counts rest on it; None where none do. The
    record as it was is at hand for most: the version that must still be there says that it is."""
    kind = type(change.record)
    if not groups_of(kind):
        return None
    if change.was is not None:
        return counted_document(change.was)
    chosen = {"_id": change.record.id, "version": change.expected}
    return access.of(kind).find_one(chosen, shown_for_steps(kind), session=session)


def remove_one(
    access: MongoAccess, change: Remove, session: ClientSession | None
) -> list[Document]:
    """Remove one record; return the steps. Raises Stale when an expected version is not
    there."""
    chosen: Document = {"_id": change.id}
    if change.expected is not None:
        chosen["version"] = change.expected
    before: Document | None = None
    if groups_of(change.kind):
        # By its id alone, which a sharded cluster takes for a deletion.
        shown = shown_for_steps(change.kind)
        before = access.of(change.kind).find_one(chosen, shown, session=session)
    done = access.of(change.kind).delete_one(chosen, session=session)
    if change.expected is not None and not done.deleted_count:
        raise Stale("Somebody changed this in the meantime.")
    return steps_between(change.kind, before, None)


def require(access: MongoAccess, change: Require, session: ClientSession | None) -> None:
    """Require that a record is there, as it must be. Raises Gone or Stale."""
    # A read alone does not conflict with another's write: two transactions that each require
    # what the other changes could both succeed. A write makes one of them start again.
    chosen = {"_id": change.id, **dict(change.holds)}
    kept = access.of(change.kind)
    if session is not None and change.expected is None and declared_by(change.kind).leaned_on:
        if kept.find_one(chosen, session=session) is None:
            raise Gone(change.kind, change.id)
        lean(access, change.kind, change.id, [own_point(change.kind, change.id)], session)
        return
    touched = {"$inc": {"touched": 1}}
    if not kept.update_one(chosen, touched, session=session).matched_count:
        raise Gone(change.kind, change.id)
    if change.expected is None:
        return
    found = kept.find_one({"_id": change.id}, session=session)
    if found is None or found["version"] != change.expected:
        raise Stale("Somebody changed this in the meantime.")


def is_counted(change: Write) -> bool:
    """Return whether a change may be a step for counts."""
    return not isinstance(change, Require) and bool(groups_of(record_concerned(change)[0]))


def counted_document(record: Record) -> Document:
    """Return a record as its document, which says what counts hold it."""
    kind = type(record)
    return {**to_document(record), **({COUNTED: form_of(kind)} if groups_of(kind) else {})}
