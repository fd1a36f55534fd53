"""The quality of answers by a tree, level by level: the group, and the name at each rank.

Not here: the answers (inference/rollup.py), or labels without a tree
(training/measure/evaluate.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biosight.inference.rollup import Answered, Rollup, Scores

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
LEVELS = ("order", "family")


@dataclass(frozen=True, slots=True)
class Level:
    """Pictures known at a rank, and the share of them whose likeliest name of that rank is
    right."""

    rank: str
    pictures: int
    right: float


@dataclass(frozen=True, slots=True)
class SaidFiner:
    """Answers below the group: their share of all pictures, and the share of right ones. That share
    counts only pictures whose truth is known to the depth of the answer (or contradicts it)."""

    pictures: int
    finer: float
    right: float


def level(rollup: Rollup, scores: Scores, truth: Sequence[str], rank: str) -> Level:
    """Return top-1 among the tree's nodes of one rank, over pictures whose true node is among
    them."""
    right = right_at(rollup, scores, truth, rank)
    judged = right[right >= 0]
    return Level(rank, len(judged), float(judged.mean()) if len(judged) else float("nan"))


def right_at(rollup: Rollup, scores: Scores, truth: Sequence[str], rank: str) -> Ints:
    """Return for each picture (n,) whether the likeliest of the tree's nodes of one rank is right
    (1) or not (0); -1 if the true node is not among them."""
    tree = rollup.tree
    columns = [i for i, n in enumerate(rollup.nodes) if tree.taxa[n].taxon_rank == rank]
    place = {rollup.nodes[i]: k for k, i in enumerate(columns)}
    known = np.array([place.get(tree.ranked(node, rank), -1) for node in truth], dtype=np.int64)
    if not columns:
        return known
    said = scores.nodes[:, columns].argmax(axis=1)
    return np.where(known >= 0, (said == known).astype(np.int64), -1)


def verdict(rollup: Rollup, said: str, truth: str, group: str) -> bool | None:
    """Return whether a finer answer is right for a picture known as `truth`. Return None if that is
    not known deep enough: "Lepidoptera" for an insect of unknown order."""
    if rollup.tree.is_below(truth, said):
        return True
    return None if truth == group or rollup.tree.is_below(said, truth) else False


def said_finer(
    rollup: Rollup, answers: Sequence[Answered], truth: Sequence[str], groups: Sequence[str]
) -> SaidFiner:
    """Return how often the answer goes below the group, and how often it is right in those
    cases."""
    said = finer_right(rollup, answers, truth, groups)
    judged = said[said >= 0]
    share = float(judged.mean()) if len(judged) else float("nan")
    return SaidFiner(len(answers), float((said >= -1).sum()) / max(1, len(answers)), share)


def finer_right(
    rollup: Rollup, answers: Sequence[Answered], truth: Sequence[str], groups: Sequence[str]
) -> Ints:
    """Return for each answer (n,) below the group whether it is right (1) or not (0), or -1 if too
    little is known. Other answers have -2."""
    said = np.full(len(answers), -2, dtype=np.int64)
    for i, a in enumerate(answers):
        if a.node == a.group:
            continue
        right = verdict(rollup, a.node, truth[i], groups[i]) if a.group == groups[i] else False
        said[i] = -1 if right is None else int(right)
    return said
