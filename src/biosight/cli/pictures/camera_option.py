"""The option --camera-traps of commands that classify: look at the animal, not at the whole frame.

Not here: what is looked at (inference/detection/camera_trap.py).
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from biosight.bootstrap import SUBJECTS, Model
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.detection.camera_trap import Sighting, look_at
from biosight.inference.detection.detector import Detector
from biosight.inference.preprocess import short_to_read

CAMERA_TRAPS = click.option(
    "--camera-traps",
    is_flag=True,
    help="The pictures are from camera traps: find the animal, people and empty frames first.",
)


@dataclass(frozen=True, slots=True)
class SeenFile:
    """What a file shows: its media type, the model's verdict and, for a camera trap, the sighting
    that it comes from."""

    media_type: str
    verdict: Verdict
    sighting: Sighting | None = None


def detector_folder(*, asked: bool) -> Path | None:
    """Return the folder of the bundled detector if it is asked for."""
    return SUBJECTS if asked else None


def seen_in(
    model: Model, classifier: Classifier, detector: Detector | None, path: Path
) -> SeenFile:
    """Return what a file shows. Raises BadPicture, or Unavailable while the machine is busy."""
    if detector is None:
        media_type, pixels = model.decoders.pixels(path, classifier.card.framing)
        return SeenFile(media_type, model.batcher.classify(classifier, pixels))
    media_type, reading = model.decoders.reading(path, short_to_read(classifier.card.framing))
    classify = partial(model.batcher.classify, classifier)
    boxes, read = detector.detect(reading), model.decoders.reader(path)
    found = look_at(reading, boxes, detector.card, classifier, classify, read)
    return SeenFile(media_type, found.verdict, found)
