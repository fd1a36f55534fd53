"""From which probability on a taught name may be said: measured on the taught pictures.

Each picture is judged by a head that its own fold did not teach. The name is said from the lowest
probability at which nine in ten of the pictures that get it are right; as the estimate, with an
interval beside it (Wilson 1927). Pictures of other names count as often as taught ones: half of
what comes in may be something else. Not here: the fit (leaves.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from biosight.inference.rollup import Rollup, Scores
from biosight.labels import OPENS_AT
from biosight.learning.gate_report.measures import taught_label
from biosight.learning.gate_report.values import NewLabel

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
RIGHT = 0.9  # of what is said
LOWEST = 0.5  # probability: below it, another name would be as likely
FEWEST_RIGHT = 5  # pictures that must support a threshold


@dataclass(frozen=True, slots=True)
class JudgedNames:
    """Probabilities of pictures (n), and for each the names from the top of the tree down to what
    it is known as."""

    scores: Scores
    lines: Sequence[Sequence[str]]

    def chances(self, rollup: Rollup, name: str, group: str) -> Floats:
        """Return the probability (n,) that a name would be said with: 0 where another group
        wins."""
        wins = self.scores.groups.argmax(axis=1) == rollup.groups.index(group)
        own = self.scores.nodes[:, rollup.number[name]].astype(np.float64)
        return np.where(wins, own, 0.0)

    def is_it(self, name: str) -> Bools:
        """Return which pictures are known as this name, or as one below it (n,)."""
        return np.array([name in line for line in self.lines], dtype=bool)

    def may_be(self, name: str, rollup: Rollup) -> Bools:
        """Return which pictures are known only as something above a name: nobody can say whether
        they are it (n,)."""
        above = set(rollup.tree.line(name)[:-1])
        return np.array([bool(line) and line[-1] in above for line in self.lines], dtype=bool)


def least_probability(chance: Floats, right: Bools, weight: Floats) -> float:
    """Return a probability from which on at least RIGHT of the weight is right, for pictures with
    these chances (n,) of a name: halfway between the last picture that may be said and the next. 0
    where too few pictures support any."""
    order = np.argsort(-chance, kind="stable")
    chance, right, weight = chance[order], right[order], weight[order]
    said = np.cumsum(weight)
    good = np.cumsum(weight * right)
    last = np.append(chance[1:] < chance[:-1], True)  # equal chances are said together
    fine = last & (good >= RIGHT * said) & (chance >= LOWEST)
    fine &= np.cumsum(right) >= FEWEST_RIGHT
    if not fine.any():
        return 0.0
    end = int(np.flatnonzero(fine)[-1])
    below = float(chance[end + 1]) if end + 1 < len(chance) else 0.0
    middle = (float(chance[end]) + max(below, LOWEST)) / 2  # halfway to the next picture
    return float(np.floor(middle * 1e4) / 1e4)


def threshold_of(
    rollup: Rollup, name: str, group: str, taught: JudgedNames, others: JudgedNames
) -> float:
    """Return from which probability on a taught name may be said, 0 for not yet. `taught` are the
    collection's pictures, each judged by a head that it did not teach; `others` are pictures of
    sources that taught nothing."""
    if int(taught.is_it(name).sum()) < OPENS_AT:
        return 0.0
    parts, rights, weights = [], [], []
    for side in (taught, others):
        kept = ~side.may_be(name, rollup)
        parts.append(side.chances(rollup, name, group)[kept])
        rights.append(side.is_it(name)[kept])
        weights.append(np.full(int(kept.sum()), len(taught.lines) / max(1, len(side.lines))))
    return least_probability(np.concatenate(parts), np.concatenate(rights), np.concatenate(weights))


def said_names(rollup: Rollup, scores: Scores) -> list[tuple[str, ...]]:
    """Return the names of each picture's answer, from the top of the tree down."""
    return [rollup.tree.line(a.node) for a in rollup.answers(scores)]


def taught_line(
    name: str,
    taught: JudgedNames,
    before: Sequence[Sequence[str]],
    after: Sequence[Sequence[str]],
    threshold: float,
    *,
    known: bool,
) -> NewLabel:
    """Return how a taught name does: found before and now, and right when said. `before` and
    `after` are the names of what each side answers (n,)."""
    is_it = taught.is_it(name)
    line = taught_label(name, is_it, np.array([name in x for x in after], dtype=bool))
    return replace(
        line,
        before=sum(bool(x) and name in names for x, names in zip(is_it, before, strict=True)),
        threshold=threshold,
        more=0 if threshold or line.said else max(OPENS_AT - line.pictures, 0),
        known=known,
    )
