"""A photograph: the classifier sees the whole, and a closer look at its animal if there is one.

People compose photographs, so the whole says most. Where a detector is fairly sure of a small
animal, both looks count alike. Not here: frames of camera traps (camera_trap.py).
"""

from collections.abc import Sequence

import numpy as np

from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.detection.camera_trap import (
    Classify,
    Read,
    Sighting,
    kept_boxes,
    large_enough,
    pooled,
)
from biosight.inference.preprocess import Framing, Pixels, pixels_in
from biosight.subjects import Box
from biosight.subjects.area import MARGINS, around
from biosight.subjects.box import surest

# Below this score the animal may be none; above this share of the picture the whole shows it best.
SURE, SMALL = 0.35, 0.5


def is_worth_a_closer_look(reading: Pixels, framing: Framing) -> bool:
    """Return whether a reading (height, width, 3) holds more than the network sees of the whole: a
    closer look at a smaller one shows nothing new."""
    return int(min(reading.shape[:2])) > framing.resize_short


def look_at_photograph(
    reading: Pixels,
    boxes: Sequence[Box],
    classifier: Classifier,
    classify: Classify,
    read: Read,
) -> Sighting:
    """Return what one upright photograph (height, width, 3) shows, with the boxes that a detector
    found in it. `classify` asks the classifier, and `read` reads the same picture with another
    short side, in pixels. Nothing is proposed instead of an organism."""
    framing = classifier.card.framing
    views = [classify(pixels_in(reading, None, framing))]
    animal = surest(boxes, "animal")
    closely = animal is not None and animal.score >= SURE and animal.area < SMALL
    if animal is not None and closely:
        near = large_enough(reading, animal, framing, read)
        height, width = near.shape[:2]
        area = around(animal, width, height, MARGINS[0])
        views.append(classify(pixels_in(near, area, framing)))
    return Sighting(kept_boxes(boxes), careful(classifier, views), closely, emptiness=0.0)


def careful(classifier: Classifier, views: Sequence[Verdict]) -> Verdict:
    """Return the verdict of several views that count alike; its embedding is the first's."""
    alike = np.ones(len(classifier.card.label_names), np.float32)
    return pooled(views, classifier.rollup, alike) if len(views) > 1 else views[0]
