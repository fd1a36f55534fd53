"""Bytes on disk -> an upright RGB picture in sRGB and its thumbnail.

It runs inside the decode sandbox only, because files may be hostile. Metadata is read separately
and never given to a decoder, so that it can't make the decoder refuse or turn a picture. Not here:
the sandbox itself (inference/sandbox/decoding.py), or what tags mean (images/metadata/file.py).
"""

import io
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import Jpeg2KImagePlugin, JpegImagePlugin

from biosight.errors import BadPicture
from biosight.images.file_types import (
    HEAD_BYTES,
    MAX_PIXELS,
    MEDIA_TYPES,
    RAW_KINDS,
    RAW_MAKERS,
    RAW_NAMES,
    check_pixels,
    formats_in_words,
    sniff,
)
from biosight.images.formats import (
    coded_colours,
    colour_profiles,
    ifd,
    jpeg,
    jpeg2000,
    png,
    raw,
    tiff,
)
from biosight.images.metadata.file import (
    MAKE,
    WANTED,
    Metadata,
    metadata_of,
    tags_of_block,
    tags_of_tiff,
)
from biosight.images.stack import SINGLE, Stack

THUMBNAIL_SIDE = 320
LARGE_PIXELS = 24_000_000
FLAT = 2
MOST_LEVELS = 5  # of a JPEG 2000: what nearly every encoder writes
DNG_VERSION = 50706
BOXES_BYTES = 1 << 17  # of a HEIC or AVIF: its boxes before the pixels
AVIF_BRANDS = {b"avif", b"avis", b"mif1", b"msf1", b"miaf", b"MA1A", b"MA1B"}
VIEW_SIDE = 1600
VIEW_QUALITIES = (85, 75, 60, 45)
VIEW_BYTES = 300_000  # of a view, as far as a lower quality helps
WHOLE = MAX_PIXELS  # px on the short side: more than any picture has
BYTES = bytes | bytearray | memoryview
DEEP = {"I;16", "I;16B", "I;16L", "I", "F"}
NOT_REDUCED = {"P", "1", *DEEP}
# How to turn a picture upright that a camera stored turned (Exif's Orientation).
TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
NOT_A_PICTURE = f"This is not a picture BioSight reads. It reads {formats_in_words()}."
CUT_OFF = "This JPEG is damaged or cut off; send the original file again."
Pillow.MAX_IMAGE_PIXELS = None  # our own limit is checked from the header, before any decoding


@dataclass(frozen=True, slots=True)
class Opened:
    """An upright RGB picture, perhaps at reduced size, with the full upright size in pixels."""

    picture: Pillow.Image
    media_type: str
    width: int
    height: int
    metadata: Metadata
    stack: Stack = SINGLE


class Blocks(NamedTuple):
    """Metadata that a file keeps beside its picture, as bytes."""

    exif: bytes = b""
    xmp: bytes = b""
    profile: bytes = b""
    resources: bytes = b""


@dataclass(slots=True)
class Found:
    """Picture as its decoder opened it, with the metadata beside it."""

    picture: Pillow.Image
    blocks: Blocks
    orientation: int = 0  # 0: as EXIF says
    size: tuple[int, int] = (0, 0)  # as stored, where the picture is reduced
    stack: Stack = SINGLE


def open_picture(path: Path, need_short: int) -> Opened:
    """Check and decode the file's first picture, with a short side of at least `need_short` px
    where it has one. Raises BadPicture with the reason; OSError only for the disk itself."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    kind = sniff(head)
    if kind is None:
        raise BadPicture(NOT_A_PICTURE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "TIFF":
            return open_tiff(path, need_short)
        if kind in RAW_KINDS:
            return open_raw(path, kind, need_short)
        found = OPENERS.get(kind, open_plain)(path, kind, need_short)
        return with_words(found, tags_of_block(found.blocks.exif), MEDIA_TYPES[kind], need_short)


def open_plain(path: Path, kind: str, need_short: int) -> Found:
    """Open a GIF or BMP: the first picture as Pillow reads it."""
    picture = Pillow.open(path, formats=[kind])
    check_pixels(*picture.size)
    picture.load()
    return Found(picture, beside(picture))


def open_jpeg(path: Path, kind: str, need_short: int) -> Found:
    """Open the first picture of a JPEG, at a fraction of its size where that is enough."""
    parts = jpeg.taken_apart(path.read_bytes())
    profile = parts.profile
    body = parts.picture if parts.ended else parts.picture.removesuffix(b"\xff")
    if jpeg.misses_data(parts):
        raise BadPicture(CUT_OFF)
    picture, size = jpeg_pixels(body if parts.ended else body + jpeg.PLAIN_END, need_short)
    if not parts.ended or ends_flat(picture):
        # If only the end marker is missing, the pixels are the same whatever follows; a file that
        # was cut may have got an end marker again.
        bare = body.removesuffix(jpeg.PLAIN_END) if parts.ended else body
        other, _ = jpeg_pixels(bare + jpeg.NOISY_END, need_short)
        if picture.tobytes() != other.tobytes():
            raise BadPicture(CUT_OFF)
    return Found(picture, Blocks(parts.exif, parts.xmp, profile, parts.resources), size=size)


def ends_flat(picture: Pillow.Image) -> bool:
    """Return whether the lowest rows have one colour, as a decoder fills what is missing."""
    lowest = picture.crop((0, max(0, picture.height - 8), picture.width, picture.height))
    return int(np.ptp(np.asarray(lowest), axis=(0, 1)).max()) <= FLAT


def jpeg_pixels(content: bytes, need_short: int) -> tuple[Pillow.Image, tuple[int, int]]:
    """Decode a JPEG that holds nothing but its picture; return it and its full size."""
    picture = JpegImagePlugin.JpegImageFile(io.BytesIO(content))
    check_pixels(*picture.size)
    width, height = picture.size
    ratio = min(1.0, need_short / min(width, height))
    picture.draft("RGB", (int(width * ratio) + 1, int(height * ratio) + 1))
    picture.load()
    return picture, (width, height)


def open_png(path: Path, kind: str, need_short: int) -> Found:
    """Open a PNG whose checksums prove that it is complete."""
    parts = png.taken_apart(path.read_bytes())
    picture = Pillow.open(io.BytesIO(parts.picture), formats=["PNG"])
    check_pixels(*picture.size)
    return Found(png_pixels(picture, parts.picture), Blocks(parts.exif, parts.xmp, parts.colours))


def png_pixels(picture: Pillow.Image, content: bytes) -> Pillow.Image:
    """Decode a PNG. Where its numbers are the pixels, libpng does it in little more than half of
    Pillow's time; what libpng refuses is left to Pillow."""
    plain = picture.mode in {"L", "LA", "RGB", "RGBA"} and "transparency" not in picture.info
    if plain:
        import imagecodecs

        with suppress(imagecodecs.PngError):
            pixels = imagecodecs.png_decode(content)
            return Pillow.fromarray(pixels) if content[png.DEPTH] == 8 else from_16_bits(pixels)
    picture.load()
    return picture


def from_16_bits(pixels: npt.NDArray[np.uint16]) -> Pillow.Image:
    """Return colours of 16 bits as bytes, stretched as greys are: many cameras fill 12 of them.
    Alpha is only shortened."""
    if pixels.ndim == 2:
        return Pillow.fromarray(pixels)
    bands = pixels.shape[2]
    colours = pixels[..., : bands - (bands in {2, 4})]
    low, high = tiff.limits(colours, None, eight_bits=False)
    made = tiff.as_bytes(colours, None, low, high)
    if bands in {2, 4}:
        made = np.concatenate([made, (pixels[..., -1:] >> 8).astype(np.uint8)], axis=2)
    return Pillow.fromarray(made)


def open_webp(path: Path, kind: str, need_short: int) -> Found:
    """Open a WebP. A large one bypasses Pillow's animation decoder, which holds several copies."""
    header = Pillow.open(path, formats=["WEBP"])
    check_pixels(*header.size)
    picture: Pillow.Image = header
    if header.width * header.height > LARGE_PIXELS:
        import imagecodecs

        picture = Pillow.fromarray(imagecodecs.webp_decode(path.read_bytes()))
    return Found(picture, beside(header))


def open_heif(path: Path, kind: str, need_short: int) -> Found:
    """Open a HEIC. Its container states how it is turned and libheif turns it, so EXIF's
    orientation is ignored."""
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)
    picture = Pillow.open(path, formats=["HEIF"])
    check_pixels(*picture.size)
    return Found(picture, with_codes(beside(picture), path), orientation=1)


def open_avif(path: Path, kind: str, need_short: int) -> Found:
    """Open an AVIF. Where Pillow fails because it rewrites the EXIF, use its decoder directly."""
    try:
        picture: Pillow.Image = Pillow.open(path, formats=["AVIF"])
    except MemoryError:
        raise
    except Exception:
        return plain_avif(path)
    check_pixels(*picture.size)
    return Found(picture, with_codes(beside(picture), path))


def with_codes(blocks: Blocks, path: Path) -> Blocks:
    """Return the metadata of a HEIC or AVIF, with a profile for colours that it gives by code."""
    if blocks.profile:
        return blocks
    with path.open("rb") as file:
        return blocks._replace(profile=coded_colours.by_nclx(file.read(BOXES_BYTES)))


def plain_avif(path: Path) -> Found:
    """Read an AVIF's pixels and blocks by libavif, as Pillow's plugin does."""
    from PIL import _avif

    decoder = _avif.AvifDecoder(plain_brands(path.read_bytes()), "auto", 1)
    size, _, mode, profile, exif, orientation, xmp = decoder.get_info()
    check_pixels(*size)
    picture = Pillow.frombytes(mode, size, decoder.get_frame(0)[0])
    blocks = with_codes(Blocks(exif or b"", xmp or b"", profile or b""), path)
    return Found(picture, blocks, orientation)


def open_jpeg_2000(path: Path, kind: str, need_short: int) -> Found:
    """Open a JPEG 2000 (ISO/IEC 15444), at a fraction of its size where that is enough."""
    content = path.read_bytes()
    picture = Pillow.open(io.BytesIO(content), formats=["JPEG2000"])
    check_pixels(*picture.size)
    size = picture.size
    levels = (min(size) // max(1, need_short)).bit_length() - 1
    if levels > 0 and isinstance(picture, Jpeg2KImagePlugin.Jpeg2KImageFile):
        picture.reduce = min(levels, MOST_LEVELS)
    picture.load()
    said = jpeg2000.beside(content)
    return Found(picture, Blocks(said.exif, said.xmp, said.profile), size=size)


def plain_brands(content: bytes) -> bytes:
    """Return an AVIF without brands that promise more than a picture, such as a tone map: libavif
    refuses a file that lacks what a brand promises."""
    end = min(int.from_bytes(content[:4]), HEAD_BYTES, len(content))
    brands = [content[i : i + 4] for i in range(16, end - 3, 4)]
    kept = b"".join(b if b in AVIF_BRANDS else b"miaf" for b in brands)
    return content[:16] + kept + content[16 + len(kept) :]


OPENERS = {
    "JPEG": open_jpeg,
    "PNG": open_png,
    "WEBP": open_webp,
    "HEIF": open_heif,
    "AVIF": open_avif,
    "JPEG2000": open_jpeg_2000,
}


def open_plane(path: Path, number: int, need_short: int) -> Opened:
    """Open a plane of a stack, counted from 0. Raises BadPicture where there is none."""
    with path.open("rb") as file:
        if sniff(file.read(HEAD_BYTES)) != "TIFF":
            raise BadPicture("Only a TIFF has planes.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return open_tiff(path, need_short, number)


def open_tiff(path: Path, need_short: int, number: int = 0) -> Opened:
    """Open a TIFF of any kind; its Exif and GPS directories state where and when."""
    try:
        plane = tiff.read_plane(path, need_short, number)
    except (BadPicture, MemoryError):
        raise
    except tiff.SensorData:
        return open_raw(path, "", need_short)
    except tiff.LeftToPillow as error:
        found = open_by_libtiff(io.BytesIO(error.upright), error.page)
        found.orientation = error.orientation
    except Exception:
        found = open_by_libtiff(path, 0)
    else:
        size = plane.width, plane.height
        blocks = Blocks(profile=plane.profile)
        found = Found(plane.picture, blocks, plane.orientation, size, plane.stack)
    with path.open("rb") as file:
        return with_words(found, tags_of_tiff(file), "image/tiff", need_short)


def open_raw(path: Path, kind: str, need_short: int) -> Opened:
    """Open a camera's raw file by its preview. Its kind is "" for a TIFF, whose tags say more."""
    kind = kind or raw_tiff(path)
    made = raw.develop(path, need_short, RAW_NAMES[kind])
    with path.open("rb") as file:
        tags = tags_of_tiff(file) if kind != "CR3" else raw.tags_in_boxes(path, WANTED)
    beside_preview = tags_of_block(made.exif)
    if not tags.exif and beside_preview.exif:
        tags = beside_preview
    blocks = Blocks(exif=made.exif)
    found = Found(made.picture, blocks, made.orientation, (made.width, made.height))
    return with_words(found, tags, MEDIA_TYPES[kind], need_short)


def raw_tiff(path: Path) -> str:
    """Return the kind of a raw file that is a TIFF."""
    with path.open("rb") as file:
        source = ifd.open_directory(file)
        tags = ifd.directory(source, source.first, {MAKE, DNG_VERSION}) if source else {}
    if DNG_VERSION in tags:
        return "DNG"
    maker = str(tags.get(MAKE, "")).casefold()
    return next((kind for name, kind in RAW_MAKERS.items() if maker.startswith(name)), "RAW")


def open_by_libtiff(file: Path | io.BytesIO, page: int) -> Found:
    """Open a rarer kind of TIFF by Pillow, which turns it as it loads it."""
    picture = Pillow.open(file, formats=["TIFF"])
    if page:
        picture.seek(page)
    check_pixels(*picture.size)
    picture.load()
    return Found(picture, beside(picture), orientation=1)


def beside(picture: Pillow.Image) -> Blocks:
    """Return the metadata that Pillow found beside the picture."""
    found: list[Any] = [picture.info.get(key) for key in ("exif", "xmp", "icc_profile")]
    return Blocks(*(bytes(b) if isinstance(b, BYTES) else b"" for b in found))


def is_large(path: Path) -> bool:
    """Return whether the header states more than LARGE_PIXELS; False where only decoding can
    tell."""
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            kind = sniff(file.read(HEAD_BYTES))
            if kind is None or kind == "HEIF":
                return False
            with Pillow.open(path, formats=[kind]) as picture:
                return LARGE_PIXELS < picture.width * picture.height <= MAX_PIXELS
    except Exception:
        return False


def with_words(found: Found, tags: ifd.Tags, media_type: str, need_short: int) -> Opened:
    """Return an upright picture with what its EXIF and XMP state."""
    try:
        metadata = metadata_of(tags, found.blocks.xmp, found.blocks.resources)
    except Exception:  # whatever the error is, the picture can be used
        metadata = Metadata()
    found.orientation = found.orientation or ifd.orientation(tags)
    return made_upright(found, media_type, need_short, metadata)


def made_upright(found: Found, media_type: str, need_short: int, metadata: Metadata) -> Opened:
    """Shrink, flatten, convert to sRGB and turn upright, in the order that needs the least
    memory."""
    width, height = found.size if found.size[0] else found.picture.size
    if found.orientation in {5, 6, 7, 8}:
        width, height = height, width
    profile = found.blocks.profile
    picture = shrunk(found.picture, need_short)
    del found.picture
    picture = colour_profiles.to_srgb(flatten(picture), profile)
    picture = picture if picture.mode == "RGB" else picture.convert("RGB")
    turn = TURNS.get(found.orientation)
    picture = picture.transpose(turn) if turn is not None else picture
    return Opened(picture, media_type, width, height, metadata, found.stack)


def shrunk(picture: Pillow.Image, need_short: int) -> Pillow.Image:
    """Reduce a large picture by a whole factor before any other copy of it is made."""
    picture.load()
    factor = min(picture.size) // max(1, need_short)
    if factor < 2 or picture.mode in NOT_REDUCED:
        return picture
    return picture.reduce(factor)


def flatten(picture: Pillow.Image) -> Pillow.Image:
    """Return RGB, L or CMYK: lay transparency on white, stretch deep greys, look up palettes."""
    if picture.mode in DEEP:
        array = np.asarray(picture)
        low, high = tiff.limits(array, None, eight_bits=False)
        return Pillow.fromarray(tiff.as_bytes(array, None, low, high))
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        mode = "L" if picture.mode in {"L", "LA"} else "RGB"
        layer = picture.convert(f"{mode}A")
        flat = Pillow.new(mode, picture.size, "white")
        flat.paste(layer.convert(mode), mask=layer.getchannel("A"))
        return flat
    return picture if picture.mode in {"RGB", "L", "CMYK"} else picture.convert("RGB")


def within(picture: Pillow.Image, side: int) -> Pillow.Image:
    """Return the picture at no more than `side` pixels a side; unchanged when it is smaller."""
    if max(picture.size) <= side:
        return picture
    ratio = side / max(picture.size)
    size = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
    return picture.resize(size, Pillow.Resampling.BILINEAR, reducing_gap=1.5)


def thumbnail_of(picture: Pillow.Image) -> bytes:
    """Return the small JPEG of the grid, at most THUMBNAIL_SIDE px a side."""
    return encode_jpeg(within(picture, THUMBNAIL_SIDE), 80)


def view_of(picture: Pillow.Image) -> bytes:
    """Return the JPEG for a screen: at most VIEW_SIDE px a side, of the highest quality that fits
    into VIEW_BYTES."""
    shown = within(picture, VIEW_SIDE)
    for quality in VIEW_QUALITIES:
        content = encode_jpeg(shown, quality)
        if len(content) <= VIEW_BYTES:
            break
    return content


def encode_jpeg(picture: Pillow.Image, quality: int, subsampling: int = 2) -> bytes:
    """Encode a JPEG without metadata; `subsampling` 0 keeps every pixel's colour."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return buffer.getvalue()
