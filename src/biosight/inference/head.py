"""head.npz: a model's last layer as plain numbers, for taught heads and for activation maps.

Not here: fitting one (learning/head.py).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biosight.errors import BadModel

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
NAME = "head.npz"


@lru_cache(maxsize=16)
def membership(owners: bytes) -> tuple[Ints, Floats]:
    """Return the owners that have any class (m,), and whether each class belongs to each of them
    (classes, m). `owners` gives the owner of each class as bytes of int64, -1 for none. The result
    is cached, because every batch needs it."""
    owner = np.frombuffer(owners, np.int64)
    speaking = np.unique(owner[owner >= 0])
    return speaking, (owner[:, None] == speaking).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Prior:
    """The network's first task as evidence for the labels: a linear layer over classes, weight
    (classes, d) and bias (classes,), and the number of the label that each class belongs to.

    A label's evidence is the logarithm of its classes' share of all probability, times `strength`.
    A label without classes counts as if it had an even share. `leaf` is the number of the leaf that
    each class speaks for, -1 for none: the leaves of a tree get evidence in the same way.
    """

    weight: Floats
    bias: Floats
    label: Ints
    strength: float
    leaf: Ints | None = None

    def evidence(self, embeddings: npt.NDArray[np.floating], labels: int) -> Floats:
        """Return the values to add to the logits (n, labels), for embeddings (n, d)."""
        return self.shared_out(embeddings, self.label, labels)

    def leaf_evidence(self, embeddings: npt.NDArray[np.floating], leaves: int) -> Floats:
        """Return the values to add to the leaves' scores (n, leaves), for embeddings (n, d)."""
        if self.leaf is None:
            return np.zeros((len(embeddings), leaves), np.float32)
        return self.shared_out(embeddings, self.leaf, leaves)

    def shared_out(self, embeddings: npt.NDArray[np.floating], owner: Ints, count: int) -> Floats:
        """Return the evidence of `count` owners (n, count), given the owner of each class."""
        powers = np.exp(self.scores(embeddings))
        speaking, members = membership(owner.tobytes())
        added = np.full((len(embeddings), count), -np.log(len(speaking)), np.float32)
        total = np.log(powers.sum(axis=1, keepdims=True))
        added[:, speaking] = np.log(powers @ members + 1e-20) - total
        return added * np.float32(self.strength)

    def scores(self, embeddings: npt.NDArray[np.floating]) -> Floats:
        """Return class scores (n, classes), with the largest of each row at 0."""
        scores = embeddings.astype(np.float32) @ self.weight.T + self.bias
        shifted: Floats = scores - scores.max(axis=1, keepdims=True)
        return shifted


@dataclass(frozen=True, slots=True)
class Head:
    """A linear layer, weight (labels, d) and bias (labels,), and an optional prior. With a tree of
    names it has a second layer for the leaves, (leaves, d) and (leaves,)."""

    weight: Floats
    bias: Floats
    prior: Prior | None = None
    leaf_weight: Floats | None = None
    leaf_bias: Floats | None = None

    def leaf_scores(self, embeddings: npt.NDArray[np.floating]) -> Floats:
        """Return scores (n, leaves) for embeddings (n, d); no columns without a tree."""
        if self.leaf_weight is None or self.leaf_bias is None:
            return np.zeros((len(embeddings), 0), np.float32)
        scores: Floats = embeddings.astype(np.float32) @ self.leaf_weight.T + self.leaf_bias
        if self.prior is not None:
            scores += self.prior.leaf_evidence(embeddings, len(self.leaf_weight))
        return scores

    def logits(self, embeddings: npt.NDArray[np.floating]) -> Floats:
        """Return logits (n, labels) for embeddings (n, d)."""
        result: Floats = embeddings.astype(np.float32) @ self.weight.T + self.bias
        return result + self.offset(embeddings)

    def offset(self, embeddings: npt.NDArray[np.floating]) -> Floats:
        """Return the values that the prior adds (n, labels); zeros without a prior."""
        labels = len(self.weight)
        if self.prior is None:
            return np.zeros((len(embeddings), labels), np.float32)
        return self.prior.evidence(embeddings, labels)

    def direction(self, embedding: npt.NDArray[np.floating], label: int) -> Floats:
        """Return the slope (d,) of a label's logit at an embedding (d,), without the part that all
        labels share."""
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
    """Return the head in a model's folder, None if there is none. Raises BadModel for other
    shapes."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            head = Head(
                arrays["weight"].astype(np.float32),
                arrays["bias"].astype(np.float32),
                as_prior(arrays) if "prior_weight" in arrays else None,
                *(
                    arrays[name].astype(np.float32) if name in arrays else None
                    for name in ("leaf_weight", "leaf_bias")
                ),
            )
    except (OSError, ValueError, KeyError) as error:
        raise BadModel(f"{path} is not a head.") from error
    wide = [head.weight, *([head.prior.weight] if head.prior else [])]
    wide += [head.leaf_weight] if head.leaf_weight is not None else []
    if len(head.weight) != labels or any(w.shape[1:] != (size,) for w in wide):
        raise BadModel(f"{path} does not fit its card.")
    return head


def as_prior(arrays: Any) -> Prior:
    """Return the prior from the arrays of a head file. Raises KeyError."""
    leaf = arrays.get("prior_leaf")
    return Prior(
        arrays["prior_weight"].astype(np.float32),
        arrays["prior_bias"].astype(np.float32),
        arrays["prior_label"].astype(np.int64),
        float(arrays["prior_strength"]),
        leaf.astype(np.int64) if leaf is not None and len(leaf) else None,
    )


def write_head(head: Head, folder: Path) -> None:
    """Write head.npz; the weights of a prior and of leaves are in half precision."""
    arrays: dict[str, npt.NDArray[Any]] = {"weight": head.weight, "bias": head.bias}
    if head.leaf_weight is not None and head.leaf_bias is not None:
        arrays |= {"leaf_weight": head.leaf_weight.astype(np.float16), "leaf_bias": head.leaf_bias}
    if head.prior and head.prior.leaf is not None:
        arrays["prior_leaf"] = head.prior.leaf.astype(np.int16)
    if head.prior:
        arrays |= {
            "prior_weight": head.prior.weight.astype(np.float16),
            "prior_bias": head.prior.bias.astype(np.float16),
            "prior_label": head.prior.label.astype(np.int16),
            "prior_strength": np.array(head.prior.strength),
        }
    np.savez_compressed(folder / NAME, allow_pickle=False, **arrays)
