"""Weeks of a collection: confidence and unfamiliar pictures, for a line over time.

Not here: whether a change is real (check.py).
"""

from dataclasses import dataclass

from biosight.images import Image
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Records, Where

WEEK_SECONDS = 7 * 86400.0
MOST_WEEKS = 26
SAMPLE = 200  # pictures drawn from a week


@dataclass(frozen=True, slots=True)
class Week:
    """A week's start (seconds since 1970, UTC), pictures looked at, their mean confidence and the
    share of unfamiliar ones, both 0 to 1."""

    start: float
    pictures: int
    confidence: float
    unfamiliar: float


def weeks(records: Records, collection: str, now: float) -> list[Week]:
    """Return the last MOST_WEEKS weeks that have classified pictures, the oldest first."""
    found = []
    for back in range(MOST_WEEKS, 0, -1):
        start = now - back * WEEK_SECONDS
        where = [
            *living_images(collection),
            Where("created_at", ">=", start),
            Where("created_at", "<", start + WEEK_SECONDS),
        ]
        order = Order("created_at", descending=True)
        shown = [i for i in records.find(Image, where, order=order, limit=SAMPLE) if i.model]
        if shown:
            sure = sum(i.confidence for i in shown) / len(shown)
            strange = sum(i.unfamiliar for i in shown) / len(shown)
            found.append(Week(start, len(shown), round(sure, 4), round(strange, 4)))
    return found
