"""Which other models know pictures that a collection's model does not.

Not here: trying a version on (try_version.py), or how far a picture is from what a model knows
(inference/reference.py).
"""

from collections.abc import Sequence

from biosight import registry
from biosight.bootstrap import BioSight
from biosight.errors import BioSightError
from biosight.images import Image
from biosight.intake import look_again
from biosight.registry import ModelVersion
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Where
from biosight.workflows import serving_version
from biosight.workflows.task import Task

MOST_LOOKED_AT = 8  # pictures: enough to tell a stain from a photograph, and a second's work


def models_that_know(biosight: BioSight, task: Task) -> list[ModelVersion]:
    """Return the versions that serve everybody and know at least half of the newest pictures that
    are unfamiliar here; none where nothing is unfamiliar."""
    records, collection = task.records, task.collection
    where = [*living_images(collection.id), Where("unfamiliar", "=", True)]
    newest = Order("created_at", descending=True)
    images = records.find(Image, where, order=newest, limit=MOST_LOOKED_AT)
    own = serving_version.serving_key(records, task.catalogue, collection.model)
    others = [
        v
        for v in registry.champions(records)
        if v.id != own and not v.collection and not v.card.under and v.card.novelty_limit
    ]
    return [v for v in others if images and 2 * count_familiar(biosight, v, images) >= len(images)]


def count_familiar(biosight: BioSight, version: ModelVersion, images: Sequence[Image]) -> int:
    """Return how many pictures a version finds familiar; none if it can't be opened or asked."""
    try:
        classifier = biosight.model.classifiers.get(version.id)
        verdicts = [look_again(biosight.intake, classifier, image).verdict for image in images]
    except BioSightError:
        return 0
    return sum(not classifier.unfamiliar(verdict) for verdict in verdicts)
