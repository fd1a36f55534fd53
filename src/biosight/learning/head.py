"""Refit a model's last layer on stored embeddings: in seconds, without the network.

Never torch here. Not here: which pictures teach (teach.py), or whether the result may serve
(gate.py).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from biosight.inference.head import Head
from biosight.inference.quality import softmax

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# Pull towards the weights that were there before. Chosen on the teach curve of `bench.model`.
PULL = 2e-4
ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Examples:
    """Embeddings (n, d) and label numbers (n,), each picture with its weight (n,)."""

    embeddings: Floats
    labels: Ints
    weights: Floats


def balanced(embeddings: npt.NDArray[np.floating], labels: Ints, power: float = 0.5) -> Examples:
    """Examples of which each label weighs its count ** power in all; the mean weight is 1."""
    counts = np.bincount(labels).astype(np.float64)
    weights = counts[labels] ** (power - 1)
    return Examples(embeddings.astype(np.float64), labels, weights / weights.mean())


def refit(old: Head, examples: Examples, labels: int, pull: float = PULL) -> Head:
    """A head of `labels` rows, the first of them starting from `old`.

    Weighted cross-entropy plus `pull` times the squared distance from where each row started
    (a Gaussian prior at the old weights; MAP estimate by L-BFGS, Liu and Nocedal 1989).
    Embeddings are scaled to the mean length 1, so that `pull` means the same for every network.
    """
    known, size = old.weight.shape
    scale = float(np.linalg.norm(examples.embeddings, axis=1).mean()) or 1.0
    inputs = np.hstack([examples.embeddings / scale, np.ones((len(examples.labels), 1))])
    start = np.zeros((labels, size + 1))
    start[:known] = np.hstack([old.weight * scale, old.bias[:, None]])
    start[known:, -1] = old.bias.mean() - 1
    offset = evidence_of(old, examples.embeddings, labels)
    goals = np.eye(labels)[examples.labels]
    weights = examples.weights[:, None] / examples.weights.sum()

    def loss(flat: Floats) -> tuple[float, Floats]:
        rows = flat.reshape(labels, size + 1)
        scores = softmax(inputs @ rows.T + offset)
        moved = rows - start
        fit = -(weights * goals * np.log(scores + 1e-12)).sum()
        slope = (weights * (scores - goals)).T @ inputs + 2 * pull * moved
        return float(fit + pull * (moved**2).sum()), slope.ravel()

    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    rows = found.x.reshape(labels, size + 1)
    weight, bias = (rows[:, :-1] / scale).astype(np.float32), rows[:, -1].astype(np.float32)
    return Head(weight, bias, old.prior)


def evidence_of(old: Head, embeddings: Floats, labels: int) -> Floats:
    """What the old head's prior adds to every logit (n, labels): it is not refitted."""
    if old.prior is None:
        return np.zeros((len(embeddings), labels))
    return old.prior.evidence(embeddings, labels).astype(np.float64)


def answers_by_group(
    old: Head, taught: Examples, replay: Examples, labels: int, groups: Ints, folds: int = 5
) -> Ints:
    """What a refitted head says of each taught picture when its group did not teach it (n,).

    Groups are upload sessions or copies of one picture; whole ones are left out together.
    """
    names = np.unique(groups)
    fold_of = {int(name): number % folds for number, name in enumerate(names)}
    fold = np.array([fold_of[int(g)] for g in groups])
    said = np.full(len(groups), -1, dtype=np.int64)
    for number in range(min(folds, len(names))):
        out = fold == number
        rest = joined(replay, picked(taught, ~out))
        head = refit(old, rest, labels)
        said[out] = head.logits(taught.embeddings[out].astype(np.float32)).argmax(axis=1)
    return said


def picked(examples: Examples, which: npt.NDArray[np.bool_]) -> Examples:
    """Some of the examples."""
    return Examples(examples.embeddings[which], examples.labels[which], examples.weights[which])


def joined(first: Examples, second: Examples) -> Examples:
    """Both."""
    return Examples(
        np.concatenate([first.embeddings, second.embeddings]),
        np.concatenate([first.labels, second.labels]),
        np.concatenate([first.weights, second.weights]),
    )
