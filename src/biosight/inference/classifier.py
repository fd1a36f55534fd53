"""Classifier: one model folder; a batch of pixels -> calibrated scores, embeddings, novelty.

Not here: gathering batches (batching.py), which models are open (serving.py), or which is
asked (registry).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from biosight import cores
from biosight.errors import BadModel
from biosight.inference.card import ModelCard, file_sha256, read_card
from biosight.inference.head import read_head
from biosight.inference.preprocess import Pixels, to_batch
from biosight.inference.reference import Familiar, read_reference
from biosight.labels import Guess

Floats = npt.NDArray[np.float32]
TOP = 5
PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the model says of one picture: confidences per label, the embedding, and how far
    that lies from what the model knows (0 without a reference)."""

    confidences: Floats
    embedding: Floats
    novelty: float


def open_network(
    model: Path, threads: int | None = None, provider: str = "cpu"
) -> ort.InferenceSession:
    """An ONNX session. Raises BadModel for a damaged file or a provider that isn't installed."""
    name = PROVIDERS[provider]
    if name not in ort.get_available_providers():
        raise BadModel(f"The installed ONNX Runtime can't use {provider}; install one that can.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or cores.granted()
    options.inter_op_num_threads = 1
    # Spinning threads would take the cores from the decoders between two batches.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    chosen = [name] if provider == "cpu" else [name, PROVIDERS["cpu"]]
    try:
        return ort.InferenceSession(model, options, providers=chosen)
    except Exception as error:  # ONNX Runtime has an exception type a cause, none of them public
        raise BadModel(f"{model} can't be opened as an ONNX model.") from error


def check_file(folder: Path, card: ModelCard) -> Path:
    """The model's file. Raises BadModel unless it is the one its card describes."""
    model = folder / "model.onnx"
    if not model.is_file():
        raise BadModel(f"{folder} has no model.onnx.")
    if card.sha256 and file_sha256(model) != card.sha256:
        raise BadModel(f"{model} is not the file its card describes (SHA-256 differs).")
    return model


class Classifier:
    """A model folder opened for inference; not safe for two runs at once (see batching.py).

    `session` may be one that is open already for the same file.
    """

    def __init__(
        self,
        folder: Path,
        threads: int | None = None,
        provider: str = "cpu",
        session: ort.InferenceSession | None = None,
    ) -> None:
        self.folder = folder
        self.card: ModelCard = read_card(folder)
        model = check_file(folder, self.card)
        self.session = session or open_network(model, threads, provider)
        self.input = self.session.get_inputs()[0].name
        self.outputs = {output.name for output in self.session.get_outputs()}
        self.head = read_head(folder, len(self.card.labels), self.card.embedding_size)
        if self.card.base and self.head is None:
            raise BadModel(f"{folder} has no head.npz, which its card promises.")
        reference = read_reference(folder)
        self.familiar = Familiar(reference) if reference else None

    def logits(self, pixels: Pixels) -> tuple[Floats, Floats]:
        """uint8 (n, side, side, 3) -> raw logits (n, labels) and embeddings (n, d)."""
        batch = to_batch(pixels, self.card)
        scores, embeddings = self.session.run(["logits", "embedding"], {self.input: batch})
        embeddings = np.asarray(embeddings, np.float32)
        if self.card.base and self.head:
            return self.head.logits(embeddings), embeddings
        return np.asarray(scores, np.float32), embeddings

    def predict(self, pixels: Pixels) -> list[Verdict]:
        """uint8 (n, side, side, 3) -> one Verdict a picture."""
        return self.verdicts(*self.logits(pixels))

    def judge(self, embeddings: Floats) -> list[Verdict]:
        """Embeddings (n, d) of this model's space -> one Verdict each, without the network.

        Raises BadModel where the last layer is not known as numbers.
        """
        if self.head is None:
            raise BadModel(f"{self.card.key} has no head.npz.")
        return self.verdicts(self.head.logits(embeddings), embeddings)

    def verdicts(self, scores: Floats, embeddings: Floats) -> list[Verdict]:
        """Logits (n, labels) and embeddings (n, d) -> one Verdict each."""
        scaled = scores / np.float32(self.card.temperature)
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        confidences = powers / powers.sum(axis=1, keepdims=True)
        novelty = self.familiar.distances(embeddings) if self.familiar else np.zeros(len(scores))
        return [
            Verdict(c, e, round(float(n), 4))
            for c, e, n in zip(confidences, embeddings, novelty, strict=True)
        ]

    def top(self, verdict: Verdict, count: int = TOP) -> tuple[Guess, ...]:
        """The most likely labels, best first."""
        order = np.argsort(-verdict.confidences, kind="stable")[:count]
        names = self.card.label_names
        return tuple(Guess(names[i], round(float(verdict.confidences[i]), 4)) for i in order)

    def unfamiliar(self, verdict: Verdict) -> bool:
        """Does the picture lie beyond what the model knows?"""
        return 0 < self.card.novelty_limit < verdict.novelty

    def activation(self, pixels: Pixels, label: str) -> Floats | None:
        """Where in one picture (side, side, 3) the evidence for `label` lies: a class-activation
        map (h, w) in 0 to 1 (Zhou et al. 2016). None for networks without a last feature map."""
        if "features" not in self.outputs or self.head is None:
            return None
        batch = to_batch(pixels[None], self.card)
        features = np.asarray(self.session.run(["features"], {self.input: batch})[0][0], np.float32)
        number = self.card.label_names.index(label)
        weight = self.head.direction(features.mean((1, 2)), number)
        heat: Floats = np.maximum(np.tensordot(weight, features, axes=1), 0)
        return heat / max(float(heat.max()), 1e-9)
