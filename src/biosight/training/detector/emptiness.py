"""python -m biosight.training.detector.emptiness: fit how sure a card is that a frame is empty.

The frames must be of sources that the detector did not learn from. A logistic regression of the
surest animal's score, and of how much the whole and the closer look are like scenery. Not here: its
use (inference/detection/camera_trap.py).
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from sklearn.linear_model import LogisticRegression

from biosight.inference.classifier import Classifier
from biosight.inference.detection.camera_trap import areas, large_enough, odds, scenery
from biosight.inference.detection.detector import Detector
from biosight.inference.model_files.detector_card import write_detector_card
from biosight.inference.preprocess import Pixels, pixels_in, short_to_read
from biosight.inference.sandbox.worker import reading_of
from biosight.subjects.box import surest
from biosight.subjects.strip import outside_strips
from biosight.training.detector.album import Frame, frames

log = logging.getLogger(__name__)
Floats = npt.NDArray[np.float64]


def odds_of_frame(frame: Frame, detector: Detector, classifier: Classifier) -> list[float]:
    """Return the logarithms of the odds that the regression takes (3,). The frame is read as in
    serving: small first, larger where the animal is small."""
    framing, full = classifier.card.framing, Pillow.fromarray(frame.picture)

    def read(short: int) -> Pixels:
        return np.asarray(reading_of(full, short))

    reading = read(short_to_read(framing))
    animal = surest(outside_strips(detector.detect(reading)), "animal")
    close = large_enough(reading, animal, framing, read)
    looks = [pixels_in(reading, None, framing)]
    looks += [pixels_in(close, area, framing) for area in areas(close, animal)]
    shares = scenery(classifier, classifier.predict(np.stack(looks)))
    near = shares[1] if len(shares) > 1 else shares[0]
    return [odds(animal.score if animal else 0.0), odds(shares[0]), odds(near)]


def fitted_numbers(rows: Floats, empty: npt.NDArray[np.bool_]) -> tuple[list[float], float]:
    """Return bias and weights, and the probability from which on a frame counts as empty: so high
    that none of these animals is lost, since other cameras show them worse."""
    model = LogisticRegression(class_weight="balanced").fit(rows, empty)
    numbers = [float(model.intercept_[0]), *(float(w) for w in model.coef_[0])]
    of_animals = model.predict_proba(rows[~empty])[:, 1]
    return numbers, float(of_animals.max())


def fit_card(folder: Path, model: Path, data: Path, sources: Sequence[str], to: Path) -> None:
    """Fit on the frames of these sources of split `train`; write the numbers into the card of
    `to`."""
    detector, classifier = Detector(folder), Classifier(model)
    seen = [f for f in frames(data, "train") if f.source in sources]
    seen = [f for f in seen if f.truth in {"animal", "empty"}]
    rows = np.array([odds_of_frame(f, detector, classifier) for f in seen])
    numbers, least = fitted_numbers(rows, np.array([f.truth == "empty" for f in seen]))
    kept = tuple(round(n, 3) for n in numbers)
    card = Detector(to).card.model_copy(update={"emptiness": kept, "empty": round(least, 3)})
    write_detector_card(card, to)
    log.info("emptiness %s, empty from %.3f", kept, least)


def fit_from_options() -> None:
    """Read the options and fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="the classifier's folder")
    parser.add_argument("--data", type=Path, required=True, help="the folder camera-traps")
    parser.add_argument("--source", action="append", required=True)
    parser.add_argument("--to", type=Path, required=True, help="the folder whose card is changed")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    fit_card(options.detector, options.model, options.data, options.source, options.to)


if __name__ == "__main__":
    fit_from_options()
