"""The picture of a TIFF: its first page that is not a reduced version, stretched to a visible
range.

Not here: other formats (images/reading.py), or tags that say when and where
(images/metadata/file.py).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from biosight.errors import BadPicture
from biosight.images.file_types import check_pixels
from biosight.images.formats import colour_profiles
from biosight.images.formats.ifd import ORIENTATION
from biosight.images.stack import MOST_PLANES, SINGLE, Stack, is_own, read_stack

REDUCED, MASK = 1, 4
SEPARATE = 2  # PlanarConfiguration: each colour is a plane of its own
OLD_REDUCED = 2
SUBFILE, OLD_SUBFILE, PROFILE, NODATA = 254, 255, 34675, 42113
EXTRA_SAMPLES, ALPHA = 338, {1, 2}  # associated and unassociated alpha
PLAIN = {"MINISBLACK", "MINISWHITE", "RGB"}
RAW = {32803, 34892}  # a sensor's mosaic, and linear colours of its own (DNG 1.7)
MOST_PAGES = 64
# Percentages of the values that may lie outside the shown range, in the order tried, and the least
# part of the full range that the shown range must fill: sparse bright cells on black are no noise.
TAILS = (1.0, 0.1, 0.01)
LEAST_PART = 0.02
SAMPLE = 4_000_000
STRIP_VALUES = 4_000_000
Array = npt.NDArray[Any]


class LeftToPillow(Exception):
    """A rarer kind of TIFF (CMYK, YCbCr, palettes) that libtiff reads better. `page` is the page's
    number, `orientation` how it is turned. `upright` is the file with its orientation set to
    upright, because Pillow 13 mixes up the pixels of pages that it turns."""

    def __init__(self, path: Path, number: int, page: Any) -> None:
        self.page = number
        self.orientation = orientation_of(page) or 1
        content = bytearray(path.read_bytes())
        if self.orientation > 1:
            at = page.tags[ORIENTATION].valueoffset
            content[at : at + 2] = b"\1\0" if content.startswith(b"II") else b"\0\1"
        self.upright = bytes(content)


class SensorData(Exception):
    """A camera's raw file in the form of a TIFF."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Picture as RGB or L, not turned yet, with its full size in px, its own page's orientation (0
    for none), its colour profile, and the stack that it belongs to."""

    picture: Pillow.Image
    width: int
    height: int
    orientation: int
    profile: bytes
    stack: Stack = SINGLE


def read_plane(path: Path, need_short: int, number: int = 0) -> Plane:
    """Read the picture's first plane, or another of a stack, of 8 or 16 bits or float. Its short
    side has at least `need_short` px, unless the file itself has fewer.

    Raises BadPicture, LeftToPillow, SensorData, or any error of tifffile.
    """
    with opened(path) as tiff:
        index, page = stack_page(tiff, number) if number else picture_page(tiff)
        check_pixels(page.imagewidth, page.imagelength)
        if int(page.photometric) in RAW:
            raise SensorData
        if page.photometric.name not in PLAIN and index is not None:
            raise LeftToPillow(path, index, page)
        array = page.asarray(maxworkers=1)
        plane, clear = first_plane(array, page), transparent(array, page)
        profile = bytes(tag(page, PROFILE) or b"")
        size, orientation = (page.imagewidth, page.imagelength), orientation_of(page)
        white_is_zero = page.photometric.name == "MINISWHITE"
        missing = as_number(tag(page, NODATA))
        stack = stack_of(tiff)
    meant = colour_profiles.suits(profile, "RGB") and plane.ndim == 3
    if meant and plane.dtype in (np.uint8, np.uint16):
        picture = as_shown(plane)
    else:
        picture = stretch_to_bytes(plane, need_short, missing, white_is_zero=white_is_zero)
    if clear is not None:
        picture = on_white(picture, clear)
    return Plane(picture, *size, orientation, profile, stack)


def opened(path: Path) -> Any:
    """Open a TIFF, and never another file: OME may name files for planes, anywhere on the disk."""
    import tifffile

    return tifffile.TiffFile(path, _multifile=False)


def picture_page(tiff: Any) -> tuple[int | None, Any]:
    """Return a page's number (None for a SubIFD) and the first page or SubIFD that is neither a
    reduced version nor a mask."""
    first = tiff.pages.first
    for number, page in candidates(tiff):
        kind, old = tag(page, SUBFILE) or 0, tag(page, OLD_SUBFILE) or 0
        if not (int(kind) & (REDUCED | MASK) or old == OLD_REDUCED):
            return number, page
    return 0, first


def stack_page(tiff: Any, number: int) -> tuple[int | None, Any]:
    """Return the page of a stack's plane, counted from 0. Raises BadPicture."""
    pages = tiff.series[0].pages
    if not 0 <= number < min(len(pages), MOST_PLANES) or not is_own(tiff, pages[number]):
        raise BadPicture("This file has no such plane.")
    page = pages[number].aspage()
    return page.index, page


def stack_of(tiff: Any) -> Stack:
    """Return the stack of an open file; a single plane where its series make no sense."""
    try:
        return read_stack(tiff)
    except Exception:  # whatever the error is, the picture can be used
        return SINGLE


def candidates(tiff: Any) -> Iterator[tuple[int | None, Any]]:
    """Yield every page with its number, each before the SubIFDs below it, which have no number."""
    for number, page in islice(enumerate(tiff.pages), MOST_PAGES):
        whole = page.aspage()
        yield number, whole
        for below in islice(whole.pages or (), MOST_PAGES):
            yield None, below.aspage()


def tag(page: Any, code: int) -> Any:
    """Return a tag's value, None where there is none."""
    found = page.tags.get(code)
    return found.value if found is not None else None


def orientation_of(page: Any) -> int:
    """Return the orientation that a page states, 1 to 8; 0 where it states none."""
    said = tag(page, ORIENTATION)
    return said if said in range(1, 9) else 0


def as_number(text: object) -> float | None:
    """Return the value that stands for "no data" (GDAL's tag 42113), None for none."""
    try:
        return float(str(text).strip().strip("\0")) if text is not None else None
    except ValueError:
        return None


def first_plane(array: Array, page: Any) -> Array:
    """Return (h, w) or (h, w, 3) from a page of any layout."""
    if array.ndim == 3 and int(page.planarconfig) == SEPARATE:
        array = array.transpose(1, 2, 0)
    while array.ndim > 3:
        array = array[0]
    if array.ndim == 3:
        array = array[..., :3] if array.shape[2] >= 3 else array[..., 0]
    return array


def transparent(array: Array, page: Any) -> Array | None:
    """Return a page's alpha (h, w), None where it has none or all is opaque."""
    kinds = tag(page, EXTRA_SAMPLES)
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    if array.ndim == 3 and int(page.planarconfig) == SEPARATE:
        array = array.transpose(1, 2, 0)
    if array.ndim != 3 or kinds[-1] not in ALPHA or array.shape[2] not in {2, 4}:
        return None
    alpha = array[..., -1]
    whole = np.iinfo(alpha.dtype).max if np.issubdtype(alpha.dtype, np.integer) else 1.0
    shares: Array = (alpha.astype(np.float32) / np.float32(whole)).clip(0, 1)
    return shares if shares.min() < 1 else None


def on_white(picture: Pillow.Image, alpha: Array) -> Pillow.Image:
    """Lay a picture on white where it is transparent."""
    mask = Pillow.fromarray((alpha * 255).astype(np.uint8)).resize(picture.size)
    white = Pillow.new(picture.mode, picture.size, "white")
    return Pillow.composite(picture, white, mask)


def as_shown(plane: Array) -> Pillow.Image:
    """Convert a plane to 8 bits and keep its colours, whose meaning a profile defines."""
    bytes_ = plane if plane.dtype == np.uint8 else (plane >> 8).astype(np.uint8)
    return Pillow.fromarray(np.ascontiguousarray(bytes_))


def stretch_to_bytes(
    plane: Array, need_short: int, missing: float | None, *, white_is_zero: bool
) -> Pillow.Image:
    """Convert numbers of any kind to L or RGB, with 1 to 99 % of them filling 0 to 255. Pixels
    without data become white, as transparent ones do."""
    if plane.dtype == bool:
        plane = plane.astype(np.uint8) * 255
    valid = validity(plane, missing)
    eight_bits = plane.dtype == np.uint8
    small, holes = shrunk(plane, valid, need_short)
    low, high = limits(small, holes, eight_bits=eight_bits)
    if white_is_zero:
        low, high = high, low
    return Pillow.fromarray(as_bytes(small, holes, low, high))


def validity(plane: Array, missing: float | None) -> npt.NDArray[np.bool_] | None:
    """Return where there are data; None for everywhere."""
    if missing is None:
        return finite_only(plane)
    if np.issubdtype(plane.dtype, np.integer):
        if not (missing.is_integer() and np.iinfo(plane.dtype).min <= missing):
            return None
        valid = plane != int(missing)
    else:
        valid = np.isfinite(plane)
        if not math.isnan(missing):
            valid &= plane != plane.dtype.type(missing)
    if valid.ndim == 3:
        valid = valid.any(axis=2)
    return valid if valid.any() and not valid.all() else None


def finite_only(plane: Array) -> npt.NDArray[np.bool_] | None:
    """Return where a plane of floats has numbers; None where all are: one NaN or infinite pixel
    would spoil the mean of its whole block."""
    if not np.issubdtype(plane.dtype, np.floating):
        return None
    valid = np.isfinite(plane)
    if valid.all() or not valid.any():
        return None
    whole: npt.NDArray[np.bool_] = np.asarray(valid.all(axis=2) if valid.ndim == 3 else valid)
    return whole


def shrunk(
    plane: Array, valid: npt.NDArray[np.bool_] | None, need_short: int
) -> tuple[Array, npt.NDArray[np.bool_] | None]:
    """Return a large plane averaged over whole blocks, before anything copies it, and its holes:
    blocks without any data."""
    factor = min(plane.shape[:2]) // max(1, need_short)
    if factor < 2:
        return plane, None if valid is None else ~valid
    if valid is None:
        return mean_blocks(plane, factor), None
    there = mean_blocks(valid, factor)
    weights = valid if plane.ndim == 2 else valid[..., None]
    sums = mean_blocks(np.where(weights, plane, 0), factor)
    parts = np.maximum(there, 1e-9) if plane.ndim == 2 else np.maximum(there, 1e-9)[..., None]
    return sums / parts, there == 0


def mean_blocks(plane: Array, factor: int) -> npt.NDArray[np.float32]:
    """Return the means of blocks of factor x factor, computed a strip of rows at a time."""
    height, width = (side // factor for side in plane.shape[:2])
    means = np.empty((height, width, *plane.shape[2:]), np.float32)
    rows = max(1, STRIP_VALUES // (factor * plane[0].size))
    for top in range(0, height, rows):
        strip = plane[top * factor : min(top + rows, height) * factor, : width * factor]
        blocks = strip.reshape(-1, factor, width, factor, *plane.shape[2:])
        columns = blocks.sum(axis=1, dtype=np.float32)
        means[top : top + rows] = columns.sum(axis=2) / np.float32(factor * factor)
    return means


def limits(
    plane: Array, holes: npt.NDArray[np.bool_] | None, *, eight_bits: bool
) -> tuple[float, float]:
    """Return the values that are shown as black and as white.

    By default they enclose 1 to 99 % of all values. A smaller share is left out where that range
    fills next to nothing of the full range, as with a few bright cells on black. Nothing is left
    out where both values are equal. A plane with only one value is shown as it is where it has 8
    bits, else as grey.
    """
    step = max(1, int((plane.size / SAMPLE) ** 0.5))
    sample = plane[::step, ::step].astype(np.float32)
    if holes is not None:
        sample = sample[~holes[::step, ::step]]
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(sample, (TAILS[0], 100 - TAILS[0])))
    least, most = extremes_of_several(plane, holes)
    for tail in TAILS[1:]:
        if high - low >= LEAST_PART * (most - least):
            break
        low, high = (float(v) for v in np.percentile(sample, (tail, 100 - tail)))
    if high <= low:
        low, high = least, most
    if high <= low:
        low, high = extremes(plane, holes)
    if high <= low:
        low, high = (0.0, 255.0) if eight_bits else (low - 1, low + 1)
    return low, high


def extremes_of_several(plane: Array, holes: npt.NDArray[np.bool_] | None) -> tuple[float, float]:
    """Return the least and the largest value that several pixels side by side have: a hot or a dead
    pixel of a sensor stands alone."""
    if min(plane.shape[:2]) < 2:
        return extremes(plane, holes)
    least, most = [], []
    rows = max(2, STRIP_VALUES // max(1, plane[0].size))
    for top in range(0, len(plane) - 1, rows - 1):
        strip = plane[top : top + rows].astype(np.float32)
        if holes is not None:
            strip[holes[top : top + rows]] = np.nan
        strip[~np.isfinite(strip)] = np.nan
        four = (strip[:-1, :-1], strip[1:, :-1], strip[:-1, 1:], strip[1:, 1:])
        low, high = np.maximum.reduce(four), np.minimum.reduce(four)
        known = np.isfinite(low)
        if known.any():
            least.append(float(low[known].min()))
            most.append(float(high[known].max()))
    return (min(least), max(most)) if least else extremes(plane, holes)


def extremes(plane: Array, holes: npt.NDArray[np.bool_] | None) -> tuple[float, float]:
    """Return the least and the largest finite value."""
    values = plane if holes is None else plane[~holes]
    if np.issubdtype(values.dtype, np.floating):
        values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def as_bytes(
    plane: Array, holes: npt.NDArray[np.bool_] | None, low: float, high: float
) -> npt.NDArray[np.uint8]:
    """Convert values to bytes in strips, `low` to black and `high` to white (either may be the
    larger). An array of bytes is converted in place."""
    in_place = plane.dtype == np.uint8 and plane.flags.writeable
    shown = plane if in_place else np.empty(plane.shape, np.uint8)
    rows = max(1, STRIP_VALUES // max(1, plane[0].size))
    scale = np.float32(255 / (high - low))
    for top in range(0, len(plane), rows):
        strip = (plane[top : top + rows].astype(np.float32) - np.float32(low)) * scale
        shown[top : top + rows] = np.nan_to_num(strip, nan=0, posinf=255, neginf=0).clip(0, 255)
    if holes is not None:
        shown[holes] = 255
    return shown


def holds_sensor_data(path: Path) -> bool:
    """Return whether a TIFF is a camera's raw file; False where it can't be read."""
    try:
        with opened(path) as tiff:
            return int(picture_page(tiff)[1].photometric) in RAW
    except Exception:
        return False
