"""python -m biosight.training.detector.train: train a detector further, from a folder of one.

DATA holds camera-traps, organisms and organisms-2 with their manifests; START is a detector folder
of form nanodet. The result is a detector folder with three kinds. Not here: measuring it
(bench/subjects.py).
"""

import argparse
import logging
from dataclasses import replace
from pathlib import Path

from biosight.inference.detection.detector import Detector
from biosight.inference.model_files.card import file_sha256
from biosight.inference.model_files.detector_card import write_detector_card
from biosight.subjects import KINDS
from biosight.training.detector.album import album
from biosight.training.detector.fit import Lesson, fit
from biosight.training.detector.graph import write_graph

USUAL = Lesson()


def train_from_options() -> None:
    """Read the options, train, and write the detector's folder."""
    options = read_options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    teachers = [Detector(folder) for folder in (options.start, *options.teacher)]
    scenes = album(options.data, teachers, options.without, options.seed)
    card = teachers[0].card
    lesson = replace(USUAL, steps=options.steps, learning=options.learning, seed=options.seed)
    network = fit(options.start / "model.onnx", card, scenes, lesson)
    options.to.mkdir(parents=True, exist_ok=True)
    write_graph(network, [card.kinds[kind] for kind in KINDS], options.to / "model.onnx")
    made = card.model_copy(
        update={
            "name": options.name,
            "version": options.version,
            "kinds": {kind: (number,) for number, kind in enumerate(KINDS)},
            "sha256": file_sha256(options.to / "model.onnx"),
        }
    )
    write_detector_card(made, options.to)


def read_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, action="append", default=[])
    parser.add_argument("--without", action="append", default=[], help="a source to leave out")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--name", default="subjects")
    parser.add_argument("--version", default="1")
    parser.add_argument("--steps", type=int, default=USUAL.steps)
    parser.add_argument("--learning", type=int, default=USUAL.learning)
    parser.add_argument("--seed", type=int, default=USUAL.seed)
    return parser.parse_args()


if __name__ == "__main__":
    train_from_options()
