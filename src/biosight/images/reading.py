"""Bytes on disk -> an upright RGB picture and its thumbnail.

Runs inside the decode sandbox only: everything here meets hostile files. Not here: the
sandbox itself (inference/decoding.py), or what a file says of itself (metadata.py).
"""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, ImageOps
from PIL import Image as Pillow

from biosight.errors import BadPicture
from biosight.images.limits import MAX_PIXELS, MEDIA_TYPES, sniff
from biosight.images.metadata import Metadata, metadata_of, read_exif

THUMBNAIL_SIDE = 320
LARGE_PIXELS = 24_000_000
MOST_SCANS = 60
VIEW_SIDE = 2400
Pillow.MAX_IMAGE_PIXELS = None  # our own limit is checked from the header, before any decoding


@dataclass(frozen=True, slots=True)
class Opened:
    """An upright RGB picture, perhaps at reduced size, with the full upright size in pixels."""

    picture: Pillow.Image
    media_type: str
    width: int
    height: int
    metadata: Metadata


def open_picture(path: Path, need_short: int) -> Opened:
    """Check and decode the file's first picture, keeping a short side of >= `need_short` px
    where it has one. Raises BadPicture in words; OSError only for the disk itself."""
    with path.open("rb") as file:
        kind = sniff(file.read(32))
    if kind is None:
        raise BadPicture(
            "This is not a picture BioSight reads. It reads JPEG, PNG, WebP, GIF, TIFF, HEIC, "
            "AVIF and BMP."
        )
    if kind == "JPEG":
        check_scans(path)
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "TIFF":
            return open_tiff(path, need_short)
        with Pillow.open(path, formats=[kind]) as picture:
            check_size(picture.width, picture.height)
            if kind == "WEBP" and picture.width * picture.height > LARGE_PIXELS:
                return as_opened(still_webp(path, picture), MEDIA_TYPES[kind], need_short)
            return as_opened(picture, MEDIA_TYPES[kind], need_short)


def still_webp(path: Path, header: Pillow.Image) -> Pillow.Image:
    """A large WebP decoded once: Pillow's animation decoder holds several copies of it."""
    import imagecodecs

    picture = Pillow.fromarray(imagecodecs.webp_decode(path.read_bytes()))
    exif = read_exif(header)
    picture.info["exif"] = exif.tobytes() if len(exif) else b""
    return picture


def is_large(path: Path) -> bool:
    """Does the header promise more than LARGE_PIXELS? False where only decoding can tell."""
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            kind = sniff(file.read(32))
            if kind is None or kind == "HEIF":
                return False
            with Pillow.open(path, formats=[kind]) as picture:
                return LARGE_PIXELS < picture.width * picture.height <= MAX_PIXELS
    except Exception:
        return False


def check_scans(path: Path) -> None:
    """Refuse a progressive JPEG of very many passes: each costs a walk over all pixels."""
    scans = path.read_bytes().count(b"\xff\xda")
    if scans > MOST_SCANS:
        raise BadPicture(
            f"This JPEG is stored in {scans} passes; save it as an ordinary JPEG and try again."
        )


def check_size(width: int, height: int) -> None:
    """Refuse empty pictures and those over MAX_PIXELS."""
    if width < 1 or height < 1:
        raise BadPicture("The picture is empty.")
    if width * height > MAX_PIXELS:
        raise BadPicture(
            f"The picture has {width} x {height} pixels; BioSight reads up to "
            f"{MAX_PIXELS // 1_000_000} megapixels."
        )


def as_opened(picture: Pillow.Image, media_type: str, need_short: int) -> Opened:
    """Decode (JPEG at a fraction where that is enough), turn upright, flatten to RGB."""
    width, height = picture.size
    exif = read_exif(picture)
    if picture.format in {"JPEG", "MPO"}:
        ratio = min(1.0, need_short / min(picture.size))
        picture.draft("RGB", (int(width * ratio) + 1, int(height * ratio) + 1))
    turned = exif.get(ExifTags.Base.Orientation, 1) in {5, 6, 7, 8}
    upright = ImageOps.exif_transpose(to_rgb(shrunk(picture, need_short)), in_place=False)
    size = (height, width) if turned else (width, height)
    return Opened(upright, media_type, *size, metadata_of(exif))


def shrunk(picture: Pillow.Image, need_short: int) -> Pillow.Image:
    """A large picture reduced by a whole factor before any other copy of it is made."""
    picture.load()
    factor = min(picture.size) // max(1, need_short)
    if factor < 2 or picture.mode in {"P", "1", "I;16", "I", "F"}:
        return picture
    exif = picture.getexif()
    small = picture.reduce(factor)
    small.info["exif"] = exif.tobytes() if len(exif) else b""
    return small


def to_rgb(picture: Pillow.Image) -> Pillow.Image:
    """RGB: transparency laid on white, deep greys stretched."""
    exif = picture.info.get("exif")
    if picture.mode in {"I;16", "I;16B", "I;16L", "I", "F"}:
        flat = from_array(np.asarray(picture))
    elif picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        flat = Pillow.new("RGB", picture.size, "white")
        flat.paste(layer, mask=layer.getchannel("A"))
    else:
        flat = picture.convert("RGB")
    if exif:
        flat.info["exif"] = exif
    return flat


def open_tiff(path: Path, need_short: int) -> Opened:
    """The first plane of a TIFF of 8 or 16 bits, or float, stretched to its 1-99 % range."""
    import tifffile

    try:
        with tifffile.TiffFile(path) as tiff:
            page = tiff.pages.first
            check_size(page.imagewidth, page.imagelength)
            size = (page.imagewidth, page.imagelength)
            plane = shrunk_plane(first_plane(page.asarray(maxworkers=1), page), need_short)
            tags = {
                code: page.tags[code].value for code in (271, 272, 306, 274) if code in page.tags
            }
        flat = from_array(plane)
        exif = Pillow.Exif()
    except (BadPicture, MemoryError):
        raise
    except Exception:
        # Rarer kinds (CMYK, YCbCr sub-sampling, palettes) that Pillow's libtiff knows better.
        with Pillow.open(path, formats=["TIFF"]) as picture:
            check_size(picture.width, picture.height)
            return as_opened(picture, "image/tiff", need_short)
    for code, value in tags.items():
        exif[code] = value
    flat.info["exif"] = exif.tobytes()
    flat.format = "TIFF"
    opened = as_opened(flat, "image/tiff", need_short)
    turned = opened.picture.size != flat.size and flat.width != flat.height
    width, height = (size[1], size[0]) if turned else size
    return Opened(opened.picture, opened.media_type, width, height, opened.metadata)


def shrunk_plane(plane: npt.NDArray[Any], need_short: int) -> npt.NDArray[Any]:
    """A large plane averaged over whole blocks, before anything copies it."""
    factor = min(plane.shape[:2]) // max(1, need_short)
    if factor < 2:
        return plane
    height, width = (side // factor for side in plane.shape[:2])
    cut = plane[: height * factor, : width * factor]
    blocks = cut.reshape(height, factor, width, factor, *plane.shape[2:])
    means: npt.NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means


def first_plane(array: npt.NDArray[Any], page: Any) -> npt.NDArray[Any]:
    """(h, w) or (h, w, 3) from a TIFF page of any layout; white-is-zero is turned round."""
    if page.photometric.name not in {"MINISBLACK", "MINISWHITE", "RGB"}:
        raise ValueError("left to Pillow")
    if array.ndim == 3 and page.planarconfig.name == "SEPARATE":
        array = array.transpose(1, 2, 0)
    while array.ndim > 3:
        array = array[0]
    if array.ndim == 3:
        array = array[..., :3] if array.shape[2] >= 3 else array[..., 0]
    if page.photometric.name == "MINISWHITE":
        array = array.max() - array
    return array


def from_array(array: npt.NDArray[Any]) -> Pillow.Image:
    """Numbers of any kind -> RGB, stretched so that 1-99 % of the values fill 0-255."""
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    step = max(1, int((array.size / 4_000_000) ** 0.5))
    sample = array[::step, ::step].astype(np.float32)
    sample = sample[np.isfinite(sample)]
    low, high = np.percentile(sample, (1, 99)) if sample.size else (0.0, 1.0)
    if high <= low:
        low, high = (0.0, 255.0) if array.dtype == np.uint8 else (low - 1, low + 1)
    scale = np.float32(255 / (high - low))
    scaled = (array.astype(np.float32) - np.float32(low)) * scale
    bytes_ = np.nan_to_num(scaled, nan=0, posinf=255, neginf=0).clip(0, 255).astype(np.uint8)
    return Pillow.fromarray(bytes_).convert("RGB")


def within(picture: Pillow.Image, side: int) -> Pillow.Image:
    """The picture at no more than `side` pixels a side; itself when it is smaller."""
    if max(picture.size) <= side:
        return picture
    ratio = side / max(picture.size)
    size = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
    return picture.resize(size, Pillow.Resampling.BILINEAR, reducing_gap=1.5)


def thumbnail_of(picture: Pillow.Image) -> bytes:
    """The small JPEG of the grid, at most THUMBNAIL_SIDE px a side."""
    return encode_jpeg(within(picture, THUMBNAIL_SIDE), 80)


def encode_jpeg(picture: Pillow.Image, quality: int, subsampling: int = 2) -> bytes:
    """JPEG without any metadata; `subsampling` 0 keeps every pixel's colour."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return buffer.getvalue()
