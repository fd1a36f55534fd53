"""Camera raw files: the preview that the camera put in, else a plain development by LibRaw.

The raw file itself is never changed. LibRaw (libraw.org) knows more kinds than we name. It runs in
the decode sandbox, like all decoders. Not here: what EXIF tags mean (images/metadata/file.py).
"""

import io
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from biosight.errors import BadPicture
from biosight.images.file_types import check_pixels
from biosight.images.formats import ifd
from biosight.images.formats.jpeg import taken_apart

# LibRaw's turn of the sensor -> Exif's Orientation.
TURNED = {0: 1, 3: 3, 5: 8, 6: 6}
LEAST_PREVIEW = 480  # px on the short side; a smaller one is only a thumbnail
HEAD_BYTES = 1 << 20  # of a CR3: its boxes before the pixels
NOT_OPENED = (
    "This camera's raw file{kind} can't be opened; save it as JPEG, TIFF or DNG with the camera's "
    "software."
)
CR3_DIRECTORIES = (b"CMT1", b"CMT2", b"CMT4")  # IFD0, Exif, GPS


@dataclass(frozen=True, slots=True)
class Developed:
    """A raw file as a picture: the picture, the full size of the sensor's picture as stored, how it
    is turned (Exif's Orientation), and the EXIF block of its preview."""

    picture: Pillow.Image
    width: int
    height: int
    orientation: int
    exif: bytes


def develop(path: Path, need_short: int, kind: str) -> Developed:
    """Return the preview of a raw file, or a plain development where it has none that is large
    enough. `kind` names the file in words. Raises BadPicture."""
    import rawpy

    try:
        with rawpy.imread(str(path)) as raw:
            sizes = raw.sizes
            check_pixels(sizes.width, sizes.height)
            turned = TURNED.get(sizes.flip, 1)
            preview, exif = preview_of(raw)
            if preview is None or min(preview.size) < min(LEAST_PREVIEW, sizes.height):
                small = min(sizes.width, sizes.height) >= 2 * need_short
                pixels = raw.postprocess(half_size=small, use_camera_wb=True, user_flip=0)
                preview = Pillow.fromarray(pixels)
            return Developed(preview, sizes.width, sizes.height, turned, exif)
    except rawpy.LibRawError as error:
        raise BadPicture(NOT_OPENED.format(kind=f" ({kind})")) from error


def preview_of(raw: Any) -> tuple[Pillow.Image | None, bytes]:
    """Return the largest preview of an open raw file, None for none, and its EXIF block."""
    import rawpy

    try:
        found = raw.extract_thumb()
    except rawpy.LibRawError:
        return None, b""
    if found.format != rawpy.ThumbFormat.JPEG:
        pixels = np.asarray(found.data)
        return (Pillow.fromarray(pixels) if pixels.shape[2:] == (3,) else None), b""
    parts = taken_apart(found.data)
    picture = Pillow.open(io.BytesIO(found.data), formats=["JPEG"])
    check_pixels(*picture.size)
    try:
        picture.load()
    except OSError:
        return None, parts.exif
    return picture, parts.exif


def tags_in_boxes(path: Path, wanted: Collection[int]) -> ifd.Tags:
    """Return the wanted tags of a CR3, whose directories are TIFF structures in boxes of their
    own; no tags for another file."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return ifd.Tags(*(tags_of_box(head, name, wanted) for name in CR3_DIRECTORIES))


def tags_of_box(head: bytes, name: bytes, wanted: Collection[int]) -> dict[int, ifd.TagValue]:
    """Return the wanted tags of the directory in a box (ISO 14496-12)."""
    at = head.find(name)
    size = int.from_bytes(head[at - 4 : at]) if at >= 4 else 0
    source = ifd.open_directory(io.BytesIO(head[at + 4 : at - 4 + size])) if size > 8 else None
    return ifd.directory(source, source.first, wanted) if source else {}
