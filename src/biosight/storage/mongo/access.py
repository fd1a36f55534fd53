"""A database's MongoDB collections as the adapter reaches them, and the calls that not every
stand-in for MongoDB knows.

Not here: what is asked (store.py), or what is made at start (making.py).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from pymongo import IndexModel, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from biosight.storage.mongo.counts import StagesOn, counts_name, steps_name
from biosight.storage.mongo.documents import Document
from biosight.storage.records import Record

DURABLE = WriteConcern(w="majority", j=True)
# SnapshotTooOld, SnapshotUnavailable: a collection or an index was made a moment ago.
NO_MOMENT = {239, 246}


class MongoAccess:
    """The MongoDB collections of one database; `moment` is the snapshot in which all is read, None
    outside of one. `noted` are the steps that this process wrote since it last added steps up."""

    def __init__(self, database: Database[Document]) -> None:
        self.database = database
        self.noted: Counter[type[Record]] = Counter()
        self.moment: ClientSession | None = None

    def named(self, name: str) -> Collection[Document]:
        """Return a MongoDB collection; a write counts once it is in the journals of a majority."""
        return self.database.get_collection(
            name,
            write_concern=DURABLE,
            read_concern=None if self.moment else ReadConcern("majority"),
        )

    def of(self, kind: type[Record]) -> Collection[Document]:
        """Return the MongoDB collection with a kind's documents."""
        return self.named(kind.table)

    def counts_of(self, kind: type[Record]) -> Collection[Document]:
        """Return the MongoDB collection with a kind's counts."""
        return self.named(counts_name(kind))

    def steps_of(self, kind: type[Record]) -> Collection[Document]:
        """Return the MongoDB collection with what changed since the counts were added up."""
        return self.named(steps_name(kind))

    @property
    def leaning(self) -> Collection[Document]:
        """Documents that a write touches to lean on a record. Such a write conflicts with a change
        or removal of the record, but seldom with another that leans (docs/decisions/0025)."""
        return self.database.get_collection("leaning", write_concern=DURABLE)

    def build(self, collection: Collection[Document], index: IndexModel) -> None:
        """Create an index; a member that is down does not block it while a majority is up."""
        collection.create_indexes([index], commitQuorum="majority")

    def update_each(
        self,
        collection: Collection[Document],
        updates: Mapping[str, Document],
        session: ClientSession | None = None,
        *,
        create: bool = False,
    ) -> None:
        """Change documents by their ids, in one request; with `create` also those that are absent,
        which an update then makes."""
        each = [UpdateOne({"_id": id}, change, upsert=create) for id, change in updates.items()]
        collection.bulk_write(each, ordered=False, session=session)

    def transact(self, body: Callable[[ClientSession | None], None]) -> None:
        """Call `body` in a transaction, which PyMongo restarts when it conflicts with another."""
        with self.database.client.start_session() as session:
            session.with_transaction(
                body, read_concern=ReadConcern("snapshot"), write_concern=DURABLE
            )

    def joined(self, parts: Sequence[StagesOn], *, of_one_moment: bool = False) -> list[Document]:
        """Return the documents of several pipelines by one command, as at one moment if asked.
        Where a server can't give that moment, they are read as they come."""
        (name, first), *others = parts
        unions = [{"$unionWith": {"coll": coll, "pipeline": stages}} for coll, stages in others]
        stages = [*first, *unions]
        if not of_one_moment or self.moment:
            return list(self.named(name).aggregate(stages, session=self.moment))
        try:
            with self.database.client.start_session(snapshot=True) as session:
                return list(self.database[name].aggregate(stages, session=session))
        except OperationFailure as error:
            if error.code not in NO_MOMENT:
                raise
        return list(self.named(name).aggregate(stages))
