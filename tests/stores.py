"""MongoDB's adapter over mongomock, which serves all but transactions.

What rests on them (all or nothing, races) is tested on SQLite, and on the real server of ci.yml.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mongomock
from pymongo import IndexModel

from biosight.bootstrap import KINDS
from biosight.storage.mongo.connection import translated_errors
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
                self.make_change(change, None)

    def build(self, kind: type[Record], index: IndexModel) -> None:
        self.of(kind).create_indexes([index])

    def fill(self, kind: type[Record], values: Mapping[str, Document]) -> None:
        for id, value in values.items():
            self.of(kind).update_one({"_id": id}, {"$set": value})

    def joined(self, kind: type[Record], pipelines: Sequence[list[Document]]) -> list[Document]:
        """Mongomock knows no $unionWith; the use of the collection still counts as one command."""
        kept = self.of(kind)
        return [row for stages in pipelines for row in kept.aggregate(stages)]

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
