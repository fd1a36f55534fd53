"""Days: how many pictures a deployment took on each day, which shows its gaps.

Not here: hours and months of a name (activity.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from biosight.images import Image
from biosight.storage.records import Records, Where


@dataclass(frozen=True, slots=True)
class Days:
    """Pictures by day (YYYY-MM-DD, corrected local time) of one deployment, "" for none."""

    deployment: str
    days: dict[str, int]


def days_of(records: Records, where: Sequence[Where]) -> list[Days]:
    """Return the days of the dated pictures that match, by deployment."""
    dated = [*where, Where("taken", "!=", "")]
    found: dict[str, dict[str, int]] = {}
    for (deployment, day), n in sorted(records.tally(Image, dated, ("deployment", "day")).items()):
        found.setdefault(str(deployment), {})[str(day)] = n
    return [Days(deployment, days) for deployment, days in found.items()]
