"""Activity: how many pictures and events of a name there are in each hour of the day and each
month.

An event counts where it begins. Times are the corrected local ones. Not here: drawing them
(places/activity.js).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from biosight.field.events import event_starts
from biosight.field.gaps import Gaps
from biosight.field.sun_hours import SunClock
from biosight.images import Image
from biosight.storage.conditions import living_images, showing_below
from biosight.storage.records import Records, Where
from biosight.taxa.paths import line_of


@dataclass(frozen=True, slots=True)
class Activity:
    """Dated pictures at and below one path of the tree of names: how many in all, in each hour (24)
    and in each month (12), and the same for events. A day alone counts for its month. The sun hours
    (24) are those of sun time (sun_hours.py), for pictures and events that have one."""

    path: str
    label: str
    images: int
    hours: tuple[int, ...]
    months: tuple[int, ...]
    events: int
    event_hours: tuple[int, ...]
    event_months: tuple[int, ...]
    sun_hours: tuple[int, ...]
    event_sun_hours: tuple[int, ...]


def activity(records: Records, collection: str, path: str, gaps: Gaps, sun: SunClock) -> Activity:
    """Return the activity of all that hangs at or below a path; `gaps` part events, and `sun` says
    the sun time. A picture outside of any deployment counts as one event."""
    images: Counter[str] = Counter()
    events: Counter[str] = Counter()
    by_sun, events_by_sun = [0] * 24, [0] * 24
    placed: list[tuple[str, str]] = []
    for deployment, taken, n in dated_below(records, collection, path):
        hour = taken[:13]
        images[hour] += n
        if (sun_hour := sun.hour(deployment, taken)) is not None:
            by_sun[int(sun_hour) % 24] += n
        if deployment:
            placed.append((deployment, taken))
        else:
            events[hour] += n
    for deployment, start in event_starts(placed, gaps):
        events[start[:13]] += 1
        if (sun_hour := sun.hour(deployment, start)) is not None:
            events_by_sun[int(sun_hour) % 24] += 1
    label = (line_of(path) or ("",))[-1]
    counts = *by_hour_and_month(images), *by_hour_and_month(events)
    return Activity(path, label, *counts, tuple(by_sun), tuple(events_by_sun))


def dated_below(records: Records, collection: str, path: str) -> Iterator[tuple[str, str, int]]:
    """Yield the deployments ("" for none) and times of the dated pictures at and below a path, and
    how many have both."""
    where = [*living_images(collection), showing_below(path), Where("taken", "!=", "")]
    for (deployment, taken), n in records.tally(Image, where, ("deployment", "taken")).items():
        yield str(deployment), str(taken), n


def by_hour_and_month(counts: Counter[str]) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Return how many in all, in each hour of the day and in each month, given the counts of each
    hour (2026-05-03T14) or day."""
    hours, months = [0] * 24, [0] * 12
    for when, n in counts.items():
        months[int(when[5:7]) - 1] += n
        if len(when) > len("2026-05-03"):
            hours[int(when[11:13]) % 24] += n
    return counts.total(), tuple(hours), tuple(months)


def busiest(records: Records, collection: str, most: int) -> Sequence[str]:
    """Return the paths with the most pictures, to show where nobody chose any."""
    counts = records.count_by(Image, living_images(collection), "label_path")
    paths = sorted((str(p) for p in counts if p), key=lambda p: (-counts[p], p))
    return paths[:most]
