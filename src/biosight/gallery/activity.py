"""When pictures of a name were taken: by hour of the day and by month, as counts of pictures and of
events.

An event counts where it begins. Times are the corrected local ones. Not here: drawing them
(places/activity.js).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from biosight.gallery.events import runs
from biosight.images import Image
from biosight.storage.living import living
from biosight.storage.records import Records, Where
from biosight.taxa.paths import end_below, line_of


@dataclass(frozen=True, slots=True)
class Activity:
    """Dated pictures at and below one path of the tree of names, and how many of them were taken in
    each hour (24) and each month (12); the same of events. A day alone counts for its month."""

    path: str
    label: str
    images: int
    hours: tuple[int, ...]
    months: tuple[int, ...]
    events: int
    event_hours: tuple[int, ...]
    event_months: tuple[int, ...]


@dataclass(slots=True)
class Clock:
    """Counts by hour and by month."""

    total: int = 0
    hours: list[int] = field(default_factory=lambda: [0] * 24)
    months: list[int] = field(default_factory=lambda: [0] * 12)

    def add(self, taken: str, count: int) -> None:
        """So many at a local time, or on a day."""
        self.total += count
        self.months[int(taken[5:7]) - 1] += count
        if taken[11:13]:
            self.hours[int(taken[11:13]) % 24] += count


def activity(records: Records, collection: str, path: str, gap: int) -> Activity:
    """The activity of all that hangs at or below a path; `gap` in seconds parts events. A picture
    outside of any deployment is an event of its own."""
    where = [*living(collection), Where("label_path", ">=", path)]
    where += [Where("label_path", "<", end_below(path))]
    images, events = Clock(), Clock()
    for deployment in records.count_by(Image, where, "deployment"):
        here = [*where, Where("deployment", "=", deployment), Where("taken", "!=", "")]
        counts = {str(t): n for t, n in records.count_by(Image, here, "taken").items()}
        for taken, n in counts.items():
            images.add(taken, n)
        if deployment:
            for start, _, _ in runs(sorted(counts), gap):
                events.add(start, 1)
        else:
            for taken, n in counts.items():
                events.add(taken, n)
    label = (line_of(path) or ("",))[-1]
    return Activity(
        path,
        label,
        images.total,
        tuple(images.hours),
        tuple(images.months),
        events.total,
        tuple(events.hours),
        tuple(events.months),
    )


def busiest(records: Records, collection: str, most: int) -> Sequence[str]:
    """The paths that most pictures bear, as what to look at where nobody chose."""
    counts = records.count_by(Image, living(collection), "label_path")
    paths = sorted((str(p) for p in counts if p), key=lambda p: (-counts[p], p))
    return paths[:most]
