"""WebP rebuilt from its frames alone (RFC 9649).

Not here: other formats.
"""

import struct
from collections.abc import Iterator

from biosight.images.rebuilt.kept import Content, NotRebuilt, clean_profile, exif_of, turn_of

HEAD, CHUNK_HEAD, FRAME_HEAD = 12, 8, 16
EXTENDED, PROFILE, EXIF, FRAME = b"VP8X", b"ICCP", b"EXIF", b"ANMF"
PICTURE = {b"VP8 ", b"VP8L", b"ALPH"}
ICC_FLAG, EXIF_FLAG, XMP_FLAG = 0x20, 0x08, 0x04
EXTENDED_LENGTH, ANIMATION_LENGTH = 10, 6
RiffChunk = tuple[bytes, bytes]


def rebuilt(content: bytes) -> Iterator[Content]:
    """Yield the chunks of the picture, the orientation and the profile. Raises NotRebuilt."""
    found = list(webp_chunks(content, HEAD, len(content)))
    if not any(kind in PICTURE | {FRAME} for kind, _ in found):
        raise NotRebuilt
    kept = kept_chunks(found)
    size = 4 + sum(CHUNK_HEAD + len(body) + len(body) % 2 for _, body in kept)
    yield b"RIFF" + struct.pack("<L", size) + b"WEBP"
    for kind, body in kept:
        yield webp_chunk(kind, body)


def webp_chunks(content: bytes, at: int, end: int) -> Iterator[RiffChunk]:
    """Yield the chunks between two offsets; of a truncated chunk, the part that is there."""
    while at + CHUNK_HEAD <= end:
        kind = content[at : at + 4]
        (length,) = struct.unpack_from("<L", content, at + 4)
        begin = at + CHUNK_HEAD
        yield kind, content[begin : min(begin + length, end)]
        at = begin + length + length % 2


def kept_chunks(found: list[RiffChunk]) -> list[RiffChunk]:
    """Return the chunks that a decoder needs, in the order that the format requires."""
    first = dict(reversed(found))
    profile = clean_profile(first.get(PROFILE, b""))
    exif = exif_of(turn_of(first.get(EXIF, b"")))
    kept: list[RiffChunk] = []
    if EXTENDED in first:
        kept.append((EXTENDED, extended_header(first[EXTENDED], bool(profile), bool(exif))))
        kept += [(PROFILE, profile)] if profile else []
    if b"ANIM" in first:
        kept.append((b"ANIM", first[b"ANIM"][:ANIMATION_LENGTH]))
        kept += [(FRAME, clean_frame(body)) for kind, body in found if kind == FRAME]
    else:
        kept += one_picture(found)
    return [*kept, (EXIF, exif)] if exif and EXTENDED in first else kept


def one_picture(found: list[RiffChunk]) -> list[RiffChunk]:
    """Return the chunks of one picture: transparency once, then the first bitstream."""
    alpha = [(k, b) for k, b in found if k == b"ALPH"][:1]
    stream = [(k, b) for k, b in found if k in {b"VP8 ", b"VP8L"}][:1]
    return alpha + stream


def extended_header(body: bytes, profile: bool, exif: bool) -> bytes:
    """Return the extended header, with flags for what stays."""
    if len(body) < EXTENDED_LENGTH:
        raise NotRebuilt
    flags = body[0] & ~(ICC_FLAG | EXIF_FLAG | XMP_FLAG)
    flags |= (ICC_FLAG if profile else 0) | (EXIF_FLAG if exif else 0)
    return bytes([flags]) + body[1:EXTENDED_LENGTH]


def clean_frame(body: bytes) -> bytes:
    """Return one frame of an animation, without chunks of unknown meaning."""
    inside = one_picture(list(webp_chunks(body, FRAME_HEAD, len(body))))
    return body[:FRAME_HEAD] + b"".join(webp_chunk(kind, part) for kind, part in inside)


def webp_chunk(kind: bytes, body: bytes) -> bytes:
    """Return one chunk, padded to an even length."""
    return kind + struct.pack("<L", len(body)) + body + bytes(len(body) % 2)
