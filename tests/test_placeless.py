"""Files without their place: in every format, and every pixel, date and turn as it was."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from biosight.images.placeless import without_place
from biosight.images.reading import open_picture
from tests.written import ASCII, LONG, SHORT, UNDEFINED, place
from tests.written import exif as written

XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="33,52.16N" '
    b'exif:DateTimeOriginal="2024-05-01T12:34:56"><exif:GPSLongitude>70,12.5E'
    b'</exif:GPSLongitude></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF")


def located(kind: str, *, by_xmp: bool) -> bytes:
    """A picture that says where and when it was taken."""
    pixels = np.random.default_rng(1).integers(0, 255, (60, 90, 3), np.uint8)
    if kind == "TIFF":
        return located_tiff(pixels, by_xmp=by_xmp)
    picture, buffer = Pillow.fromarray(pixels), io.BytesIO()
    exif = picture.getexif()
    how: dict[str, object] = {}
    if by_xmp:
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        how = {"pnginfo": info} if kind == "PNG" else {"xmp": XMP}
    else:
        exif[0x0112] = 6
        exif.get_ifd(0x8769)[0x9003] = "2024:05:01 12:34:56"
        exif.get_ifd(0x8825).update({1: "S", 2: (33.0, 52.0, 9.5), 3: "W", 4: (70.0, 12.0, 30.0)})
        how["exif"] = exif
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    picture.save(buffer, kind, **how)
    return buffer.getvalue()


def located_tiff(pixels: npt.NDArray[np.uint8], *, by_xmp: bool) -> bytes:
    """A plain TIFF: its directory, with the place, then its pixels in one strip."""
    height, width, _ = pixels.shape
    main: dict[int, tuple[int, Any]] = {
        256: (LONG, width),
        257: (LONG, height),
        258: (SHORT, [8, 8, 8]),
        259: (SHORT, 1),
        262: (SHORT, 2),
        273: (LONG, 0),
        277: (SHORT, 3),
        278: (LONG, height),
        279: (LONG, pixels.nbytes),
    }
    if by_xmp:
        main[700] = (UNDEFINED, XMP)
    inner = {} if by_xmp else {0x9003: (ASCII, "2024:05:01 12:34:56")}
    gps = {} if by_xmp else place()
    main[273] = (LONG, len(written(main, inner, gps)))
    return written(main, inner, gps) + pixels.tobytes()


@pytest.mark.parametrize("by_xmp", [False, True], ids=["exif", "xmp"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_place_goes_and_nothing_else(kind: str, by_xmp: bool, tmp_path: Path) -> None:
    content = located(kind, by_xmp=by_xmp)
    (tmp_path / "before").write_bytes(content)
    (tmp_path / "after").write_bytes(without_place(content))
    before, after = (open_picture(tmp_path / n, 60) for n in ("before", "after"))
    if before.metadata.latitude is None:
        pytest.fail(f"the {kind} never said where it was taken")
    assert (after.metadata.latitude, after.metadata.longitude) == (None, None)
    assert after.metadata.taken == before.metadata.taken == "2024-05-01T12:34:56"
    assert np.array_equal(np.asarray(after.picture), np.asarray(before.picture))
    with Pillow.open(tmp_path / "after") as opened:
        assert not dict(opened.getexif().get_ifd(0x8825))


def test_a_films_place_goes_too() -> None:
    film = b"\x00\x00\x00\x24\xa9xyz\x00\x12\x15\xc7+47.1234-008.5000+400/\x00"
    assert b"47.1234" not in without_place(located("JPEG", by_xmp=False) + film)


def test_what_has_no_place_stays_byte_for_byte() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        buffer = io.BytesIO()
        Pillow.new("RGB", (9, 9), "red").save(buffer, kind)
        assert without_place(buffer.getvalue()) == buffer.getvalue()


@pytest.mark.parametrize("cut", range(12, 400, 7))
def test_a_torn_block_raises_nothing(cut: int) -> None:
    content = located("JPEG", by_xmp=False)
    assert len(without_place(content[:cut])) == cut
