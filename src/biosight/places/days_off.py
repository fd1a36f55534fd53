"""Days on which a camera did not work: as people write them, and the nights that they take.

Not here: trap nights (field/effort.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from biosight.errors import BadRequest

MOST = 100
LONGEST_YEARS = 50


def clean_days_off(pairs: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Return when a camera did not work, in order, pairs that touch or overlap as one. Raises
    BadRequest for what are no two days in order."""
    found: list[tuple[date, date]] = []
    for begin, end in sorted(map(two_days, pairs)):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    if len(found) > MOST:
        raise BadRequest(f"A deployment can have up to {MOST} times without its camera.")
    return tuple((begin.isoformat(), end.isoformat()) for begin, end in found)


def two_days(pair: Sequence[str]) -> tuple[date, date]:
    """Return the day on which a camera stopped, and the one on which it worked again. Raises
    BadRequest."""
    try:
        begin, end = (date.fromisoformat(day.strip()) for day in pair)
    except ValueError as error:
        raise BadRequest("Write two days, such as 2026-05-03 and 2026-05-17.") from error
    if not begin < end <= begin + timedelta(366 * LONGEST_YEARS):
        raise BadRequest("A camera works again after the day on which it stopped.")
    return begin, end


def nights_off(pairs: Iterable[Sequence[str]]) -> Iterator[date]:
    """Yield the nights, by the day on which each begins, that a camera did not work."""
    for begin, end in map(two_days, pairs):
        for n in range((end - begin).days):
            yield begin + timedelta(n)
