"""Sun time: the hour of a day on which the sun rises at 6 and sets at 18, whatever the season.

Clock time compares badly over seasons and latitudes, as animals follow the light. Day and night are
stretched apart from each other between these anchors ("double equinoctial anchoring" of Vazquez et
al. 2019). Sunrise and sunset are astral's (the upper rim at the horizon, with refraction). Not
here: counting by hour (activity.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import sunrise, sunset

from biosight.places import Deployment

RISES, SETS, DAY = 6.0, 18.0, 24.0
TO_THE_HOUR = len("2026-05-03T14")
Daylight = tuple[float, float]  # hours of local clock time: sunrise, and how long it is light


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Where a camera stood: degrees (WGS 84), and its time zone (IANA)."""

    latitude: float
    longitude: float
    zone: str


@dataclass(frozen=True, slots=True)
class SunClock:
    """Sun time at deployments, by their id. A day's daylight is reckoned once for each place."""

    standpoints: Mapping[str, Standpoint]
    known: dict[tuple[Standpoint, str], Daylight | None] = field(default_factory=dict)

    def hour(self, deployment: str, taken: str) -> float | None:
        """Return the sun time (0 to 24) of a local time; None where place or time zone are not
        known, for a day alone, and where the sun does not rise or set that day."""
        at = self.standpoints.get(deployment)
        if at is None or len(taken) < TO_THE_HOUR:
            return None
        key = at, taken[:10]
        if key not in self.known:
            self.known[key] = daylight(at, taken[:10])
        found = self.known[key]
        return None if found is None else by_the_sun(clock_hours(taken), *found)


def standpoints(
    deployments: Iterable[Deployment], places: Mapping[str, tuple[float, float]]
) -> dict[str, Standpoint]:
    """Return where deployments with a site and a time zone stood, by id; `places` are the sites'
    latitudes and longitudes as the person who asks may see them."""
    return {
        d.id: Standpoint(*places[d.site], d.zone)
        for d in deployments
        if d.zone and d.site in places
    }


def clock_hours(taken: str) -> float:
    """Return the hours since midnight of 2026-05-03T14:30:05, or of a shorter form."""
    hours, minutes, seconds = taken[11:13], taken[14:16], taken[17:19]
    return int(hours) + int(minutes or 0) / 60 + int(seconds or 0) / 3600


def daylight(at: Standpoint, day: str) -> Daylight | None:
    """Return when the sun rises there that day, and for how long it is up; None if it does not rise
    or set, or if the zone is unknown."""
    try:
        observer, zone = Observer(at.latitude, at.longitude), ZoneInfo(at.zone)
        rises = sunrise(observer, date.fromisoformat(day), tzinfo=zone)
        sets = sunset(observer, date.fromisoformat(day), tzinfo=zone)
    except (ValueError, KeyError, OSError):
        return None
    return of_clock(rises), (of_clock(sets) - of_clock(rises)) % DAY


def of_clock(moment: datetime) -> float:
    return moment.hour + moment.minute / 60 + moment.second / 3600


def by_the_sun(hour: float, rises: float, light: float) -> float:
    """Return the sun time of a clock hour: `light` hours after sunrise become 12, and so does the
    night."""
    since = (hour - rises) % DAY
    if since < light:
        return RISES + (SETS - RISES) * since / light
    return (SETS + (DAY - SETS + RISES) * (since - light) / (DAY - light)) % DAY
