"""What a picture's file says of itself: when, where and with what it was taken.

Read inside the decode sandbox; the record of it is made from no file too (bulk tables). Not here:
pixels (reading.py).
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import ExifTags
from PIL import Image as Pillow

from biosight.images.limits import MAX_TEXT


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the file says of itself; text is cleaned and capped, absent things are empty."""

    taken: str = ""
    camera: str = ""
    latitude: float | None = None
    longitude: float | None = None


def read_exif(picture: Pillow.Image) -> Pillow.Exif:
    """The picture's EXIF, or an empty one when it is malformed."""
    try:
        return picture.getexif()
    except Exception:
        return Pillow.Exif()


def metadata_of(exif: Pillow.Exif) -> Metadata:
    """Date, camera and place; anything malformed is left out."""
    try:
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:
        inner, place = {}, {}
    taken = inner.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    maker, model = (clean(exif.get(k)) for k in (ExifTags.Base.Make, ExifTags.Base.Model))
    camera = model if model.casefold().startswith(maker.casefold()) else f"{maker} {model}"
    return Metadata(
        as_date(clean(taken)),
        camera.strip(),
        degrees(place.get(2), place.get(1), 90),
        degrees(place.get(4), place.get(3), 180),
    )


def clean(value: Any) -> str:
    """Hostile text without control characters, at most MAX_TEXT long."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
    kept = (c for c in text[: MAX_TEXT * 4] if unicodedata.category(c)[0] != "C")
    return "".join(kept).strip()[:MAX_TEXT]


def as_date(text: str) -> str:
    """EXIF's YYYY:MM:DD HH:MM:SS as ISO 8601 local time, or "" when it is no real date."""
    if not (found := re.match(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)", text)):
        return ""
    try:
        moment = datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type]
    except ValueError:
        return ""
    return moment.isoformat() if moment.year >= 1826 else ""


def degrees(parts: Any, side: Any, limit: int) -> float | None:
    """EXIF degrees, minutes, seconds -> signed decimal degrees, or None."""
    try:
        d, m, s = (float(part) for part in parts)
        value = d + m / 60 + s / 3600
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not 0 <= value <= limit:
        return None
    return round(-value if clean(side).upper() in {"S", "W"} else value, 7)
