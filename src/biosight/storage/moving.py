"""Copying all records, or all blobs, to another store; takes up where it was, proves the copy.

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
    """What became of one kind: records in the source, written now, and differing afterwards."""

    table: str
    records: int
    written: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Held:
    """What a target holds of another BioSight: records by table, those that people would miss."""

    counts: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return ", ".join(f"{n:,} {table}" for table, n in self.counts if n)


def held_by_another(source: Records, target: Records, kinds: Sequence[type[Record]]) -> Held | None:
    """What a copy would erase; None where the target is empty, or an earlier copy of the source.

    A target belongs to another BioSight where it has an id of its own that is not the source's, or
    where it has no id (an earlier BioSight wrote it) but records of precious kinds.
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
    """Copy every kind, then compare every record; `step` is told the table and records done.

    Records that the target has and the source has not (any more) go. Raises BadRequest for a target
    that holds another BioSight, unless `into_existing`: then that one is erased.
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


def write_file(source: Records, kinds: Sequence[type[Record]], target: Path) -> bool:
    """The records as a SQLite file: an online backup, or a copy of what another store has.

    Are they of one moment? A store that can't hold one still is copied as it goes.
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
                raise  # it was not the moment that it could not hold
        finally:
            copy.close()
        target.unlink()
    return False


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
        if received.sha256 != keys.sha256_of(key):
            received.path.unlink(missing_ok=True)
            wrong += 1
            continue
        target.keep(received.path, key)
        written += 1
    return Copied(len(every), written, wrong)
