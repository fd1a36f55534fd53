"""Cameras that fell silent, or take far fewer pictures than before.

How long is too long, a camera's own past says: TIMES times its longest time without a picture, and
at least LEAST_DAYS. It is silent up to the end that people gave its deployment, or up to today
where its pictures come in as they are taken. Not here: what pictures show (signs.py).
"""

from collections import Counter
from collections.abc import Mapping, Set
from datetime import date, timedelta
from itertools import pairwise

from biosight.places.records import CameraSign

LEAST_DAYS, TIMES = 7, 3
KNOWN_DAYS = 10  # days with pictures, before which nothing is usual
PAST = timedelta(2 * 365)
WINDOW, WINDOWS = timedelta(14), 4
FEWER, LEAST_PICTURES = 0.25, 12  # of the poorest fortnight before, which had as many pictures


def silence(
    pictures: Mapping[date, int], until: date | None, off: Set[date] = frozenset()
) -> CameraSign | None:
    """Return the sign of a camera without pictures before the end of its deployment (or today),
    None for no such silence or no known end. Nights on which it is known to have been `off` don't
    count. What is longer ago than PAST says nothing of what is usual."""
    days = sorted(day for day in pictures if day > max(pictures) - PAST)
    if until is None or len(days) < KNOWN_DAYS:
        return None
    longest = max(silent_days(before, after, off) for before, after in pairwise(days))
    if silent_days(days[-1], until, off) < max(LEAST_DAYS, TIMES * longest):
        return None
    return CameraSign("silent", days[-1].isoformat(), until.isoformat(), open=True)


def silent_days(last: date, until: date, off: Set[date]) -> int:
    """Return the days between two, without those on which the camera was off."""
    return (until - last).days - sum(last <= day < until for day in off)


def fewer(pictures: Mapping[date, int], off: Set[date] = frozenset()) -> CameraSign | None:
    """Return the sign of a camera whose last fortnight had far fewer pictures than any before it,
    None where that is not so, it was `off` in that time, or too little is known."""
    if not pictures:
        return None
    last = max(pictures)
    if any(last - WINDOW < day <= last for day in off):
        return None
    windows: Counter[int] = Counter()
    for day, n in pictures.items():
        windows[(last - day) // WINDOW] += n
    whole = (last - min(pictures) + timedelta(1)) // WINDOW
    before = [windows[n] for n in range(1, whole)]
    if len(before) < WINDOWS or min(before) < LEAST_PICTURES:
        return None
    if windows[0] >= FEWER * min(before):
        return None
    since = last - WINDOW + timedelta(1)
    return CameraSign("fewer", since.isoformat(), last.isoformat(), open=True)
