"""Copying all records, or all blobs, to another store; an interrupted copy continues, and the
result is verified.

Not here: which stores (cli/server/migrate.py).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from biosight.errors import BadRequest, NotFound, Unavailable
from biosight.storage.blobs import keys
from biosight.storage.blobs.installation import HERE, Installation
from biosight.storage.blobs.port import Blobs
from biosight.storage.declarations import declared_by
from biosight.storage.records import (
    Insert,
    Record,
    Records,
    Remove,
    Write,
    among,
    pages,
)
from biosight.storage.sqlite.store import SqliteRecords

PAGE = 200
CopyStep = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """Result for one kind: records in the source, records written now, and records that differ
    afterwards."""

    table: str
    records: int
    written: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Held:
    """Contents of a target that belongs to another BioSight: how many records that people would
    miss, by table."""

    counts: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return ", ".join(f"{n:,} {table}" for table, n in self.counts if n)


def held_by_another(source: Records, target: Records, kinds: Sequence[type[Record]]) -> Held | None:
    """Return what a copy would erase; None where the target is empty, or an earlier copy of the
    source.

    A target belongs to another BioSight where its id is not the source's, or where it has no id (an
    earlier BioSight wrote it) but has records of precious kinds.
    """
    ours, theirs = source.get(Installation, HERE), target.get(Installation, HERE)
    missed = [kind for kind in kinds if declared_by(kind).precious]
    counts = tuple((kind.table, target.count(kind)) for kind in missed)
    if theirs is None:
        return Held(counts) if any(n for _, n in counts) else None
    return None if ours is not None and ours.key == theirs.key else Held(counts)


def move(
    source: Records,
    target: Records,
    kinds: Sequence[type[Record]],
    step: CopyStep,
    *,
    into_existing: bool = False,
) -> list[Moved]:
    """Copy every kind, then compare every record; `step` gets the table and the number of records
    done.

    Records that the target has and the source does not (any longer) have are removed. Raises
    BadRequest for a target that holds another BioSight, unless `into_existing`: then the other one
    is erased.
    """
    if not into_existing and (held := held_by_another(source, target, kinds)) is not None:
        raise BadRequest(
            f"The target holds another BioSight ({held}); choose an empty one. Nothing was changed."
        )
    for kind in kinds:
        for id in set(target.ids(kind)) - set(source.ids(kind)):
            target.write(Remove(kind, id))
    return [move_kind(source, target, kind, step) for kind in kinds]


def move_kind(source: Records, target: Records, kind: type[Record], step: CopyStep) -> Moved:
    """Copy one kind; leave alone the records that are already there and equal."""
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


def write_file(source: Records, kinds: Sequence[type[Record]], target: Path) -> bool:
    """Write the records as a SQLite file: an online backup, or a copy from another store.

    Return whether the file is a consistent snapshot; a store without snapshots is copied while it
    changes.
    """
    if isinstance(source, SqliteRecords):
        source.snapshot(target)
        return True
    for still in (True, False):
        copy = SqliteRecords(target, kinds)
        try:
            with source.still() if still else nullcontext(source) as read:
                if read is not None:
                    move(read, copy, kinds, lambda _table, _done: None)
                    return still
        except Unavailable:
            if not still:
                raise  # the snapshot was not the reason
        finally:
            copy.close()
        target.unlink()
    return False


@dataclass(frozen=True, slots=True)
class Copied:
    """Result for the blobs: how many there are, how many were written now, and how many are
    wrong."""

    blobs: int
    written: int
    wrong: int


class Pieces:
    """File-like object over bytes that come in pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces

    def read(self, _size: int = -1) -> bytes:
        """Return the next piece, whatever its size; b"" at the end."""
        return next(self.pieces, b"")


def move_blobs(
    source: Blobs, target: Blobs, progress: Callable[[list[str]], Iterable[str]]
) -> Copied:
    """Copy originals and models that the target lacks; derived files are made again.

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
        if received.sha256 != keys.sha256_of(key):
            received.path.unlink(missing_ok=True)
            wrong += 1
            continue
        target.keep(received.path, key)
        written += 1
    return Copied(len(every), written, wrong)
