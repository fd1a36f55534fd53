"""When pictures of a name were taken: by hour of the day and by month, as counts.

Times are the corrected local ones. Not here: drawing them (places/activity.js).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from biosight.images import Image
from biosight.storage.living import living
from biosight.storage.records import Records, Where
from biosight.taxa.paths import end_below, line_of


@dataclass(frozen=True, slots=True)
class Activity:
    """Dated pictures at and below one path of the tree of names, and how many of them were taken in
    each hour (24) and each month (12)."""

    path: str
    label: str
    images: int
    hours: tuple[int, ...]
    months: tuple[int, ...]


def activity(records: Records, collection: str, path: str) -> Activity:
    """The activity of all that hangs at or below a path."""
    where = [*living(collection), Where("label_path", ">=", path)]
    where += [Where("label_path", "<", end_below(path)), Where("taken", "!=", "")]
    hours, months = [0] * 24, [0] * 12
    for taken, n in records.count_by(Image, where, "taken").items():
        said = str(taken)
        hours[int(said[11:13]) % 24] += n
        months[int(said[5:7]) - 1] += n
    label = (line_of(path) or ("",))[-1]
    return Activity(path, label, sum(hours), tuple(hours), tuple(months))


def busiest(records: Records, collection: str, most: int) -> Sequence[str]:
    """The paths that most pictures bear, as what to look at where nobody chose."""
    counts = records.count_by(Image, living(collection), "label_path")
    paths = sorted((str(p) for p in counts if p), key=lambda p: (-counts[p], p))
    return paths[:most]
