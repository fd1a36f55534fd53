"""Weeks of a collection: confidence and unfamiliar pictures, for a line over time.

Not here: whether a change is real (check.py).
"""

from dataclasses import dataclass

from biosight.images import Image
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Question, Records, Where

WEEK_SECONDS = 7 * 86400.0
MOST_WEEKS = 26
SAMPLE = 200  # pictures drawn from a week
NEWEST = Order("created_at", descending=True)


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
    starts = [now - back * WEEK_SECONDS for back in range(MOST_WEEKS, 0, -1)]
    questions = [Question(uploaded_in(collection, s), NEWEST, limit=SAMPLE) for s in starts]
    answers = records.find_each(Image, questions)
    for start, images in zip(starts, answers, strict=True):
        if shown := [i for i in images if i.model]:
            sure = sum(i.confidence for i in shown) / len(shown)
            strange = sum(i.unfamiliar for i in shown) / len(shown)
            found.append(Week(start, len(shown), round(sure, 4), round(strange, 4)))
    return found


def uploaded_in(collection: str, start: float) -> list[Where]:
    """Return conditions for the pictures that came in within a week from `start` on."""
    week = Where("created_at", ">=", start), Where("created_at", "<", start + WEEK_SECONDS)
    return [*living_images(collection), *week]
