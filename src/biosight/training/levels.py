"""How good answers by a tree are, level by level: the group, and what stands at a rank.

Not here: the answers (inference/rollup.py), or labels without a tree (evaluate.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biosight.inference.rollup import Answered, Rollup, Scores

Bools = npt.NDArray[np.bool_]
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
    tree = rollup.tree
    columns = [i for i, n in enumerate(rollup.nodes) if tree.taxa[n].taxon_rank == rank]
    names = [rollup.nodes[i] for i in columns]
    known = [tree.ranked(node, rank) for node in truth]
    judged = [i for i, name in enumerate(known) if name in names]
    if not judged:
        return Level(rank, 0, float("nan"))
    said = scores.nodes[np.ix_(judged, columns)].argmax(axis=1)
    right = [names[s] == known[i] for s, i in zip(said, judged, strict=True)]
    return Level(rank, len(judged), float(np.mean(right)))


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
    finer = [i for i, a in enumerate(answers) if a.node != a.group]
    judged = []
    for i in finer:
        right = verdict(rollup, answers[i].node, truth[i], groups[i])
        if answers[i].group != groups[i]:
            right = False
        if right is not None:
            judged.append(right)
    share = float(np.mean(judged)) if judged else float("nan")
    return SaidFiner(len(answers), len(finer) / max(1, len(answers)), share)
