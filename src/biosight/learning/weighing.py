"""The weight of an expert: how much of its opinion makes people's names of pictures likelier.

Not here: the pool itself (inference/expert.py), or which pictures
(workflows/models/expert_weight.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biosight.inference.expert import Branch
from biosight.inference.rollup import SMALLEST, Floats

STEPS = tuple(round(0.05 * n, 2) for n in range(19))
ENOUGH = 50
SURE = 1.64  # one-sided 95 %


@dataclass(frozen=True, slots=True)
class Example:
    """One picture of the branch: the model's leaves (leaves,), the expert's labels (labels,), and
    the picture's known name in the tree."""

    leaves: Floats
    own: Floats
    node: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """The best weight, the number of pictures behind it, and the share of right pictures without
    the expert and with it. A picture is right if its likeliest leaf lies at or below its name."""

    weight: float
    pictures: int
    right_without: float
    right_with: float


def fit_weight(branch: Branch, examples: Sequence[Example]) -> Weighed:
    """Return the weight with the least loss of people's names: -log of the probability at or below
    each.

    It is 0 if there are fewer than ENOUGH pictures, or if the gain is not significant (one-sided,
    95 %).
    """
    known = [e for e in examples if e.node in branch.rollup.number]
    losses = np.array([[loss(branch, e, weight) for e in known] for weight in STEPS])
    best = int(losses.mean(axis=1).argmin()) if len(known) >= ENOUGH else 0
    gain = losses[0] - losses[best] if best else np.zeros(1)
    error = gain.std(ddof=1) / len(gain) ** 0.5 if len(gain) > 1 else 0.0
    weight = STEPS[best] if gain.mean() > SURE * error else 0.0
    return Weighed(weight, len(known), right(branch, known, 0.0), right(branch, known, weight))


def loss(branch: Branch, example: Example, weight: float) -> float:
    """Return -log of the probability of a picture's name within the branch."""
    pooled = branch.pooled(example.leaves, example.own, weight)[0]
    below = branch.rollup.incidence[:, branch.rollup.number[example.node]] > 0
    inside = pooled[branch.members].sum()
    return float(-np.log(pooled[below].sum() / max(float(inside), 1e-30) + SMALLEST))


def right(branch: Branch, examples: Sequence[Example], weight: float) -> float:
    """Return the share of pictures whose likeliest leaf of the branch fits their name."""
    if not examples:
        return 0.0
    said = [likeliest(branch, branch.pooled(e.leaves, e.own, weight)[0]) for e in examples]
    tree = branch.rollup.tree
    fits = [tree.is_below(s, e.node) for s, e in zip(said, examples, strict=True)]
    return float(np.mean(fits))


def likeliest(branch: Branch, pooled: npt.NDArray[np.float32]) -> str:
    """Return the likeliest leaf of the branch."""
    return branch.rollup.leaves[int(branch.members[pooled[branch.members].argmax()])]
