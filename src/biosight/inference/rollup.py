"""From scores of a network's leaves to an answer that goes as deep in the tree as it is sure.

For a picture, a network with a tree gives two kinds of score: for each group and for each leaf. The
probability of a group is the geometric mean of both. Within a group, the leaves share its
probability. A node has the sum of the leaves at or below it. Not here: the layers that give the
scores (head.py), or a collection's names for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biosight.taxa.tree import Tree

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
SMALLEST = np.float32(1e-30)
# A line of names goes on to the likeliest one below while it has this probability.
WORTH_SHOWING = 0.1


def shares(scores: npt.NDArray[np.floating], temperature: float = 1.0) -> Floats:
    """Return the softmax of scores (n, k) at a temperature, float32; rows add up to 1."""
    scaled = scores.astype(np.float32) / np.float32(temperature)
    powers: Floats = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def joint_log(first: Floats, second: Floats) -> Floats:
    """Return the logarithm of the geometric mean of two probabilities."""
    mean: Floats = (np.log(first + SMALLEST) + np.log(second + SMALLEST)) / 2
    return mean


@dataclass(frozen=True, slots=True)
class Scores:
    """Probabilities for pictures (n): of groups (n, groups), of leaves (n, leaves) and of nodes
    (n, nodes)."""

    groups: Floats
    leaves: Floats
    nodes: Floats


@dataclass(frozen=True, slots=True)
class Answered:
    """The deepest node that is sure enough, its confidence, its group, and the group's
    confidence."""

    node: str
    confidence: float
    group: str
    group_confidence: float


class Rollup:
    """A tree, its leaves in the order of their scores, the group of each, and the offered nodes.

    `offered` maps a node to the least probability with which it is an answer. `temperature` divides
    the logarithm of the groups' mean, `leaf_temperature` the leaves' scores.
    """

    def __init__(
        self,
        tree: Tree,
        leaves: Sequence[str],
        groups: Sequence[str],
        group_of: Mapping[str, str],
        offered: Mapping[str, float],
        temperature: float = 1.0,
        leaf_temperature: float = 1.0,
    ) -> None:
        self.tree = tree
        self.leaves = tuple(leaves)
        self.groups = tuple(groups)
        self.temperature = temperature
        self.leaf_temperature = leaf_temperature
        self.nodes = tuple(dict.fromkeys(n for leaf in self.leaves for n in tree.line(leaf)))
        self.number = {node: i for i, node in enumerate(self.nodes)}
        self.incidence = np.zeros((len(self.leaves), len(self.nodes)), np.float32)
        for row, leaf in enumerate(self.leaves):
            self.incidence[row, [self.number[n] for n in tree.line(leaf)]] = 1
        self.leaf_group = np.array([self.groups.index(group_of[x]) for x in self.leaves])
        self.member = np.eye(len(self.groups), dtype=np.float32)[self.leaf_group]
        self.depth = np.array([len(tree.line(node)) for node in self.nodes])
        self.choices = [self.offered_in(group, group_of, offered) for group in self.groups]
        self.offered = offered
        # Leaves with nothing below them; the others stand for "another one of this name".
        self.ends = np.array([self.incidence[:, self.number[x]].sum() == 1 for x in self.leaves])
        self.below = [
            np.array([self.number[x] for x in tree.children.get(node, ()) if x in self.number], int)
            for node in self.nodes
        ]

    def offered_in(
        self, group: str, group_of: Mapping[str, str], offered: Mapping[str, float]
    ) -> tuple[Ints, Floats]:
        """Return a group's offered nodes, the deepest first, and their thresholds."""
        own = [n for n in self.nodes if n in offered and n != group and group_of[n] == group]
        own.sort(key=lambda n: -self.depth[self.number[n]])
        numbers = np.array([self.number[n] for n in own], dtype=np.int64)
        return numbers, np.array([offered[n] for n in own], np.float32)

    def scores(
        self, group_scores: npt.NDArray[np.floating], leaf_scores: npt.NDArray[np.floating]
    ) -> Scores:
        """Return probabilities that agree, for scores of groups (n, groups) and leaves
        (n, leaves)."""
        leaves = shares(leaf_scores, self.leaf_temperature)
        summed = leaves @ self.member
        groups = shares(joint_log(shares(group_scores), summed), self.temperature)
        leaves *= (groups / (summed + SMALLEST))[:, self.leaf_group]
        return Scores(groups, leaves, leaves @ self.incidence)

    def both(
        self, group_scores: npt.NDArray[np.floating], leaf_scores: npt.NDArray[np.floating]
    ) -> Floats:
        """Return the scores of both layers for the groups (n, groups), before the temperature: the
        logarithm of their geometric mean, up to a part that all groups share."""
        return joint_log(
            shares(group_scores), shares(leaf_scores, self.leaf_temperature) @ self.member
        )

    def line_through(self, said: str, nodes: Floats) -> tuple[str, ...]:
        """Return the names from the top of the tree down to an answer, and on to the likeliest name
        below it, for one picture's nodes (nodes,)."""
        line = list(self.tree.line(said))
        while len(below := self.below[self.number[line[-1]]]):
            likeliest = int(below[nodes[below].argmax()])
            if nodes[likeliest] < WORTH_SHOWING:
                break
            line.append(self.nodes[likeliest])
        return tuple(line)

    def needs(self, node: str, floor: float = 0.0) -> float | None:
        """Return the probability from which on a name may be the answer: 0 for a group, None for a
        name that never is."""
        if node in self.groups:
            return 0.0
        least = self.offered.get(node)
        return max(least, floor) if least else None

    def answers(self, scores: Scores) -> list[Answered]:
        """Return the deepest offered node of the winning group that reaches its threshold, or the
        group if none does."""
        return [self.answer(g, n) for g, n in zip(scores.groups, scores.nodes, strict=True)]

    def answer(self, groups: Floats, nodes: Floats, floor: float = 0.0) -> Answered:
        """Return one picture's answer from its groups (groups,) and nodes (nodes,); an answer below
        the group has at least the confidence `floor`."""
        best = int(groups.argmax())
        group, sure = self.groups[best], float(groups[best])
        numbers, least = self.choices[best]
        reached = np.flatnonzero(nodes[numbers] >= np.maximum(least, np.float32(floor)))
        if not len(reached):
            return Answered(group, sure, group, sure)
        found = numbers[reached]
        deepest = found[self.depth[found] == self.depth[found[0]]]
        said = int(deepest[nodes[deepest].argmax()])
        return Answered(self.nodes[said], float(nodes[said]), group, sure)
