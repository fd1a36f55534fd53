"""The weight of an expert, fitted to the labels that people gave in a collection.

Not here: the fit (learning/weighing.py), or promotion of the outcome
(workflows/serving_version.py).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from biosight import registry
from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.errors import BadModel, BadRequest, BioSightError
from biosight.images import Image
from biosight.inference.classifier import Classifier
from biosight.inference.expert import Branch, Expert
from biosight.inference.model_files.card import write_card
from biosight.inference.rollup import Rollup
from biosight.learning.weighing import Example, Weighed, fit_weight
from biosight.registry import ModelVersion
from biosight.storage.blobs import keys
from biosight.storage.conditions import named_by_people
from biosight.storage.records import pages
from biosight.workflows.collection_names import naming_of
from biosight.workflows.serving_version import serving_key

Counted = Callable[[int], None]


def weigh_expert(
    biosight: BioSight, collection: Collection, version: ModelVersion, seen: Counted
) -> tuple[ModelVersion, Weighed]:
    """Fit the expert's weight to a collection's named pictures; return a new candidate and the fit.

    Raises BadRequest for a version that is no expert, or if no picture can weigh it.
    """
    if not version.card.under:
        raise BadRequest(f"{version.id} is not an expert: it was added without --under.")
    records, catalogue = biosight.archive.records, biosight.catalogue
    folder = catalogue.locate(version.id)
    expert = Expert(folder)
    classifier = Classifier(catalogue.locate(serving_key(records, catalogue, collection.model)))
    if classifier.rollup is None:
        raise BadRequest("The model of this collection has no tree of names, so no expert fits it.")
    branch = Branch(classifier.rollup, expert.card)
    found = fit_weight(
        branch, list(examples(biosight, collection, classifier, expert, branch, seen))
    )
    if not found.pictures:
        raise BadRequest(
            f"No picture of this collection has a confirmed name below {expert.card.under}."
        )
    return next_expert(biosight, version, folder, found), found


def examples(
    biosight: BioSight,
    collection: Collection,
    classifier: Classifier,
    expert: Expert,
    branch: Branch,
    seen: Counted,
) -> Iterator[Example]:
    """Yield the answers of model and expert for each picture that people named within the expert's
    branch."""
    records = biosight.archive.records
    naming = naming_of(records, biosight.catalogue, collection)
    for page in pages(records, Image, named_by_people(collection.id)):
        for image in page:
            line = naming.own_line(image.label)
            node = next((n for n in reversed(line) if n in branch.rollup.number), "")
            if node and within_branch(branch.rollup, node, expert.card.under):
                one = example(biosight, classifier, expert, image, node)
                seen(1)
                if one is not None:
                    yield one


def within_branch(rollup: Rollup, node: str, under: str) -> bool:
    """Return whether a name lies below the expert's own name in the tree."""
    return node != under and rollup.tree.is_below(node, under)


def example(
    biosight: BioSight, classifier: Classifier, expert: Expert, image: Image, node: str
) -> Example | None:
    """Return the answers for one picture, or None if it can no longer be read."""
    try:
        with biosight.archive.blobs.local(keys.original(image.sha256)) as original:
            _, seen = biosight.model.decoders.pixels(original, classifier.card.framing)
    except BioSightError:
        return None
    pixels = seen[None]
    leaves = classifier.predict(pixels)[0].leaves
    if leaves is None:
        raise BadModel("This model has no leaves.")
    return Example(leaves, expert.shares(pixels)[0], node)


def next_expert(
    biosight: BioSight, version: ModelVersion, folder: Path, found: Weighed
) -> ModelVersion:
    """Keep the expert's next version, with the weight in its card."""
    records = biosight.archive.records
    measured = {
        "weighed_on_pictures": float(found.pictures),
        "right_without": round(found.right_without, 4),
        "right_with": round(found.right_with, 4),
    }
    changed = {
        "version": registry.next_release(records, version.name),
        "weight": found.weight,
        "measured": measured,
        "measured_on": "pictures that people named in a collection",
    }
    with TemporaryDirectory() as scratch:
        copied = Path(scratch) / "expert"
        copytree(folder, copied)
        write_card(version.card.model_copy(update=changed), copied)
        return registry.keep(records, biosight.archive.blobs, copied)
