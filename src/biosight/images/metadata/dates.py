"""Dates as cameras and programs write them -> ISO 8601 local time, offset and parts of a second.

Not here: which of a file's dates counts (file.py).
"""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

EARLIEST_YEAR = 1826  # the first photograph
FARTHEST_HOURS = 14  # the largest offset from UTC
DATE = r"(?P<year>\d{4})(?P<gap>[:/.-])\s{0,2}(?P<month>\d{1,2})(?P=gap)\s{0,2}(?P<day>\d{1,2})"
SIGNS = r"(?P<year>\d{4})\s?[年년]\s?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일]"
TIME = (
    r"(?P<hour>\d{1,2})(?P<dot>[:.])\s?(?P<minute>\d{1,2})"
    r"(?:(?P=dot)\s?(?P<second>\d{1,2})(?:[.,](?P<part>\d*))?)?"
)
ZONE = r"(?P<zone>[zZ]|[+-]\s?\d{1,2}(?::?\d{2})?)"
HALF = r"(?P<half>[aApP])\.?\s?[mM]\.?"
HALF_BEFORE = r"(?:(?P<early>上午|午前|오전)|(?P<late>下午|午後|오후))?\s*"
BETWEEN = r"(?:\s*[tT]\s*|\s+)"
SPELLING = re.compile(rf"\s*{DATE}{BETWEEN}{HALF_BEFORE}{TIME}\s*(?:{HALF})?\s*(?:{ZONE})?\s*")
IN_SIGNS = re.compile(rf"\s*{SIGNS}\s*{HALF_BEFORE}{TIME}\s*(?:{HALF})?\s*(?:{ZONE})?\s*")
# A day whose time is left blank, as some programs write it.
DAYS = (re.compile(rf"\s*{DATE}[tT\s:]*"), re.compile(rf"\s*{SIGNS}\s*"))
COMPACT = re.compile(
    r"\s*(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)[tT ]?(?P<hour>\d\d)(?P<minute>\d\d)"
    rf"(?P<second>\d\d)(?:[.,](?P<part>\d*))?\s*(?:{HALF})?(?:{ZONE})?\s*"
)
OFFSET = re.compile(r"\s*(?P<sign>[+-])\s?(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?\s*")


class Moment(NamedTuple):
    """Local time to the second, or a day alone; the digits of a fraction of a second ("" for none),
    and the offset from UTC as +hh:mm ("" for none)."""

    local: str
    part: str
    offset: str


def read_moment(text: str) -> Moment | None:
    """Return the moment that a text states, or None where it states no real one; nothing is
    guessed.

    It also reads unpadded numbers, slashes, dashes, dots, times without seconds, hour 24, second
    60, AM and PM, Chinese, Japanese and Korean signs, and a day without a time.
    """
    spellings = (SPELLING, COMPACT, IN_SIGNS)
    if not (found := next((m for s in spellings if (m := s.fullmatch(text))), None)):
        return read_day(text)
    year, month, day, hour, minute = (
        int(found[name]) for name in ("year", "month", "day", "hour", "minute")
    )
    second = int(found["second"] or 0)
    half = half_of(found)
    if half:
        if not 1 <= hour <= 12 and half == "a":
            return None
        hour = hour % 12 + 12 * (half == "p")
    if not (0 <= hour <= 24 and minute < 60 and second <= 60 and year >= EARLIEST_YEAR):
        return None
    try:
        when = datetime(year, month, day) + timedelta(hours=hour, minutes=minute, seconds=second)
    except (ValueError, OverflowError):
        return None
    return Moment(when.isoformat(), sub_seconds(found["part"] or ""), offset(found["zone"] or ""))


def half_of(found: re.Match[str]) -> str:
    """Return which half of the day a text says: "a", "p", or "" for none."""
    words = found.groupdict()
    if words.get("early") or words.get("late"):
        return "a" if words.get("early") else "p"
    return (words.get("half") or "").lower()


def read_day(text: str) -> Moment | None:
    """Return the day that a text without a time states, None for any other text."""
    found = next((m for s in DAYS if (m := s.fullmatch(text))), None)
    if found is None or int(found["year"]) < EARLIEST_YEAR:
        return None
    try:
        day = datetime(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    return Moment(day.date().isoformat(), "", "")


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
