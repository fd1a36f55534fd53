"""Coordinates as people write them -> decimal degrees (WGS 84), or an error in words.

Not here: those in a file (images/metadata/coordinates.py).
"""

import re

from biosight.errors import BadRequest

LIMITS = {"latitude": 90.0, "longitude": 180.0}
SIDES = {"latitude": ("N", "S"), "longitude": ("E", "W")}
# Degrees, perhaps with minutes, perhaps with seconds; a mark or a blank stands between two of them,
# and only the last has a fraction. A side before or after.
LAST = r"\d+(?:[.,]\d+)?"
AFTER_DEGREES, AFTER_MINUTES = r"(?:\s*[d:]\s*|\s+)", r"(?:\s*['m:]\s*|\s+)"
WRITTEN = re.compile(
    rf"([NSEWO])?\s*([+-]?)(?:({LAST})\s*d?|(\d+){AFTER_DEGREES}({LAST})\s*['m]?|"
    rf"(\d+){AFTER_DEGREES}(\d+){AFTER_MINUTES}({LAST})\s*(?:\"|\'\'|s)?)\s*([NSEWO])?",
    re.IGNORECASE,
)
# Marks with the same meaning, as keyboards, phones and typesetters write them.
SAME = str.maketrans({
    "\u2212": "-", "\u2013": "-", "\u2032": "'", "\u2019": "'", "\u2033": '"', "\u201d": '"',
    "\u00b0": "d", "\u00ba": "d",
})  # fmt: skip


def read_degrees(text: str, name: str) -> float:
    """Return one coordinate; `name` is latitude or longitude. It reads 52.1234, 52,1234 or 52° 7'
    24" N.

    Raises BadRequest in words.
    """
    found = WRITTEN.fullmatch(text.strip().translate(SAME))
    if found is None or not text.strip():
        raise BadRequest(f"“{text.strip()}” is not a {name}; write 52.1234 or 52° 7' 24\" N.")
    before, sign, *numbers, behind = found.groups()
    side = (before or behind or "").upper().replace("O", "E")
    if side and side not in SIDES[name]:
        raise BadRequest(f"“{text.strip()}” is not a {name}: {side} belongs to the other.")
    value, *parts = [read_number(n) for n in numbers if n]
    if any(p >= 60 for p in parts):
        raise BadRequest(f"“{text.strip()}”: minutes and seconds must be below 60.")
    size = value + sum(p / (60.0, 3600.0)[n] for n, p in enumerate(parts))
    negative = sign == "-" or side in {"S", "W"}
    return -size if negative else size


def read_number(text: str) -> float:
    return float(text.replace(",", "."))


def read_place(latitude: str, longitude: str) -> tuple[float, float]:
    """Return both coordinates, in range. Raises BadRequest in words: also for 0, 0, and where they
    seem to be swapped."""
    north, east = read_degrees(latitude, "latitude"), read_degrees(longitude, "longitude")
    if abs(north) > LIMITS["latitude"] and abs(east) <= LIMITS["latitude"]:
        raise BadRequest("A latitude lies between -90 and 90: are latitude and longitude swapped?")
    for name, value in (("latitude", north), ("longitude", east)):
        if abs(value) > LIMITS[name]:
            raise BadRequest(f"A {name} lies between {-LIMITS[name]:.0f} and {LIMITS[name]:.0f}.")
    if north == east == 0:
        raise BadRequest("0, 0 lies in the Atlantic; devices write it when they have no position.")
    return round(north, 7), round(east, 7)
