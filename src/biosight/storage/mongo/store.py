"""Records in MongoDB, through PyMongo: the store that several instances share.

A kind is a collection, a record a document whose `_id` is the record's id. A write of several
records is one transaction, so the server must be a replica set of at least one member
(docs/decisions/0016). Not here: what the records mean.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import MISSING
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    DuplicateKeyError,
    OperationFailure,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from biosight.errors import Stale, Unavailable
from biosight.storage.declarations import declared_by, lists_of
from biosight.storage.fields import SCHEMA_VERSION, fields_of, rewritten
from biosight.storage.mongo.connection import (
    MAKING_SECONDS,
    bounded_calls,
    check_database_name,
    check_transactions,
    client_of,
    translated_errors,
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
    to_document,
)
from biosight.storage.mongo.leaning import moves_others, own_point, points_of, record_concerned
from biosight.storage.records import (
    AT_ONCE,
    Gone,
    Insert,
    Order,
    Position,
    Question,
    R,
    Record,
    Remove,
    Replace,
    Require,
    Value,
    Where,
    Write,
)

CLASHING = {85, 86}  # IndexOptionsConflict, IndexKeySpecsConflict
AGAIN = {"errorLabels": ["TransientTransactionError"]}
MOST_JOINED = 300  # pipelines in one command; a server takes up to 1,000 stages
DURABLE = WriteConcern(w="majority", j=True)


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


class MongoRecords:
    """The MongoDB adapter of Records."""

    def __init__(self, database: Database[Document], kinds: Sequence[type[Record]]) -> None:
        self.database = database
        self.kinds = tuple(kinds)
        self.moment: ClientSession | None = None
        with bounded_calls(MAKING_SECONDS):
            self.make()

    def make(self) -> None:
        """Create indexes, and give earlier documents the fields that they lack.

        Raises Unavailable for a database of a newer BioSight.
        """
        about = self.database["schema"]
        known = about.find_one({"_id": "schema"}) or {"version": SCHEMA_VERSION, "fields": {}}
        if known["version"] > SCHEMA_VERSION:
            raise Unavailable("The database was written by a newer BioSight.")
        for kind in self.kinds:
            self.add_fields(kind, set(known["fields"].get(kind.table, ())))
            for (field, value), now in rewritten(kind, known["version"]):
                self.change_all(kind, {field: value}, {"$set": now})
            has = declared_by(kind)
            for unique, groups in ((True, has.unique), (False, has.indexes)):
                for names in groups:
                    keys = [(name_of(name), ASCENDING) for name in names]
                    name = "_".join(names)
                    self.make_index(kind, keys, unique=unique, name=name)
            for group in lists_of(kind):
                keys = [(name_of(name), ASCENDING) for name in group]
                self.make_index(kind, keys, unique=False, name="_".join(group))
        said = {k.table: [f.name for f in fields_of(k)] for k in self.kinds}
        changed = {"$set": {"version": SCHEMA_VERSION, "fields": said}}
        about.update_one({"_id": "schema"}, changed, upsert=True)

    def make_index(
        self, kind: type[Record], keys: list[tuple[str, int]], *, unique: bool, name: str
    ) -> None:
        """Create an index where it is absent. Raises Unavailable with words for the operator."""
        try:
            self.build(kind, IndexModel(keys, unique=unique, name=name))
        except DuplicateKeyError as error:
            words = f"Several records of {kind.table} have the same {name}: remove all but one."
            raise Unavailable(words) from error
        except OperationFailure as error:
            if error.code not in CLASHING:
                raise
            words = f"{kind.table} has an index {name} of another form: drop it, and start again."
            raise Unavailable(words) from error

    def build(self, kind: type[Record], index: IndexModel) -> None:
        """Create an index; a member that is down does not block it while a majority is up."""
        self.of(kind).create_indexes([index], commitQuorum="majority")

    def add_fields(self, kind: type[Record], known: set[str]) -> None:
        """Add a kind's fields to documents that have the fields `known`: rename fields first, then
        add missing ones with their defaults."""
        for new, old in declared_by(kind).formerly.items():
            if old in known and new not in known:
                self.change_all(kind, {old: {"$exists": True}}, {"$rename": {old: new}})
                known = known - {old} | {new}
        for f in fields_of(kind):
            lacks = known and f.name not in known and f.name not in declared_by(kind).derived
            if lacks and f.default is not MISSING:
                absent = {f.name: {"$exists": False}}
                self.change_all(kind, absent, {"$set": {f.name: f.as_json(f.default)}})
        for field, (sources, made) in declared_by(kind).derived.items():
            if known and field not in known:
                self.derive(kind, field, sources, made)

    def change_all(self, kind: type[Record], chosen: Document, change: Document) -> None:
        """Change all documents that match, so that they no longer match. Some hundred are changed
        at a time, so that no step takes long and an interrupted start continues where it
        stopped."""
        while ids := self.some(kind, chosen):
            self.of(kind).update_many({"_id": {"$in": ids}}, change)

    def some(self, kind: type[Record], chosen: Document) -> list[str]:
        """Return the ids of some hundred documents that match."""
        return [d["_id"] for d in self.of(kind).find(chosen, {"_id": 1}).limit(AT_ONCE)]

    def derive(
        self, kind: type[Record], field: str, sources: tuple[str, ...], made: Callable[..., Any]
    ) -> None:
        """Fill a new field from others where it is absent, some hundred documents at a time."""
        new = next(f for f in fields_of(kind) if f.name == field)
        absent, shown = {field: {"$exists": False}}, dict.fromkeys(sources, 1)
        while batch := list(self.of(kind).find(absent, shown).limit(AT_ONCE)):
            found = {d["_id"]: new.as_json(made(*(d.get(s) for s in sources))) for d in batch}
            self.fill(kind, {id: {field: value} for id, value in found.items()})

    def fill(self, kind: type[Record], values: Mapping[str, Document]) -> None:
        """Give documents these values, in one request."""
        each = [UpdateOne({"_id": id}, {"$set": value}) for id, value in values.items()]
        self.of(kind).bulk_write(each, ordered=False)

    def of(self, kind: type[Record]) -> Collection[Document]:
        """Return a kind's collection; a write counts once it is in the journals of a majority."""
        return self.database.get_collection(
            kind.table,
            write_concern=DURABLE,
            read_concern=None if self.moment else ReadConcern("majority"),
        )

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
        for row in self.answers(kind, [pipeline(q) for q in questions]):
            answers[row[NUMBER]].append(from_document(kind, row))
        return [sorted_by(found, q.order) for found, q in zip(answers, questions, strict=True)]

    def count_each(self, kind: type[Record], wheres: Sequence[Sequence[Where]]) -> list[int]:
        """Return how many match each of several lists of conditions, asked as `find_each`."""
        counts = [0] * len(wheres)
        counted = {"$count": "n"}
        for row in self.answers(kind, [[{"$match": condition(w)}, counted] for w in wheres]):
            counts[row[NUMBER]] = int(row["n"])
        return counts

    def answers(
        self, kind: type[Record], pipelines: Sequence[list[Document]]
    ) -> Iterator[Document]:
        """Yield the documents of several pipelines, each with its pipeline's number."""
        numbered = [[*p, {"$addFields": {NUMBER: n}}] for n, p in enumerate(pipelines)]
        for start in range(0, len(numbered), MOST_JOINED):
            with bounded_calls():
                rows = self.joined(kind, numbered[start : start + MOST_JOINED])
            yield from rows

    def joined(self, kind: type[Record], pipelines: Sequence[list[Document]]) -> list[Document]:
        """Return the documents of several pipelines over one collection, by one command."""
        first, *others = pipelines
        kept = self.of(kind)
        unions = [{"$unionWith": {"coll": kept.name, "pipeline": other}} for other in others]
        return list(kept.aggregate([*first, *unions], session=self.moment))

    def count(self, kind: type[Record], where: Sequence[Where] = ()) -> int:
        with bounded_calls():
            return self.of(kind).count_documents(condition(where), session=self.moment)

    def count_by(self, kind: type[Record], where: Sequence[Where], field: str) -> dict[Value, int]:
        if any(field == group[-1] for group in lists_of(kind)):
            each = [{"$unwind": f"${field}"}]
            grouped = {"$group": {"_id": f"${field}", "n": {"$sum": 1}}}
            with bounded_calls():
                rows = self.grouped(kind, where, grouped, each)
            return {row["_id"]: int(row["n"]) for row in rows}
        return {value: n for (value,), n in self.tally(kind, where, (field,)).items()}

    def tally(
        self, kind: type[Record], where: Sequence[Where], fields: Sequence[str]
    ) -> dict[tuple[Value, ...], int]:
        """Return how many match for each combination of values of several fields."""
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
        between: Sequence[Document] = (),
    ) -> list[Document]:
        """Return the groups of all that match, in the snapshot where one is open; `between` are
        stages before the grouping."""
        stages = [{"$match": condition(where)}, *between, group]
        return list(self.of(kind).aggregate(stages, session=self.moment))

    def ids(self, kind: type[Record], where: Sequence[Where] = ()) -> list[str]:
        """Return the ids of all that match, in order."""
        with bounded_calls():
            every = self.of(kind).find(condition(where), {"_id": 1}, session=self.moment)
            found = every.sort([("_id", ASCENDING)])
            return [str(kept["_id"]) for kept in found]

    def total(self, kind: type[Record], where: Sequence[Where]) -> int:
        return self.summed(kind, where, None).get(None, 0)

    def totals(self, kind: type[Record], where: Sequence[Where], field: str) -> dict[Value, int]:
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
            if len(changes) == 1 and not moves_others(changes[0]):
                self.make_change(changes[0], None)
            elif changes:
                self.write_together(changes)

    def write_together(self, changes: Sequence[Write]) -> None:
        """Make all changes in one transaction, which PyMongo restarts when it conflicts with
        another."""

        # Shared requirements are touched last: uploads into one collection conflict only briefly.
        order = sorted(changes, key=lambda change: isinstance(change, Require))

        def body(session: ClientSession) -> None:
            for change in order:
                self.make_change(change, session)

        with self.database.client.start_session() as session:
            session.with_transaction(
                body, read_concern=ReadConcern("snapshot"), write_concern=DURABLE
            )
        for change in changes:
            if isinstance(change, Remove) and moves_others(change):
                self.leaning.delete_many({"_id": {"$in": points_of(change.kind, change.id)}})

    @property
    def leaning(self) -> Collection[Document]:
        """Documents that a write touches to lean on a record. Such a write conflicts with a change
        or removal of the record, but seldom with another that leans (docs/decisions/0025)."""
        return self.database.get_collection("leaning", write_concern=DURABLE)

    def lean(self, kind: type[Record], id: str, at: list[str], session: ClientSession) -> None:
        """Touch points of a record. Where they are absent, create them and restart the
        transaction."""
        touched = {"$inc": {"touched": 1}}
        done = self.leaning.update_many({"_id": {"$in": at}}, touched, session=session)
        if done.matched_count == len(at):
            return
        with suppress(BulkWriteError):  # some of them exist already
            self.leaning.insert_many([{"_id": p} for p in points_of(kind, id)], ordered=False)
        raise OperationFailure("Begin anew.", details=AGAIN)

    def make_change(self, change: Write, session: ClientSession | None) -> None:
        """Make one change. Raises DuplicateKeyError, Stale or Gone."""
        if session is not None and moves_others(change):
            kind, id = record_concerned(change)
            self.lean(kind, id, points_of(kind, id), session)
        if isinstance(change, Insert):
            self.of(type(change.record)).insert_one(to_document(change.record), session=session)
        elif isinstance(change, Replace):
            self.replace(change, session)
        elif isinstance(change, Remove):
            self.remove_one(change, session)
        else:
            self.require(change, session)

    def replace(self, change: Replace, session: ClientSession | None) -> None:
        """Replace a record by compare-and-set on its version. Raises Stale."""
        kept = to_document(change.record)
        # A sharded cluster finds the document by these fields as they were.
        sharded_by = declared_by(type(change.record)).sharded_by
        place = {f: getattr(change.was or change.record, f) for f in sharded_by}
        chosen = {"_id": kept["_id"], "version": change.expected, **place}
        done = self.of(type(change.record)).replace_one(chosen, kept, session=session)
        if not done.matched_count:
            raise Stale("Somebody changed this in the meantime.")

    def remove_one(self, change: Remove, session: ClientSession | None) -> None:
        """Remove one record. Raises Stale when an expected version is not there."""
        chosen: Document = {"_id": change.id}
        if change.expected is not None:
            chosen["version"] = change.expected
        done = self.of(change.kind).delete_one(chosen, session=session)
        if change.expected is not None and not done.deleted_count:
            raise Stale("Somebody changed this in the meantime.")

    def require(self, change: Require, session: ClientSession | None) -> None:
        """Require that a record is there, as it must be. Raises Gone or Stale."""
        # A read alone does not conflict with another's write: two transactions that each require
        # what the other changes could both succeed. A write makes one of them start again.
        chosen = {"_id": change.id, **dict(change.holds)}
        kept = self.of(change.kind)
        if session is not None and change.expected is None and declared_by(change.kind).leaned_on:
            if kept.find_one(chosen, session=session) is None:
                raise Gone(change.kind, change.id)
            self.lean(change.kind, change.id, [own_point(change.kind, change.id)], session)
            return
        touched = {"$inc": {"touched": 1}}
        if not kept.update_one(chosen, touched, session=session).matched_count:
            raise Gone(change.kind, change.id)
        if change.expected is None:
            return
        found = kept.find_one({"_id": change.id}, session=session)
        if found is None or found["version"] != change.expected:
            raise Stale("Somebody changed this in the meantime.")

    def remove(self, kind: type[Record], where: Sequence[Where]) -> int:
        """Remove all that match, some hundred at a time; return how many. After an interruption the
        rest is still there, and the call can be repeated."""
        gone = 0
        while True:
            with bounded_calls():
                ids = self.some(kind, condition(where))
                if not ids:
                    return gone
                gone += self.of(kind).delete_many({"_id": {"$in": ids}}).deleted_count

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
