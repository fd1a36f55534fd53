"""Blobs in a local folder, written so that a power cut can't leave half a file.

Not here: buckets (bucket.py), or the grammar of keys (keys.py).
"""

import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from biosight.errors import NoSpace, NotFound, Unavailable
from biosight.storage.blobs.incoming import (
    FULL,
    NOT_STORED,
    Incoming,
    Received,
    disk_errors,
    read_fully,
)
from biosight.storage.blobs.keys import key_at, path_of

KEEP_FREE_BYTES = 64 * 1024 * 1024
OWNER = "installation"
REFUSED = "The picture store can be read, but nothing can be written to it"
UPLOAD_NAME = re.compile(r"[0-9a-f]{32}")


class FolderBlobs:
    """Folder of blobs: `<root>/<kind>/<ab>/<sha256>`, plus `incoming/` for uploads in progress."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        with disk_errors():
            self.incoming.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        """Return the path of a key's file, which need not exist. Raises NotFound for an invalid
        key."""
        return self.root / path_of(key)

    def has(self, key: str) -> bool:
        if self.path(key).is_file():
            return True
        self.there()
        return False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn the disk's errors into BioSight's; a missing file is NotFound while the folder is
        there."""
        try:
            yield
        except FileNotFoundError as error:
            self.there()
            raise NotFound(NOT_STORED) from error
        except OSError as error:
            raise Unavailable("The picture store can't be reached just now.") from error

    def room_for(self, size: int) -> None:
        """Raise NoSpace unless `size` bytes fit and some room is left for the database."""
        if self.free_bytes() < size + KEEP_FREE_BYTES:
            raise NoSpace("There is not enough space on the disk; nothing was stored.")

    def free_bytes(self) -> int:
        """Return the free space on the disk in bytes."""
        with disk_errors():
            return shutil.disk_usage(self.root).free

    def begin(self) -> Incoming:
        """Return a temporary file to fill, which is fsynced once it is complete."""
        return Incoming(self.incoming / secrets.token_hex(16), durable=True)

    def receive(self, source: BinaryIO) -> Received:
        return read_fully(self.begin(), source)

    def keep(self, temporary: Path, key: str) -> None:
        with disk_errors():
            if self.path(key).exists():
                temporary.unlink(missing_ok=True)
                return
        self.replace(temporary, key)

    def replace(self, temporary: Path, key: str) -> None:
        target = self.path(key)
        with disk_errors():
            new_folder = not target.parent.exists()
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.chmod(0o400)  # exported hard links share these bytes
            temporary.replace(target)
            sync_folder(target.parent)
            if new_folder:
                sync_folder(target.parent.parent)
                sync_folder(self.root)

    def put_derived(self, key: str, content: bytes) -> None:
        """Write bytes that can be made again, without fsync, by rename so that no half file
        appears."""
        target = self.path(key)
        part = self.incoming / secrets.token_hex(16)
        with disk_errors():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                part.write_bytes(content)
                part.replace(target)
            except BaseException:
                part.unlink(missing_ok=True)
                raise

    def read(self, key: str) -> bytes:
        with self.reading():
            return self.path(key).read_bytes()

    def size(self, key: str) -> int:
        with self.reading():
            return self.path(key).stat().st_size

    def stream(
        self, key: str, chunk: int = 1 << 18, *, start: int = 0, length: int | None = None
    ) -> Iterator[bytes]:
        file = self.file(key)
        file.seek(start)
        return FilePieces(file, chunk, length)

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """Yield the stored file itself. Raises NotFound."""
        if not self.has(key):
            raise NotFound(NOT_STORED)
        yield self.path(key)

    def file(self, key: str) -> BinaryIO:
        with self.reading():
            return self.path(key).open("rb")

    def link(self, key: str, seconds: int, media_type: str, disposition: str) -> str:
        return ""

    def remove(self, key: str) -> None:
        with disk_errors():
            self.path(key).unlink(missing_ok=True)

    def move(self, source: str, target: str) -> None:
        to = self.path(target)
        with disk_errors():
            to.parent.mkdir(parents=True, exist_ok=True)
        with self.reading():
            self.path(source).replace(to)
            os.utime(to)
            sync_folder(to.parent)

    def age(self, key: str) -> float | None:
        try:
            with self.reading():
                return time.time() - self.path(key).stat().st_mtime
        except NotFound:
            return None

    def there(self) -> None:
        """Raise Unavailable when the folder can't be reached."""
        with disk_errors():
            if not self.incoming.is_dir():
                raise OSError("away")

    def ping(self) -> None:
        self.there()
        with suppress(NoSpace):  # a full disk can still be read; an upload reports it
            self.probe()

    def probe(self) -> None:
        path = self.incoming / secrets.token_hex(16)
        try:
            path.write_bytes(b"biosight")
            whole = path.read_bytes() == b"biosight"
            path.unlink()
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            if error.errno in FULL:
                raise NoSpace("The disk is full; nothing was stored.") from error
            raise Unavailable(f"{REFUSED} ({error.strerror}: {self.root}).") from error
        if not whole:
            raise Unavailable(f"The picture store does not give back what it took ({self.root}).")

    def keys(self, kind: str) -> Iterator[str]:
        yield from filter(None, map(key_at, self.paths(kind)))

    def strays(self, kind: str) -> Iterator[str]:
        yield from (path for path in self.paths(kind) if key_at(path) is None)

    def paths(self, kind: str) -> Iterator[str]:
        """Yield the paths of all files below a kind's folder, in order."""
        for folder, below, files in os.walk(self.root / kind):
            below.sort()
            beside = Path(folder).relative_to(self.root).as_posix()
            yield from (f"{beside}/{name}" for name in sorted(files))

    def owner(self) -> str:
        with self.reading():
            self.there()
            return owner_of(self.root)

    def set_owner(self, key: str) -> None:
        part = self.incoming / secrets.token_hex(16)
        with disk_errors():
            part.write_text(f"{key}\n", encoding="ascii")
            part.replace(self.root / OWNER)
            sync_folder(self.root)

    def sweep_incoming(self, older_than: float, now: float) -> int:
        return sweep(self.incoming, older_than, now)

    @contextmanager
    def no_removal(self) -> Iterator[None]:
        """Hold a shared lock under which no process removes originals; uploads and backups take
        it."""
        with translated_open(self.root / "removal.lock") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    @contextmanager
    def removal(self, key: str, patience: float = 5.0) -> Iterator[bool]:
        """Hold the lock that excludes `no_removal`; yield False where it is not free in time."""
        with translated_open(self.root / "removal.lock") as file:
            end = time.monotonic() + patience
            while not (held := try_lock(file)) and time.monotonic() < end:
                time.sleep(0.02)
            yield held


class FilePieces:
    """Open file, read in pieces, at most `left` bytes of it; closed at its end, or when the object
    is deleted."""

    def __init__(self, file: BinaryIO, chunk: int, left: int | None = None) -> None:
        self.opened = file
        self.chunk = chunk
        self.left = left

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        wanted = self.chunk if self.left is None else min(self.chunk, self.left)
        with disk_errors():
            piece = b"" if self.opened.closed else self.opened.read(wanted)
        self.left = None if self.left is None else self.left - len(piece)
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        self.opened.close()

    def __del__(self) -> None:
        self.close()


def owner_of(root: Path) -> str:
    """Return the key of the installation that a folder of pictures names, "" for none."""
    try:
        return (root / OWNER).read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return ""


def sync_folder(folder: Path) -> None:
    """fsync a folder, so that a rename in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def translated_open(path: Path) -> BinaryIO:
    """Open a lock file; turn the disk's errors into BioSight's."""
    with disk_errors():
        return path.open("ab")


def try_lock(file: BinaryIO) -> bool:
    """Try once for the exclusive lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sweep(folder: Path, older_than: float, now: float) -> int:
    """Remove uploads older than `older_than` seconds from a folder; return how many."""
    swept = 0
    for file in folder.iterdir():
        if not UPLOAD_NAME.fullmatch(file.name):
            continue  # not written by BioSight
        try:
            old = now - file.stat().st_mtime > older_than
        except FileNotFoundError:
            continue  # its upload ended just now
        if old:
            file.unlink(missing_ok=True)
            swept += 1
    return swept
