"""Dates as cameras and programs write them -> ISO 8601 local time, offset and parts of a second.

Not here: which of a file's dates counts (file.py).
"""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

EARLIEST_YEAR = 1826  # the first photograph
FARTHEST_HOURS = 14  # the largest offset from UTC
DATE = r"(?P<year>\d{4})(?P<gap>[:/.-])\s{0,2}(?P<month>\d{1,2})(?P=gap)\s{0,2}(?P<day>\d{1,2})"
TIME = r"(?P<hour>\d{1,2}):\s?(?P<minute>\d{1,2})(?::\s?(?P<second>\d{1,2})(?:[.,](?P<part>\d*))?)?"
ZONE = r"(?P<zone>[zZ]|[+-]\s?\d{1,2}(?::?\d{2})?)"
HALF = r"(?P<half>[aApP])\.?[mM]\.?"
SPELLING = re.compile(rf"\s*{DATE}(?:\s*[tT]\s*|\s+){TIME}\s*(?:{HALF})?\s*(?:{ZONE})?\s*")
COMPACT = re.compile(
    r"\s*(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)[tT ]?(?P<hour>\d\d)(?P<minute>\d\d)"
    rf"(?P<second>\d\d)(?:[.,](?P<part>\d*))?\s*(?P<half>(?!))?(?:{ZONE})?\s*"
)
OFFSET = re.compile(r"\s*(?P<sign>[+-])\s?(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?\s*")


class Moment(NamedTuple):
    """Local time to the second, the digits of a fraction of a second ("" for none), and the offset
    from UTC as +hh:mm ("" for none)."""

    local: str
    part: str
    offset: str


def read_moment(text: str) -> Moment | None:
    """Return the moment that a text states, or None where it states no real one; nothing is
    guessed.

    It also reads unpadded numbers, slashes, dashes, times without seconds, hour 24, second 60, AM
    and PM.
    """
    if not (found := SPELLING.fullmatch(text) or COMPACT.fullmatch(text)):
        return None
    year, month, day, hour, minute = (
        int(found[name]) for name in ("year", "month", "day", "hour", "minute")
    )
    second = int(found["second"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12 and found["half"] in "aA":
            return None
        hour = hour % 12 + 12 * (found["half"] in "pP")
    if not (0 <= hour <= 24 and minute < 60 and second <= 60 and year >= EARLIEST_YEAR):
        return None
    try:
        when = datetime(year, month, day) + timedelta(hours=hour, minutes=minute, seconds=second)
    except (ValueError, OverflowError):
        return None
    return Moment(when.isoformat(), sub_seconds(found["part"] or ""), offset(found["zone"] or ""))


def sub_seconds(text: str) -> str:
    """Return the digits of a fraction of a second, at most six; "" for none."""
    found = re.match(r"\s*(\d{1,6})", text)
    return found[1].rstrip("0") if found else ""


def offset(text: str) -> str:
    """Return an offset from UTC as +hh:mm, "" for none or an impossible one."""
    if text.strip() in {"z", "Z"}:
        return "+00:00"
    if not (found := OFFSET.fullmatch(text)):
        return ""
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    if hours * 60 + minutes > FARTHEST_HOURS * 60 or minutes > 59:
        return ""
    return f"{found['sign']}{hours:02}:{minutes:02}"
