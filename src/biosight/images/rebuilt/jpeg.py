"""JPEG rebuilt from its frame, tables and scans alone (ISO/IEC 10918-1, annex B).

Not here: what its segments say (images/formats/jpeg.py).
"""

from collections.abc import Iterator

from biosight.errors import BadPicture
from biosight.images.formats import jpeg
from biosight.images.rebuilt.kept import Content, NotRebuilt, clean_profile, exif_of, turn_of

# Names of the application segments that are kept, and the least length of each.
JFIF, JFIF_LENGTH = b"JFIF\0", 12
ADOBE, ADOBE_LENGTH = b"Adobe", 12
# Tables, frames, scans and the markers between them: all that a decoder reads.
DECODED = {0xC4, 0xCC, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF} | jpeg.FRAMES
ICC_PART = 65_000


def rebuilt(content: bytes) -> Iterator[Content]:
    """Yield the picture's own segments, its orientation and its profile. Raises NotRebuilt."""
    try:
        parts = jpeg.taken_apart(content)
        segments = list(jpeg.segments(content))
    except (BadPicture, ValueError) as error:
        raise NotRebuilt from error
    if not any(s.marker == jpeg.SCAN for s in segments):
        raise NotRebuilt
    yield b"\xff\xd8"
    yield from applications(content, segments)
    if exif := exif_of(turn_of(parts.exif)):
        yield segment(0xE1, jpeg.EXIF + exif)
    yield from profile_parts(clean_profile(parts.profile))
    view = memoryview(content)
    for s in segments:
        if s.marker in DECODED:
            yield view[s.start : s.end]
    yield jpeg.PLAIN_END


def applications(content: bytes, segments: list[jpeg.Segment]) -> Iterator[bytes]:
    """Yield JFIF's segment without its thumbnail, and Adobe's: both define what the colours
    mean."""
    seen: set[int] = set()
    for s in segments:
        body = content[s.body : s.end]
        if s.marker in seen:
            continue
        if s.marker == 0xE0 and body.startswith(JFIF) and len(body) >= JFIF_LENGTH:
            seen.add(s.marker)
            yield segment(0xE0, body[:JFIF_LENGTH] + bytes(2))
        if s.marker == 0xEE and body.startswith(ADOBE) and len(body) >= ADOBE_LENGTH:
            seen.add(s.marker)
            yield segment(0xEE, body[:ADOBE_LENGTH])


def segment(marker: int, body: bytes) -> bytes:
    """Return one segment of a JPEG."""
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body


def profile_parts(profile: bytes) -> Iterator[bytes]:
    """Yield a colour profile in APP2 segments (ICC.1:2022, annex B.4)."""
    pieces = [profile[at : at + ICC_PART] for at in range(0, len(profile), ICC_PART)]
    for number, piece in enumerate(pieces, 1):
        yield segment(0xE2, jpeg.ICC + bytes([number, len(pieces)]) + piece)
