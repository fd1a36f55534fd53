"""Parcels on their way: a zip or a table that was sent, kept until its import has ended.

A parcel is known by the hash of its bytes; one that nobody imports is removed after some hours.
Not here: what is in it (looking.py), or its import (import_parcel.py).
"""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from biosight.errors import BadRequest, NotFound
from biosight.storage.blobs import keys
from biosight.storage.blobs.incoming import Received
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records, Where, find_all
from biosight.work.jobs import Job

NAME = "import"
MOST_MB = 2000
TOO_LARGE = (
    f"A file to import can be up to {MOST_MB:,} MB here; import a larger one on the server: "
    "biosight import or biosight import-camtrap."
)
KEPT_SECONDS = 6 * 3600.0
ROOM_SECONDS = 48 * 3600.0  # longer than any import takes
# A table is read as a whole in the server's own process.
MOST_TABLE_BYTES = 40_000_000
MOST_LIST_BYTES = 40_000_000
MOST_UNPACKED_BYTES = 8_000_000_000
FOLDER = "parcel-"
DAMAGED = "This zip can't be opened; is it complete?"
TOO_MUCH = (
    "Unpacked, this zip has {size:,} MB, more than a server unpacks; use biosight import or "
    "biosight import-camtrap."
)


def keep_parcel(blobs: Blobs, received: Received) -> str:
    """Keep a parcel that has arrived; return its hash. Raises NoSpace or Unavailable."""
    blobs.replace(received.path, keys.parcel(received.sha256))
    return received.sha256


@contextmanager
def opened_parcel(blobs: Blobs, sha256: str) -> Iterator[Path]:
    """Yield a parcel as a file. Raises NotFound in words for one that was removed."""
    check_there(blobs, sha256)
    with blobs.local(keys.parcel(sha256)) as path:
        yield path


def check_there(blobs: Blobs, sha256: str) -> None:
    """Raise NotFound in words for a parcel that was removed."""
    if not blobs.has(keys.parcel(sha256)):
        raise NotFound("This file is no longer here; send it again.")


def unpacked_bytes(zipped: ZipFile) -> int:
    """Return how large an open zip says that it is when it is unpacked. Raises BadRequest for one
    that is too large to be unpacked on a server."""
    size = sum(entry.file_size for entry in zipped.infolist())
    if size > MOST_UNPACKED_BYTES:
        raise BadRequest(TOO_MUCH.format(size=size // 1_000_000))
    return size


@contextmanager
def room_for_parcel(data_dir: Path) -> Iterator[Path]:
    """Yield an empty folder for what is unpacked, as long as the context lasts."""
    with TemporaryDirectory(prefix=FOLDER, dir=data_dir) as folder:
        yield Path(folder)


def sweep_rooms(data_dir: Path, now: float) -> int:
    """Remove folders that a crash left unpacked; return how many."""
    old = [f for f in data_dir.glob(f"{FOLDER}*") if now - f.stat().st_mtime > ROOM_SECONDS]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def sweep_parcels(records: Records, blobs: Blobs) -> int:
    """Remove parcels whose import has ended, or that nobody imported for some hours; return how
    many."""
    asked = find_all(records, Job, [Where("kind", "=", NAME)])
    by_parcel: dict[str, list[Job]] = {}
    for job in asked:
        by_parcel.setdefault(job.want("parcel"), []).append(job)
    gone = [key for key in blobs.keys("parcel") if is_over(blobs, key, by_parcel)]
    for key in gone:
        blobs.remove(key)
    return len(gone)


def is_over(blobs: Blobs, key: str, by_parcel: Mapping[str, Sequence[Job]]) -> bool:
    """Return whether nobody needs a parcel any more: no import waits for it or runs, and one has
    ended since it came, or it lies here for hours."""
    of_it, age = by_parcel.get(keys.sha256_of(key), ()), blobs.age(key) or 0.0
    if any(job.live for job in of_it):
        return False
    return age > KEPT_SECONDS or any(job.finished_at > time.time() - age for job in of_it)
