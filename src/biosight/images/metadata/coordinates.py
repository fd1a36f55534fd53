"""Places as GPS receivers and programs write them -> signed decimal degrees (WGS 84).

Half a place counts as none, and so does a place without its half of the earth: no place is better
than a wrong one. Not here: where a file keeps them (file.py).
"""

import math
import re

from biosight.images.formats.ifd import TagValue, as_text

HALVES = {
    "n": 1, "north": 1, "s": -1, "south": -1,
    "e": 1, "east": 1, "w": -1, "west": -1,
}  # fmt: skip
NORTHERLY, EASTERLY = frozenset("ns"), frozenset("ew")
HIGHEST_METRES, DEEPEST_METRES = 100_000.0, -12_000.0
NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:/\d+)?")
# Numbers with what people write between them: degree signs, primes and quotes of several kinds.
# One character class matches all of it, so that the time grows only with the text's length.
BETWEEN = re.compile(r"[+-]?[\d.,;:/\u00b0\u00bad'\u2032\u2019\"\u2033\u201dm\s]*")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LONGEST_TEXT = 200


def place(
    latitude: TagValue | None,
    north: TagValue | None,
    longitude: TagValue | None,
    east: TagValue | None,
) -> tuple[float, float] | None:
    """Return (latitude, longitude) in degrees from the four values of a GPS directory; None for no
    place.

    A receiver without a fix, or a phone that hides its place, writes 0, 0: that counts as no place.
    """
    found = degrees(latitude, north, NORTHERLY, 90), degrees(longitude, east, EASTERLY, 180)
    if found[0] is None or found[1] is None or found == (0, 0):
        return None
    return found[0], found[1]


def degrees(
    value: TagValue | None, ref: TagValue | None, letters: frozenset[str], limit: int
) -> float | None:
    """Return one coordinate from up to three parts and the half of the earth, a letter or a
    word."""
    parts, sign = parts_of(value), half(ref, letters)
    if isinstance(value, str) and not sign:
        sign = half(last_word(value), letters)
        if not sign and len(parts) == 1 and value.strip()[0] in "+-":
            sign = -1 if parts[0] < 0 else 1
            parts = [abs(parts[0])]
    size = degrees_minutes_seconds(parts, sign)
    return round(sign * size, 7) if sign and size is not None and size <= limit else None


def degrees_minutes_seconds(parts: list[float], sign: int) -> float | None:
    """Convert degrees, minutes and seconds to degrees; 0/0 minutes or seconds count as absent."""
    if not 1 <= len(parts) <= 3 or not math.isfinite(parts[0]):
        return None
    if parts[0] < 0 and sign > 0:
        return None  # the number and the letter contradict each other
    minutes, seconds = (0.0 if math.isnan(p) else p for p in [*parts[1:], 0.0, 0.0][:2])
    if not (0 <= minutes <= 60 and 0 <= seconds <= 60):
        return None
    return abs(parts[0]) + minutes / 60 + seconds / 3600


def parts_of(value: TagValue | None) -> list[float]:
    """Return the numbers of a value, also of one written as text."""
    if isinstance(value, bytes):
        value = as_text(value)
    if isinstance(value, str):
        return [quotient(n) for n in NUMBER.findall(value)] if last_word(value) is not None else []
    return list(value or ())


def last_word(text: str) -> str | None:
    """Return the letters at the end of a written coordinate, "" for none; None for any other
    text."""
    if len(text) > LONGEST_TEXT:
        return None
    text = text.strip()
    numbers = text.rstrip(LETTERS)
    return text[len(numbers) :] if BETWEEN.fullmatch(numbers) else None


def quotient(text: str) -> float:
    """Return a number, or the value of a quotient such as 521/10; n/0 is NaN."""
    over, _, under = text.partition("/")
    return float(over) / float(under) if under.strip("0") else (math.nan if under else float(over))


def half(ref: TagValue | None, letters: frozenset[str]) -> int:
    """Return 1 for north and east, -1 for south and west, 0 for anything else."""
    text = as_text(ref) if isinstance(ref, bytes) else ref
    if not isinstance(text, str) or not (word := text.strip(" \t\r\n.").casefold()):
        return 0
    return HALVES.get(word, 0) if word[0] in letters else 0


def metres(value: TagValue | None, below: TagValue | None) -> float | None:
    """Return the height above sea level in metres; `below` is Exif's reference, in which 1 or 3
    means below sea level."""
    found = parts_of(value)
    if len(found) != 1 or not math.isfinite(found[0]):
        return None
    under = below[:1] in {b"\1", b"\3", b"1"} if isinstance(below, bytes) else False
    if isinstance(below, str | tuple):
        under = parts_of(below)[:1] in ([1.0], [3.0])
    height = -abs(found[0]) if under else found[0]
    return round(height, 2) if DEEPEST_METRES <= height <= HIGHEST_METRES else None
