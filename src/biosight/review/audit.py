"""Accuracy of a version in a collection, measured on the random half of review alone.

Pictures that people chose to correct, or that the queue chose for being uncertain, would make the
version look worse than it is. Not here: the measures (inference/quality.py).
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass

from biosight.images import Image
from biosight.labels import Annotation
from biosight.storage.conditions import named_by_people
from biosight.storage.records import Order, Records, Where, parts
from biosight.taxa.naming import Naming
from biosight.taxa.paths import agree

MOST = 5000
BATCH = 400


@dataclass(frozen=True, slots=True)
class Audited:
    """A picture drawn at random and named by a person, with what the machine had said."""

    image: str
    truth: str
    said: str
    confidence: float


def audited_images(
    records: Records,
    collection: str,
    model: str,
    naming: Naming,
    taught: Container[str] = (),
) -> list[Audited]:
    """Return the newest MOST pictures that measure `model`; those that taught it are left out."""
    where = named_by_people(collection)
    images = records.find(Image, where, order=Order("id", descending=True), limit=MOST)
    fitting = [i for i in images if i.model == model and i.id not in taught and i.label]
    drawn = set(drawn_at_random(records, [i.id for i in fitting]))
    return [as_audited(i, naming) for i in fitting if i.id in drawn]


def as_audited(image: Image, naming: Naming) -> Audited:
    """Return what the machine had said of a picture. Where its label and the person's do not
    contradict each other, the person's counts for both: "Insecta" was right for a moth."""
    said = naming.shown(image.machine_label)
    if agree(naming.path(said), image.label_path):
        said = image.label
    return Audited(image.id, image.label, said, image.confidence)


def drawn_at_random(records: Records, images: list[str]) -> Iterator[str]:
    """Yield those of the images that answered the random half of the queue."""
    for part in parts(images, BATCH):
        where = [Where("image", "in", part), Where("via", "=", "random")]
        yield from (a.image for a in records.find(Annotation, where, limit=20 * BATCH))
