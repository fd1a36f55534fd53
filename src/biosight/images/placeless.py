"""Placeless files: the picture and nothing else, without place, date, comment, or data after its
end.

The file is built from what a decoder needs, plus its orientation and its colour profile. Unwanted
data is not searched for, so none can be overlooked. JPEG, PNG, WebP, GIF and BMP keep every pixel,
TIFF every sample and page; HEIC, AVIF, JPEG 2000 and camera raw are drawn as a JPEG. It runs inside
the decode sandbox. Not here: reading places (images/metadata/file.py).
"""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from PIL import Image as Pillow

from biosight.errors import BadPicture
from biosight.images import reading
from biosight.images.file_types import MEDIA_TYPES, RAW_TYPES, sniff
from biosight.images.formats.tiff import holds_sensor_data
from biosight.images.rebuilt import Content, NotRebuilt, bmp, gif, jpeg, png, tiff, webp

JPEG = "image/jpeg"
DRAWN = frozenset({"image/heic", "image/avif", "image/jp2", *(t.media_type for t in RAW_TYPES)})
QUALITY = 95
BUILDERS: dict[str, Callable[[bytes], Iterable[Content]]] = {
    "JPEG": jpeg.rebuilt,
    "PNG": png.rebuilt,
    "WEBP": webp.rebuilt,
    "GIF": gif.rebuilt,
    "BMP": bmp.rebuilt,
    "TIFF": tiff.rebuilt,
}


def placeless_type(of: str) -> str:
    """Return the media type of a picture's placeless file, by the picture's own."""
    return JPEG if of in DRAWN else of


def without_place(content: bytes) -> bytes:
    """Return the bytes of a picture, with nothing but the picture. Raises BadPicture."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source", Path(folder) / "target"
        source.write_bytes(content)
        write_without_place(source, target)
        return target.read_bytes()


def write_without_place(source: Path, target: Path) -> None:
    """Write the file at `source` to `target` with nothing but the picture.

    A file that a decoder reads although its structure is damaged is drawn anew. Raises BadPicture
    for a file that is no picture.
    """
    content = source.read_bytes()
    kind = sniff(content)
    if kind is None:
        raise BadPicture(reading.NOT_A_PICTURE)
    builder = BUILDERS.get(kind)
    if kind == "TIFF" and holds_sensor_data(source):
        builder, kind = None, "RAW"
    try:
        if builder is not None:
            with target.open("wb") as file:
                file.writelines(builder(content))
            return
    except NotRebuilt:
        pass
    del content
    draw(source, target, placeless_type(MEDIA_TYPES[kind]))


def draw(source: Path, target: Path, wanted: str) -> None:
    """Write every pixel, upright and in sRGB, as a file of the `wanted` media type."""
    picture = reading.open_picture(source, reading.WHOLE).picture
    with target.open("wb") as file:
        save(picture, file, wanted)


def save(picture: Pillow.Image, file: BinaryIO, wanted: str) -> None:
    """Encode a picture without metadata; without loss where the format allows it."""
    if wanted == JPEG:
        picture.save(file, "JPEG", quality=QUALITY, subsampling=0)
    elif wanted == "image/webp":
        picture.save(file, "WEBP", lossless=True)
    elif wanted == "image/tiff":
        picture.save(file, "TIFF", compression="tiff_deflate")
    else:
        kind = next(name for name, type_ in MEDIA_TYPES.items() if type_ == wanted)
        picture.save(file, kind)
