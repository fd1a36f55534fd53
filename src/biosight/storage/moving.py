"""Copying all records, or all blobs, to another store; takes up where it was, proves the copy.

Not here: which stores (cli/migrate.py).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from biosight.errors import BadRequest, NotFound
from biosight.storage.blobs import Blobs
from biosight.storage.records import (
    Insert,
    Record,
    Records,
    Remove,
    Write,
    among,
    pages,
)
from biosight.storage.sqlite import SqliteRecords

PAGE = 200
Step = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one kind: records in the source, written now, and differing afterwards."""

    table: str
    records: int
    written: int
    wrong: int


def move(
    source: Records, target: Records, kinds: Sequence[type[Record]], step: Step
) -> list[Moved]:
    """Copy every kind, then compare every record; `step` is told the table and records done.

    Records that the target has and the source has not (any more) go. Raises BadRequest for a target
    that holds another BioSight's records: some, but none of the source's.
    """
    there = [set(target.ids(kind)) for kind in kinds]
    ours = [set(source.ids(kind)) for kind in kinds]
    if any(there) and not any(a & b for a, b in zip(there, ours, strict=True)):
        raise BadRequest("The target holds another BioSight's records; choose an empty one.")
    for kind, theirs, wanted in zip(kinds, there, ours, strict=True):
        for id in theirs - wanted:
            target.write(Remove(kind, id))
    return [move_kind(source, target, kind, step) for kind in kinds]


def move_kind(source: Records, target: Records, kind: type[Record], step: Step) -> Moved:
    """Copy one kind; records that are there already and equal are left alone."""
    total = written = wrong = 0
    for page in pages(source, kind, size=PAGE):
        wanted = {record.id: record for record in page}
        there = {record.id: record for record in among(target, kind, list(wanted))}
        late = [r for r in page if there.get(r.id) != r]
        changes: list[Write] = [Remove(kind, r.id) for r in late if r.id in there]
        if late:
            target.write(*changes, *(Insert(r) for r in late))
            again = {record.id: record for record in among(target, kind, list(wanted))}
            wrong += sum(again.get(id) != record for id, record in wanted.items())
        total += len(page)
        written += len(late)
        step(kind.table, total)
    wrong += abs(target.count(kind) - total)
    return Moved(kind.table, total, written, wrong)


def write_file(source: Records, kinds: Sequence[type[Record]], target: Path) -> None:
    """The records as a SQLite file: an online backup, or a copy of what another store has."""
    if isinstance(source, SqliteRecords):
        source.snapshot(target)
        return
    copy = SqliteRecords(target, kinds)
    try:
        move(source, copy, kinds, lambda _table, _done: None)
    finally:
        copy.close()


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of the blobs: how many, written now, and not what their names say."""

    blobs: int
    written: int
    wrong: int


class Pieces:
    """Bytes that come in pieces, as a file to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces

    def read(self, _size: int = -1) -> bytes:
        """The next piece, whatever its size; b"" at the end."""
        return next(self.pieces, b"")


def move_blobs(
    source: Blobs, target: Blobs, progress: Callable[[list[str]], Iterable[str]]
) -> Copied:
    """Copy originals and models that are not there yet; what was derived is made again.

    Bytes whose SHA-256 is not their name are counted as wrong and not copied.
    """
    every = [*source.keys("original"), *source.keys("model")]
    written = wrong = 0
    for key in progress(every):
        if target.has(key):
            continue
        try:
            received = target.receive(cast(BinaryIO, Pieces(source.stream(key))))
        except NotFound:
            wrong += 1  # removed meanwhile
            continue
        if received.sha256 != key.split("/")[1]:
            received.path.unlink(missing_ok=True)
            wrong += 1
            continue
        target.keep(received.path, key)
        written += 1
    return Copied(len(every), written, wrong)
