"""Files with more, or less, in them than a picture: each is taken for what it is."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image as Pillow

from biosight.errors import BadPicture
from biosight.images.file_types import HEAD_BYTES, sniff
from biosight.images.reading import open_picture
from tests import written

Bytes = npt.NDArray[np.uint8]
NOISE = Pillow.fromarray(np.random.default_rng(1).integers(0, 255, (60, 90, 3), np.uint8))
WHOLE = written.jpeg(NOISE)
LOADED = written.jpeg(NOISE, progressive=True)
SCANS = b"\xff\xda\0\x08" * 200


def opened(tmp_path: Path, content: bytes) -> Pillow.Image:
    path = tmp_path / "a"
    path.write_bytes(content)
    return open_picture(path, 256).picture


@pytest.mark.parametrize("plain", [WHOLE, LOADED], ids=["baseline", "progressive"])
@pytest.mark.parametrize(
    "add",
    [
        lambda j: j + SCANS + os.urandom(200_000),
        lambda j: j + b"PK\x03\x04" + SCANS,
        lambda j: j + written.jpeg() * 40,
        lambda j: j[:2] + b"".join(written.segment(0xE3, SCANS * 20) for _ in range(4)) + j[2:],
        lambda j: j[:2] + written.segment(0xE1, b"Exif\0\0" + written.jpeg() * 9) + j[2:],
        lambda j: j[:2] + written.segment(0xFE, SCANS) + j[2:],
        lambda j: j[:2] + written.segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04") + j[2:],
        lambda j: j[:2] + written.segment(0xE2, b"MPF\0II*\0\xff\xff\xff\xff") + j[2:],
        lambda j: j[:2] + b"\xff\xff\xff" + j[2:],
    ],
    ids=[
        "video",
        "zip",
        "more pictures",
        "raw data",
        "thumbnail",
        "comment",
        "8BIM",
        "MPF",
        "fill",
    ],
)
def test_what_else_is_in_a_jpeg_changes_no_pixel(
    plain: bytes, add: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    assert opened(tmp_path, add(plain)).tobytes() == opened(tmp_path, plain).tobytes()


@pytest.mark.parametrize("plain", [WHOLE, LOADED], ids=["baseline", "progressive"])
def test_a_jpeg_that_lacks_its_end_marker_alone_is_taken(plain: bytes, tmp_path: Path) -> None:
    for short in (plain[:-2], plain[:-1]):
        assert opened(tmp_path, short).tobytes() == opened(tmp_path, plain).tobytes()


@pytest.mark.parametrize("plain", [WHOLE, LOADED], ids=["baseline", "progressive"])
@pytest.mark.parametrize("lost", [8, 40, 900])
def test_a_jpeg_that_lacks_more_is_not(plain: bytes, lost: int, tmp_path: Path) -> None:
    with pytest.raises(BadPicture, match="cut off"):
        opened(tmp_path, plain[:-lost])


def test_kinds_of_jpeg_that_are_not_read_are_named(tmp_path: Path) -> None:
    at = WHOLE.index(b"\xff\xc0")
    arithmetic = WHOLE[: at + 1] + b"\xc9" + WHOLE[at + 2 :]
    with pytest.raises(BadPicture, match="arithmetic"):
        opened(tmp_path, arithmetic)
    deep = WHOLE[: at + 1] + b"\xc1" + WHOLE[at + 2 : at + 4] + b"\x0c" + WHOLE[at + 5 :]
    with pytest.raises(BadPicture, match="12 bits"):
        opened(tmp_path, deep)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"II*\0\x10\0\0\0CR\x02\0", "Canon CR2"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "Canon CR3"),
        (b"FUJIFILMCCD-RAW 0201", "Fujifilm RAF"),
        (b"IIU\0\x08\0\0\0", "Panasonic RW2"),
        (b"IIRO\x08\0\0\0", "Olympus ORF"),
        (b"FOVb\0\0\1\0", "camera raw"),
    ],
)
def test_raw_files_are_refused_by_name(head: bytes, name: str, tmp_path: Path) -> None:
    with pytest.raises(BadPicture, match=f"raw file.*{name}"):
        opened(tmp_path, head.ljust(4000, b"\0"))


def pieces(content: bytes) -> list[tuple[bytes, bytes]]:
    """A PNG's chunks: kind and content."""
    found, at = [], 8
    while at < len(content):
        (length,) = struct.unpack(">L", content[at : at + 4])
        found.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def with_data(change: Callable[[bytes], bytes]) -> bytes:
    """A PNG whose data was changed, its check sums put right again."""
    made = b"\x89PNG\r\n\x1a\n"
    for kind, content in pieces(written.png(NOISE)):
        made += written.chunk(kind, change(content) if kind == b"IDAT" else content)
    return made


BROKEN = {
    "a bit": lambda: flipped(written.png(NOISE), -3000),
    "the check sum of a chunk": lambda: flipped(written.png(NOISE), -14),
    "the stream's own check sum": lambda: with_data(lambda d: d[:-1] + bytes([d[-1] ^ 1])),
    "the middle of the stream": lambda: with_data(lambda d: d[:500] + b"\0\0\0" + d[503:]),
    "data cut": lambda: with_data(lambda d: d[: len(d) // 2]),
    "file cut": lambda: written.png(NOISE)[:4000],
    "its end cut": lambda: written.png(NOISE)[:-12],
    "half its end cut": lambda: written.png(NOISE)[:-4],
}


def flipped(content: bytes, at: int) -> bytes:
    changed = bytearray(content)
    changed[at] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("exif", [False, True], ids=["plain", "with EXIF"])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_png_is_refused(kind: str, exif: bool, tmp_path: Path) -> None:
    content = BROKEN[kind]()
    if exif:
        block = written.chunk(b"eXIf", written.exif({0x110: (written.ASCII, "K1")}))
        content = content[:33] + block + content[33:]
    with pytest.raises((BadPicture, OSError, SyntaxError, ValueError)):
        opened(tmp_path, content)


def test_a_png_with_broken_words_beside_its_picture_is_taken(tmp_path: Path) -> None:
    bomb = written.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * (70 << 20)))
    odd = written.chunk(b"iCCP", b"x\0\0junk") + flipped(written.chunk(b"tEXt", b"a\0b"), -1)
    content = written.png(NOISE, before=bomb + odd)
    assert opened(tmp_path, content).tobytes() == NOISE.tobytes()


def tiff_ramp(
    height: int = 900, width: int = 1200
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.tile(np.linspace(0, 255, width, dtype=np.uint8), (height, 1))


@pytest.mark.parametrize("way", ["page", "old tag", "below", "mask"])
def test_the_thumbnail_is_not_the_picture(way: str, tmp_path: Path) -> None:
    small = np.full((60, 80), 9, np.uint8)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tiff:
        if way == "below":
            tiff.write(small, subfiletype=1, subifds=1, metadata=None)
            tiff.write(tiff_ramp(), subfiletype=0, metadata=None)
        else:
            old = [(255, "H", 1, 2, True)] if way == "old tag" else []
            kind = {"page": 1, "mask": 4, "old tag": 0}[way]
            first = small > 9 if way == "mask" else small
            tiff.write(first, subfiletype=kind, extratags=old, metadata=None)
            tiff.write(tiff_ramp(), metadata=None)
    found = open_picture(path, 256)
    assert (found.width, found.height) == (1200, 900)
    assert np.asarray(found.picture.convert("L")).std() > 50


def test_a_raw_picture_in_a_tiff_is_developed(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(np.zeros((60, 80), np.uint8), subfiletype=1, subifds=1, metadata=None)
        tiff.write(tiff_ramp().astype(np.uint16), photometric=32803, metadata=None)
    opened = open_picture(path, 256)
    assert opened.media_type == "image/x-raw"
    assert np.asarray(opened.picture).std() > 5


def shown(path: Path, array: object, need: int = 256, **options: object) -> Bytes:
    tifffile.imwrite(path, array, metadata=None, **options)
    return np.asarray(open_picture(path, need).picture.convert("L"))


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    ("kind", "none"),
    [
        ("float32", -9999.0),
        ("float32", float("nan")),
        ("float64", -3.4028234663852886e38),
        ("int16", -32768),
        ("uint16", 65535),
        ("uint8", 0),
    ],
)
def test_no_data_is_no_value(kind: str, none: float, large: bool, tmp_path: Path) -> None:
    side = 900 if large else 200
    array = np.tile(np.linspace(100, 200, side), (side, 1)).astype(kind)
    array[: side // 5] = none
    text = f"{none:.17g}"
    grey = shown(tmp_path / "a.tif", array, extratags=[(42113, 2, len(text) + 1, text, True)])
    assert grey[len(grey) // 4 :].std() > 50
    assert grey[: len(grey) // 6].min() == 255


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("noise", [0, 3])
def test_few_bright_cells_stay_on_black(kind: str, large: bool, noise: int, tmp_path: Path) -> None:
    side = 1500 if large else 250
    dice = np.random.default_rng(2)
    array = dice.integers(0, noise + 1, (side, side)).astype(np.float64)
    for y, x in dice.integers(0, side - side // 50, (12, 2)):
        array[y : y + side // 50, x : x + side // 50] = 250
    grey = shown(tmp_path / "a.tif", array.astype(kind))
    assert grey.mean() < 30
    assert grey.max() > 200


@pytest.mark.parametrize("side", [100, 1500])
@pytest.mark.parametrize(("value", "shown_as"), [(255, 255), (0, 0), (90, 90)])
def test_one_value_of_eight_bits_is_what_it_is(
    side: int, value: int, shown_as: int, tmp_path: Path
) -> None:
    grey = shown(tmp_path / "a.tif", np.full((side, side), value, np.uint8))
    assert np.abs(grey.astype(int) - shown_as).max() <= 1


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "int8", "float32"])
def test_white_is_zero(kind: str, tmp_path: Path) -> None:
    least, most = (-120, 120) if kind in {"int8", "float32"} else (-32000, 32000)
    least, most = (0, 250) if kind.startswith("u") else (least, most)
    array = np.tile(np.linspace(most, least, 240), (60, 1)).astype(kind)
    grey = shown(tmp_path / "a.tif", array, photometric="miniswhite").astype(int)
    columns = grey.mean(axis=0)
    assert (np.diff(columns) >= 0).all()
    assert columns[-1] - columns[0] > 240


TURNED = {
    1: None,
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize(
    ("form", "mode"),
    [(form, mode) for form in ("TIFF", "JPEG", "PNG", "WEBP", "AVIF") for mode in ("L", "RGB")]
    + [("TIFF", "CMYK"), ("JPEG", "CMYK")],
)
def test_every_orientation_is_undone(
    form: str, mode: str, orientation: int, tmp_path: Path
) -> None:
    stored = Pillow.new("L", (80, 60), 255)
    stored.paste(0, (0, 0, 40, 20))
    path = tmp_path / "a"
    exif = Pillow.Exif()
    exif[274] = orientation
    more = {"tiffinfo": {274: orientation}} if form == "TIFF" else {"exif": exif}
    stored.convert(mode).save(path, form, quality=95, **more)
    turn = TURNED[orientation]
    wanted = stored.transpose(turn) if turn is not None else stored
    found = open_picture(path, 256)
    assert (found.width, found.height) == found.picture.size == wanted.size
    apart = np.abs(np.asarray(found.picture.convert("L"), int) - np.asarray(wanted, int))
    assert apart.mean() < 8


@pytest.mark.parametrize(("brands", "kind"), [(7, "AVIF"), (60, "AVIF"), (0, None)])
def test_every_brand_of_the_first_box_counts(brands: int, kind: str | None) -> None:
    """The sixth brand said avif (F24); what stands behind the box says nothing."""
    said = [b"miaf"] * brands + [b"avif"]
    length = 16 + 4 * (len(said) if brands else 0)
    head = length.to_bytes(4) + b"ftypmiaf" + bytes(4) + b"".join(said)
    assert sniff(head[:HEAD_BYTES]) == kind


def halved(content: bytes) -> bytes:
    """The first half of a JPEG."""
    return content[: len(content) // 2]


@pytest.mark.parametrize("kind", ["end marker", "filled with FF", "restarts and zeros"])
def test_a_jpeg_of_which_half_is_missing_is_refused(tmp_path: Path, kind: str) -> None:
    """Grey halves were stored without a word (F13)."""
    buffer = io.BytesIO()
    more = {"restart_marker_blocks": 4} if kind == "restarts and zeros" else {}
    NOISE.resize((360, 240)).save(buffer, "JPEG", quality=85, **more)
    whole = buffer.getvalue()
    assert opened(tmp_path, whole).size
    tails = {
        "end marker": b"\xff\xd9",
        "filled with FF": b"\xff" * (len(whole) // 2),
        "restarts and zeros": bytes(len(whole) // 2) + b"\xff\xd9",
    }
    with pytest.raises(BadPicture, match="damaged or cut off"):
        opened(tmp_path, halved(whole) + tails[kind])


@pytest.mark.parametrize("colour", ["white", "black", (127, 127, 127)])
def test_a_drawing_that_ends_flat_is_whole(tmp_path: Path, colour: str) -> None:
    drawing = Pillow.new("RGB", (300, 200), colour)
    drawing.paste(NOISE, (100, 20))
    for more in ({}, {"optimize": True}, {"progressive": True}, {"restart_marker_blocks": 3}):
        buffer = io.BytesIO()
        drawing.save(buffer, "JPEG", quality=80, **more)
        assert opened(tmp_path, buffer.getvalue()).size == (300, 200)


def test_hot_and_missing_pixels_do_not_darken_a_picture(tmp_path: Path) -> None:
    """One pixel in 2,000 hot made all black; NaN spoilt whole blocks (F17)."""
    dice = np.random.default_rng(3)
    deep = dice.integers(100, 400, (600, 800)).astype(np.uint16)
    hot = deep.copy()
    hot.ravel()[dice.choice(hot.size, hot.size // 2000, replace=False)] = 65535
    tifffile.imwrite(tmp_path / "hot.tif", hot)
    holes = deep.astype(np.float32)
    holes.ravel()[dice.choice(holes.size, holes.size // 20, replace=False)] = np.nan
    tifffile.imwrite(tmp_path / "nan.tif", holes)
    for name in ("hot.tif", "nan.tif"):
        seen = np.asarray(open_picture(tmp_path / name, 256).picture)
        assert seen.mean() > 100, name
        assert seen.std() > 20, name


def test_twelve_bits_in_a_png_of_sixteen_fill_the_range(tmp_path: Path) -> None:
    import imagecodecs

    dice = np.random.default_rng(4)
    pixels = dice.integers(0, 4096, (60, 80, 3)).astype(np.uint16)
    (tmp_path / "a").write_bytes(imagecodecs.png_encode(pixels))
    seen = np.asarray(open_picture(tmp_path / "a", 256).picture)
    assert (seen.shape, seen.std() > 50) == ((60, 80, 3), True)


def test_what_is_transparent_in_a_tiff_is_white(tmp_path: Path) -> None:
    pixels = np.full((40, 60, 4), 200, np.uint8)
    pixels[:, :30, 3] = 0
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", extrasamples=["unassalpha"])
    seen = np.asarray(open_picture(tmp_path / "a.tif", 256).picture)
    assert seen[20, 5].tolist() == [255, 255, 255]
    assert seen[20, 50].tolist() != [255, 255, 255]
