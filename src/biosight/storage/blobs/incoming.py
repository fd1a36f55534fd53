"""Incoming bytes: written once, into a file of their own, and hashed as they arrive.

Not here: where that file goes afterwards (folder.py, bucket.py).
"""

import errno
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from biosight.errors import NoSpace, Unavailable

NOT_STORED = "The picture store has lost this file; biosight doctor says which files are missing."
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE}


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn the disk's errors into BioSight's."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoSpace("The disk is full; nothing was stored.") from error
        raise Unavailable("The picture store can't be reached just now.") from error


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that have arrived: their temporary file, hash, checksum and size in bytes."""

    path: Path
    sha256: str
    crc32: int
    size: int


class Incoming:
    """Temporary file at `path` that is filled in pieces; with `durable` it survives a power cut
    once it is complete.

    Pieces wait in memory until `write`, so that the code that receives them need not touch the
    disk.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self.path = path
        self.durable = durable
        self.file: BinaryIO | None = None
        self.waiting: list[bytes] = []
        self.bytes_waiting = self.size = self.crc32 = 0
        self.sha256 = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        """Add the next bytes in memory; nothing is written yet."""
        self.waiting.append(piece)
        self.bytes_waiting += len(piece)
        self.size += len(piece)

    def write(self) -> None:
        """Write the waiting pieces. Raises NoSpace or Unavailable."""
        pieces, self.waiting, self.bytes_waiting = self.waiting, [], 0
        with disk_errors():
            self.file = self.file or self.path.open("xb")
            for piece in pieces:
                self.sha256.update(piece)
                self.crc32 = zlib.crc32(piece, self.crc32)
                self.file.write(piece)

    def whole(self) -> Received:
        """Return the complete file, which the caller owns from now on. Raises as `write`; the file
        is then removed."""
        try:
            self.write()
            assert self.file is not None
            with disk_errors():
                self.file.flush()
                if self.durable:
                    os.fsync(self.file.fileno())
                self.file.close()
        except BaseException:
            self.let_go()
            raise
        self.file = None
        return Received(self.path, self.sha256.hexdigest(), self.crc32, self.size)

    def let_go(self) -> None:
        """Remove what was written, unless `whole` has returned it."""
        self.waiting = []
        if self.file is not None:
            with suppress(OSError):  # closing tries to write what did not fit on the disk
                self.file.close()
            self.path.unlink(missing_ok=True)


def read_fully(incoming: Incoming, source: BinaryIO) -> Received:
    """Copy all bytes of an open file into `incoming`. Raises as `whole`."""
    try:
        while piece := source.read(1 << 20):
            incoming.add(piece)
            incoming.write()
    except BaseException:
        incoming.let_go()
        raise
    return incoming.whole()
