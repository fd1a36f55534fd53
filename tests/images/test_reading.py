"""Every format that people have, and what can go wrong with each."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from biosight.errors import BadPicture
from biosight.images.measures import STATISTICS, perceptual_hash, statistics
from biosight.images.reading import open_picture
from tests.tiny import picture

RAMP = np.tile(np.linspace(0, 255, 90, dtype=np.uint8)[None, :, None], (60, 1, 3))


def saved(tmp_path: Path, form: str, mode: str = "RGB", **options: object) -> Path:
    path = tmp_path / "picture"
    Pillow.fromarray(RAMP).convert(mode).save(path, form, **options)
    return path


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
        ("AVIF", "image/avif"),
    ],
)
def test_formats(tmp_path: Path, form: str, media_type: str) -> None:
    opened = open_picture(saved(tmp_path, form), 256)
    assert opened.media_type == media_type
    assert (opened.width, opened.height) == opened.picture.size == (90, 60)
    pixels = np.asarray(opened.picture)
    assert pixels[:, -5:].mean() - pixels[:, :5].mean() > 150


def test_heic(tmp_path: Path) -> None:
    import pillow_heif

    path = tmp_path / "a.heic"
    pillow_heif.from_pillow(Pillow.fromarray(RAMP)).save(path)
    opened = open_picture(path, 256)
    assert (opened.media_type, opened.width, opened.height) == ("image/heic", 90, 60)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("colour", [False, True])
def test_tiff_is_stretched(tmp_path: Path, kind: str, colour: bool) -> None:
    plane = np.linspace(0.30, 0.36, 60 * 90).reshape(60, 90)
    array = np.dstack([plane] * 3) if colour else plane
    scale = {"uint8": 255, "uint16": 65535, "float32": 1}[kind]
    kindly = "rgb" if colour else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", (array * scale).astype(kind), photometric=kindly)
    grey = np.asarray(open_picture(tmp_path / "a.tif", 256).picture.convert("L"))
    assert grey.min() <= 5
    assert grey.max() >= 250


@pytest.mark.parametrize("compression", ["lzw", "deflate"])
def test_compressed_deep_tiff(tmp_path: Path, compression: str) -> None:
    array = np.arange(60 * 90, dtype=np.uint16).reshape(60, 90)
    tifffile.imwrite(tmp_path / "a.tif", array, compression=compression)
    assert open_picture(tmp_path / "a.tif", 256).width == 90


def test_a_large_deep_tiff_is_reduced_and_keeps_its_size(tmp_path: Path) -> None:
    array = np.zeros((1600, 2400), dtype=np.uint16)
    array[:, 1200:] = 4000
    tags = [(274, "H", 1, 6, True)]
    tifffile.imwrite(tmp_path / "a.tif", array, extratags=tags)
    opened = open_picture(tmp_path / "a.tif", 400)
    assert (opened.width, opened.height) == (1600, 2400)
    assert opened.picture.size == (400, 600)
    grey = np.asarray(opened.picture.convert("L"))
    assert grey[:290].max() < 10
    assert grey[310:].min() > 245


def test_ome_tiff_shows_its_first_plane(tmp_path: Path) -> None:
    stack = np.zeros((4, 50, 70), dtype=np.uint16)
    stack[0, :, 35:] = 900
    tifffile.imwrite(tmp_path / "a.ome.tif", stack, ome=True, metadata={"axes": "ZYX"})
    grey = np.asarray(open_picture(tmp_path / "a.ome.tif", 256).picture.convert("L"))
    assert grey.shape == (50, 70)
    assert grey[:, 36:].min() > grey[:, :34].max()


def test_gif_shows_its_first_frame(tmp_path: Path) -> None:
    frames = [Pillow.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    pixel = open_picture(tmp_path / "a.gif", 64).picture.getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200 > 60 > pixel[2]


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    Pillow.new("RGBA", (20, 20), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert open_picture(tmp_path / "a.png", 64).picture.getpixel((3, 3)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_png_shows_what_pillow_shows(mode: str, tmp_path: Path) -> None:
    dice = np.random.default_rng(7)
    shown = Pillow.fromarray(dice.integers(0, 256, (40, 60, 4), dtype=np.uint8))
    kept = shown.convert(mode)
    kept.save(tmp_path / "a.png")
    layer = kept.convert("RGBA")
    wanted = Pillow.new("RGB", kept.size, "white")
    wanted.paste(layer.convert("RGB"), mask=layer.getchannel("A"))
    read = open_picture(tmp_path / "a.png", 100).picture
    difference = np.abs(np.asarray(read, int) - np.asarray(wanted, int))
    assert difference.max() <= (1 if mode in {"LA", "RGBA"} else 0)


def test_what_libpng_refuses_is_left_to_pillow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import imagecodecs

    def refuse(_: bytes) -> None:
        raise imagecodecs.PngError("no")

    Pillow.new("RGB", (30, 20), "teal").save(tmp_path / "a.png")
    monkeypatch.setattr(imagecodecs, "png_decode", refuse)
    assert open_picture(tmp_path / "a.png", 100).picture.getpixel((5, 5)) == (0, 128, 128)


def test_sixteen_bit_png(tmp_path: Path) -> None:
    deep = np.linspace(1000, 2000, 600).reshape(20, 30).astype(np.uint16)
    Pillow.fromarray(deep).save(tmp_path / "a.png")
    grey = np.asarray(open_picture(tmp_path / "a.png", 64).picture.convert("L"))
    assert grey.max() - grey.min() > 240


def test_exif_turns_the_picture_and_tells_of_it(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[274] = 6  # turned a quarter
    exif[271], exif[272] = "Canon", "Canon EOS 5D"
    exif.get_ifd(0x8769)[36867] = "2021:05:03 10:11:12"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "S", (12.0, 30.0, 0.0), "E", (45.0, 0.0, 36.0)
    Pillow.fromarray(RAMP).save(tmp_path / "a.jpg", exif=exif)
    opened = open_picture(tmp_path / "a.jpg", 256)
    assert (opened.width, opened.height) == opened.picture.size == (60, 90)
    assert opened.metadata.taken == "2021-05-03T10:11:12"
    assert opened.metadata.camera == "Canon EOS 5D"
    assert (opened.metadata.latitude, opened.metadata.longitude) == (-12.5, 45.01)


@pytest.mark.parametrize("date", ["0000:00:00 00:00:00", "2021:13:40 99:00:00", "soon", ""])
def test_a_date_is_never_invented(tmp_path: Path, date: str) -> None:
    exif = Pillow.Exif()
    exif.get_ifd(0x8769)[36867] = date
    Pillow.fromarray(RAMP).save(tmp_path / "a.jpg", exif=exif)
    assert open_picture(tmp_path / "a.jpg", 64).metadata.taken == ""


def test_a_large_jpeg_is_decoded_small(tmp_path: Path) -> None:
    Pillow.new("RGB", (3000, 2000), "teal").save(tmp_path / "a.jpg")
    opened = open_picture(tmp_path / "a.jpg", 400)
    assert (opened.width, opened.height) == (3000, 2000)
    assert 400 <= min(opened.picture.size) < 1000


def test_thumbnails_carry_no_metadata(tmp_path: Path) -> None:
    from biosight.images.reading import encode_jpeg, within

    exif = Pillow.Exif()
    exif[272] = "Camera"
    Pillow.fromarray(RAMP).save(tmp_path / "a.jpg", exif=exif)
    small = encode_jpeg(within(open_picture(tmp_path / "a.jpg", 64).picture, 40), 80)
    made = Pillow.open(io.BytesIO(small))
    assert max(made.size) == 40
    assert not made.getexif()


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


def test_too_many_pixels_are_refused_by_the_header(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_header(50_000, 50_000))
    with pytest.raises(BadPicture, match="megapixels"):
        open_picture(tmp_path / "bomb.png", 256)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF8"]
)
def test_other_files_are_refused_by_their_bytes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(BadPicture, match="not a picture"):
        open_picture(tmp_path / "a.jpg", 256)


def test_statistics_tell_bright_from_dark_and_sharp_from_blurred() -> None:
    sharp = Pillow.open(io.BytesIO(picture("Red", 1))).convert("RGB")
    values = dict(zip(STATISTICS, statistics(sharp), strict=True))
    blurred = dict(zip(STATISTICS, statistics(sharp.resize((12, 8)).resize((96, 64))), strict=True))
    dark = dict(zip(STATISTICS, statistics(sharp.point(lambda v: v // 3)), strict=True))
    assert values["red_green"] > 0.3
    assert blurred["sharpness"] < values["sharpness"]
    assert blurred["noise"] < values["noise"]
    assert dark["brightness"] < values["brightness"]


def test_perceptual_hash_survives_compression() -> None:
    dice = np.random.default_rng(3)
    rough = Pillow.fromarray(dice.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize((320, 240))
    buffer = io.BytesIO()
    rough.resize((200, 150)).save(buffer, "JPEG", quality=40)
    one, two = perceptual_hash(rough), perceptual_hash(Pillow.open(buffer))
    other = perceptual_hash(rough.transpose(Pillow.Transpose.FLIP_TOP_BOTTOM))
    distance = (int(one, 16) ^ int(two, 16)).bit_count()
    assert distance <= 4
    assert (int(one, 16) ^ int(other, 16)).bit_count() > 10
