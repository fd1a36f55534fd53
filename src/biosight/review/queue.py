"""The review queue: half drawn at random, half the machine's least certain.

Only answers to the random half measure accuracy, so each answer keeps which half it came from
(Annotation.via). A share of all pictures is kept for the random half. Neither the other half nor
groups of look-alikes take them; otherwise the random half would only get the leftovers. The queue
of names (verified_names.py) takes one where a name has no other. Not here: answering (acts.py).
"""

from dataclasses import dataclass
from itertools import zip_longest

from biosight.images import Image
from biosight.storage.conditions import unreviewed_images
from biosight.storage.records import Order, Records, Where

# The share of all pictures, those with the smallest lots. After them the random half takes others.
RESERVED = 0.05


def not_reserved() -> list[Where]:
    """Return conditions for pictures that are not kept for the random half."""
    return [Where("lottery", ">=", RESERVED)]


@dataclass(frozen=True, slots=True)
class Drawn:
    """An image to look at and why: "random", "margin" or "names"."""

    image: Image
    via: str


def queue(records: Records, collection: str, limit: int = 40) -> list[Drawn]:
    """Return the next images that nobody has looked at, the two halves in turn."""
    where = unreviewed_images(collection)
    least = [*where, *not_reserved()]
    halves = {
        "random": records.find(Image, where, order=Order("lottery"), limit=limit),
        "margin": records.find(Image, least, order=Order("margin"), limit=limit),
    }
    drawn: dict[str, Drawn] = {}
    # One half may be shorter: pictures come and go between the two queries.
    for pair in zip_longest(halves["random"], halves["margin"]):
        for image, via in zip(pair, ("random", "margin"), strict=True):
            if image is not None:
                drawn.setdefault(image.id, Drawn(image, via))
    return list(drawn.values())[:limit]


def kept_for_chance(records: Records, collection: str) -> int:
    """Return how many pictures that nobody has looked at are kept for the random half."""
    return records.count(Image, [*unreviewed_images(collection), Where("lottery", "<", RESERVED)])


def count_waiting(records: Records, collection: str) -> int:
    """Return how many images nobody has looked at."""
    return records.count(Image, unreviewed_images(collection))
