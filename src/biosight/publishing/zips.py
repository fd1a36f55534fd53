"""Zip files in pieces, written while they are read.

Not here: what is in one (export.py, standards/).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

BATCH = 1 << 18


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """File of a zip. It is deflated, unless its size in bytes and its CRC-32 are known
    beforehand."""

    path: str
    when: datetime
    content: Iterable[bytes]
    size: int = 0
    crc32: int | None = None


def zip_of(entries: Iterable[ZipEntry]) -> Iterator[bytes]:
    """Yield a zip of any length in pieces; memory use stays constant."""
    # It loads ciphers, which a server does not need before somebody wants a zip.
    from stream_zip import NO_COMPRESSION_64, ZIP_64, stream_zip

    def members() -> Iterator[tuple[str, datetime, int, object, Iterable[bytes]]]:
        for e in entries:
            how = ZIP_64 if e.crc32 is None else NO_COMPRESSION_64(e.size, e.crc32)
            yield e.path, e.when, 0o644, how, e.content

    chunks: Iterator[bytes] = stream_zip(members(), chunk_size=BATCH)
    return chunks
