"""Uploads of a collection: which pictures came together, by whom and when.

Not here: the intake of pictures (intake/upload.py), or what became of them (review).
"""

from dataclasses import dataclass

from biosight.images import Image
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Position, Records, Where

PAGE = 200
ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Arrival:
    """One upload session: its newest picture, and how many of its pictures are there."""

    newest: Image
    images: int


def arrivals(records: Records, collection: str, most: int) -> list[Arrival]:
    """Return the newest upload sessions of the pictures outside the trash, at most `most`. A large
    session is excluded once it is found, so that few queries reach those behind it."""
    where = living_images(collection)
    counts = {str(s): n for s, n in records.count_by(Image, where, "session").items()}
    met: dict[str, Image] = {}
    after: Position | None = None
    for _ in range(ROUNDS):
        large = [Where("session", "!=", s) for s in met if counts.get(s, 0) > PAGE]
        newest = Order("created_at", descending=True)
        page = records.find(Image, [*where, *large], order=newest, after=after, limit=PAGE)
        for image in page:
            met.setdefault(image.session, image)
        if len(page) < PAGE or len(met) >= most:
            break
        after = Position(page[-1].created_at, page[-1].id)
    found = sorted(met.values(), key=lambda i: -i.created_at)[:most]
    return [Arrival(image, counts.get(image.session, 1)) for image in found]
