"""Metadata of a picture's file: when, where and with what the picture was taken.

It is read inside the decode sandbox, apart from decoding, so that nothing here can refuse, turn or
shrink a picture. The record is also made without a file (bulk tables). Not here: how values are
stored (images/formats/ifd.py, xmp.py) and spelt (dates.py, coordinates.py), or pixels
(images/reading.py).
"""

import io
import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, NamedTuple

from biosight.images.file_types import MAX_TEXT
from biosight.images.formats import ifd
from biosight.images.formats.ifd import Tags, TagValue
from biosight.images.metadata import coordinates, dates, trail_cameras, xmp
from biosight.images.metadata.dates import Moment
from biosight.images.metadata.keywords import keywords_of
from biosight.images.record import NO_CAPTURE, Capture

MAKE, MODEL, SOFTWARE_TIME = 0x010F, 0x0110, 0x0132
ORIGINAL, DIGITIZED, MAKER_NOTE = 0x9003, 0x9004, 0x927C
TIME_ZONE, ORIGINAL_ZONE, DIGITIZED_ZONE = 0x9010, 0x9011, 0x9012
PART, ORIGINAL_PART, DIGITIZED_PART = 0x9290, 0x9291, 0x9292
EXPOSURE, APERTURE, ISO, LONG_ISO, FLASH, FOCAL, WARMTH = (
    0x829A, 0x829D, 0x8827, 0x8833, 0x9209, 0x920A, 0x9400,
)  # fmt: skip
SERIAL, LENS, DNG_SERIAL = 0xA431, 0xA434, 0xC62F
XMP_PACKET, PHOTOSHOP_BLOCK = 700, 34377
GPS_TAGS = frozenset(range(1, 7))
DATES = {SOFTWARE_TIME, ORIGINAL, DIGITIZED, MAKER_NOTE, TIME_ZONE, ORIGINAL_ZONE, DIGITIZED_ZONE}
PARTS = {PART, ORIGINAL_PART, DIGITIZED_PART}
SETTINGS = {EXPOSURE, APERTURE, ISO, LONG_ISO, FLASH, FOCAL, WARMTH}
CAMERA = {MAKE, MODEL, SERIAL, LENS, DNG_SERIAL}
STRUCTURE = {XMP_PACKET, PHOTOSHOP_BLOCK, ifd.ORIENTATION, ifd.EXIF, ifd.GPS}
WANTED = frozenset(DATES | PARTS | SETTINGS | CAMERA | STRUCTURE | GPS_TAGS)
UNKNOWN_ISO = 65535


@dataclass(frozen=True, slots=True)
class Metadata:
    """Metadata of a file; text is cleaned and cut to a length, absent values are empty.

    `taken` is local time as ISO 8601, with a fraction of a second where the file has one. Places
    are decimal degrees, WGS 84.
    """

    taken: str = ""
    camera: str = ""
    latitude: float | None = None
    longitude: float | None = None
    capture: Capture = NO_CAPTURE
    keywords: tuple[str, ...] = ()

    @staticmethod
    def of(plain: Mapping[str, Any]) -> "Metadata":
        """Return the metadata that `plain` returned as plain values."""
        capture, words = Capture(**plain["capture"]), tuple(plain.get("keywords") or ())
        return Metadata(**{**plain, "capture": capture, "keywords": words})

    @property
    def plain(self) -> dict[str, Any]:
        """Return it as numbers, texts and dictionaries."""
        return asdict(self)


class Said(NamedTuple):
    """Moment, and the name of the field that states it."""

    moment: Moment
    source: str


def tags_of_block(block: bytes) -> Tags:
    """Return the tags of an EXIF block, with or without its prefix; no tags for anything else."""
    while block.startswith(ifd.PREFIX):
        block = block[len(ifd.PREFIX) :]
    return tags_of_tiff(io.BytesIO(block))


def tags_of_tiff(file: BinaryIO) -> Tags:
    """Return the tags of the first directory of a TIFF structure and of its Exif and GPS
    directories."""
    source = ifd.open_directory(file)
    return ifd.tags_of(source, WANTED) if source else ifd.NONE


def metadata_of(tags: Tags, packet: bytes = b"", resources: bytes = b"") -> Metadata:
    """Return all that EXIF tags, an XMP packet and Photoshop's resources state; a malformed value
    is left out, the others stay."""
    read = xmp.read_packet(packet or in_tags(tags, XMP_PACKET))
    said = read.properties
    keywords = keywords_of(read.lists, resources or in_tags(tags, PHOTOSHOP_BLOCK))
    note = tags.exif.get(MAKER_NOTE)
    noted = trail_cameras.read_note(note) if isinstance(note, bytes) else trail_cameras.Noted()
    maker = clean(tags.main.get(MAKE)) or clean(said.get("tiff:Make"))
    model = clean(tags.main.get(MODEL)) or clean(said.get("tiff:Model"))
    known = bool(maker) and not model.casefold().startswith(maker.casefold())
    when = next(moments(tags, said, noted), None)
    latitude, longitude = place(tags, said) or (None, None)
    capture = Capture(
        offset=offset(tags, said, when) if when else "",
        taken_from=when.source if when else "",
        altitude=altitude(tags, said),
        make=maker,
        model=model,
        serial=serial(tags, said, noted),
        lens=clean(tags.exif.get(LENS))
        or clean(said.get("exifEX:LensModel") or said.get("aux:Lens")),
        temperature=noted.temperature if noted.temperature is not None else warmth(tags),
        **settings(tags),
    )
    taken = moment_with_fraction(tags, when) if when else ""
    camera = f"{maker} {model}".strip() if known else model
    return Metadata(taken, camera, latitude, longitude, capture, keywords)


def in_tags(tags: Tags, number: int) -> bytes:
    """Return a block of bytes that a TIFF keeps in a tag."""
    value = tags.main.get(number)
    return value if isinstance(value, bytes) else b""


def moments(tags: Tags, said: Mapping[str, str], noted: trail_cameras.Noted) -> Iterator[Said]:
    """Yield the dates that state when a picture was taken, the best first, the date of the last
    change last."""
    for value, source in (
        (tags.exif.get(ORIGINAL), "DateTimeOriginal"),
        (tags.main.get(ORIGINAL), "DateTimeOriginal (IFD0)"),
        (said.get("exif:DateTimeOriginal"), "DateTimeOriginal (XMP)"),
        (tags.exif.get(DIGITIZED), "DateTimeDigitized"),
        (tags.main.get(DIGITIZED), "DateTimeDigitized (IFD0)"),
        (said.get("exif:DateTimeDigitized"), "DateTimeDigitized (XMP)"),
        (said.get("photoshop:DateCreated"), "DateCreated (XMP)"),
        (said.get("xmp:CreateDate"), "CreateDate (XMP)"),
        (noted.moment, "maker note"),
        (tags.main.get(SOFTWARE_TIME), "DateTime"),
        (tags.exif.get(SOFTWARE_TIME), "DateTime (Exif)"),
    ):
        found = value if isinstance(value, Moment) else dates.read_moment(text_of(value))
        if found:
            yield Said(found, source)


def text_of(value: TagValue | None) -> str:
    """Return a value as text, "" where it is none."""
    if isinstance(value, bytes):
        return ifd.as_text(value)
    return value if isinstance(value, str) else ""


def offset(tags: Tags, said: Mapping[str, str], when: Said) -> str:
    """Return the clock's offset from UTC that the file gives for this date, "" for unknown."""
    if when.moment.offset or when.source == "maker note":
        return when.moment.offset
    own = {"DateTimeOriginal": ORIGINAL_ZONE, "DateTimeDigitized": DIGITIZED_ZONE}
    word = when.source.split(" ")[0]
    for tag in (own.get(word, TIME_ZONE), ORIGINAL_ZONE, DIGITIZED_ZONE):
        if found := dates.offset(text_of(tags.exif.get(tag) or tags.main.get(tag))):
            return found
    # Where DateTime is the same moment, its zone is this date's too.
    changed = dates.read_moment(text_of(tags.main.get(SOFTWARE_TIME)))
    if changed and changed.local == when.moment.local:
        return dates.offset(text_of(tags.exif.get(TIME_ZONE)))
    return dates.offset(said.get(f"exifEX:OffsetTime{word.removeprefix('DateTime')}", ""))


def moment_with_fraction(tags: Tags, when: Said) -> str:
    """Return a moment with its fraction of a second, which EXIF keeps separately."""
    own = {"DateTimeOriginal": ORIGINAL_PART, "DateTimeDigitized": DIGITIZED_PART, "DateTime": PART}
    tag = own.get(when.source.removesuffix(" (IFD0)"))
    part = when.moment.part or (dates.sub_seconds(text_of(tags.exif.get(tag))) if tag else "")
    return f"{when.moment.local}.{part}" if part else when.moment.local


def place(tags: Tags, said: Mapping[str, str]) -> tuple[float, float] | None:
    """Return where it was taken: from the GPS directory, else from XMP, else from a drone's own
    properties."""
    gps = tags.gps
    return (
        coordinates.place(gps.get(2), gps.get(1), gps.get(4), gps.get(3))
        or coordinates.place(
            said.get("exif:GPSLatitude"),
            said.get("exif:GPSLatitudeRef"),
            said.get("exif:GPSLongitude"),
            said.get("exif:GPSLongitudeRef"),
        )
        or coordinates.place(said.get("dji:GpsLatitude"), "", said.get("dji:GpsLongitude"), "")
    )


def altitude(tags: Tags, said: Mapping[str, str]) -> float | None:
    """Return the height above sea level in metres."""
    found = coordinates.metres(tags.gps.get(6), tags.gps.get(5))
    if found is None:
        found = coordinates.metres(said.get("exif:GPSAltitude"), said.get("exif:GPSAltitudeRef"))
    return found


def serial(tags: Tags, said: Mapping[str, str], noted: trail_cameras.Noted) -> str:
    """Return the camera's serial number, from the first tag that has one."""
    return (
        clean(tags.exif.get(SERIAL))
        or clean(tags.main.get(DNG_SERIAL))
        or clean(noted.serial)
        or clean(said.get("aux:SerialNumber") or said.get("exifEX:BodySerialNumber"))
    )


def settings(tags: Tags) -> dict[str, Any]:
    """Return exposure (s), aperture (f-number), ISO speed, focal length (mm) and flash (fired or
    not)."""
    iso = number(tags.exif.get(ISO), 1, UNKNOWN_ISO - 1) or number(tags.exif.get(LONG_ISO), 1, 1e8)
    flash = number(tags.exif.get(FLASH), 0, 255)
    return {
        "exposure": number(tags.exif.get(EXPOSURE), 1e-7, 1e6),
        "aperture": number(tags.exif.get(APERTURE), 0.1, 1000),
        "iso": None if iso is None else int(iso),
        "focal_length": number(tags.exif.get(FOCAL), 0.01, 1e5),
        "flash": None if flash is None else bool(int(flash) & 1),
    }


def warmth(tags: Tags) -> float | None:
    """Return the temperature around the camera in degrees Celsius (Exif 2.31)."""
    return number(tags.exif.get(WARMTH), trail_cameras.COLDEST, trail_cameras.HOTTEST)


def number(value: TagValue | None, least: float, most: float) -> float | None:
    """Return a single number within its limits, or None."""
    parts = coordinates.parts_of(value)
    if not parts or not math.isfinite(parts[0]) or not least <= parts[0] <= most:
        return None
    return round(parts[0], 9)


def clean(value: TagValue | None) -> str:
    """Return untrusted text without control characters, at most MAX_TEXT long."""
    kept = (c for c in text_of(value)[: MAX_TEXT * 4] if unicodedata.category(c)[0] != "C")
    return "".join(kept).strip()[:MAX_TEXT]
