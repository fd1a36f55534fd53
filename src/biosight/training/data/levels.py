"""How good answers by a tree are, level by level: the group, and what stands at a rank.

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
    """Pictures known at a rank, and the share whose likeliest name of that rank is right."""

    rank: str
    pictures: int
    right: float


@dataclass(frozen=True, slots=True)
class SaidFiner:
    """Pictures told apart further than their group: the share of all, and the share right among
    those whose truth is known as far as what was said (or contradicts it)."""

    pictures: int
    finer: float
    right: float


def level(rollup: Rollup, scores: Scores, truth: Sequence[str], rank: str) -> Level:
    """Top-1 among the tree's nodes of one rank, over pictures whose own is among them."""
    right = right_at(rollup, scores, truth, rank)
    judged = right[right >= 0]
    return Level(rank, len(judged), float(judged.mean()) if len(judged) else float("nan"))


def right_at(rollup: Rollup, scores: Scores, truth: Sequence[str], rank: str) -> Ints:
    """Of each picture (n,): is the likeliest of the tree's nodes of one rank its own (1) or not
    (0)? -1 where its own is not among them."""
    tree = rollup.tree
    columns = [i for i, n in enumerate(rollup.nodes) if tree.taxa[n].taxon_rank == rank]
    place = {rollup.nodes[i]: k for k, i in enumerate(columns)}
    known = np.array([place.get(tree.ranked(node, rank), -1) for node in truth], dtype=np.int64)
    if not columns:
        return known
    said = scores.nodes[:, columns].argmax(axis=1)
    return np.where(known >= 0, (said == known).astype(np.int64), -1)


def verdict(rollup: Rollup, said: str, truth: str, group: str) -> bool | None:
    """Is a finer answer right for a picture known as `truth`? None where that is not known far
    enough to say: "Lepidoptera" of an insect of no known order."""
    if rollup.tree.is_below(truth, said):
        return True
    return None if truth == group or rollup.tree.is_below(said, truth) else False


def said_finer(
    rollup: Rollup, answers: Sequence[Answered], truth: Sequence[str], groups: Sequence[str]
) -> SaidFiner:
    """How often the answer goes below the group, and how often it is right then."""
    said = finer_right(rollup, answers, truth, groups)
    judged = said[said >= 0]
    share = float(judged.mean()) if len(judged) else float("nan")
    return SaidFiner(len(answers), float((said >= -1).sum()) / max(1, len(answers)), share)


def finer_right(
    rollup: Rollup, answers: Sequence[Answered], truth: Sequence[str], groups: Sequence[str]
) -> Ints:
    """Of each answer (n,) that goes below the group: is it right (1) or not (0), or known too
    little to say (-1)? -2 for those that don't."""
    said = np.full(len(answers), -2, dtype=np.int64)
    for i, a in enumerate(answers):
        if a.node == a.group:
            continue
        right = verdict(rollup, a.node, truth[i], groups[i]) if a.group == groups[i] else False
        said[i] = -1 if right is None else int(right)
    return said
