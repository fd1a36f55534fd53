"""Rates: events of a name in 100 trap nights, with an interval: in all, by site and by month
(Rovero and Marshall 2009, Journal of Applied Ecology 46: 1011-1017).

Events of one camera come in clusters, so where at least LEAST_UNITS deployments and LEAST_EVENTS
events are at hand, deployments are the units: the rate is a ratio estimator, its variance by
linearisation (Cochran 1977, Sampling Techniques, 6.11), and the interval is one of Student's t on
the logarithm, or the count's where that is wider. With fewer it is the exact one of a Poisson count
(Garwood 1936, Biometrika 28: 437-442), which knows no clusters and is then too narrow (bench.rates
measures how often each covers). Rates compare places and times only if animals are as easily seen
in both. Not here: effort (effort.py).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from biosight.field.activity import dated_below
from biosight.field.effort import Effort
from biosight.field.events import event_starts
from biosight.field.gaps import Gaps
from biosight.storage.records import Records

LEAST_UNITS, LEAST_EVENTS = 5, 5
TAIL = 0.025
CLUSTERED, POISSON = "deployments", "count"


@dataclass(frozen=True, slots=True)
class Rate:
    """Events in `nights` trap nights. `rate` is for 100 of them, `low` and `high` the ends of its
    95 % interval, and `by` says whence: CLUSTERED, from how deployments differ, or POISSON, from
    the count alone."""

    events: int
    nights: int
    rate: float
    low: float
    high: float
    by: str


@dataclass(frozen=True, slots=True)
class NameRates:
    """The rates of all that hangs at or below a path: of all deployments, by site and by month.
    `outside` counts what has no effort: pictures without a deployment, and events of one without
    dates. By month, events of the last morning of a deployment count only where it has a night in
    that month."""

    path: str
    whole: Rate
    sites: dict[str, Rate]
    months: dict[str, Rate]
    outside: int


def rates_of(
    records: Records, collection: str, path: str, gaps: Gaps, efforts: Sequence[Effort]
) -> NameRates:
    """Return the rates of a name in a collection with some effort."""
    events, outside = events_below(records, collection, path, gaps)
    totals: Counter[str] = Counter()
    for (deployment, _), n in events.items():
        totals[deployment] += n
    known = {e.deployment for e in efforts}
    outside += sum(n for deployment, n in totals.items() if deployment not in known)
    at_site: dict[str, list[Effort]] = {}
    for effort in efforts:
        at_site.setdefault(effort.site, []).append(effort)
    months = sorted({month for e in efforts for month in e.months})

    def whole(chosen: Iterable[Effort]) -> Rate:
        return rate_of([(totals[e.deployment], e.nights()) for e in chosen])

    def in_month(month: str) -> Rate:
        return rate_of([(events[e.deployment, month], e.nights(month)) for e in efforts])

    return NameRates(
        path,
        whole(efforts),
        {site: whole(at_site[site]) for site in sorted(at_site) if site},
        {month: in_month(month) for month in months},
        outside,
    )


def events_below(
    records: Records, collection: str, path: str, gaps: Gaps
) -> tuple[Counter[tuple[str, str]], int]:
    """Return the events at and below a path by deployment and the month in which each begins, and
    how many dated pictures outside of any deployment show it."""
    placed: list[tuple[str, str]] = []
    outside = 0
    for deployment, taken, n in dated_below(records, collection, path):
        if deployment:
            placed.append((deployment, taken))
        else:
            outside += n
    return Counter((d, start[:7]) for d, start in event_starts(placed, gaps)), outside


def rate_of(units: Iterable[tuple[int, int]]) -> Rate:
    """Return the rate of deployments, given events and trap nights of each; what happened where
    there is no night does not count."""
    used = [(n, e) for n, e in units if e]
    total, nights = sum(n for n, _ in used), sum(e for _, e in used)
    if not nights:
        return Rate(0, 0, 0.0, 0.0, 0.0, POISSON)
    clustered = len(used) >= LEAST_UNITS and total >= LEAST_EVENTS
    low, high = poisson_ends(total, nights)
    if clustered:  # a handful of equal counts is no certainty
        ends = ratio_ends(used)
        low, high = min(low, ends[0]), max(high, ends[1])
    by = CLUSTERED if clustered else POISSON
    return Rate(total, nights, 100 * total / nights, 100 * low, 100 * high, by)


def poisson_ends(events: int, nights: int) -> tuple[float, float]:
    """Return the exact interval of a Poisson rate for one night (Garwood 1936)."""
    from scipy.special import gammaincinv  # 15 MB, which most servers never need

    low = float(gammaincinv(events, TAIL)) if events else 0.0
    return low / nights, float(gammaincinv(events + 1, 1 - TAIL)) / nights


def ratio_ends(units: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Return the interval of a ratio of sums for one night, given events and nights of each
    deployment; some events are needed."""
    from scipy.special import stdtrit

    events, nights = np.array(units, dtype=np.float64).T
    size, rate = len(units), events.sum() / nights.sum()
    spread = ((events - rate * nights) ** 2).sum() * size / (size - 1)
    error = np.sqrt(spread) / nights.sum()
    times = float(np.exp(stdtrit(size - 1, 1 - TAIL) * error / rate))
    return float(rate / times), float(rate * times)
