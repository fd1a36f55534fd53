"""Bytes on their way in: written once, into a file of their own, hashed as they come.

Not here: where that file goes then (folder.py, bucket.py).
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

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE}


@contextmanager
def disk_errors() -> Iterator[None]:
    """The disk's errors as BioSight's."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoSpace("The disk is full; nothing was stored.") from error
        raise Unavailable("The picture store can't be reached just now.") from error


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that arrived: where they lie for now, and what they are."""

    path: Path
    sha256: str
    crc32: int
    size: int


class Incoming:
    """A temporary file at `path` that fills; `durable` where it outlives a power cut when whole.

    Pieces wait in memory until `write`, so that whoever takes them in need not touch the disk.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self.path = path
        self.durable = durable
        self.file: BinaryIO | None = None
        self.waiting: list[bytes] = []
        self.bytes_waiting = self.size = self.crc32 = 0
        self.sha256 = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        """The next bytes; nothing is written yet."""
        self.waiting.append(piece)
        self.bytes_waiting += len(piece)
        self.size += len(piece)

    def write(self) -> None:
        """Write what waits. Raises NoSpace or Unavailable."""
        pieces, self.waiting, self.bytes_waiting = self.waiting, [], 0
        with disk_errors():
            self.file = self.file or self.path.open("xb")
            for piece in pieces:
                self.sha256.update(piece)
                self.crc32 = zlib.crc32(piece, self.crc32)
                self.file.write(piece)

    def whole(self) -> Received:
        """The file with all that was added, whoever asked has it now. Raises as `write`; then
        nothing is left of it."""
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
        """Remove what was written; nothing once it was whole."""
        self.waiting = []
        if self.file is not None:
            with suppress(OSError):  # closing writes what a full disk did not take
                self.file.close()
            self.path.unlink(missing_ok=True)


def read_fully(incoming: Incoming, source: BinaryIO) -> Received:
    """All bytes of an open file. Raises as `whole`."""
    try:
        while piece := source.read(1 << 20):
            incoming.add(piece)
            incoming.write()
    except BaseException:
        incoming.let_go()
        raise
    return incoming.whole()
