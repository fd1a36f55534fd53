"""Originals that no picture names, after an upload that a crash cut short, or with the wrong
database.

A sweep moves them into a trash in the store, and removes them from there after KEPT_DAYS. A picture
that names one gets it back. A sweep that would move too many moves nothing and says so: then the
database is more likely wrong than the store. Not here: emptying people's trash (trash.py).
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar

from biosight.gallery.trash import LeftBytes, remove_bytes
from biosight.images import Image
from biosight.storage.blobs import keys
from biosight.storage.blobs.installation import check_owner
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Insert, Records, Remove, Where, among, one, pages

log = logging.getLogger(__name__)
PAGE = 200
KEPT_DAYS = 7
KEPT_SECONDS = KEPT_DAYS * 86_400.0
# A sweep halts above both this number and this share of all files: crashes are not that frequent.
MOST_FILES, MOST_PART = 100, 0.05
LAST = "last"


@dataclass(frozen=True, slots=True)
class LastSweep:
    """Result of the last sweep: originals in the store, those that no picture names, and whether it
    `halted` because they are too many."""

    table: ClassVar[str] = "last_sweep"

    id: str
    at: float
    originals: int
    unnamed: int
    halted: bool


KINDS = (LeftBytes, LastSweep)


@dataclass(slots=True)
class StoreContents:
    """Originals in a store, and those that no picture names: removed by people, or unexplained."""

    originals: int = 0
    removed: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)

    @property
    def is_too_much(self) -> bool:
        """Return whether a sweep would move more than crashes explain."""
        many = len(self.unexplained)
        return many > MOST_FILES and many > MOST_PART * self.originals


@dataclass(frozen=True, slots=True)
class Swept:
    """Result of a sweep: files moved into the store's trash, files too young to be moved, files
    removed for good, files brought back, and whether it `halted`."""

    moved: int = 0
    young: int = 0
    gone: int = 0
    back: int = 0
    halted: bool = False
    unnamed: int = 0


def compare_store(records: Records, blobs: Blobs) -> StoreContents:
    """Compare the store with the records; nothing changes. Raises Unavailable."""
    found = StoreContents()
    every = iter(blobs.keys("original"))
    while part := list(islice(every, PAGE)):
        found.originals += len(part)
        hashes = [keys.sha256_of(key) for key in part]
        named = named_among(records, hashes)
        unnamed = [sha256 for sha256 in hashes if sha256 not in named]
        left = {record.id for record in among(records, LeftBytes, unnamed)}
        found.removed += [sha256 for sha256 in unnamed if sha256 in left]
        found.unexplained += [sha256 for sha256 in unnamed if sha256 not in left]
    return found


def named_among(records: Records, hashes: Sequence[str]) -> set[str]:
    """Return the hashes that some picture names."""
    where = [Where("sha256", "in", tuple(hashes))]
    return {image.sha256 for found in pages(records, Image, where, size=PAGE) for image in found}


def sweep_store(records: Records, blobs: Blobs, *, agreed: bool = False) -> Swept:
    """Sweep the store once; `agreed` says that a person has looked at what a halted sweep found.

    Raises Conflict for a store of another installation, and Unavailable.
    """
    check_owner(records, blobs)
    back = bring_back(records, blobs)
    found = compare_store(records, blobs)
    halted = found.is_too_much and not agreed
    gone = sum(drop_removed(records, blobs, each) for each in found.removed)
    many, moved = len(found.unexplained), 0
    if not halted:
        moved = sum(set_aside(records, blobs, each) for each in found.unexplained)
    tell(records, LastSweep(LAST, time.time(), found.originals, many, halted), blobs)
    if halted:
        return Swept(gone=gone, back=back, halted=True, unnamed=many)
    return Swept(moved, many - moved, gone + empty_trash(blobs), back, unnamed=many)


@contextmanager
def lock_unnamed(records: Records, blobs: Blobs, sha256: str) -> Iterator[bool]:
    """Yield whether an original may be removed: nobody is uploading, and no picture names it."""
    with blobs.removal(keys.original(sha256)) as held:
        yield held and one(records, Image, Where("sha256", "=", sha256)) is None


def drop_removed(records: Records, blobs: Blobs, sha256: str) -> bool:
    """Remove bytes for good whose picture a person removed; return whether they were removed."""
    with lock_unnamed(records, blobs, sha256) as may:
        if may:
            remove_bytes(blobs, sha256)
            records.write(Remove(LeftBytes, sha256))
    return may


def set_aside(records: Records, blobs: Blobs, sha256: str) -> bool:
    """Move an original into the store's trash; return whether it was moved."""
    with lock_unnamed(records, blobs, sha256) as may:
        if may:
            blobs.move(keys.original(sha256), keys.swept(sha256))
            for key in keys.DERIVED:
                blobs.remove(key(sha256))
    return may


def bring_back(records: Records, blobs: Blobs) -> int:
    """Move originals that pictures name again back from the store's trash; return how many."""
    back = 0
    every = iter(blobs.keys("swept"))
    while part := list(islice(every, PAGE)):
        for sha256 in named_among(records, [keys.sha256_of(key) for key in part]):
            if not blobs.has(keys.original(sha256)):
                blobs.move(keys.swept(sha256), keys.original(sha256))
                back += 1
    return back


def empty_trash(blobs: Blobs, older_than: float = KEPT_SECONDS) -> int:
    """Remove files that have been in the store's trash for so many seconds; return how many."""
    old = [key for key in blobs.keys("swept") if (blobs.age(key) or 0) > older_than]
    for key in old:
        blobs.remove(key)
    return len(old)


def tell(records: Records, now: LastSweep, blobs: Blobs) -> None:
    """Store the result of a sweep for the Admin page and the metrics, and log anything unusual."""
    records.write(Remove(LastSweep, LAST), Insert(now))
    if now.halted:
        log.error(
            "originals that no picture names are too many; nothing was moved",
            extra={"originals": now.originals, "unnamed": now.unnamed},
        )
    if strays := list(islice(blobs.strays("original"), 4)):
        log.warning("files that BioSight did not write lie in the store", extra={"paths": strays})


def last_sweep(records: Records) -> LastSweep | None:
    """Return the result of the last sweep; None before the first."""
    return records.get(LastSweep, LAST)


def halted_files(records: Records) -> int:
    """Return how many originals the last sweep left because they were too many; 0 where it did not
    halt."""
    last = last_sweep(records)
    return last.unnamed if last and last.halted else 0


def orphans(records: Records, blobs: Blobs) -> Iterator[str]:
    """Yield the keys of originals that no picture names."""
    found = compare_store(records, blobs)
    yield from map(keys.original, (*found.removed, *found.unexplained))
