"""Colour profiles: what a file says its numbers mean is what one sees."""

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from biosight.images.file_types import FILE_TYPES
from biosight.images.formats import colour_profiles
from biosight.images.reading import open_picture, thumbnail_of
from tests import written

FORMS = sorted(
    {t.pillow for t in FILE_TYPES} - {"GIF", "BMP", "JPEG2000"}
)  # the first two have none; JPEG 2000: test_raw.py

BRICK = (200, 80, 60)
# BRICK's numbers under each profile, as sRGB (by the ICC's equations, worked out with numpy).
P3 = written.matrix_profile(written.P3, 2.2)
ADOBE = written.matrix_profile(written.ADOBE, 2.2)
PROPHOTO = written.matrix_profile(written.PROPHOTO, 1.8)


def as_srgb(
    numbers: tuple[int, ...], primaries: tuple[tuple[float, ...], ...], gamma: float
) -> tuple[int, ...]:
    """A colour's sRGB by arithmetic: curve, primaries, sRGB's own under D50, sRGB's curve."""
    to_rgb = np.array(
        [[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540],
         [0.0719453, -0.2289914, 1.4052427]]
    )  # fmt: skip
    linear = (np.array(numbers) / 255) ** gamma
    straight = np.clip(to_rgb @ np.array(primaries).T @ linear, 0, 1)
    low, high = straight * 12.92, 1.055 * straight ** (1 / 2.4) - 0.055
    return tuple(int(v) for v in np.round(np.where(straight <= 0.0031308, low, high) * 255))


def middle(path: Path) -> tuple[int, ...]:
    """The middle of the thumbnail, as sRGB."""
    small = Pillow.open(io.BytesIO(thumbnail_of(open_picture(path, 256).picture))).convert("RGB")
    found = small.getpixel((small.width // 2, small.height // 2))
    assert isinstance(found, tuple)
    return found


def saved(path: Path, form: str, picture: Pillow.Image, profile: bytes) -> Path:
    import pillow_heif

    pillow_heif.register_heif_opener()
    picture.save(path, form, icc_profile=profile, quality=95)
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("profile", "primaries", "gamma"),
    [
        (P3, written.P3, 2.2),
        (ADOBE, written.ADOBE, 2.2),
        (PROPHOTO, written.PROPHOTO, 1.8),
        (written.matrix_profile(written.P3[::-1], 2.2), written.P3[::-1], 2.2),
    ],
    ids=["P3", "Adobe RGB", "ProPhoto", "swapped primaries"],
)
def test_colours_are_those_of_the_profile(
    form: str,
    profile: bytes,
    primaries: tuple[tuple[float, ...], ...],
    gamma: float,
    tmp_path: Path,
) -> None:
    path = saved(tmp_path / "a", form, written.flat(BRICK), profile)
    expected = as_srgb(BRICK, primaries, gamma)
    assert np.abs(np.array(expected) - BRICK).max() > 5
    # A colour at the edge of sRGB, with halved colour, is some steps off in an AVIF.
    assert middle(path) == pytest.approx(expected, abs=8 if form == "AVIF" else 4)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize(("gamma", "shown"), [(1.0, 137), (1.8, 81)])
def test_grey_with_a_profile(form: str, gamma: float, shown: int, tmp_path: Path) -> None:
    picture = written.flat((64,), "L")
    if form == "TIFF":  # a plane of one value would be stretched
        picture.paste(0, (0, 0, 20, 60))
        picture.paste(255, (70, 0, 90, 60))
    path = saved(tmp_path / "a", form, picture, written.grey_profile(gamma))
    assert middle(path) == pytest.approx((shown,) * 3, abs=4)


def test_transparent_grey_and_palettes_obey_it_too(tmp_path: Path) -> None:
    faint = written.flat((64, 255), "LA")
    assert middle(saved(tmp_path / "a.png", "PNG", faint, written.grey_profile(1.0)))[0] > 120
    few = written.flat(BRICK).quantize(8)
    expected = as_srgb(BRICK, written.P3, 2.2)
    assert middle(saved(tmp_path / "b.png", "PNG", few, P3)) == pytest.approx(expected, abs=4)
    clear = written.flat((*BRICK, 255), "RGBA")
    assert middle(saved(tmp_path / "c.png", "PNG", clear, P3)) == pytest.approx(expected, abs=4)


def test_sixteen_bits_with_a_profile_are_not_stretched(tmp_path: Path) -> None:
    deep = np.tile(np.array(BRICK, np.uint16) * 257, (60, 90, 1))
    tag = (34675, 7, len(P3), P3, True)
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", extratags=[tag])
    assert middle(tmp_path / "a.tif") == pytest.approx(as_srgb(BRICK, written.P3, 2.2), abs=4)


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk_by_its_profile(form: str, tmp_path: Path) -> None:
    """A table that shows any ink as the paper's red: nobody would get it by the naive formula."""
    path = saved(tmp_path / "a", form, written.flat((10, 200, 30, 0), "CMYK"), cmyk_profile())
    plain = tmp_path / "plain"
    written.flat((10, 200, 30, 0), "CMYK").save(plain, form, quality=95)
    assert np.abs(np.array(middle(path)) - middle(plain)).max() > 20


def cmyk_profile() -> bytes:
    """A printer's profile with a table of two points an ink: Lab lightness by magenta alone."""
    import itertools
    import struct

    points = b"".join(
        bytes([255 - 128 * magenta, 128 + 60 * magenta, 128])
        for _, magenta, _, _ in itertools.product((0, 1), repeat=4)
    )
    straight = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0])
    table += struct.pack(">9l", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table += straight * 4 + points + straight * 3
    made = bytearray(
        written.profile(b"CMYK", {b"wtpt": written.fixed(0.96, 1, 0.82), b"A2B0": table})
    )
    made[12:16], made[20:24] = b"prtr", b"Lab "
    return bytes(made)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "profile",
    [
        written.srgb_profile(),
        b"x" * 200,
        P3[:300],
        P3[:36] + b"none" + P3[40:],
        written.grey_profile(1.0),
        P3 + b"\0" * colour_profiles.LARGEST_PROFILE,
    ],
    ids=["sRGB", "junk", "cut", "no signature", "of grey", "huge"],
)
def test_other_profiles_change_no_bit(form: str, profile: bytes, tmp_path: Path) -> None:
    picture = written.ramp().point(lambda v: v // 2 + 40)
    with_one = open_picture(saved(tmp_path / "a", form, picture, profile), 256).picture
    picture.save(tmp_path / "b", form, quality=95)
    plain = open_picture(tmp_path / "b", 256).picture
    if form == "TIFF" and colour_profiles.suits(profile, "RGB"):
        plain = picture  # whose numbers have a meaning: they are not stretched
    assert with_one.tobytes() == plain.tobytes()


@given(st.lists(st.tuples(st.integers(0, len(P3) - 1), st.integers(0, 255)), max_size=8))
def test_no_changed_byte_raises(changes: list[tuple[int, int]]) -> None:
    profile = bytearray(P3)
    for at, value in changes:
        profile[at] = value
    turned = colour_profiles.to_srgb(written.ramp(), bytes(profile))
    assert (turned.mode, turned.size) == ("RGB", (90, 60))


def pixel(path: Path) -> list[int]:
    seen = np.asarray(open_picture(path, 64).picture)
    return [int(v) for v in seen[seen.shape[0] // 2, seen.shape[1] // 2]]


def with_chunks(path: Path, colour: tuple[int, int, int], *chunks: bytes) -> Path:
    """A PNG of one colour with chunks before its picture."""
    buffer = io.BytesIO()
    Pillow.new("RGB", (40, 30), colour).save(buffer, "PNG")
    content = buffer.getvalue()
    path.write_bytes(content[:33] + b"".join(chunks) + content[33:])
    return path


def test_colours_by_numbers_are_those_that_a_browser_shows(tmp_path: Path) -> None:
    """Display P3 by cICP, and a linear gAMA; Chromium shows 217, 69, 51 and 128 (F18)."""
    p3 = written.chunk(b"cICP", bytes([12, 13, 0, 1]))
    found = pixel(with_chunks(tmp_path / "a.png", (201, 80, 61), p3))
    assert found == pytest.approx([217, 69, 51], abs=2)
    linear = written.chunk(b"gAMA", (100_000).to_bytes(4))
    assert pixel(with_chunks(tmp_path / "b.png", (55,) * 3, linear)) == pytest.approx(
        [128] * 3, abs=2
    )


@pytest.mark.parametrize(
    "chunks",
    [
        (),
        ((b"gAMA", (45_455).to_bytes(4)),),
        ((b"cICP", bytes([1, 13, 0, 1])),),
        ((b"sRGB", b"\0"), (b"gAMA", (100_000).to_bytes(4))),
        ((b"gAMA", b"\0" * 4),),
        ((b"cHRM", b"\0" * 32),),
        ((b"cICP", bytes([12, 16, 0, 1])),),
    ],
)
def test_srgb_by_numbers_and_numbers_without_sense_change_nothing(
    tmp_path: Path, chunks: tuple[tuple[bytes, bytes], ...]
) -> None:
    made = [written.chunk(kind, body) for kind, body in chunks]
    assert pixel(with_chunks(tmp_path / "a.png", (201, 80, 61), *made)) == [201, 80, 61]


def test_the_code_in_an_avif_counts(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Pillow.new("RGB", (64, 64), (201, 80, 61)).save(buffer, "AVIF", quality=95)
    content = buffer.getvalue()
    at = content.find(b"colrnclx") + 8
    assert at > 8, "Pillow writes the box"
    (tmp_path / "a").write_bytes(content)
    assert pixel(tmp_path / "a") == pytest.approx([201, 80, 61], abs=3)
    coded = content[:at] + (12).to_bytes(2) + (13).to_bytes(2) + content[at + 4 :]
    (tmp_path / "b").write_bytes(coded)
    assert pixel(tmp_path / "b") == pytest.approx([217, 69, 51], abs=4)
