"""When and where a picture was taken, as cameras and programs write it: each kind, its value."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from biosight.images.file_types import FILE_TYPES
from biosight.images.formats import ifd
from biosight.images.metadata.file import Metadata, metadata_of, tags_of_block
from biosight.images.metadata.xmp import read_packet
from biosight.images.reading import open_picture
from tests import written
from tests.written import ASCII, CHANGED, DATE, DIGITIZED, ORIGINAL, RATIONAL, SHORT, UNDEFINED

FORMS = sorted(
    {t.pillow for t in FILE_TYPES} - {"GIF", "BMP", "JPEG2000"}
)  # the first two have none; JPEG 2000: test_raw.py

MIDDAY = "2024-05-01T12:34:56"
SOUTH_WEST = (-33.8694444, -70.2083333)


def said(
    main: Any = None, inner: Any = None, gps: Any = None, packet: bytes = b"", order: str = "<"
) -> Metadata:
    return metadata_of(tags_of_block(written.exif(main, inner, gps, order)), packet)


def taken(text: str) -> str:
    return said(inner={ORIGINAL: (ASCII, text)}).taken


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        (DATE, MIDDAY),
        ("2024:05:01 24:00:00", "2024-05-02T00:00:00"),
        ("2024:12:31 24:00:00", "2025-01-01T00:00:00"),
        ("2024:05:01 12:34:60", "2024-05-01T12:35:00"),
        ("2024:05:01 12:34", "2024-05-01T12:34:00"),
        ("2024:5:1 9:3:7", "2024-05-01T09:03:07"),
        ("2024: 5: 1  9: 3: 7", "2024-05-01T09:03:07"),
        ("2024/05/01 12:34:56", MIDDAY),
        ("2024-05-01T12:34:56", MIDDAY),
        ("2024.05.01 12:34:56", MIDDAY),
        ("20240501 123456", MIDDAY),
        ("  2024:05:01 12:34:56  ", MIDDAY),
        ("2024:05:01 12:34:56\0junk", MIDDAY),
        ("2024:05:01 01:34:56 PM", "2024-05-01T13:34:56"),
        ("2024:05:01 12:34:56 AM", "2024-05-01T00:34:56"),
        ("2024:05:01 12:34:56 p.m.", MIDDAY),
        ("2024:05:01 12:34:56.250", "2024-05-01T12:34:56.25"),
        ("2024:02:29 00:00:00", "2024-02-29T00:00:00"),
    ],
)
def test_spellings_of_a_date(text: str, iso: str) -> None:
    assert taken(text) == iso


@pytest.mark.parametrize(
    "text",
    [
        "    :  :     :  :  ",
        "0000:00:00 00:00:00",
        "2023:02:29 12:00:00",
        "2024:13:01 12:00:00",
        "2024:00:10 12:00:00",
        "2024:05:01 25:00:00",
        "2024:05:01 12:60:00",
        "2024:05:01 12:34:61",
        "2024:05:01 13:34:56 AM",
        "2024:05:01 01:34:56 nachm.",
        "9999:12:31 24:00:00",
        "1700:01:01 00:00:00",
        "01/05/2024 12:34:56",
        "soon",
        "",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert taken(text) == ""


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("1987-06-14", "1987-06-14"),
        ("2024:05:01   :  :  ", "2024-05-01"),
        ("2024:05:01", "2024-05-01"),
        ("2024:05:01 12.34.56", "2024-05-01T12:34:56"),
        ("2024-05-01 3:04:05 p. m.", "2024-05-01T15:04:05"),
        ("2024/05/01 下午 3:04:05", "2024-05-01T15:04:05"),
        ("2024年5月1日 上午3:04", "2024-05-01T03:04:00"),
        ("2024年05月01日", "2024-05-01"),
        ("1700-01-01", None),
        ("2023-02-29", None),
        ("2024-05", None),
    ],
)
def test_a_day_alone_and_rarer_spellings_are_read(text: str, local: str | None) -> None:
    assert taken(text) == (local or "")


LATER = "2026:01:01 09:00:00"
NOTE = {0x927C: (UNDEFINED, written.hyperfire())}


@pytest.mark.parametrize(
    ("main", "inner", "packet", "source"),
    [
        ({CHANGED: (ASCII, LATER)}, {ORIGINAL: (ASCII, DATE)}, {}, "DateTimeOriginal"),
        ({ORIGINAL: (ASCII, DATE), CHANGED: (ASCII, LATER)}, {}, {}, "DateTimeOriginal (IFD0)"),
        ({}, {}, {"exif__DateTimeOriginal": MIDDAY}, "DateTimeOriginal (XMP)"),
        ({CHANGED: (ASCII, LATER)}, {DIGITIZED: (ASCII, DATE)}, {}, "DateTimeDigitized"),
        ({CHANGED: (ASCII, LATER)}, {}, {"photoshop__DateCreated": MIDDAY}, "DateCreated (XMP)"),
        ({CHANGED: (ASCII, LATER)}, NOTE, {}, "maker note"),
        ({CHANGED: (ASCII, DATE)}, {}, {}, "DateTime"),
        (
            {CHANGED: (ASCII, LATER)},
            {ORIGINAL: (ASCII, "    :  :     :  :  "), DIGITIZED: (ASCII, DATE)},
            {},
            "DateTimeDigitized",
        ),
        ({CHANGED: (ASCII, DATE)}, {ORIGINAL: (ASCII, "0000:00:00 00:00:00")}, {}, "DateTime"),
        ({}, {ORIGINAL: (UNDEFINED, DATE.encode())}, {}, "DateTimeOriginal"),
        ({CHANGED: (ASCII, DATE)}, {ORIGINAL: (SHORT, [1, 2])}, {}, "DateTime"),
    ],
)
def test_the_first_that_is_a_date_counts(
    main: Any, inner: Any, packet: dict[str, str], source: str
) -> None:
    found = said(main, inner, None, written.xmp(**packet) if packet else b"")
    assert (found.taken, found.capture.taken_from) == (MIDDAY, source)


def test_a_change_beside_the_taking_is_not_its_date() -> None:
    later = written.xmp(exif__DateTimeOriginal="2026-01-01T09:00:00")
    assert said(None, {ORIGINAL: (ASCII, DATE)}, None, later).taken == MIDDAY


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("-03:00", "-03:00"),
        ("+0530", "+05:30"),
        ("+2", "+02:00"),
        ("Z", "+00:00"),
        ("+25:00", ""),
        ("   :  ", ""),
        ("summer", ""),
    ],
)
def test_the_offset_of_the_clock(text: str, offset: str) -> None:
    found = said(None, {ORIGINAL: (ASCII, DATE), 0x9011: (ASCII, text)})
    assert (found.taken, found.capture.offset) == (MIDDAY, offset)


def test_an_offset_belongs_to_its_date() -> None:
    inner = {DIGITIZED: (ASCII, DATE), 0x9012: (ASCII, "+01:00"), 0x9010: (ASCII, "+09:00")}
    assert said({CHANGED: (ASCII, LATER)}, inner).capture.offset == "+01:00"
    changed = {ORIGINAL: (ASCII, DATE), 0x9010: (ASCII, "+09:00")}
    assert said({CHANGED: (ASCII, LATER)}, changed).capture.offset == ""
    assert said({CHANGED: (ASCII, DATE)}, changed).capture.offset == "+09:00"
    packet = written.xmp(exif__DateTimeOriginal="2024-05-01T12:34:56.5-03:00")
    found = said(packet=packet)
    assert (found.taken, found.capture.offset) == (MIDDAY + ".5", "-03:00")


def test_parts_of_a_second_go_with_their_date() -> None:
    inner = {ORIGINAL: (ASCII, DATE), 0x9291: (ASCII, "120"), 0x9290: (ASCII, "7")}
    assert said(None, inner).taken == MIDDAY + ".12"
    assert said({CHANGED: (ASCII, DATE)}, {0x9290: (ASCII, "7")}).taken == MIDDAY + ".7"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("gps", "where"),
    [
        (written.place(), SOUTH_WEST),
        (written.place(north="N", east="E"), (33.8694444, 70.2083333)),
        (written.place(north="South", east="west"), SOUTH_WEST),
        (written.place(north=" S ", east="W\0\0"), SOUTH_WEST),
        (written.place(north=(UNDEFINED, b"S\0"), east=(UNDEFINED, b"W\0")), SOUTH_WEST),
        (
            written.place((33, (5217, 100), (0, 0)), longitude=(70, (25, 2), (0, 0))),
            (-33.8695, SOUTH_WEST[1]),
        ),
        (
            written.place((RATIONAL, [33, (5217, 100)]), longitude=(RATIONAL, [70, (25, 2)])),
            (-33.8695, SOUTH_WEST[1]),
        ),
        (
            written.place((RATIONAL, [(338695, 10000)]), longitude=(RATIONAL, [(7020833, 100000)])),
            (-33.8695, -70.20833),
        ),
        (
            written.place((written.FLOAT, [33.5, 0, 0]), longitude=(SHORT, [70, 15, 0])),
            (-33.5, -70.25),
        ),
        (
            written.place((ASCII, "33,52.17"), longitude=(ASCII, "70,12.5")),
            (-33.8695, SOUTH_WEST[1]),
        ),
        (written.place((0, 0, 0), longitude=(9, 30, 0), north="N", east="E"), (0.0, 9.5)),
    ],
)
def test_places(gps: Any, where: tuple[float, float], order: str) -> None:
    found = said(gps=gps, order=order)
    assert (found.latitude, found.longitude) == pytest.approx(where, abs=1e-6)


@pytest.mark.parametrize(
    "gps",
    [
        written.place(longitude=None, east=None),
        written.place(latitude=None, north=None),
        written.place(north=None, east=None),
        written.place(north=None),
        written.place(north="", east=""),
        written.place(north="W", east="S"),
        written.place(north="?", east="O"),
        written.place((0, 0, 0), longitude=(0, 0, 0)),
        written.place((0, 0, 0), None, (0, 0, 0), None),
        written.place((91, 0, 0)),
        written.place(longitude=(181, 0, 0)),
        written.place(((0, 0), 52, 10)),
        written.place((33, 75, 0)),
        written.place((RATIONAL, [])),
        written.place((written.SRATIONAL, [-33, 52, 10]), "N"),
        written.place((ASCII, "somewhere")),
    ],
)
def test_no_place_rather_than_a_wrong_one(gps: Any) -> None:
    found = said(gps=gps)
    assert (found.latitude, found.longitude) == (None, None)


@pytest.mark.parametrize(
    ("latitude", "longitude", "where"),
    [
        ("33,52.164S", "70,12.5W", (-33.8694, -70.2083333)),
        ("33,52,10S", "70,12,30W", SOUTH_WEST),
        ("33.8694S", "70.2083W", (-33.8694, -70.2083)),
        ("-33.8694", "-70.2083", (-33.8694, -70.2083)),
        ("33.8694", "70.2083", None),
        ("0,0N", "0,0E", None),
    ],
)
def test_places_in_xmp(latitude: str, longitude: str, where: tuple[float, float] | None) -> None:
    found = said(packet=written.xmp(exif__GPSLatitude=latitude, exif__GPSLongitude=longitude))
    expected = where or (None, None)
    assert (found.latitude, found.longitude) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("altitude", "below", "metres"),
    [
        ((RATIONAL, [(12345, 10)]), (1, b"\0"), 1234.5),
        ((RATIONAL, [430]), (1, b"\1"), -430.0),
        ((RATIONAL, [430]), (SHORT, [1]), -430.0),
        ((RATIONAL, [(1, 0)]), (1, b"\0"), None),
        ((ASCII, "1234.5"), (ASCII, "0"), 1234.5),
        ((ASCII, "high"), (1, b"\0"), None),
    ],
)
def test_altitude(altitude: Any, below: Any, metres: float | None) -> None:
    assert said(gps=written.place(t6=altitude, t5=below)).capture.altitude == metres


def test_what_it_was_taken_with() -> None:
    inner = {
        0x829A: (RATIONAL, [(1, 250)]),
        0x829D: (RATIONAL, [(56, 10)]),
        0x8827: (SHORT, [400]),
        0x9209: (SHORT, [25]),
        0x920A: (RATIONAL, [(4250, 1000)]),
        0x9400: (written.SRATIONAL, [(-75, 10)]),
        0xA431: (ASCII, "SN 0042"),
        0xA434: (ASCII, "Macro 100"),
    }
    capture = said({0x10F: (ASCII, "Canon"), 0x110: (ASCII, "EOS R5")}, inner).capture
    assert (capture.make, capture.model, capture.serial) == ("Canon", "EOS R5", "SN 0042")
    assert (capture.exposure, capture.aperture, capture.iso) == (0.004, 5.6, 400)
    assert (capture.focal_length, capture.flash, capture.lens) == (4.25, True, "Macro 100")
    assert capture.temperature == -7.5


@pytest.mark.parametrize(
    "note",
    [written.hyperfire(), written.hyperfire(">"), written.hyperfire2(), written.ultrafire()],
    ids=["hyperfire", "hyperfire, other order", "hyperfire 2", "ultrafire"],
)
def test_trail_cameras(note: bytes) -> None:
    found = said(None, {0x927C: (UNDEFINED, note)})
    assert (found.taken, found.capture.taken_from) == (MIDDAY, "maker note")
    assert found.capture.temperature == 12
    assert found.capture.serial.startswith(("H500", "HF2X", "UXR6"))


def test_two_temperatures_that_disagree_are_none() -> None:
    note = written.hyperfire(celsius=0, fahrenheit=0)
    assert said(None, {0x927C: (UNDEFINED, note)}).capture.temperature is None


def test_a_maker_note_that_promises_too_much_is_left_out(tmp_path: Path) -> None:
    block = bytearray(written.exif(None, {ORIGINAL: (ASCII, DATE), **NOTE}))
    at = block.index(b"\x7c\x92\x07\x00") + 4
    block[at : at + 4] = b"\xff\xff\xff\x7f"
    assert metadata_of(tags_of_block(bytes(block))).taken == MIDDAY


@pytest.mark.parametrize("form", FORMS)
def test_every_container(form: str, tmp_path: Path) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    block = written.exif({0x110: (ASCII, "K1")}, {ORIGINAL: (ASCII, DATE)}, written.place())
    path = tmp_path / "a"
    written.ramp().save(path, form, exif=b"Exif\0\0" + block)
    found = open_picture(path, 256).metadata
    assert (found.taken, found.camera) == (MIDDAY, "K1")
    assert (found.latitude, found.longitude) == SOUTH_WEST


@pytest.mark.parametrize("form", FORMS)
def test_xmp_in_every_container(form: str, tmp_path: Path) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    packet = written.xmp(
        exif__DateTimeOriginal=MIDDAY, exif__GPSLatitude="33,30S", exif__GPSLongitude="70,15W"
    )
    path = tmp_path / "a"
    if form == "PNG":
        body = b"XML:com.adobe.xmp\0\0\0\0\0" + packet
        path.write_bytes(written.png(before=written.chunk(b"iTXt", body)))
    elif form == "TIFF":
        tifffile.imwrite(
            path, np.zeros((9, 9), "u1"), extratags=[(700, 1, len(packet), packet, True)]
        )
    else:
        written.ramp().save(path, form, xmp=packet)
    found = open_picture(path, 256).metadata
    assert (found.taken, found.latitude, found.longitude) == (MIDDAY, -33.5, -70.25)


def test_exif_as_text_in_a_png(tmp_path: Path) -> None:
    """ImageMagick's way."""
    block = b"Exif\0\0" + written.exif(None, {ORIGINAL: (ASCII, DATE)})
    text = b"Raw profile type exif\0\nexif\n%8d\n%s\n" % (len(block), block.hex().encode())
    path = tmp_path / "a.png"
    path.write_bytes(written.png(before=written.chunk(b"tEXt", text)))
    assert open_picture(path, 256).metadata.taken == MIDDAY


ODD = [
    (0x0000, (ASCII, "2.2.0.0"), "gps"),
    (0x0005, (ASCII, "0"), "gps"),
    (0x0006, (ASCII, "high"), "gps"),
    (0x0007, (ASCII, "12:34:56"), "gps"),
    (0x001D, (RATIONAL, [2024, 5, 1]), "gps"),
    (0x011A, (ASCII, "72 dpi"), "main"),
    (0x0100, (ASCII, "wide"), "main"),
    (0x0213, (RATIONAL, [(1, 1)]), "main"),
    (0x010F, (RATIONAL, [(1, 1)]), "main"),
    (0x9000, (written.FLOAT, [2.3]), "inner"),
    (0x8827, (ASCII, "auto"), "inner"),
    (0xA002, (ASCII, "90"), "inner"),
    (0x927C, (ASCII, "note"), "inner"),
]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize(("tag", "value", "where"), ODD)
def test_an_odd_value_refuses_turns_and_shrinks_nothing(
    tag: int, value: Any, where: str, form: str, tmp_path: Path
) -> None:
    """Turned and large, which was when EXIF was written anew."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    parts: dict[str, Any] = {"main": {}, "inner": {ORIGINAL: (ASCII, DATE)}, "gps": written.place()}
    parts[where][tag] = value
    if form != "HEIF":  # its container says how it is turned
        parts["main"][ifd.ORIENTATION] = (SHORT, [6])
    path = tmp_path / "a"
    block = b"Exif\0\0" + written.exif(parts["main"], parts["inner"], parts["gps"])
    picture = written.ramp(1300, 900)
    if form == "PNG":
        path.write_bytes(written.png(picture, block[6:]))
    elif form == "AVIF":
        picture.save(path, form)
        add_exif_to_avif(path, picture, block)
    else:
        picture.save(path, form, exif=block)
    opened = open_picture(path, 256)
    assert (opened.width, opened.height) == ((1300, 900) if form == "HEIF" else (900, 1300))
    assert opened.metadata.taken == MIDDAY


def add_exif_to_avif(path: Path, picture: Pillow.Image, block: bytes) -> None:
    """libavif's own encoder takes the block as it is, with the turn in the container."""
    from PIL import _avif

    encoder = _avif.AvifEncoder(
        picture.size,
        "4:2:0",
        75,
        8,
        1,
        "auto",
        "full",
        0,
        0,
        False,
        True,
        b"",
        block[6:],
        6,
        b"",
        None,
    )
    encoder.add(picture.tobytes(), 1, picture.size, "RGB", True)
    path.write_bytes(encoder.finish())


@pytest.mark.parametrize(
    ("tag", "kind"), [(t, k) for t in (274, 271, 306) for k in (1, 2, 4, 5, 7, 11, 12, 13)]
)
def test_any_type_of_any_tag_is_borne(tag: int, kind: int, tmp_path: Path) -> None:
    value: Any = {1: b"\6", 2: "6", 7: b"6", 5: [(6, 1)]}.get(kind, [6])
    path = tmp_path / "a.jpg"
    path.write_bytes(written.jpeg(block=written.exif({tag: (kind, value)})))
    opened = open_picture(path, 256)
    assert sorted((opened.width, opened.height)) == [60, 90]


def test_deep_and_looping_directories_end() -> None:
    loop = bytearray(written.exif({0x110: (ASCII, "K1")}, {ORIGINAL: (ASCII, DATE)}))
    at = loop.index(b"\x69\x87\x04\x00") + 8
    loop[at : at + 4] = b"\x08\0\0\0"  # the Exif directory is the first one again
    assert metadata_of(tags_of_block(bytes(loop))).capture.model == "K1"
    assert tags_of_block(b"II*\0\xff\xff\xff\xff") == ifd.NONE


@pytest.mark.parametrize(
    "packet",
    [
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>",
        b"<x:xmpmeta",
        b"\xff\xfe<\0",
        b"<?xml version='1.0' encoding='martian'?><x/>",
        b"<a>" * 100_000,
        b"x" * (2 << 20),
    ],
    ids=["entities", "cut", "half a character", "unknown encoding", "deep", "huge"],
)
def test_an_odd_packet_says_nothing(packet: bytes) -> None:
    assert read_packet(packet).properties == {}


@given(st.binary(max_size=400), st.binary(max_size=200))
def test_no_bytes_raise(block: bytes, packet: bytes) -> None:
    assert isinstance(metadata_of(tags_of_block(block), packet), Metadata)


@given(st.integers(0, 400), st.integers(0, 255), st.integers(0, 400), st.integers(0, 255))
def test_no_changed_byte_raises(at: int, by: int, at2: int, by2: int) -> None:
    block = bytearray(
        written.exif({0x110: (ASCII, "K1")}, {ORIGINAL: (ASCII, DATE), **NOTE}, written.place())
    )
    for place, value in ((at, by), (at2, by2)):
        block[place % len(block)] = value
    found = metadata_of(tags_of_block(bytes(block)))
    assert found.latitude is None or -90 <= found.latitude <= 90


@given(st.text(max_size=30))
def test_no_text_is_a_wrong_date_or_offset(text: str) -> None:
    found = said(None, {ORIGINAL: (ASCII, text), 0x9011: (ASCII, text)})
    assert found.taken == "" or found.taken[4] == "-"
    assert len(found.capture.offset) in {0, 6}


@pytest.mark.parametrize("many", [100, 900, 50_000])
@pytest.mark.parametrize("end", ["!", "", "N!"])
def test_blanks_in_a_coordinate_are_looked_at_once(many: int, end: str) -> None:
    """400 of them took 19 s of a processor, 900 more than a test may; what nobody writes is no
    place, and refuses nothing."""
    for text in (" " * many + end, "52" + " " * many + end, " , ; " * (many // 5) + end):
        assert said(gps=written.place(t2=(ASCII, text))).taken == ""
        if many < 1000:
            said(packet=written.xmp(exif__GPSLatitude=text, exif__GPSLongitude="13.4"))
