"""PNG rebuilt from its picture's chunks alone, animated ones too (PNG, third edition, W3C 2025).

Not here: what its other chunks say (images/formats/png.py).
"""

import struct
import zlib
from collections.abc import Iterator

from biosight.errors import BadPicture
from biosight.images.formats import png
from biosight.images.rebuilt.kept import Content, NotRebuilt, clean_profile, exif_of, turn_of

# Chunks that define what the colours mean, each with its fixed length.
COLOUR = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4}
ANIMATION = {b"acTL", b"fcTL", b"fdAT"}
FIRST, LAST = b"IHDR", b"IEND"


def rebuilt(content: bytes) -> Iterator[Content]:
    """Yield the chunks that a decoder needs, the orientation and the profile. Raises NotRebuilt."""
    try:
        parts = png.taken_apart(content)
    except BadPicture as error:
        raise NotRebuilt from error
    profile, exif = clean_profile(parts.profile), exif_of(turn_of(parts.exif))
    yield png.SIGNATURE
    view = memoryview(content)
    for kind, start, end in png_chunks(content):
        if kind in png.PICTURE_CHUNKS | ANIMATION or COLOUR.get(kind) == end - start - 12:
            yield view[start:end]
        if kind == FIRST and profile:
            yield png_chunk(b"iCCP", b"icc\0\0" + zlib.compress(profile))
        if kind == FIRST and exif:
            yield png_chunk(b"eXIf", exif)


def png_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's kind, and where it begins and ends, up to the last chunk."""
    at, kind = len(png.SIGNATURE), b""
    while kind != LAST and at + 12 <= len(content):
        (length,) = struct.unpack_from(">L", content, at)
        kind = content[at + 4 : at + 8]
        yield kind, at, at + 12 + length
        at += 12 + length


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return one chunk of a PNG with its checksum."""
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))
