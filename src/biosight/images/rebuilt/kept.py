"""Parts that all formats share: the one Exif tag that stays, and colour profiles.

Not here: any format.
"""

import io
import struct

from biosight.images.formats import ifd

Content = bytes | memoryview


class NotRebuilt(Exception):
    """The structure of the file makes no sense, so its picture must be drawn anew."""


def turn_of(exif: bytes) -> int:
    """Return the orientation that an Exif block states, 1 to 8; 1 where it states none."""
    source = ifd.open_directory(io.BytesIO(exif.removeprefix(ifd.PREFIX)))
    if source is None:
        return 1
    return ifd.orientation(ifd.tags_of(source, {ifd.ORIENTATION}))


def exif_of(turn: int) -> bytes:
    """Return a TIFF structure that states only how the picture is turned; b"" for upright."""
    if turn == 1:
        return b""
    entry = struct.pack(">HHLHH", ifd.ORIENTATION, 3, 1, turn, 0)
    return b"MM\0*" + struct.pack(">LH", 8, 1) + entry + bytes(4)


def clean_profile(profile: bytes) -> bytes:
    """Return an ICC profile up to the length that it states (ICC.1:2022, 7.2); b"" for an invalid
    one."""
    if len(profile) < 128 or profile[36:40] != b"acsp":
        return b""
    return profile[: int.from_bytes(profile[:4])]
