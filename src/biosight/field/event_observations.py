"""What other archives say of whole events: which of it counts now.

A row counts while people say of its pictures what they said when it came in. Once somebody changes
one of them, what the pictures show counts (field/events.py). Not here: reading the rows
(workflows/exchange/camtrap_events.py), or writing them (publishing/standards/camtrap.py).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import groupby
from operator import attrgetter

from biosight.images import Image
from biosight.labels import PEOPLE
from biosight.places import EventObservation
from biosight.storage.records import AT_ONCE, Records, Where, among, pages

MOST_IMAGES = 2_000  # pictures of one event that a row can be about
BY_EVENT = attrgetter("deployment", "images")


@dataclass(frozen=True, slots=True)
class Counting:
    """An observation that counts, and the first and the last of its pictures as they are now."""

    observation: EventObservation
    first: Image
    last: Image

    @property
    def has_moved(self) -> bool:
        """Return whether the pictures have other times than when the row came in."""
        return (self.first.taken, self.last.taken) != self.observation.taken


def digest_of(images: Iterable[Image], *, of_machines: bool = False) -> str:
    """Return a digest of what people say of some pictures: their subjects, counts, and which of the
    labels they gave. A label that a machine gave is a part of it only if `of_machines`, as it was
    in the first archives that kept such rows: machines answer anew."""
    said = []
    for image in sorted(images, key=lambda i: i.id):
        by_people = image.who in PEOPLE
        label = image.label if by_people or of_machines else ""
        subjects = [(label, image.details), *((s.label, s.details) for s in image.others)]
        told = [(name, asdict(details)) for name, details in subjects]
        said.append((image.id, by_people, image.individuals, told))
    return sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def counting(
    records: Records, collection: str, where: Where, *, size: int = AT_ONCE
) -> Iterator[Counting]:
    """Yield the observations of a collection that match and count now."""
    here = [Where("collection", "=", collection), where]
    for page in pages(records, EventObservation, here, size=size):
        for _, same in groupby(sorted(page, key=BY_EVENT), BY_EVENT):
            yield from counting_of_event(records, list(same))


def counting_of_event(records: Records, same: Sequence[EventObservation]) -> Iterator[Counting]:
    """Yield those that count of some observations about one event, whose pictures are read once."""
    one = same[0]
    still = [
        i
        for i in among(records, Image, one.images)
        if i.collection == one.collection and i.deployment == one.deployment and not i.trashed
    ]
    if len(still) < len(one.images):
        return
    digests = digest_of(still), digest_of(still, of_machines=True)
    still.sort(key=lambda i: (i.taken, i.id))
    yield from (Counting(o, still[0], still[-1]) for o in same if o.said in digests)


def observations_about(records: Records, image: Image) -> list[Counting]:
    """Return the observations that count for the event of a picture."""
    return list(counting(records, image.collection, Where("images", "has", image.id)))
