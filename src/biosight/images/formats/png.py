"""Chunks of a PNG: its picture, apart from everything else in the file, and checked to be complete.

Source: PNG, third edition (W3C, 2025). Not here: decoding (images/reading.py).
"""

import struct
import zlib
from dataclasses import dataclass

from biosight.errors import BadPicture
from biosight.images.formats import coded_colours

SIGNATURE = b"\x89PNG\r\n\x1a\n"
DEPTH = 24  # offset of the bit depth in IHDR
PICTURE_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
XMP_KEYWORD = b"XML:com.adobe.xmp"
RAW_EXIF = (b"Raw profile type exif", b"Raw profile type APP1")
LARGEST_TEXT = 4 << 20
BROKEN = "This PNG is damaged or cut off; send the original file again."


@dataclass(slots=True)
class Parts:
    """File reduced to the chunks of its picture, and the contents of its other chunks."""

    picture: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""
    profile: bytes = b""
    codes: bytes = b""
    srgb: bool = False
    gamma: bytes = b""
    chromaticities: bytes = b""

    @property
    def colours(self) -> bytes:
        """Return the profile of the picture's colours, by the chunk that counts most: cICP, iCCP,
        sRGB, then gAMA and cHRM. b"" for sRGB."""
        if len(self.codes) == 4:
            return coded_colours.by_code(self.codes[0], self.codes[1])
        if self.profile or self.srgb:
            return self.profile
        if not (self.gamma or self.chromaticities):
            return b""
        return coded_colours.by_gamma(self.gamma, self.chromaticities)


def taken_apart(content: bytes) -> Parts:
    """Return the parts of a file. Raises BadPicture for wrong checksums or a truncated file."""
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
    """Raise BadPicture unless a chunk of the picture is complete and its checksum is right."""
    if len(chunk) < 12 + length or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
        raise BadPicture(BROKEN)


def read_chunk(parts: Parts, kind: bytes, body: bytes) -> None:
    """Keep the content of a chunk beside the picture; ignore a broken one."""
    if kind == b"eXIf":
        parts.exif = parts.exif or body
    elif kind == b"iCCP":
        _, _, rest = body.partition(b"\0")
        parts.profile = inflate(rest[1:])
    elif kind == b"cICP":
        parts.codes = body
    elif kind == b"sRGB":
        parts.srgb = True
    elif kind == b"gAMA":
        parts.gamma = body
    elif kind == b"cHRM":
        parts.chromaticities = body
    elif kind == b"iTXt" and body.startswith(XMP_KEYWORD + b"\0"):
        parts.xmp = international(body)
    elif kind in {b"zTXt", b"tEXt"}:
        keyword, _, rest = body.partition(b"\0")
        if keyword in RAW_EXIF and not parts.exif:
            parts.exif = raw_profile(inflate(rest[1:]) if kind == b"zTXt" else rest)


def international(body: bytes) -> bytes:
    """Return the text of an iTXt chunk, compressed or not."""
    _, _, rest = body.partition(b"\0")
    packed, rest = rest[:1], rest[2:]
    text = rest.split(b"\0", 2)[-1]
    return inflate(text) if packed == b"\1" else text


def inflate(packed: bytes) -> bytes:
    """Return the content of a zlib stream; nothing where it is broken or longer than
    LARGEST_TEXT."""
    try:
        machine = zlib.decompressobj()
        content = machine.decompress(packed, LARGEST_TEXT)
    except zlib.error:
        return b""
    return content if machine.eof else b""


def raw_profile(text: bytes) -> bytes:
    """Decode EXIF as ImageMagick keeps it: a name, a length, and hexadecimal digits."""
    digits = b"".join(text.strip().split(b"\n")[2:])
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return b""
