"""What a model says of a picture's pixels: of the whole, or, in a camera trap's frame or a
photograph, also of the animal that a detector finds in it.

Not here: what becomes of it in the records (verdicts.py), or the looking itself
(inference/detection).
"""

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.detection.camera_trap import Read, Sighting, look_at
from biosight.inference.detection.photograph import is_worth_a_closer_look, look_at_photograph
from biosight.inference.preprocess import Pixels, pixels_in, short_to_read
from biosight.intake.values import Intake
from biosight.subjects.picture_kind import PictureKind

log = logging.getLogger(__name__)
NO_DETECTOR = "The detector failed, so the picture was classified as a whole."


@dataclass(frozen=True, slots=True)
class Looked:
    """A model's verdict on a picture; where a detector looked also what is seen in it and the
    detector's version, or in words why it could not look."""

    verdict: Verdict
    sighting: Sighting | None = None
    detector: str = ""
    trouble: str = ""


def look_into(
    intake: Intake, classifier: Classifier, reading: Pixels, kind: PictureKind, read: Read
) -> Looked:
    """Return what a model says of a camera trap's frame or a photograph (height, width, 3). `read`
    reads the same picture with another short side, in pixels. A picture whose detector fails is
    classified as a whole. Raises BadPicture or NotFound where it can't be read once more, or
    Unavailable while the machine is busy."""
    classify = partial(intake.batcher.classify, classifier)
    framing = classifier.card.framing
    if kind == "photographs" and not is_worth_a_closer_look(reading, framing):
        return Looked(classify(pixels_in(reading, None, framing)))
    try:
        detector = intake.detectors.get()
        boxes = detector.detect(reading)
    except Exception:  # a detector may fail in any way; the picture can be classified all the same
        log.exception("the detector failed")
        whole = pixels_in(reading, None, framing)
        return Looked(classify(whole), trouble=NO_DETECTOR)
    if kind == "photographs":
        found = look_at_photograph(reading, boxes, classifier, classify, read)
    else:
        found = look_at(reading, boxes, detector.card, classifier, classify, read)
    return Looked(found.verdict, found, detector.card.key)


def read_and_look(
    intake: Intake, classifier: Classifier, original: Path, kind: PictureKind
) -> Looked:
    """Return what a model says of the file of a camera trap or a photograph. Raises BadPicture or
    Unavailable."""
    read = intake.decoders.reader(original)
    return look_into(intake, classifier, read(short_to_read(classifier.card.framing)), kind, read)
