"""Files without their place: nothing but the picture is left, and the picture is as it was."""

import io
import struct
import zlib
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image as Pillow
from PIL import ImageCms

from biosight.errors import BadPicture
from biosight.images.file_types import MEDIA_TYPES, RAW_KINDS
from biosight.images.placeless import placeless_type, without_place
from biosight.images.reading import open_picture
from biosight.inference.sandbox.decoding import Decoders
from tests.places_written import LATITUDE, PLACE, WAYS, drawn, jpeg, png
from tests.written import LONG, SHORT, UNDEFINED
from tests.written import exif as written

# Whose pixels may not change in any way.
EXACT = ("JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF", "GeoTIFF", "BigTIFF")


def seen(content: bytes, folder: Path) -> Pillow.Image:
    """The picture as BioSight reads it, which must say no place and no time."""
    path = folder / "file"
    path.write_bytes(content)
    opened = open_picture(path, 64)
    assert opened.metadata.latitude is None
    assert opened.metadata.taken == ""
    return opened.picture


def test_every_format_is_tried() -> None:
    formats = {name.partition(",")[0] for name in WAYS}
    kinds = MEDIA_TYPES.keys() - RAW_KINDS - {"JPEG2000"}  # those are drawn: test_raw.py
    assert {f.upper() for f in formats} >= {"HEIC" if k == "HEIF" else k for k in kinds}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_but_the_picture_is_left(way: str, tmp_path: Path) -> None:
    content, secret = WAYS[way]
    assert secret in content
    made = without_place(content)
    assert secret not in made
    after = seen(made, tmp_path)
    (tmp_path / "before").write_bytes(content)
    before = open_picture(tmp_path / "before", 64).picture
    if way.startswith(EXACT):
        assert np.array_equal(np.asarray(after), np.asarray(before))
    else:
        assert after.size == before.size


@pytest.mark.parametrize("way", [w for w in WAYS if w.startswith(EXACT)])
def test_a_picture_alone_stays_byte_for_byte(way: str) -> None:
    once = without_place(WAYS[way][0])
    assert without_place(once) == once


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_turn_and_colours_stay(kind: str, turn: int, tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    pixels = np.random.default_rng(1).integers(0, 255, (60, 90, 3), np.uint8)
    picture, buffer = Pillow.fromarray(pixels), io.BytesIO()
    exif = picture.getexif()
    exif[0x0112] = turn
    exif.get_ifd(0x8825).update({1: "S", 2: (33.0, 52.0, 9.5), 3: "W", 4: (70.0, 12.0, 30.0)})
    picture.save(buffer, kind, exif=exif, icc_profile=profile)
    made = without_place(buffer.getvalue())
    with Pillow.open(io.BytesIO(made)) as opened:
        assert opened.getexif().get(0x0112, 1) == turn
        assert not opened.getexif().get_ifd(0x8825)
        assert opened.info["icc_profile"] == profile
    (tmp_path / "before").write_bytes(buffer.getvalue())
    before = open_picture(tmp_path / "before", 60).picture
    assert np.array_equal(np.asarray(seen(made, tmp_path)), np.asarray(before))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_stays_one(kind: str) -> None:
    frames = [Pillow.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], duration=70, loop=0)
    with Pillow.open(io.BytesIO(without_place(buffer.getvalue()))) as opened:
        assert opened.n_frames == 3  # type: ignore[attr-defined]
        assert opened.info["loop"] == 0
        opened.seek(2)
        assert opened.convert("RGB").getpixel((5, 5))[2] > 200  # type: ignore[index]


@pytest.mark.parametrize("compression", [None, "adobe_deflate", "lzw", "packbits"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("big", [False, True])
def test_a_tiff_keeps_samples_pages_and_tiles(
    big: bool, dtype: str, compression: str | None, tmp_path: Path
) -> None:
    pages = np.random.default_rng(3).integers(0, 200, (3, 64, 48)).astype(dtype)
    path = tmp_path / "stack.tif"
    with tifffile.TiffWriter(path, bigtiff=big) as tiff:
        for page in pages:
            how = {"compression": compression, "tile": (16, 16), "description": "GPS 52.1"}
            tiff.write(page, contiguous=False, metadata=None, **how)
    made = without_place(path.read_bytes())
    assert b"GPS 52.1" not in made
    with tifffile.TiffFile(io.BytesIO(made)) as read:
        assert read.is_bigtiff == big
        assert [p.is_tiled for p in read.pages] == [True] * 3
        assert all(np.array_equal(p.asarray(), q) for p, q in zip(read.pages, pages, strict=True))


def test_pages_below_pages_stay(tmp_path: Path) -> None:
    path = tmp_path / "pyramid.tif"
    large, small = (np.random.default_rng(n).integers(0, 255, (n, n), np.uint8) for n in (64, 32))
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(large, subifds=1, metadata=None)
        tiff.write(small, metadata=None)
    with tifffile.TiffFile(io.BytesIO(without_place(path.read_bytes()))) as read:
        below = read.pages.first.pages
        assert below is not None
        assert np.array_equal(read.pages.first.asarray(), large)
        assert np.array_equal(below[0].asarray(), small)


def test_a_jpeg_in_a_tiff_loses_its_segments(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Pillow.fromarray(np.random.default_rng(4).integers(0, 255, (64, 64, 3), np.uint8)).save(
        buffer, "TIFF", compression="jpeg"
    )
    with tifffile.TiffFile(io.BytesIO(buffer.getvalue())) as read:
        strip, size = read.pages.first.dataoffsets[0], read.pages.first.databytecounts[0]
    content = bytearray(buffer.getvalue())
    comment = b"\xff\xfe\0\x0c" + LATITUDE
    piece = content[strip : strip + 2] + comment + content[strip + 2 : strip + size]
    at = len(content)
    content += piece
    for old, new in ((strip, at), (size, len(piece))):
        where = content.rindex(struct.pack("<L", old), 0, at)
        content[where : where + 4] = struct.pack("<L", new)
    made = without_place(bytes(content))
    assert LATITUDE in content
    assert LATITUDE not in made
    (tmp_path / "before").write_bytes(buffer.getvalue())
    before = open_picture(tmp_path / "before", 64).picture
    assert np.array_equal(np.asarray(seen(made, tmp_path)), np.asarray(before))


@pytest.mark.parametrize("offset", [800, 5000, 20000])
def test_a_pointer_out_of_its_block_harms_no_pixel(offset: int, tmp_path: Path) -> None:
    """What editors leave that cut a block: its GPS pointer leads into the picture (G17)."""
    block = written({0x0112: (SHORT, 6), 0x8825: (LONG, offset)})
    content = jpeg(b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block)
    (tmp_path / "before").write_bytes(content)
    before = open_picture(tmp_path / "before", 64).picture
    after = seen(without_place(content), tmp_path)
    assert np.array_equal(np.asarray(after), np.asarray(before))


def test_a_jpeg_without_its_end_gets_one(tmp_path: Path) -> None:
    content = drawn("JPEG")[:-2]
    made = without_place(content)
    assert made.endswith(b"\xff\xd9")
    assert np.array_equal(
        np.asarray(seen(made, tmp_path)), np.asarray(seen(drawn("JPEG"), tmp_path))
    )


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_what_no_browser_shows_becomes_a_jpeg(kind: str, tmp_path: Path) -> None:
    pillow_heif.register_heif_opener()
    made = without_place(drawn(kind, exif=b"Exif\0\0" + PLACE))
    assert made.startswith(b"\xff\xd8")
    assert placeless_type(MEDIA_TYPES[kind]) == "image/jpeg"
    assert seen(made, tmp_path).size == (64, 64)


def test_a_rarer_tiff_is_drawn_anew(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Pillow.new("RGB", (64, 64), "red").save(buffer, "TIFF", compression="tiff_jpeg")
    content = buffer.getvalue()
    made = without_place(content)
    assert made[:4] in {b"II*\0", b"MM\0*"}
    assert seen(made, tmp_path).size == (64, 64)


def test_an_odd_profile_goes() -> None:
    body = b"icc\0\0" + zlib.compress(b"GPS " + LATITUDE)
    chunk = struct.pack(">L", len(body)) + b"iCCP" + body
    content = png(chunk + struct.pack(">L", zlib.crc32(b"iCCP" + body)))
    assert b"iCCP" in content
    assert b"iCCP" not in without_place(content)


@pytest.mark.parametrize("way", ["JPEG, Exif", "PNG, eXIf", "WebP", "GIF, XMP", "BMP", "TIFF"])
def test_a_torn_file_is_refused_or_clean(way: str, tmp_path: Path) -> None:
    content, secret = WAYS[way]
    source, target = tmp_path / "source", tmp_path / "target"
    with closing(Decoders(1)) as decoders:
        for cut in [*range(12, 400, 17), len(content) // 2, len(content) - 1]:
            source.write_bytes(content[:cut])
            with suppress(BadPicture):  # the sandbox says in words that it can't be read
                decoders.without_place(source, target)
                assert secret not in target.read_bytes()


def test_no_value_is_copied_into_a_tag_that_stays() -> None:
    """Tags that a decoder needs hold numbers; one of text is not theirs."""
    odd = written({256: (UNDEFINED, b"GPS " + LATITUDE)})
    with pytest.raises((BadPicture, OSError, ValueError)):
        without_place(odd)
