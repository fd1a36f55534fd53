"""BMP rebuilt from its header, colours and pixels alone (Microsoft, BITMAPINFOHEADER to
BITMAPV5HEADER).

Not here: other formats.
"""

import struct
from collections.abc import Iterator

from biosight.images.rebuilt.kept import Content, NotRebuilt

FILE_HEAD, CORE, INFO, V5 = 14, 12, 40, 124
BIT_FIELDS, MASKS = 3, 12
RUN_LENGTH = {1, 2}
# Version 5: the fields of colour space and profile, and the values with and without a profile.
COLOUR_SPACE, PROFILE_FIELDS = slice(56, 60), slice(112, 124)
PROFILES, SRGB = (b"KNIL", b"DEBM"), b"BGRs"


def rebuilt(content: bytes) -> Iterator[Content]:
    """Yield header, masks, colour table and pixels, one after the other. Raises NotRebuilt."""
    try:
        (begin,) = struct.unpack_from("<L", content, 10)
        (size,) = struct.unpack_from("<L", content, FILE_HEAD)
        head = bytes(content[FILE_HEAD : FILE_HEAD + size])
        colours, pixels = sizes(head)
    except struct.error as error:
        raise NotRebuilt from error
    start = FILE_HEAD + size
    colours = min(colours, max(0, begin - start))
    data = memoryview(content)[begin : begin + pixels]
    if not data:
        raise NotRebuilt
    offset = start + colours
    yield b"BM" + struct.pack("<LHHL", offset + len(data), 0, 0, offset)
    yield without_profile(head)
    yield memoryview(content)[start : start + colours]
    yield data


def sizes(head: bytes) -> tuple[int, int]:
    """Return the size in bytes of masks and colour table, and of the pixels. Raises NotRebuilt or
    struct.error."""
    if len(head) == CORE:
        width, height, _, bits = struct.unpack_from("<HHHH", head, 4)
        return (3 << bits if bits <= 8 else 0), stride(width, bits) * height
    if len(head) < INFO:
        raise NotRebuilt
    width, height, _, bits, how, given, _, _, used = struct.unpack_from("<llHHLLllL", head, 4)
    masks = MASKS if how == BIT_FIELDS and len(head) == INFO else 0
    table = 4 * (min(used, 256) or 1 << bits) if bits <= 8 else 0
    pixels = given if how in RUN_LENGTH and given else stride(width, bits) * abs(height)
    return masks + table, pixels


def stride(width: int, bits: int) -> int:
    """Return the size of one row in bytes, padded to a multiple of four."""
    return (abs(width) * bits + 31) // 32 * 4


def without_profile(head: bytes) -> bytes:
    """Return the header without a profile: a linked profile is a path on somebody's disk."""
    if len(head) < V5:
        return head
    kept = bytearray(head)
    if kept[COLOUR_SPACE] in PROFILES:
        kept[COLOUR_SPACE] = SRGB
    kept[PROFILE_FIELDS] = bytes(12)
    return bytes(kept)
