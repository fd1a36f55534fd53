"""The trial of a foreign model before it is stored: it is examined, prepared, opened and run once.

The trial runs in another process, which is ended if the model does not finish.

Not here: the checks themselves (arrival.py), or storing it (registry).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from shutil import copy2

import numpy as np

from biosight.errors import BadModel
from biosight.inference.classifier import Classifier
from biosight.inference.detection.detector import Detector
from biosight.inference.expert import OUTPUTS, PROBABILITIES, Expert
from biosight.inference.model_files.arrival import Arrived, check_pace, examine, prepare
from biosight.inference.model_files.card import ModelCard, file_sha256, read_card, write_card
from biosight.inference.model_files.detector_card import (
    DetectorCard,
    read_detector_card,
    write_detector_card,
)
from biosight.inference.preprocess import Pixels
from biosight.untrusted.child_process import Limits, run_in_child

TFLITE = ".tflite"
LIMITS = Limits(
    memory=16_000_000_000,
    cpu=600,
    wall=120.0,
    slow="The model is too slow: two pictures took more than two minutes.",
    much="The model needs more memory than BioSight allows it, 16 GB.",
)


def tried_classifier(file: Path, card: ModelCard, layout: str, folder: Path) -> Arrived:
    """Try a classifier. Return the results; `folder` then holds it as serving opens it. Raises
    BadModel, and Unavailable while others are tried."""
    write_card(card, folder)
    (found,) = run_in_child(classifier_in, [str(file), str(folder), layout], LIMITS, BadModel)
    assert isinstance(found, dict)
    return Arrived(**found)


def tried_export(source: Path, names: Sequence[str], folder: Path) -> float:
    """Try a model folder that BioSight wrote. Return the seconds for one picture; `folder` then
    holds its card and those of its files that are named. Raises as `tried_classifier`."""
    write_card(read_card(source), folder)
    for name in names:
        if (source / name).is_file():
            copy2(source / name, folder / name)
    (found,) = run_in_child(export_in, [str(folder)], LIMITS, BadModel)
    assert isinstance(found, float)
    return found


def export_in(folder: str) -> Iterator[float]:
    """Open and run a model folder as serving does. Yield the seconds for one picture. For a
    separate process. Raises BadModel."""
    opened = Classifier(Path(folder))
    side = opened.card.input_size
    noise = np.random.default_rng(0).integers(0, 255, (2, side, side, 3), dtype=np.uint8)
    run_classifier(opened, noise)
    begin = time.perf_counter()
    run_classifier(opened, noise)
    seconds = (time.perf_counter() - begin) / len(noise)
    check_pace(seconds)
    yield seconds


def run_classifier(opened: Classifier, pictures: Pixels) -> None:
    """Run a model on pictures (n, side, side, 3). Raises BadModel where it doesn't answer with one
    finite number per label."""
    try:
        found = [verdict.confidences for verdict in opened.predict(pictures)]
    except Exception as error:  # ONNX Runtime's own exceptions are not public
        raise BadModel(f"The model doesn't run on its own kind of pictures: {error}") from error
    labels = len(opened.card.labels)
    if any(c.shape != (labels,) or not np.isfinite(c).all() for c in found):
        raise BadModel(f"It does not answer with {labels} finite numbers, one for each label.")


def tried_expert(file: Path, card: ModelCard, layout: str, folder: Path) -> None:
    """Try an expert; `folder` then holds it as serving opens it. Raises the same errors as
    `tried_classifier`."""
    write_card(card, folder)
    list(run_in_child(expert_in, [str(file), str(folder), layout], LIMITS, BadModel))


def tried_detector(file: Path, card: DetectorCard, folder: Path) -> float:
    """Try a detector. Return the seconds for one picture; `folder` then holds it as serving opens
    it. Raises the same errors as `tried_classifier`."""
    write_detector_card(card, folder)
    (found,) = run_in_child(detector_in, [str(file), str(folder)], LIMITS, BadModel)
    assert isinstance(found, float)
    return found


def detector_in(file: str, folder: str) -> Iterator[float]:
    """Open and run a detector whose card is in the folder. Yield the seconds for one picture. For a
    separate process. Raises BadModel."""
    target = Path(folder)
    copied = target / "model.onnx"
    copy2(file, copied)
    card = read_detector_card(target)
    write_detector_card(card.model_copy(update={"sha256": file_sha256(copied)}), target)
    detector = Detector(target)
    noise = np.random.default_rng(0).integers(0, 255, (card.side, card.side, 3), dtype=np.uint8)
    run_detector(detector, noise)
    begin = time.perf_counter()
    run_detector(detector, noise)
    seconds = time.perf_counter() - begin
    check_pace(seconds)
    yield seconds


def run_detector(detector: Detector, picture: Pixels) -> None:
    """Run a detector on a picture (side, side, 3). Raises BadModel where it doesn't run."""
    try:
        detector.detect(picture)
    except BadModel:
        raise
    except Exception as error:  # ONNX Runtime's own exceptions are not public
        side = detector.card.side
        raise BadModel(f"It doesn't run on pictures of {side} x {side} pixels: {error}") from error


def classifier_in(file: str, folder: str, layout: str) -> Iterator[dict[str, object]]:
    """Prepare and open a classifier whose card is in the folder. Yield the results. For a separate
    process. Raises BadModel."""
    target = Path(folder)
    card = read_card(target)
    found = examine(Path(file), len(card.labels), card.input_size, layout)
    prepare(Path(file), card, found, layout, target)
    Classifier(target)
    yield asdict(found)


def expert_in(file: str, folder: str, layout: str) -> Iterator[dict[str, object]]:
    """Prepare, open and run an expert whose card is in the folder. For a separate process. Raises
    BadModel."""
    target = Path(folder)
    card = read_card(target)
    if Path(file).suffix == TFLITE:
        copied = target / "model.tflite"
        copy2(file, copied)
        size = {"sha256": file_sha256(copied), "embedding_size": len(card.labels)}
        write_card(card.model_copy(update=size), target)
    else:
        found = examine(Path(file), len(card.labels), card.input_size, layout)
        prepare(Path(file), card, found, layout, target)
    run_once(target, card)
    yield {}


def run_once(folder: Path, card: ModelCard) -> None:
    """Run an expert on noise, and note in its card if it gives probabilities. Raises BadModel."""
    side = card.input_size
    noise = np.random.default_rng(0).integers(0, 255, (2, side, side, 3), dtype=np.uint8)
    said = Expert(folder).network(noise)
    if said.shape != (2, len(card.labels)):
        raise BadModel(f"It gives {said.shape[1]} numbers a picture for {len(card.labels)} labels.")
    if not np.isfinite(said).all():
        raise BadModel("It gives values that are not finite numbers.")
    if said.min() >= 0 and said.max() <= 1:
        done = read_card(folder)
        told = done.parameters | {OUTPUTS: PROBABILITIES}
        write_card(done.model_copy(update={"parameters": told}), folder)
