"""An exported model in int8 (ONNX Runtime QDQ), used only if it gives the same answers.

Weights are signed and per channel, activations unsigned (U8S8). The layers behind the last feature
map stay in fp32, and so do the first ones if requested. Not here: export (export.py).
"""

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from biosight.errors import BadModel
from biosight.inference.classifier import Classifier
from biosight.inference.model_files.card import ModelCard, read_card, write_card
from biosight.inference.preprocess import to_batch
from biosight.inference.reference import read_reference
from biosight.training import export
from biosight.training.data import dataset as ds
from biosight.training.measure.evaluate import Ints
from biosight.training.reference import Floats, logits_of, numbers, pixels_of

SAME_ANSWERS = 0.98
WORST_LOSS = 0.005


@dataclass(frozen=True, slots=True)
class Quantised:
    """Results of int8: the share of equal answers, both accuracies, both speeds (pictures/s)."""

    agreement: float
    full_accuracy: float
    accuracy: float
    full_speed: float
    speed: float

    @property
    def good(self) -> bool:
        """Whether int8 keeps the answers."""
        return self.agreement >= SAME_ANSWERS and self.full_accuracy - self.accuracy <= WORST_LOSS


class Batches(CalibrationDataReader):
    """Calibration pictures as ONNX Runtime requests them."""

    def __init__(self, samples: Sequence[ds.Sample], card: ModelCard, name: str) -> None:
        self.rest = self.batches(samples, card, name)

    def batches(
        self, samples: Sequence[ds.Sample], card: ModelCard, name: str
    ) -> Iterator[dict[str, Any]]:
        """Yield 16 pictures at a time."""
        for start in range(0, len(samples), 16):
            yield {name: to_batch(pixels_of(samples[start : start + 16], card), card)}

    def get_next(self) -> dict[str, Any] | None:
        """Return the next batch, None at the end."""
        return next(self.rest, None)


def quantise(
    folder: Path,
    train: Sequence[ds.Sample],
    held: Sequence[ds.Sample],
    target: Path,
    *,
    calibrate_on: int = 256,
    first_layers: int = 1,
    seven_bits: bool = False,
) -> Quantised:
    """Write the int8 model to `target`, with the other files of `folder`. Return its results.

    With `seven_bits`, weights have one bit less, so that two products added in 16 bits can't
    overflow. They may overflow on processors without instructions for them (provenance.PRODUCTS).
    Raises BadModel, and leaves nothing behind, if int8 does not keep the answers.
    """
    card = read_card(folder)
    dice = np.random.default_rng(0)
    picks = dice.choice(len(train), min(calibrate_on, len(train)), replace=False)
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as work, quiet():
        plain = Path(work) / "plain.onnx"
        unfold(folder / "model.onnx", plain)
        outside = nodes_outside(plain, first_layers)
        quantize_static(
            plain,
            target / "model.onnx",
            Batches([train[i] for i in picks], card, "pixels"),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=outside,
            reduce_range=seven_bits,
        )
    found, answers = compare_int8(folder, card, held, target)
    changed = {
        "precision": f"int8 (QDQ, U8S{7 if seven_bits else 8}, per channel)",
        "measured": {
            **{k: v for k, v in card.measured.items() if not k.startswith("unseen")},
            "int8_same_answers": round(found.agreement, 4),
            "int8_held_accuracy": round(found.accuracy, 4),
            "fp32_held_accuracy": round(found.full_accuracy, 4),
            # Measured on the machine in `made_with`; near 1 where it has no products of bytes.
            "int8_speed_over_fp32": round(found.speed / found.full_speed, 2),
        },
    }
    replay = len(replayed.replay_labels) if (replayed := read_reference(folder)) else 0
    measured = (*answers, list(held), list(train), replay)
    export.finish(card.model_copy(update=changed), target, *measured)
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """Silence ONNX Runtime's INFO message about every channel."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


def unfold(model: Path, target: Path) -> None:
    """Write the model with its weights in fp32 again and its shapes inferred, as the quantiser
    needs it."""
    with TemporaryDirectory() as work:
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(Path(work) / "basic.onnx")
        options.log_severity_level = 3
        ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        quant_pre_process(Path(work) / "basic.onnx", target, skip_symbolic_shape=True)


def nodes_outside(model: Path, first_layers: int) -> list[str]:
    """Return the nodes that stay in fp32: all but the convolutions between the first and the
    last."""
    nodes = onnx.load(model).graph.node
    convolutions = [n.name for n in nodes if n.op_type == "Conv"]
    inside = {*convolutions[first_layers:]}
    kept = {"Conv", "Clip", "Relu", "Add", "Pad"}
    return [n.name for n in nodes if n.name not in inside and n.op_type not in kept] + [
        *convolutions[:first_layers]
    ]


def compare_int8(
    folder: Path, card: ModelCard, held: Sequence[ds.Sample], target: Path
) -> tuple[Quantised, tuple[Floats, Floats]]:
    """Compare both models on the left-out pictures. Return the results, and the int8 model's logits
    and embeddings there.

    Raises BadModel if int8 does not keep the answers.
    """
    shutil.copy2(folder / "head.npz", target / "head.npz")
    write_card(card.model_copy(update={"sha256": ""}), target)
    truth = numbers(held, card)
    full, small = Classifier(folder), Classifier(target)
    before = labels_said(full, *logits_of(full, held))
    logits, embeddings = logits_of(small, held)
    after = labels_said(small, logits, embeddings)
    found = Quantised(
        agreement=float((before == after).mean()),
        full_accuracy=float((before == truth).mean()),
        accuracy=float((after == truth).mean()),
        full_speed=speed(full),
        speed=speed(small),
    )
    if not found.good:
        shutil.rmtree(target)
        raise BadModel(
            f"int8 gives {found.agreement:.1%} the same answers ({SAME_ANSWERS:.0%} needed) and "
            f"is right on {found.accuracy:.1%} instead of {found.full_accuracy:.1%}; it would run "
            f"{found.speed / found.full_speed:.1f} times as fast. Not taken."
        )
    return found, (logits, embeddings)


def labels_said(classifier: Classifier, logits: Floats, embeddings: Floats) -> Ints:
    """Return the likeliest label of each picture (n,), with everything that the model weighs."""
    verdicts = classifier.verdicts(logits, embeddings)
    return np.array([int(v.confidences.argmax()) for v in verdicts], dtype=np.int64)


def speed(classifier: Classifier, rounds: int = 12) -> float:
    """Return pictures per second in batches of eight, the best of some rounds."""
    side = classifier.card.input_size
    pixels = np.random.default_rng(0).integers(0, 255, (8, side, side, 3), dtype=np.uint8)
    best = float("inf")
    for _ in range(rounds):
        begin = perf_counter()
        classifier.logits(pixels)
        best = min(best, perf_counter() - begin)
    return 8 / best
