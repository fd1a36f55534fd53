"""Tags of an EXIF block or a TIFF: directories of typed values, read directly from bytes.

Only the requested tags are read, each value within a limit. A value that can't be read is left out;
the others stay (TIFF 6.0; Exif 3.0, JEITA CP-3451; BigTIFF). Not here: what tags mean
(images/metadata/file.py). Why no library does this: docs/decisions/0018.
"""

import math
import struct
from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO

TagValue = str | bytes | tuple[float, ...]

MOST_ENTRIES = 4096
LARGEST_VALUE = 1 << 16
# Type of a value -> its letter in struct; a rational is two numbers of its letter.
NUMBERS = {3: "H", 4: "L", 6: "b", 8: "h", 9: "l", 11: "f", 12: "d", 13: "L", 16: "Q", 17: "q"}
RATIONALS = {5: "L", 10: "l"}
TEXTS = {2, 129}
BYTES = {1, 7}
EXIF, GPS = 0x8769, 0x8825
ORIENTATION = 0x0112
PREFIX = b"Exif\0\0"


@dataclass(frozen=True, slots=True)
class Structure:
    """TIFF structure to read from: `order` is the byte order of struct, `big` marks a BigTIFF, and
    `first` is the offset of the first directory."""

    file: BinaryIO
    order: str
    big: bool
    first: int

    def at(self, offset: int, size: int) -> bytes:
        """Return `size` bytes from `offset`, or fewer at the end."""
        self.file.seek(offset)
        return self.file.read(size)

    def unpack(self, letters: str, content: bytes) -> tuple[float, ...]:
        """Unpack numbers in this byte order. Raises struct.error."""
        return struct.unpack(self.order + letters, content)


@dataclass(frozen=True, slots=True)
class Tags:
    """Requested tags, by number, of the first directory, the Exif directory and the GPS
    directory."""

    main: dict[int, TagValue]
    exif: dict[int, TagValue]
    gps: dict[int, TagValue]


NONE = Tags({}, {}, {})


def open_directory(file: BinaryIO) -> Structure | None:
    """Return the structure that begins at the file's first byte; None where there is none."""
    file.seek(0)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return None
    (magic,) = struct.unpack(order + "H", head[2:4])
    if magic == 43 and len(head) == 16:
        return Structure(file, order, True, struct.unpack(order + "Q", head[8:16])[0])
    return Structure(file, order, False, struct.unpack(order + "L", head[4:8])[0])


def tags_of(source: Structure, wanted: Collection[int]) -> Tags:
    """Return the wanted tags of the first directory and of its Exif and GPS directories."""
    main = directory(source, source.first, wanted)
    below = [pointer(main.get(tag)) for tag in (EXIF, GPS)]
    exif, gps = (directory(source, at, wanted) if at else {} for at in below)
    return Tags(main, exif, gps)


def pointer(value: TagValue | None) -> int:
    """Return the offset of a directory, 0 where there is none."""
    return int(value[0]) if isinstance(value, tuple) and value and value[0] > 0 else 0


def directory(source: Structure, offset: int, wanted: Collection[int]) -> dict[int, TagValue]:
    """Return the wanted tags of one directory; of a repeated tag the first."""
    entry, counter = (20, "Q") if source.big else (12, "H")
    width = struct.calcsize("<" + counter)
    found: dict[int, TagValue] = {}
    try:
        count = int(source.unpack(counter, source.at(offset, width))[0])
        table = source.at(offset + width, min(count, MOST_ENTRIES) * entry)
    except (struct.error, OSError, OverflowError, ValueError):
        return {}
    for start in range(0, len(table) - entry + 1, entry):
        tag = int(source.unpack("H", table[start : start + 2])[0])
        if tag in wanted and tag not in found:
            value = entry_value(source, table[start : start + entry])
            if value is not None:
                found[tag] = value
    return found


def entry_value(source: Structure, entry: bytes) -> TagValue | None:
    """Return the value of one entry; None where it can't be read or is too large."""
    form, letter = ("HHQ", "Q") if source.big else ("HHL", "L")
    room = 8 if source.big else 4
    try:
        _, kind, count = (int(n) for n in source.unpack(form, entry[: 4 + room]))
        size = count * size_of(kind)
        if not 0 < size <= LARGEST_VALUE:
            return None
        content = entry[4 + room : 4 + room + size]
        if size > room:
            content = source.at(int(source.unpack(letter, entry[4 + room :])[0]), size)
        return value_of(source, kind, content)
    except (struct.error, OSError, OverflowError, ValueError):
        return None


def size_of(kind: int) -> int:
    """Return the size of one value of a type in bytes, 0 for an unknown type."""
    if kind in TEXTS | BYTES:
        return 1
    if kind in RATIONALS:
        return 8
    return struct.calcsize("<" + NUMBERS[kind]) if kind in NUMBERS else 0


def value_of(source: Structure, kind: int, content: bytes) -> TagValue:
    """Return text up to its first NUL, plain bytes, or numbers; a quotient n/0 is NaN."""
    if kind in BYTES:
        return content
    if kind in TEXTS:
        return as_text(content)
    if kind in NUMBERS:
        letter = NUMBERS[kind]
        return source.unpack(letter * (len(content) // size_of(kind)), content)
    parts = source.unpack(RATIONALS[kind] * (len(content) // 4), content)
    return tuple(n / d if d else math.nan for n, d in zip(parts[::2], parts[1::2], strict=True))


def as_text(content: bytes) -> str:
    """Decode text up to its first NUL, as UTF-8, else as Latin-1."""
    content = content.split(b"\0", 1)[0]
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def orientation(tags: Tags) -> int:
    """Return Exif's orientation of a picture, 1 to 8; 1 where the tags give none."""
    value = tags.main.get(ORIENTATION)
    first = value[0] if isinstance(value, bytes | tuple) and value else 1
    return int(first) if first in range(1, 9) else 1
