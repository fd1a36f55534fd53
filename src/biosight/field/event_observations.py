"""What other archives say of whole events: which of it counts now.

A row counts while what is said of its pictures is what was said of them when it came in. Once
somebody changes one of them, what the pictures show counts (field/events.py). Not here: reading the
rows (workflows/exchange/camtrap_events.py), or writing them (publishing/standards/camtrap.py).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256

from biosight.images import Image
from biosight.labels import PEOPLE
from biosight.places import EventObservation
from biosight.storage.records import Records, Where, among, pages

MOST_IMAGES = 2_000  # pictures of one event that a row can be about


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


def digest_of(images: Iterable[Image]) -> str:
    """Return a digest of what is said of some pictures: their subjects, counts, and whether people
    said so."""
    said = [
        (i.id, i.who in PEOPLE, i.individuals, [(s.label, asdict(s.details)) for s in i.subjects])
        for i in sorted(images, key=lambda i: i.id)
    ]
    return sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def counting(records: Records, collection: str, where: Where) -> Iterator[Counting]:
    """Yield the observations of a collection that match and count now."""
    here = [Where("collection", "=", collection), where]
    for page in pages(records, EventObservation, here):
        for one in page:
            images = among(records, Image, one.images)
            if counts(one, images):
                images.sort(key=lambda i: (i.taken, i.id))
                yield Counting(one, images[0], images[-1])


def counts(observation: EventObservation, images: Sequence[Image]) -> bool:
    """Return whether an observation counts, given those of its pictures that there are."""
    collection, deployment = observation.collection, observation.deployment
    still = [
        i
        for i in images
        if i.collection == collection and i.deployment == deployment and not i.trashed
    ]
    return len(still) == len(observation.images) and digest_of(still) == observation.said


def observations_about(records: Records, image: Image) -> list[Counting]:
    """Return the observations that count for the event of a picture."""
    return list(counting(records, image.collection, Where("images", "has", image.id)))
