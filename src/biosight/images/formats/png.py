"""The chunks of a PNG: its picture apart from what else is in the file, and proven whole.

Source: PNG, third edition (W3C, 2025). Not here: decoding (images/reading.py).
"""

import struct
import zlib
from dataclasses import dataclass

from biosight.errors import BadPicture

SIGNATURE = b"\x89PNG\r\n\x1a\n"
DEPTH = 24  # where IHDR says how many bits a number has
PICTURE_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
XMP_KEYWORD = b"XML:com.adobe.xmp"
RAW_EXIF = (b"Raw profile type exif", b"Raw profile type APP1")
LARGEST_TEXT = 4 << 20
BROKEN = "This PNG is damaged or cut off; send the original file again."


@dataclass(slots=True)
class Parts:
    """The file with the chunks of its picture alone, and what the others say."""

    picture: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""
    profile: bytes = b""


def taken_apart(content: bytes) -> Parts:
    """The parts of a file. Raises BadPicture for data whose check sums are wrong or that is cut."""
    parts, at = Parts(), len(SIGNATURE)
    kept = [content[:at]]
    last = b""
    while last != b"IEND" and at + 8 <= len(content):
        (length,) = struct.unpack(">L", content[at : at + 4])
        last = content[at + 4 : at + 8]
        body = content[at + 8 : at + 8 + length]
        if last in PICTURE_CHUNKS:
            chunk = content[at : at + 12 + length]
            check_sum(chunk, length)
            kept.append(chunk)
        else:
            read_chunk(parts, last, body)
        at += 12 + length
    if last != b"IEND":
        raise BadPicture(BROKEN)
    parts.picture = b"".join(kept)
    return parts


def check_sum(chunk: bytes, length: int) -> None:
    """Raise BadPicture unless a chunk of the picture is whole and what was written."""
    if len(chunk) < 12 + length or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
        raise BadPicture(BROKEN)


def read_chunk(parts: Parts, kind: bytes, body: bytes) -> None:
    """Keep what a chunk says beside the picture; a broken one says nothing."""
    if kind == b"eXIf":
        parts.exif = parts.exif or body
    elif kind == b"iCCP":
        _, _, rest = body.partition(b"\0")
        parts.profile = inflate(rest[1:])
    elif kind == b"iTXt" and body.startswith(XMP_KEYWORD + b"\0"):
        parts.xmp = international(body)
    elif kind in {b"zTXt", b"tEXt"}:
        keyword, _, rest = body.partition(b"\0")
        if keyword in RAW_EXIF and not parts.exif:
            parts.exif = raw_profile(inflate(rest[1:]) if kind == b"zTXt" else rest)


def international(body: bytes) -> bytes:
    """The text of an iTXt chunk, packed or not."""
    _, _, rest = body.partition(b"\0")
    packed, rest = rest[:1], rest[2:]
    text = rest.split(b"\0", 2)[-1]
    return inflate(text) if packed == b"\1" else text


def inflate(packed: bytes) -> bytes:
    """What a zlib stream holds, at most LARGEST_TEXT of it; nothing of a broken one."""
    try:
        machine = zlib.decompressobj()
        content = machine.decompress(packed, LARGEST_TEXT)
    except zlib.error:
        return b""
    return content if machine.eof else b""


def raw_profile(text: bytes) -> bytes:
    """ImageMagick's way to keep EXIF: a name, a length, and hexadecimal digits."""
    digits = b"".join(text.strip().split(b"\n")[2:])
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return b""
