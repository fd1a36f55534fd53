"""Classifier: one ONNX session; a batch of pixels -> calibrated scores and embeddings.

Not here: gathering batches (batching.py), or which model is asked (bootstrap.py).
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from biosight.errors import BadModel
from biosight.inference.card import ModelCard, file_sha256, read_card
from biosight.inference.preprocess import Pixels, to_batch
from biosight.labels import Guess

Floats = npt.NDArray[np.float32]
TOP = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the model says of one picture: confidences per label, and the embedding."""

    confidences: Floats
    embedding: Floats


class Classifier:
    """A model folder opened for inference; not safe for two runs at once (see batching.py)."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self.card: ModelCard = read_card(folder)
        model = folder / "model.onnx"
        if self.card.sha256 and file_sha256(model) != self.card.sha256:
            raise BadModel(f"{model} is not the file its card describes (SHA-256 differs).")
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        options.inter_op_num_threads = 1
        # Spinning threads would take the cores from the decoders between two batches.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self.session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name

    def logits(self, pixels: Pixels) -> tuple[Floats, Floats]:
        """uint8 (n, side, side, 3) -> raw logits (n, labels) and embeddings (n, d)."""
        batch = to_batch(pixels, self.card)
        scores, embeddings = self.session.run(["logits", "embedding"], {self.input: batch})
        return np.asarray(scores, np.float32), np.asarray(embeddings, np.float32)

    def predict(self, pixels: Pixels) -> list[Verdict]:
        """uint8 (n, side, side, 3) -> one Verdict a picture."""
        scores, embeddings = self.logits(pixels)
        scaled = scores / np.float32(self.card.temperature)
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        confidences = powers / powers.sum(axis=1, keepdims=True)
        return [Verdict(c, e) for c, e in zip(confidences, embeddings, strict=True)]

    def top(self, verdict: Verdict, count: int = TOP) -> tuple[Guess, ...]:
        """The most likely labels, best first."""
        order = np.argsort(-verdict.confidences, kind="stable")[:count]
        names = self.card.label_names
        return tuple(Guess(names[i], round(float(verdict.confidences[i]), 4)) for i in order)
