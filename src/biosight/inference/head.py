"""head.npz: a model's last layer as plain numbers, for taught heads and for activation maps.

Not here: fitting one (learning/head.py).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biosight.errors import BadModel

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
NAME = "head.npz"


@dataclass(frozen=True, slots=True)
class Prior:
    """What the network's first task still says of the labels: a linear layer over classes,
    weight (classes, d) and bias (classes,), and the label number that each class belongs to.

    A label's evidence is the logarithm of its classes' share of all probability, times
    `strength`; a label without classes counts as if it had an even share.
    """

    weight: Floats
    bias: Floats
    label: Ints
    strength: float

    def evidence(self, embeddings: npt.NDArray[np.floating], labels: int) -> Floats:
        """(n, d) -> what to add to the logits (n, labels)."""
        scores = self.scores(embeddings)
        powers = np.exp(scores)
        added = np.full((len(embeddings), labels), -np.log(len(np.unique(self.label))), np.float32)
        total = np.log(powers.sum(axis=1))
        for label in np.unique(self.label):
            own = powers[:, self.label == label].sum(axis=1)
            added[:, label] = np.log(own + 1e-20) - total
        return added * np.float32(self.strength)

    def scores(self, embeddings: npt.NDArray[np.floating]) -> Floats:
        """Class scores (n, classes), the largest of each row at 0."""
        scores = embeddings.astype(np.float32) @ self.weight.T + self.bias
        shifted: Floats = scores - scores.max(axis=1, keepdims=True)
        return shifted


@dataclass(frozen=True, slots=True)
class Head:
    """A linear layer, weight (labels, d) and bias (labels,), and perhaps a prior."""

    weight: Floats
    bias: Floats
    prior: Prior | None = None

    def logits(self, embeddings: npt.NDArray[np.floating]) -> Floats:
        """(n, d) -> (n, labels)."""
        result: Floats = embeddings.astype(np.float32) @ self.weight.T + self.bias
        return result + self.offset(embeddings)

    def offset(self, embeddings: npt.NDArray[np.floating]) -> Floats:
        """What the prior adds (n, labels); zeros without one."""
        labels = len(self.weight)
        if self.prior is None:
            return np.zeros((len(embeddings), labels), np.float32)
        return self.prior.evidence(embeddings, labels)

    def direction(self, embedding: npt.NDArray[np.floating], label: int) -> Floats:
        """The slope (d,) of a label's logit at an embedding (d,), without what all share."""
        slope: Floats = self.weight[label]
        own = self.prior.label == label if self.prior else np.zeros(0, dtype=bool)
        if self.prior is None or not own.any():
            return slope
        powers = np.exp(self.prior.scores(embedding[None])[0])
        mine: Floats = powers[own] @ self.prior.weight[own] / (powers[own].sum() + 1e-20)
        every: Floats = powers @ self.prior.weight / powers.sum()
        tilted: Floats = slope + np.float32(self.prior.strength) * (mine - every)
        return tilted


def read_head(folder: Path, labels: int, size: int) -> Head | None:
    """The head in a model's folder, None where there is none. Raises BadModel for other shapes."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            head = Head(
                arrays["weight"].astype(np.float32),
                arrays["bias"].astype(np.float32),
                as_prior(arrays) if "prior_weight" in arrays else None,
            )
    except (OSError, ValueError, KeyError) as error:
        raise BadModel(f"{path} is not a head.") from error
    wide = [head.weight, *([head.prior.weight] if head.prior else [])]
    if len(head.weight) != labels or any(w.shape[1:] != (size,) for w in wide):
        raise BadModel(f"{path} does not fit its card.")
    return head


def as_prior(arrays: Any) -> Prior:
    """The prior among the arrays of a head file. Raises KeyError."""
    return Prior(
        arrays["prior_weight"].astype(np.float32),
        arrays["prior_bias"].astype(np.float32),
        arrays["prior_label"].astype(np.int64),
        float(arrays["prior_strength"]),
    )


def write_head(head: Head, folder: Path) -> None:
    """Write head.npz; a prior's weights in half precision."""
    arrays: dict[str, npt.NDArray[Any]] = {"weight": head.weight, "bias": head.bias}
    if head.prior:
        arrays |= {
            "prior_weight": head.prior.weight.astype(np.float16),
            "prior_bias": head.prior.bias.astype(np.float16),
            "prior_label": head.prior.label.astype(np.int16),
            "prior_strength": np.array(head.prior.strength),
        }
    np.savez_compressed(folder / NAME, allow_pickle=False, **arrays)
