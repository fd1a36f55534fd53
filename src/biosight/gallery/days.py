"""Days: how many pictures a deployment took on each, so that its gaps are seen.

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
    """The days of what matches and is dated, by deployment."""
    dated = [*where, Where("taken", "!=", "")]
    found = []
    for deployment in records.count_by(Image, where, "deployment"):
        here = [*dated, Where("deployment", "=", deployment)]
        counts = records.count_by(Image, here, "day")
        if counts:
            days = {str(day): n for day, n in sorted(counts.items(), key=lambda c: str(c[0]))}
            found.append(Days(str(deployment), days))
    return found
