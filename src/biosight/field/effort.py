"""Effort: how many nights the cameras of a collection stood, by deployment, site and month.

A trap night is a night (the change of a date) that a deployment lasted; a deployment of a single
day counts as one. A deployment lasts as long as people said, else from its first picture to its
last. Nights on which people say that its camera did not work (places/days_off.py) don't count; of
others nobody knows, so rates are somewhat too low where a camera failed unseen. Not here: rates
(rates.py).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from biosight.images import Image
from biosight.places import Deployment
from biosight.places.days_off import nights_off
from biosight.storage.conditions import living_images
from biosight.storage.records import Records, Where

DAY = len("2026-05-03")
LONGEST_DAYS = 366 * 50  # longer than any survey: a clock that is wrong
LEAST_SILENCE = 7  # days
LONGEST_SEEN = 366 * 2  # by pictures' dates: cameras that lose their power begin anew in 2000


@dataclass(frozen=True, slots=True)
class Effort:
    """The trap nights of one deployment, by month (YYYY-MM)."""

    deployment: str
    site: str
    first: str
    last: str
    months: Mapping[str, int]

    def nights(self, month: str = "") -> int:
        """Return its trap nights, or those of one month."""
        return self.months.get(month, 0) if month else sum(self.months.values())


def efforts_of(
    records: Records, collection: str, deployments: Sequence[Deployment]
) -> list[Effort]:
    """Return the effort of each of a collection's deployments that has dates."""
    days = picture_days(records, collection)
    found = (effort_of(d, days.get(d.id, ("", ""))) for d in deployments)
    return [effort for effort in found if effort is not None]


def picture_days(records: Records, collection: str) -> dict[str, tuple[str, str]]:
    """Return the days of the first and the last dated picture of each deployment."""
    dated = [*living_images(collection), Where("taken", "!=", "")]
    found: dict[str, tuple[str, str]] = {}
    for deployment, day in records.tally(Image, dated, ("deployment", "day")):
        first, last = found.get(str(deployment), (str(day), str(day)))
        found[str(deployment)] = min(first, str(day)), max(last, str(day))
    return found


def effort_of(deployment: Deployment, seen: tuple[str, str]) -> Effort | None:
    """Return the effort of a deployment, whose pictures were taken between two days ("" for none);
    None where nothing says when it was, or it lasted implausibly long."""
    first = deployment.start[:DAY] or seen[0]
    last = deployment.end[:DAY] or seen[1]
    if not first or not last:
        return None
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    longest = LONGEST_DAYS if deployment.start and deployment.end else LONGEST_SEEN
    if not timedelta() <= end - begin <= timedelta(longest):
        return None
    nights = nights_by_month(begin, end, set(nights_off(deployment.off)))
    return Effort(deployment.id, deployment.site, first, last, nights)


def nights_by_month(begin: date, end: date, off: Set[date] = frozenset()) -> dict[str, int]:
    """Return the nights between two days, but those `off`, by the month in which each begins; one
    for a single day."""
    if begin == end:
        return {begin.isoformat()[:7]: 1}
    nights = (begin + timedelta(n) for n in range((end - begin).days))
    return dict(Counter(night.isoformat()[:7] for night in nights if night not in off))


def silences(
    records: Records, collection: str, least: int = LEAST_SILENCE
) -> dict[str, tuple[str, str]]:
    """Return the longest time without a picture of each deployment that has one of at least `least`
    days: the day of the last picture before it and of the first one after it."""
    dated = [*living_images(collection), Where("taken", "!=", "")]
    days: dict[str, list[str]] = defaultdict(list)
    for deployment, day in records.tally(Image, dated, ("deployment", "day")):
        days[str(deployment)].append(str(day))
    found = {
        id: max(pairwise(sorted(some)), key=length, default=("", "")) for id, some in days.items()
    }
    return {id: pair for id, pair in found.items() if pair[0] and length(pair) >= least}


def length(pair: tuple[str, str]) -> int:
    """Return the days between two days."""
    return (date.fromisoformat(pair[1]) - date.fromisoformat(pair[0])).days
