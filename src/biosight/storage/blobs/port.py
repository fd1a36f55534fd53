"""The port of Blobs: bytes by key, in any kind of store.

Not here: the grammar of keys (keys.py), a store (folder.py, bucket.py), or who owns which bytes
(Image records say that).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from biosight.storage.blobs.incoming import Incoming, Received


class Blobs(Protocol):
    """The port. One contract suite (tests/storage) runs against every adapter.

    All methods raise Unavailable when the store can't be reached and NoSpace when it is full.
    """

    def has(self, key: str) -> bool:
        """Return whether these bytes are stored. Raises NotFound for an invalid key, Unavailable
        where the whole store can't be reached."""
        ...

    def room_for(self, size: int) -> None:
        """Raise NoSpace unless `size` bytes fit and leave some room."""
        ...

    def free_bytes(self) -> int:
        """Return the free space in bytes where uploads arrive."""
        ...

    def begin(self) -> Incoming:
        """Return a temporary file to fill piece by piece."""
        ...

    def receive(self, source: BinaryIO) -> Received:
        """Copy all bytes of an open file into a temporary one."""
        ...

    def keep(self, temporary: Path, key: str) -> None:
        """Give a received file its key, durably; a key that exists keeps its bytes."""
        ...

    def replace(self, temporary: Path, key: str) -> None:
        """Like `keep`, but overwrite bytes that are stored and wrong."""
        ...

    def put_derived(self, key: str, content: bytes) -> None:
        """Write bytes that can be made again; a half-written file never appears."""
        ...

    def read(self, key: str) -> bytes:
        """Return all bytes of a key. Raises NotFound."""
        ...

    def size(self, key: str) -> int:
        """Return the number of bytes under a key. Raises NotFound."""
        ...

    def stream(
        self, key: str, chunk: int = 1 << 18, *, start: int = 0, length: int | None = None
    ) -> Iterator[bytes]:
        """Return a key's bytes in pieces: all, or `length` of them from `start` on. They are opened
        before this returns, so bytes that are removed afterwards can still be read. Raises
        NotFound."""
        ...

    def local(self, key: str) -> AbstractContextManager[Path]:
        """Return the bytes as a file that can be read while the context lasts. Raises NotFound."""
        ...

    def file(self, key: str) -> BinaryIO | None:
        """Return a key's bytes as an open file where the store has local files, else None. Raises
        NotFound."""
        ...

    def link(self, key: str, seconds: int, media_type: str, disposition: str) -> str:
        """Return an address from which anyone can fetch the bytes for some seconds, with these
        values of Content-Type and Content-Disposition; "" if there is none."""
        ...

    def remove(self, key: str) -> None:
        """Remove a key, if it is there."""
        ...

    def move(self, source: str, target: str) -> None:
        """Move the bytes of one key to another, whose age counts from this call. Raises
        NotFound."""
        ...

    def age(self, key: str) -> float | None:
        """Return the seconds since a key got its bytes; None where it does not exist."""
        ...

    def ping(self) -> None:
        """Raise Unavailable when the store can't be reached, or has refused a write and still
        does."""
        ...

    def probe(self) -> None:
        """Write, read and remove one small object. Raises Unavailable with the reason, or
        NoSpace."""
        ...

    def keys(self, kind: str) -> Iterator[str]:
        """Yield all keys of one kind; skip files that BioSight did not write."""
        ...

    def strays(self, kind: str) -> Iterator[str]:
        """Yield the paths of files beside the keys of one kind, which BioSight did not write."""
        ...

    def owner(self) -> str:
        """Return the key of the installation that these pictures belong to, "" where none is
        set."""
        ...

    def set_owner(self, key: str) -> None:
        """Set the installation that these pictures belong to, over any earlier one."""
        ...

    def sweep_incoming(self, older_than: float, now: float) -> int:
        """Remove uploads older than `older_than` seconds that a crash left behind; return how
        many."""
        ...

    def no_removal(self) -> AbstractContextManager[None]:
        """Return a context in which no process removes originals that are being uploaded."""
        ...

    def removal(self, key: str, patience: float = 5.0) -> AbstractContextManager[bool]:
        """The counterpart of `no_removal`: yield False where the key must stay for now."""
        ...
