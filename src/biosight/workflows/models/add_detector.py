"""Add a detector that somebody else made: its card from a few words, a trial, and a candidate.

Not here: the trial's process (inference/model_files/trial.py), or reading what a detector writes
(inference/detection/output_forms.py).
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from biosight import registry
from biosight.bootstrap import Archive
from biosight.errors import BadModel
from biosight.inference.model_files.card import card_of_detector
from biosight.inference.model_files.detector_card import (
    DetectorCard,
    Form,
    read_detector_card,
)
from biosight.inference.model_files.trial import tried_detector
from biosight.registry import ModelVersion
from biosight.subjects.box import KINDS, SubjectKind

DETECTORS_SIDE = 640  # px: the side of most exported detectors' input
# How each form's authors feed their networks: order of colours, scaling, and what fills the square.
USUAL: dict[Form, dict[str, Any]] = {
    "yolov5": {"centred": True, "fill": 114},
    "yolov8": {"centred": True, "fill": 114},
    "end-to-end": {"centred": True, "fill": 114},
    "rt-detr": {},
    "yolox": {
        "strides": (8, 16, 32),
        "colours": "BGR",
        "fill": 114,
        "mean": (0.0, 0.0, 0.0),
        "std": (1.0, 1.0, 1.0),
    },
    "nanodet": {
        "strides": (8, 16, 32, 64),
        "colours": "BGR",
        "mean": (103.53, 116.28, 123.675),
        "std": (57.375, 57.12, 58.395),
    },
}
# Names of classes that say what they are; the animals are those of COCO.
NAMED: dict[SubjectKind, str] = {
    "animal": "animal bird cat dog horse sheep cow elephant bear zebra giraffe mammal wildlife",
    "human": "human humans person persons people man woman pedestrian pedestrians homo",
    "vehicle": "vehicle car truck bus motorcycle motorbike bicycle train boat",
}


def detector_card_for(
    name: str, release: str, classes: Sequence[str], form: Form, side: int
) -> DetectorCard:
    """Return the card of a detector, from the names of its classes in the order of its output and
    the side of its input in pixels. Raises BadModel."""
    kinds = kinds_of(classes)
    if "animal" not in kinds:
        raise BadModel(
            "None of these classes is an animal; call one animal, or bird, dog and so on."
        )
    try:
        return DetectorCard.model_validate(
            {"name": name, "version": release, "form": form, "side": side, "kinds": kinds}
            | USUAL[form]
        )
    except ValueError as error:
        raise BadModel(f"These values do not make a detector's card: {error}") from error


def kinds_of(classes: Sequence[str]) -> dict[SubjectKind, tuple[int, ...]]:
    """Return the numbers of the classes of each kind; classes of no kind are left out."""
    found: dict[SubjectKind, tuple[int, ...]] = {}
    for kind in KINDS:
        known = NAMED[kind].split()
        own = tuple(i for i, c in enumerate(classes) if (c.casefold().split() or [""])[0] in known)
        if own:
            found[kind] = own
    return found


def add_detector(
    archive: Archive, file: Path, card: DetectorCard, by: str = ""
) -> tuple[ModelVersion, float]:
    """Check a detector, open it as it will be opened when it serves, and keep it as a candidate.
    Return it and the seconds that one picture took. Raises BadModel, Conflict if the version exists
    already, or NoSpace."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        seconds = tried_detector(file, card, folder)
        files = registry.store_files(archive.blobs, folder)
        tried = card_of_detector(read_detector_card(folder))
        return registry.add(archive.records, tried, files=files, by=by), seconds
