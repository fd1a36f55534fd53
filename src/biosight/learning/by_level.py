"""Champion and candidate by level of the tree: at order and family, and for answers below the
group.

Figures are flat, so that DVC compares them (pipeline/work/evaluation.json); lines are read from
them again. Not here: the group, which the gate judges label by label (gate.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.model_files.card import ModelCard
from biosight.inference.quality import wilson
from biosight.inference.reference import Reference
from biosight.inference.rollup import Rollup, Scores
from biosight.learning.recipe import GateParams
from biosight.training.data.levels import LEVELS, Ints, finer_right, right_at

WHO = ("champion", "candidate")
SAID = "said"  # the line of answers below the group, beside those of LEVELS
WORDS = {"order": "order", "family": "family", SAID: "said finer than the group"}


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth about a picture: the model's label that contains it, and all its known names from
    the top down."""

    label: str
    line: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LevelLine:
    """One level on one kind of picture: the pictures known at that level (or for which a side gave
    a finer answer), and the share that each side has right. The champion's share has a 95 %
    interval.

    A side without a tree or without such answers has None. `champion_share` and `candidate_share`
    are the shares of all pictures with an answer below the group, only on that line.
    """

    part: str
    level: str
    pictures: int
    champion: float | None
    candidate: float | None
    low: float = 0.0
    high: float = 1.0
    champion_share: float = 0.0
    candidate_share: float = 0.0


@dataclass(frozen=True, slots=True)
class TreeSide:
    """Answers of one model with a tree for pictures (n): each is known as one of its names ("" for
    unknown) in one of its groups."""

    rollup: Rollup
    scores: Scores
    nodes: Sequence[str]
    groups: Sequence[str]


def side_of(
    classifier: Classifier, verdicts: Sequence[Verdict], lines: Sequence[Sequence[str]]
) -> TreeSide | None:
    """Return a model's verdicts on pictures with these names, from the top down; None for a model
    without a tree."""
    if classifier.rollup is None:
        return None
    scores = Scores(
        np.stack([v.confidences for v in verdicts]),
        np.stack([v.leaves for v in verdicts if v.leaves is not None]),
        np.stack([v.nodes for v in verdicts if v.nodes is not None]),
    )
    return known_side(classifier.rollup, classifier.card, scores, lines)


def known_side(
    rollup: Rollup, card: ModelCard, scores: Scores, lines: Sequence[Sequence[str]]
) -> TreeSide:
    """Return the scores with the deepest name of each line that the model knows, and that name's
    group."""
    group_of = {t.id: t.group for t in card.taxa} | {x: x for x in card.label_names}
    nodes = [next((n for n in reversed(line) if n in rollup.number), "") for line in lines]
    return TreeSide(rollup, scores, nodes, [group_of.get(n, "") for n in nodes])


def held_known(card: ModelCard, reference: Reference) -> list[Truth]:
    """Return the truth about the left-out pictures of a version."""
    tree, names = card.tree, card.label_names
    groups = [names[n] for n in reference.held_labels]
    nodes = [card.taxa[n].id if n >= 0 else "" for n in reference.held_nodes] or [""] * len(groups)
    return [
        Truth(group, tree.line(node) if node else (group,))
        for group, node in zip(groups, nodes, strict=True)
    ]


def level_figures(champion: TreeSide | None, candidate: TreeSide | None) -> dict[str, float]:
    """Return the pictures known at each level and the share that each side has right, flat; empty
    if neither has a tree. Two trees are compared on pictures that both know."""
    found: dict[str, float] = {}
    sides = {who: s for who, s in zip(WHO, (champion, candidate), strict=True) if s is not None}
    for rank in LEVELS if sides else ():
        right = {who: right_at(s.rollup, s.scores, s.nodes, rank) for who, s in sides.items()}
        both = np.all([r >= 0 for r in right.values()], axis=0)
        if both.any():
            found[f"{rank}_pictures"] = float(both.sum())
            found |= {f"{who}_{rank}": mean(r[both]) for who, r in right.items()}
    for who, side in sides.items():
        answers = side.rollup.answers(side.scores)
        said = finer_right(side.rollup, answers, side.nodes, side.groups)
        found[f"{who}_{SAID}_share"] = round(float((said >= -1).mean()), 4)
        # Where people named only the group, an answer below it could be wrong and never right.
        finer = np.array([n != g for n, g in zip(side.nodes, side.groups, strict=True)])
        judged = said[(said >= 0) & finer]
        found[f"{who}_{SAID}_pictures"] = float(len(judged))
        if len(judged):
            found[f"{who}_{SAID}"] = mean(judged)
    return found


def mean(right: Ints) -> float:
    return round(float(right.mean()), 4)


def level_lines(part: str, of: Mapping[str, float]) -> tuple[LevelLine, ...]:
    """Return the lines in the figures of one kind of picture."""
    lines = []
    for level in (*LEVELS, SAID):
        both = of.get(f"{level}_pictures", 0)
        before, after = (int(of.get(f"{who}_{level}_pictures", both)) for who in WHO)
        champion, candidate = (of.get(f"{who}_{level}") for who in WHO)
        if candidate is None and champion is None:
            continue
        low, high = wilson(round((champion or 0.0) * before), before)
        shares = (of.get(f"{who}_{level}_share", 0.0) for who in WHO)
        lines.append(LevelLine(part, level, after, champion, candidate, low, high, *shares))
    return tuple(lines)


def against_levels(lines: Sequence[LevelLine], bounds: GateParams) -> list[str]:
    """Return the objections of the levels to a candidate, in words: a level that falls below the
    champion's interval, or finer answers that are wrong too often, and more often than before."""
    found = []
    for x in lines:
        if x.candidate is None or x.pictures < bounds.enough_said:
            continue
        if x.level == SAID:
            if x.candidate < bounds.least_right and x.candidate < (x.champion or 1.0):
                found.append(
                    f"On {x.part} it is right {x.candidate:.0%} of the time when it says more than "
                    f"the group; {bounds.least_right:.0%} is required."
                )
        elif x.champion is not None and x.candidate < x.low:
            fall = f"from {x.champion:.0%} to {x.candidate:.0%}"
            found.append(f"On {x.part} the {WORDS[x.level]} falls {fall}.")
    return found
