"""MongoDB's adapter over mongomock, which serves all but transactions.

What rests on them (all or nothing, races) is tested on SQLite, and on the real server of ci.yml.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mongomock
from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from biosight.bootstrap import KINDS
from biosight.storage.mongo.changes import carry_out
from biosight.storage.mongo.connection import translated_errors
from biosight.storage.mongo.counts import StagesOn
from biosight.storage.mongo.documents import Document
from biosight.storage.mongo.store import MongoRecords
from biosight.storage.records import Record, Records, Write
from biosight.storage.sqlite.store import SqliteRecords


class Mocked(MongoRecords):
    """Makes the changes of a write one after the other, can't stand still, and knows neither
    quorums nor the driver's bulk writes."""

    def write(self, *changes: Write) -> None:
        with translated_errors():
            for change in changes:
                carry_out(self, [change], None)
        self.add_up_if_due()

    def transact(self, body: Callable[[ClientSession | None], None]) -> None:
        body(None)

    def build(self, collection: Collection[Document], index: IndexModel) -> None:
        collection.create_indexes([index])

    def update_each(
        self,
        collection: Collection[Document],
        updates: Mapping[str, Document],
        session: ClientSession | None = None,
        *,
        create: bool = False,
    ) -> None:
        for id, update in updates.items():
            collection.update_one({"_id": id}, update, upsert=create)

    def joined(self, parts: Sequence[StagesOn], *, of_one_moment: bool = False) -> list[Document]:
        """Mongomock knows no $unionWith; it still counts as one command, by the first name."""
        (first, stages), *others = parts
        found = list(self.named(first).aggregate(stages))
        for name, following in others:
            found += self.database[name].aggregate(following)
        return found

    @contextmanager
    def still(self) -> Iterator[None]:
        yield None


SERVER: Any = mongomock.MongoClient()


def open_mocked(url: str, kinds: Sequence[type[Record]]) -> Records:
    """The store of an address, as open_mongo gives it; what was kept there is there again."""
    return Mocked(SERVER[url.rpartition("/")[2]], kinds)


def open_empty(store: str, folder: Path) -> Records:
    """An empty store of records: "sqlite" in a folder, or "mongomock"."""
    if store == "sqlite":
        return SqliteRecords(folder / "test.db", KINDS)
    return Mocked(mongomock.MongoClient()["test"], KINDS)
