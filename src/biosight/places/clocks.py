"""Correction of clocks: local times moved by seconds, and their offsets in a time zone.

Zones are IANA's, by zoneinfo. Not here: what a file says (images/metadata), or whose clock it is.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from biosight.errors import BadRequest

# Seconds. Clocks without a battery begin in 1970 or 1980; a Buddhist calendar is 543 years ahead.
MOST_SHIFT = 600 * 366 * 86_400


def shift_time(taken: str, shift: int) -> str:
    """Return a local time (ISO 8601, to the second or finer) moved by whole seconds; "" stays "".

    A leap second, written :60, is moved as the second after :59. A time that would leave the
    calendar (years 1 to 9999) stays.
    """
    if not taken or not shift:
        return taken
    whole, dot, part = taken.partition(".")
    leap = whole.endswith(":60")
    moment = datetime.fromisoformat(whole[:-2] + "59" if leap else whole)
    try:
        moved = moment + timedelta(seconds=shift + leap)
    except OverflowError:  # a file that dates itself to the calendar's end
        return taken
    return moved.isoformat(timespec="seconds") + dot + part


def instant(taken: str) -> datetime | None:
    """Return a picture's local time to compute with; a leap second, written :60, counts as the
    second before. None where there is no time, or only a day."""
    if len(taken) < len("2026-05-03T14:05:00"):
        return None
    whole, dot, part = taken.partition(".")
    if whole.endswith(":60"):
        return datetime.fromisoformat(whole[:-2] + "59")
    return datetime.fromisoformat(whole + dot + part[:6].ljust(6 if dot else 0, "0"))


def said_moment(said: str) -> str:
    """Return in its stored form when a person says that a picture was taken: a local time, or only
    a day; "" stays "". Raises BadRequest in words."""
    words = said.strip().replace(" ", "T")
    try:
        if len(words) == len("2026-05-03"):
            return date.fromisoformat(words).isoformat()
        found = datetime.fromisoformat(words) if words else None
    except ValueError as error:
        raise BadRequest(
            "Give the date as 2026-05-03, or with a time: 2026-05-03 14:05."
        ) from error
    if found is not None and found.tzinfo:
        raise BadRequest("Give the local time without an offset; the time zone tells it.")
    return found.isoformat(timespec="seconds") if found else ""


def checked_moment(said: str) -> str:
    """Return a local time that is valid; "" stays "". Raises BadRequest in words."""
    try:
        datetime.fromisoformat(said) if said else None
    except ValueError as error:
        raise BadRequest(f"{said.replace('T', ' ')} is not a date and time.") from error
    return said


def offset_in(zone: str, taken: str) -> str:
    """Return the offset from UTC (+hh:mm) of a local time in a zone, "" where either is missing.

    When clocks go back, one hour comes twice: the first is meant. An hour that clocks skip gets the
    offset from before the change (PEP 495, fold=0).
    """
    moment = instant(taken) if zone else None
    if moment is None:
        return ""
    seen = moment.replace(tzinfo=known_zone(zone)).utcoffset()
    return written_offset(int(seen.total_seconds() // 60) if seen is not None else 0)


def written_offset(minutes: int) -> str:
    """Return minutes from UTC as +hh:mm."""
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


@lru_cache(maxsize=64)
def known_zone(zone: str) -> ZoneInfo:
    """Return a time zone by its IANA name. Raises BadRequest in words."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadRequest(
            f"{zone} is not a time zone; give one like Europe/Berlin or America/Lima."
        ) from error


def shift_between(said: str, true: str) -> int:
    """Return the seconds from what a clock said to the true time. Raises BadRequest in words."""
    try:
        first, second = (datetime.fromisoformat(t.partition(".")[0]) for t in (said, true))
    except ValueError as error:
        raise BadRequest("Give the true date and time as 2026-05-03 14:05:00.") from error
    if first.tzinfo or second.tzinfo:
        raise BadRequest("Give the local time without an offset; the time zone tells it.")
    seconds = int((second - first).total_seconds())
    if abs(seconds) > MOST_SHIFT:
        raise BadRequest("This clock would be more than 600 years off; check the year.")
    return seconds
