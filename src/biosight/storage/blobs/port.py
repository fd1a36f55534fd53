"""Blobs: bytes by key, wherever they rest; the port.

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

    All methods raise Unavailable when the store is away and NoSpace when it is full.
    """

    def has(self, key: str) -> bool:
        """Are these bytes stored? Raises NotFound for what is no key, Unavailable where the store
        is away as a whole."""
        ...

    def room_for(self, size: int) -> None:
        """Raise NoSpace unless `size` bytes fit, and some room is left."""
        ...

    def free_bytes(self) -> int:
        """Room that is left where uploads arrive."""
        ...

    def begin(self) -> Incoming:
        """A temporary file to fill piece by piece."""
        ...

    def receive(self, source: BinaryIO) -> Received:
        """All bytes of an open file in a temporary one."""
        ...

    def keep(self, temporary: Path, key: str) -> None:
        """Give a received file its key, durably; a key that exists keeps its bytes."""
        ...

    def replace(self, temporary: Path, key: str) -> None:
        """Like `keep`, over bytes that are there and wrong."""
        ...

    def put_derived(self, key: str, content: bytes) -> None:
        """Write bytes that can be made again; none is ever half there."""
        ...

    def read(self, key: str) -> bytes:
        """All bytes of a key. Raises NotFound."""
        ...

    def stream(self, key: str, chunk: int = 1 << 18) -> Iterator[bytes]:
        """A key's bytes in pieces, opened before this returns: what is removed afterwards is read
        all the same. Raises NotFound."""
        ...

    def local(self, key: str) -> AbstractContextManager[Path]:
        """The bytes as a file to read, for as long as the context lasts. Raises NotFound."""
        ...

    def file(self, key: str) -> BinaryIO | None:
        """A key's bytes as an open file where the store has files here, else None. Raises
        NotFound."""
        ...

    def link(self, key: str, seconds: int) -> str:
        """An address from which anyone can fetch the bytes for a while; "" if there is none."""
        ...

    def remove(self, key: str) -> None:
        """Remove a key, if it is there."""
        ...

    def move(self, source: str, target: str) -> None:
        """Give the bytes of one key another one, which is as old as this call. Raises NotFound."""
        ...

    def age(self, key: str) -> float | None:
        """Seconds since a key got its bytes; None where it is not there."""
        ...

    def ping(self) -> None:
        """Raise Unavailable when the store is away, or has refused a write and still does."""
        ...

    def probe(self) -> None:
        """Write, read and remove one small object. Raises Unavailable in words, or NoSpace."""
        ...

    def keys(self, kind: str) -> Iterator[str]:
        """All keys of one kind; what BioSight did not write is passed over."""
        ...

    def strays(self, kind: str) -> Iterator[str]:
        """Paths beside the keys of one kind, which BioSight did not write."""
        ...

    def owner(self) -> str:
        """The key of the installation whose pictures these are, "" while none has said so."""
        ...

    def set_owner(self, key: str) -> None:
        """Write whose pictures these are, over what is there."""
        ...

    def sweep_incoming(self, older_than: float, now: float) -> int:
        """Remove uploads that a crash left behind, by age in seconds; how many."""
        ...

    def no_removal(self) -> AbstractContextManager[None]:
        """While held, no process removes originals that are being uploaded."""
        ...

    def removal(self, key: str, patience: float = 5.0) -> AbstractContextManager[bool]:
        """The other side of `no_removal`; yields False where the key must stay for now."""
        ...
