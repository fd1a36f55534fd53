"""Records in MongoDB, through PyMongo: the store that several instances share.

A kind is a collection, a record a document whose `_id` is the record's id. A write of several
records is one transaction, so the server must be a replica set of at least one member
(docs/decisions/0016). Not here: what the records mean.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy

from pymongo import ASCENDING
from pymongo.client_session import ClientSession
from pymongo.database import Database

from biosight.errors import BioSightError
from biosight.storage.declarations import declared_by, lists_of
from biosight.storage.mongo.access import MongoAccess
from biosight.storage.mongo.adding_up import add_up
from biosight.storage.mongo.changes import carry_out, is_counted, note_steps
from biosight.storage.mongo.connection import (
    MAKING_SECONDS,
    bounded_calls,
    check_database_name,
    check_transactions,
    client_of,
    translated_errors,
)
from biosight.storage.mongo.counts import (
    StagesOn,
    groups_of,
    shown_for_steps,
    steps_between,
)
from biosight.storage.mongo.documents import (
    NUMBER,
    Document,
    condition,
    from_document,
    matching,
    name_of,
    pipeline,
    sort_keys,
    sorted_by,
)
from biosight.storage.mongo.leaning import moves_others, points_of
from biosight.storage.mongo.making import make_ready
from biosight.storage.mongo.reading_counts import asked_to_count, count_texts, sums
from biosight.storage.records import (
    AT_ONCE,
    Order,
    Position,
    Question,
    R,
    Record,
    Remove,
    Value,
    Where,
    Write,
)

STEPS_AT_ONCE = 500  # noted by this process before it adds steps up
MOST_JOINED = 300  # pipelines in one command; a server takes up to 1,000 stages


def open_mongo(url: str, kinds: Sequence[type[Record]]) -> "MongoRecords":
    """Return the records of the database that the URL names, "biosight" where it names none.

    Raises BadRequest for an invalid URL, Unavailable when the server can't be reached.
    """
    client = client_of(url)
    try:
        check_database_name(url)
        database = client.get_default_database("biosight")
        with bounded_calls():
            check_transactions(client.admin.command("hello"))
        return MongoRecords(database, kinds)
    except BaseException:
        client.close()
        raise


class MongoRecords(MongoAccess):
    """The MongoDB adapter of Records."""

    def __init__(self, database: Database[Document], kinds: Sequence[type[Record]]) -> None:
        super().__init__(database)
        with bounded_calls(MAKING_SECONDS):
            make_ready(self, kinds)

    @contextmanager
    def still(self) -> Iterator["MongoRecords | None"]:
        """Yield the records in a snapshot session (MongoDB 5 and newer), which servers keep for
        five minutes by default."""
        with translated_errors(), self.database.client.start_session(snapshot=True) as session:
            read = copy(self)
            read.moment = session
            yield read

    def get(self, kind: type[R], id: str) -> R | None:
        with bounded_calls():
            kept = self.of(kind).find_one({"_id": id}, session=self.moment)
        return from_document(kind, kept) if kept else None

    def find(
        self,
        kind: type[R],
        where: Sequence[Where] = (),
        *,
        order: Order = Order(),  # noqa: B008 - frozen
        after: Position | None = None,
        limit: int = 100,
    ) -> list[R]:
        chosen, keys = matching(Question(where, order, after)), list(sort_keys(order).items())
        with bounded_calls():
            every = self.of(kind).find(chosen, session=self.moment)
            found = list(every.sort(keys).limit(limit)) if limit else []
        return [from_document(kind, kept) for kept in found]

    def find_each(self, kind: type[R], questions: Sequence[Question]) -> list[list[R]]:
        """Return the answer to each of several questions, MOST_JOINED in one command: a union of
        their pipelines, each by its own index."""
        answers: list[list[R]] = [[] for _ in questions]
        for number, row in self.answers([[(kind.table, pipeline(q))] for q in questions]):
            answers[number].append(from_document(kind, row))
        return [sorted_by(found, q.order) for found, q in zip(answers, questions, strict=True)]

    def count_each(self, kind: type[Record], wheres: Sequence[Sequence[Where]]) -> list[int]:
        """Return how many match each of several lists of conditions, asked as `find_each`."""
        asked = [asked_to_count(kind, where) for where in wheres]
        counts = [0] * len(wheres)
        for number, row in self.answers(asked, of_one_moment=True):
            counts[number] += int(row["n"])
        return counts

    def answers(
        self, asked: Sequence[Sequence[StagesOn]], *, of_one_moment: bool = False
    ) -> Iterator[tuple[int, Document]]:
        """Yield the documents that answer several questions, each with its question's number."""
        numbered = [
            [(name, [*stages, {"$addFields": {NUMBER: n}}]) for name, stages in parts]
            for n, parts in enumerate(asked)
        ]
        for some in by_command(numbered):
            with bounded_calls():
                rows = self.joined(some, of_one_moment=of_one_moment)
            yield from ((row[NUMBER], row) for row in rows)

    def count(self, kind: type[Record], where: Sequence[Where] = ()) -> int:
        if (known := sums(self, kind, where, ())) is not None:
            return sum(n for n, _ in known.values())
        with bounded_calls():
            return self.of(kind).count_documents(condition(where), session=self.moment)

    def count_by(self, kind: type[Record], where: Sequence[Where], field: str) -> dict[Value, int]:
        if any(field == group[-1] for group in lists_of(kind)):
            return count_texts(self, kind, where, field)
        return {value: n for (value,), n in self.tally(kind, where, (field,)).items()}

    def tally(
        self, kind: type[Record], where: Sequence[Where], fields: Sequence[str]
    ) -> dict[tuple[Value, ...], int]:
        """Return how many match for each combination of values of several fields."""
        if (known := sums(self, kind, where, fields)) is not None:
            return {values: n for values, (n, _) in known.items()}
        keys = {f"k{n}": f"${name_of(field)}" for n, field in enumerate(fields)}
        grouped = {"$group": {"_id": keys, "n": {"$sum": 1}}}
        with bounded_calls():
            rows = self.grouped(kind, where, grouped)
        return {tuple(row["_id"].get(key) for key in keys): int(row["n"]) for row in rows}

    def grouped(
        self,
        kind: type[Record],
        where: Sequence[Where],
        group: Document,
    ) -> list[Document]:
        """Return the groups of all that match, in the snapshot where one is open."""
        stages = [{"$match": condition(where)}, group]
        return list(self.of(kind).aggregate(stages, session=self.moment))

    def ids(self, kind: type[Record], where: Sequence[Where] = ()) -> list[str]:
        """Return the ids of all that match, in order."""
        with bounded_calls():
            every = self.of(kind).find(condition(where), {"_id": 1}, session=self.moment)
            found = every.sort([("_id", ASCENDING)])
            return [str(kept["_id"]) for kept in found]

    def total(self, kind: type[Record], where: Sequence[Where]) -> int:
        if (known := sums(self, kind, where, ())) is not None:
            return sum(total for _, total in known.values())
        return self.summed(kind, where, None).get(None, 0)

    def totals(self, kind: type[Record], where: Sequence[Where], field: str) -> dict[Value, int]:
        if (known := sums(self, kind, where, (field,))) is not None:
            return {value: total for (value,), (_, total) in known.items() if total}
        return {v: n for v, n in self.summed(kind, where, f"${name_of(field)}").items() if n}

    def summed(
        self, kind: type[Record], where: Sequence[Where], by: str | None
    ) -> dict[Value, int]:
        """Return the sum of the kind's `totalled` field for each value of an expression."""
        amount = declared_by(kind).totalled
        group = {"$group": {"_id": by, "total": {"$sum": f"${amount}"}}}
        with bounded_calls():
            rows = self.grouped(kind, where, group)
        return {row["_id"]: int(row["total"]) for row in rows}

    def write(self, *changes: Write) -> None:
        """Make all changes or none; return once a majority has them in its journals."""
        with bounded_calls():
            if len(changes) == 1 and not (moves_others(changes[0]) or is_counted(changes[0])):
                carry_out(self, changes, None)
            elif changes:
                self.write_together(changes)
        self.add_up_if_due()

    def write_together(self, changes: Sequence[Write]) -> None:
        """Make all changes in one transaction, which PyMongo restarts when it conflicts with
        another."""
        self.transact(lambda session: carry_out(self, changes, session))
        for change in changes:
            if isinstance(change, Remove) and moves_others(change):
                self.leaning.delete_many({"_id": {"$in": points_of(change.kind, change.id)}})

    def add_up_if_due(self) -> None:
        """Add up steps once this process has noted some hundred. It may fail: whoever writes next
        tries again, and until then counts are right, only slower."""
        for kind, many in list(self.noted.items()):
            if many < STEPS_AT_ONCE:
                continue
            self.noted[kind] = 0
            with suppress(BioSightError), bounded_calls():
                add_up(self, kind)

    def remove(self, kind: type[Record], where: Sequence[Where]) -> int:
        """Remove all that match, some hundred at a time; return how many. After an interruption the
        rest is still there, and the call can be repeated."""
        gone = 0
        while True:
            with bounded_calls():
                some = self.remove_some(kind, where)
            self.add_up_if_due()
            gone += some
            if some == 0:
                return gone

    def remove_some(self, kind: type[Record], where: Sequence[Where]) -> int:
        """Remove some hundred that match, in one transaction where they are counted; return how
        many."""
        gone = 0

        def body(session: ClientSession | None) -> None:
            nonlocal gone
            every = self.of(kind).find(condition(where), shown_for_steps(kind), session=session)
            found = list(every.limit(AT_ONCE))
            gone = len(found)
            if found:
                ids = [d["_id"] for d in found]
                self.of(kind).delete_many({"_id": {"$in": ids}}, session=session)
                steps = [s for d in found for s in steps_between(kind, d, None)]
                note_steps(self, kind, steps, session)

        if groups_of(kind):
            self.transact(body)
        else:
            body(None)
        return gone

    def ping(self) -> None:
        """Raise Unavailable when the server can't answer."""
        with bounded_calls():
            self.database.client.admin.command("ping")

    def keep_reserve(self) -> None:
        """Reserve nothing: the disk is the server's own business."""

    def check(self) -> list[str]:
        """Return nothing: MongoDB checks its own files when it starts."""
        return []

    def close(self) -> None:
        """Close the connections to the server."""
        self.database.client.close()


def by_command(asked: Sequence[Sequence[StagesOn]]) -> Iterator[list[StagesOn]]:
    """Yield what some questions run, MOST_JOINED at most, and all of one question together."""
    some: list[StagesOn] = []
    for parts in asked:
        if some and len(some) + len(parts) > MOST_JOINED:
            yield some
            some = []
        some += parts
    if some:
        yield some
