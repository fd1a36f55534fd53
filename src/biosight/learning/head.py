"""Refitting a model's last layer on stored embeddings: in seconds, without the network.

Not here: which pictures teach (teach.py), or whether the result may serve (gate.py).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biosight.inference.head import Head
from biosight.inference.quality import softmax

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# Pull of a label's weights towards their start: strong for known labels, so that these keep their
# answers, weak for new ones. Chosen on the teach curve of bench.model.
PULL_KNOWN = 1e-3
PULL_NEW = 1e-4
ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Examples:
    """Embeddings (n, d) and label numbers (n,)."""

    embeddings: Floats
    labels: Ints


def examples_of(embeddings: npt.NDArray[np.floating], labels: Ints) -> Examples:
    """Return embeddings (n, d) and label numbers (n,) in the precision of the fit."""
    return Examples(embeddings.astype(np.float64), labels)


def refit(old: Head, examples: Examples, labels: int) -> Head:
    """Return a head of `labels` rows, the first of which start from `old`.

    The loss is the cross-entropy, in which every label has the same total weight, plus a pull of
    each row towards its start. The pull is a Gaussian prior at the old weights; L-BFGS finds the
    MAP estimate (Liu and Nocedal 1989). Embeddings are standardised and scaled to an average length
    of 1, so that the pulls have the same effect for every network.
    """
    known, size = old.weight.shape
    mean, spread = examples.embeddings.mean(axis=0), examples.embeddings.std(axis=0)
    spread = (spread + 0.05 * spread.mean() + 1e-9) * size**0.5
    inputs = np.hstack([(examples.embeddings - mean) / spread, np.ones((len(examples.labels), 1))])
    start = np.zeros((labels, size + 1))
    start[:known, :-1] = old.weight * spread
    start[:known, -1] = old.bias + old.weight @ mean
    start[known:, -1] = start[:known, -1].mean()
    rows = minimise(start, known, inputs, examples, evidence_of(old, examples.embeddings, labels))
    weight = rows[:, :-1] / spread
    bias = rows[:, -1] - weight @ mean
    return Head(weight.astype(np.float32), bias.astype(np.float32), old.prior)


def minimise(
    start: Floats, known: int, inputs: Floats, examples: Examples, offset: Floats
) -> Floats:
    """Return the rows (labels, d + 1) that `refit` needs."""
    labels = len(start)
    goals = np.eye(labels)[examples.labels]
    counts = np.bincount(examples.labels, minlength=labels)
    weights = 1 / counts[examples.labels]
    weights = (weights / weights.sum())[:, None]
    pulls = np.full(start.shape, PULL_NEW)
    pulls[:known] = PULL_KNOWN
    pulls[:, -1] *= 0.01  # biases move freely

    def loss(flat: Floats) -> tuple[float, Floats]:
        rows = flat.reshape(start.shape)
        scores = softmax(inputs @ rows.T + offset)
        moved = rows - start
        fit = -(weights * goals * np.log(scores + 1e-12)).sum() + (pulls * moved**2).sum()
        slope = (weights * (scores - goals)).T @ inputs + 2 * pulls * moved
        return float(fit), slope.ravel()

    from scipy.optimize import minimize  # seldom needed, and slow to load

    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    rows: Floats = found.x.reshape(start.shape)
    return rows


def evidence_of(old: Head, embeddings: Floats, labels: int) -> Floats:
    """Return the values that the old head's prior adds to every logit (n, labels); the prior is not
    refitted."""
    if old.prior is None:
        return np.zeros((len(embeddings), labels))
    return old.prior.evidence(embeddings, labels).astype(np.float64)


def answers_by_group(
    old: Head, taught: Examples, replay: Examples, labels: int, groups: Ints, folds: int = 5
) -> Ints:
    """Return the answer of a refitted head for each taught picture when its group did not teach it
    (n,).

    Groups are upload sessions or copies of one picture; whole groups are left out together.
    """
    names = np.unique(groups)
    fold_of = {int(name): number % folds for number, name in enumerate(names)}
    fold = np.array([fold_of[int(g)] for g in groups])
    said = np.full(len(groups), -1, dtype=np.int64)
    for number in range(min(folds, len(names))):
        out = fold == number
        rest = joined_examples(replay, picked_examples(taught, ~out))
        head = refit(old, rest, labels)
        said[out] = head.logits(taught.embeddings[out].astype(np.float32)).argmax(axis=1)
    return said


def picked_examples(examples: Examples, which: npt.NDArray[np.bool_]) -> Examples:
    return Examples(examples.embeddings[which], examples.labels[which])


def joined_examples(first: Examples, second: Examples) -> Examples:
    return Examples(
        np.concatenate([first.embeddings, second.embeddings]),
        np.concatenate([first.labels, second.labels]),
    )
