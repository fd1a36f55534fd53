"""Boxes of a JPEG 2000 beside its picture: colour profile, Exif and XMP.

Sources: ISO/IEC 15444-1, annex I; the UUIDs are those that ExifTool and Adobe use. Not here:
decoding (images/reading.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

HEADER, COLOURS, OWN, CODESTREAM = b"jp2h", b"colr", b"uuid", b"jp2c"
RESTRICTED, ANY = 2, 3  # methods of a colour box with an ICC profile
EXIF = b"JpgTiffExif->JP2"
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
MOST_BOXES = 1000


@dataclass(slots=True)
class ImageBoxes:
    """What a file says beside its picture, as bytes."""

    profile: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""


def boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and the content of boxes, up to the picture; stop where they make no sense."""
    at = 0
    for _ in range(MOST_BOXES):
        size, kind, head = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16]), 16
        if kind == CODESTREAM or size < head or at + size > len(content):
            return
        yield kind, content[at + head : at + size]
        at += size


def beside(content: bytes) -> ImageBoxes:
    """Return what a file says beside its picture; nothing for a bare codestream."""
    found = ImageBoxes()
    for kind, inside in boxes(content):
        if kind == HEADER:
            for below, colours in boxes(inside):
                if below == COLOURS and colours[:1] in {bytes([RESTRICTED]), bytes([ANY])}:
                    found.profile = found.profile or colours[3:]
        elif kind == OWN and inside.startswith(EXIF):
            found.exif = inside[len(EXIF) :]
        elif kind == OWN and inside.startswith(XMP):
            found.xmp = inside[len(XMP) :]
    return found
