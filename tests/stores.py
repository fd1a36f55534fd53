"""MongoDB's adapter over mongomock, which serves all but transactions.

What rests on them (all or nothing, races) is tested on SQLite, and on the real server of ci.yml.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from biosight.storage.mongo import MongoRecords
from biosight.storage.records import Write


class Mocked(MongoRecords):
    """Makes the changes of a write one after the other, and can't stand still."""

    def write(self, *changes: Write) -> None:
        for change in changes:
            super().write(change)

    @contextmanager
    def still(self) -> Iterator[None]:
        yield None
