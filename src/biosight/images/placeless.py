"""A picture's bytes without where it was taken: every other byte stays, so the picture does too.

Blanked are the GPS directory of every Exif block (Exif 3.0, 4.6.6), GPS properties in XMP and the
place of a phone's short film behind the picture. A maker's note is left: what it holds is its
maker's secret. Not here: reading places (metadata.py).
"""

import re
import struct
import zlib
from collections.abc import Iterator

from biosight.images.ifd import GPS, size_of

HEADERS = (b"II*\0", b"MM\0*")
PNG = b"\x89PNG\r\n\x1a\n"
IN_XMP = re.compile(
    rb"""(?:exif|drone-dji):(?:GPS|Gps)\w+\s*=\s*(?:"[^"<]{0,200}"|'[^'<]{0,200}')"""
    rb"""|<(exif:GPS\w+)>[^<]{0,200}</\1>"""
)
# The place of an MP4 film, ISO 6709 in an atom of its own.
IN_FILM = re.compile(rb"\xa9xyz.{4}([+-]\d[^\0]{4,40}/)", re.DOTALL)
WRAPPED = (b"Raw profile type exif", b"Raw profile type APP1", b"Raw profile type xmp")
PACKED_XMP = re.compile(rb"XML:com\.adobe\.xmp\0\x01")


def without_place(content: bytes) -> bytes:
    """The same picture without coordinates, whatever its kind."""
    if content.startswith(PNG):
        return PNG + b"".join(png_chunks(content))
    return blanked(content)


def png_chunks(content: bytes) -> Iterator[bytes]:
    """A PNG's chunks, blanked and with their sums anew; metadata packed into text goes as a whole
    (PNG 3rd edition, 5.3)."""
    at = len(PNG)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">L", content, at)
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        packed = kind in {b"zTXt", b"tEXt", b"iTXt"} and body.startswith(WRAPPED)
        if kind in {b"eXIf", b"iTXt", b"tEXt"} and not packed:
            body = blanked(body)
        if not packed and not PACKED_XMP.match(body):
            yield struct.pack(">L", length) + kind + body
            yield struct.pack(">L", zlib.crc32(kind + body))
        at += 12 + length
    yield content[at:]


def blanked(content: bytes) -> bytes:
    """Bytes with GPS directories, properties and film places overwritten."""
    made = bytearray(content)
    for start in exif_blocks(content):
        blank_directory(made, start)
    for pattern in (IN_XMP, IN_FILM):
        for found in pattern.finditer(content):
            begin, end = found.span(1) if pattern is IN_FILM else found.span()
            made[begin:end] = b" " * (end - begin)
    return bytes(made)


def exif_blocks(content: bytes) -> Iterator[int]:
    """Where TIFF structures begin: the file's own, and those of Exif blocks in it."""
    for header in HEADERS:
        if content.startswith(header):
            yield 0
        at = content.find(header, 1)
        while at >= 0:
            before = content[max(0, at - 8) : at]
            if before.endswith(b"Exif\0\0") or before[:4] in {b"EXIF", b"eXIf"}:
                yield at
            at = content.find(header, at + 1)


def blank_directory(made: bytearray, start: int) -> None:
    """Overwrite the GPS directory of the structure at `start` with an empty one; a structure that
    can't be followed is left as it is."""
    order = "<" if made[start : start + 2] == b"II" else ">"
    try:
        (first,) = struct.unpack_from(order + "L", made, start + 4)
        for entry in entry_places(made, start + first, order):
            tag, _, _, offset = struct.unpack_from(order + "HHLL", made, entry)
            if tag == GPS:
                blank_entry_places(made, start, start + offset, order)
    except struct.error:
        return


def entry_places(made: bytearray, directory: int, order: str) -> range:
    """Where a directory's entries stand."""
    (count,) = struct.unpack_from(order + "H", made, directory)
    return range(directory + 2, directory + 2 + 12 * count, 12)


def blank_entry_places(made: bytearray, start: int, directory: int, order: str) -> None:
    """A directory's values and entries as zeros, and none counted."""
    places = entry_places(made, directory, order)
    for entry in places:
        _, kind, count, offset = struct.unpack_from(order + "HHLL", made, entry)
        size = size_of(kind) * count
        if 4 < size < 1 << 16 and start + offset + size <= len(made):
            made[start + offset : start + offset + size] = bytes(size)
        made[entry : entry + 12] = bytes(12)
    made[directory : directory + 2] = bytes(2)
