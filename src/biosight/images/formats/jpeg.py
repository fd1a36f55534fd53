"""Segments of a JPEG: its picture, apart from everything else in the file.

Phones append films, depth maps and second pictures to a picture, and thermal cameras put raw data
before it. All of that is ignored (ISO/IEC 10918-1, annex B). Not here: decoding
(images/reading.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from biosight.errors import BadPicture

MOST_SCANS = 60
START, END, SCAN, RESTART_INTERVAL = 0xD8, 0xD9, 0xDA, 0xDD
# Padding that no encoder writes: so a card fills what it lost.
FILLED = b"\xff" * 64
RESTART = re.compile(rb"\xff[\xd0-\xd7]")
FRAME = re.compile(rb"\xff[\xc0\xc1]..\x08(..)(..)([\x01-\x04])", re.DOTALL)
BARE = frozenset([0x01, *range(0xD0, 0xD8)])
# Only these application segments decide how the pixels are read: JFIF's and Adobe's.
PICTURE_SEGMENTS = {0xE0, 0xEE}
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
ARITHMETIC = {0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
# The end of compressed data: a marker that is no stuffed byte, no restart and no padding.
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
EXIF, XMP, ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
PHOTOSHOP = b"Photoshop 3.0\0"
# Two ways to complete a picture without an end marker. Where nothing else is missing, both give
# the same pixels: decoders pad with bits of 0, the noisy one has bits of 1.
PLAIN_END, NOISY_END = b"\xff\xd9", b"\xfe" * 8000 + b"\xff\xd9"


@dataclass(slots=True)
class Parts:
    """A JPEG's first picture as bytes, and what its segments say; `ended` is true where it has an
    end marker."""

    picture: bytes = b""
    ended: bool = False
    scans: int = 0
    exif: bytes = b""
    xmp: bytes = b""
    resources: bytes = b""
    icc: dict[int, bytes] = field(default_factory=dict)
    icc_parts: int = 0
    restarts: int = 0  # MCUs between two restart markers, 0 for no such markers

    @property
    def profile(self) -> bytes:
        """Return the colour profile, b"" where parts of it are missing."""
        whole = sorted(self.icc) == list(range(1, self.icc_parts + 1))
        return b"".join(self.icc[n] for n in sorted(self.icc)) if whole else b""


@dataclass(frozen=True, slots=True)
class Segment:
    """Where a segment begins, where its own bytes begin, and where it ends; a scan ends with its
    compressed data."""

    marker: int
    start: int
    body: int
    end: int


def segments(content: bytes) -> Iterator[Segment]:
    """Yield the segments of a file up to the end of its first picture; skip what lies between them.
    Raises ValueError where they make no sense."""
    at, scanned = 2, False
    while True:
        at = found_at if (found_at := content.find(b"\xff", at)) >= 0 else len(content)
        while at < len(content) and content[at] == 0xFF:
            at += 1
        if at == len(content):
            return
        marker, start = content[at], at - 1
        at += 1
        if marker == END and scanned:
            yield Segment(END, start, at, at)
            return
        if marker in BARE or marker in {0, START, END}:
            continue
        length = int.from_bytes(content[at : at + 2])
        if length < 2:
            raise ValueError("a segment without a length")
        body, at = at + 2, at + length
        if marker == SCAN:
            scanned = True
            found = NEXT_MARKER.search(content, at)
            at = found.start() if found else len(content)
        yield Segment(marker, start, body, at)


def taken_apart(content: bytes) -> Parts:
    """Return the parts of a file. Where its segments make no sense, `picture` is the unchanged
    file.

    Raises BadPicture with the name of a kind of JPEG that is not supported.
    """
    parts, kept = Parts(), [b"\xff\xd8"]
    begin = end = 0
    try:
        for found in segments(content):
            end = found.end
            if found.marker == END:
                parts.ended = True
                break
            if found.marker == SCAN:
                parts.scans += 1
                begin = begin or found.start
                check_scans(parts.scans)
            elif found.marker in FRAMES:
                check_kind(found.marker, content[found.body : found.end])
            if not begin:
                read_segment(parts, found.marker, content[found.body : found.end])
                if found.marker not in range(0xE0, 0xF0) or found.marker in PICTURE_SEGMENTS:
                    kept.append(content[found.start : found.end])
    except ValueError:
        return as_it_is(content, parts)
    if not begin:
        return as_it_is(content, parts)
    tail = end if parts.ended else len(content)
    parts.picture = b"".join([*kept, content[begin:tail]])
    return parts


def misses_data(parts: Parts) -> bool:
    """Return whether the compressed data of a picture can't be whole: long padding in it, or fewer
    restart markers than its size needs (ISO/IEC 10918-1, B.1.1.3 and E.1.4)."""
    at = parts.picture.find(b"\xff\xda")
    if at < 0:
        return False
    if FILLED in parts.picture[at:]:
        return True
    blocks = blocks_of(parts.picture[:at]) if parts.restarts and parts.scans == 1 else 0
    if not blocks:
        return False
    return len(RESTART.findall(parts.picture, at)) < (blocks - 1) // parts.restarts


def blocks_of(head: bytes) -> int:
    """Return how many MCUs a baseline picture has by its frame header, 0 if there is none."""
    found = FRAME.search(head)
    if found is None:
        return 0
    height, width, count = (int.from_bytes(part) for part in found.groups())
    factors = head[found.end() + 1 : found.end() + 3 * count : 3] if count > 1 else b"\x11"
    across, down = max(f >> 4 for f in factors), max(f & 15 for f in factors)
    if not (across and down):
        return 0
    return -(-width // (8 * across)) * -(-height // (8 * down))


def as_it_is(content: bytes, parts: Parts) -> Parts:
    """Leave the unchanged file to the decoder, which says what is wrong."""
    parts.picture, parts.ended = content, True
    return parts


def check_scans(scans: int) -> None:
    """Raise BadPicture for a progressive JPEG with very many passes: each costs a walk over all
    pixels."""
    if scans > MOST_SCANS:
        raise BadPicture(
            f"This JPEG is stored in over {MOST_SCANS} passes; save it as an ordinary JPEG and "
            "try again."
        )


def check_kind(marker: int, frame: bytes) -> None:
    """Raise BadPicture for a kind of JPEG that is not supported."""
    bits = frame[0] if frame else 8
    if bits != 8:
        raise BadPicture(
            f"This JPEG has {bits} bits a colour, which BioSight doesn't read; save it as an "
            "ordinary JPEG of 8 bits, or as a TIFF."
        )
    if marker in ARITHMETIC:
        raise BadPicture(
            "This JPEG is stored with arithmetic coding, which BioSight doesn't read; save it as "
            "an ordinary JPEG."
        )


def read_segment(parts: Parts, marker: int, segment: bytes) -> None:
    """Keep the content of a segment: Exif in one or several, XMP, Photoshop's resources, or a piece
    of a colour profile."""
    if marker == 0xE1 and segment.startswith(EXIF):
        parts.exif += segment[len(EXIF) :] if parts.exif else segment
    elif marker == 0xE1 and segment.startswith(XMP):
        parts.xmp = parts.xmp or segment[len(XMP) :]
    elif marker == 0xED and segment.startswith(PHOTOSHOP):
        parts.resources = parts.resources or segment
    elif marker == RESTART_INTERVAL and len(segment) >= 2:
        parts.restarts = int.from_bytes(segment[:2])
    elif marker == 0xE2 and segment.startswith(ICC) and len(segment) > len(ICC) + 2:
        number, parts.icc_parts = segment[len(ICC) : len(ICC) + 2]
        parts.icc[number] = segment[len(ICC) + 2 :]
