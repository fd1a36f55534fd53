"""The review queue: half drawn at random, half the machine's least certain.

Only answers to the random half measure accuracy, so each answer keeps which half it came
from (Annotation.via). Not here: answering (acts.py).
"""

from dataclasses import dataclass
from itertools import zip_longest

from biosight.images import Image
from biosight.storage.living import unreviewed
from biosight.storage.records import Order, Records


@dataclass(frozen=True, slots=True)
class Drawn:
    """An image to look at and why: "random" or "margin"."""

    image: Image
    via: str


def queue(records: Records, collection: str, limit: int = 40) -> list[Drawn]:
    """The next images that nobody has looked at, the two halves in turn."""
    where = unreviewed(collection)
    halves = {
        via: records.find(Image, where, order=Order(field), limit=limit)
        for via, field in (("random", "lottery"), ("margin", "margin"))
    }
    drawn: dict[str, Drawn] = {}
    # One half may be shorter: pictures come and go between the two questions.
    for pair in zip_longest(halves["random"], halves["margin"]):
        for image, via in zip(pair, ("random", "margin"), strict=True):
            if image is not None:
                drawn.setdefault(image.id, Drawn(image, via))
    return list(drawn.values())[:limit]


def waiting(records: Records, collection: str) -> int:
    """How many images nobody has looked at."""
    return records.count(Image, unreviewed(collection))
