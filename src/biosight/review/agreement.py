"""Agreement of two readers: raw, beyond chance, and for each label.

Cohen's kappa (Cohen 1960) with its large-sample interval (Fleiss, Cohen and Everitt 1969); for a
label the share of specific agreement (Spitzer and Fleiss 1974). All first answers count as one
reader, all second answers as the other. Not here: the answers (identifications.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from biosight.taxa.ranks import HIGHER
from biosight.taxa.tree import Tree

NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """Counts of one label: how often the first reader said it, how often the second, and how often
    both of the same picture."""

    label: str
    first: int
    second: int
    both: int

    @property
    def share(self) -> float:
        """Return how often, where one reader said this label, the other did too, 0 to 1."""
        return 2 * self.both / (self.first + self.second)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on `pictures` that were read twice; `alike` of them got the same label from both.
    `kappa` (at most 1; 0 is chance) lies between `low` and `high` with 95 % confidence. All three
    are None where chance alone would always agree, or nothing was read. `labels` are sorted, the
    most said first."""

    pictures: int
    alike: int
    kappa: float | None
    low: float | None
    high: float | None
    labels: tuple[LabelAgreement, ...]


@dataclass(frozen=True, slots=True)
class RankAgreement:
    """One rank of the tree: pictures that both readers named at least that finely, and how many of
    those got the same name of that rank."""

    rank: str
    pictures: int
    alike: int


def not_contradicting(pairs: Mapping[tuple[str, str], int], tree: Tree) -> int:
    """Return how many pictures agree as far as both readers go: their names are the same, or one
    lies below the other."""
    return sum(
        n for (a, b), n in pairs.items() if a == b or tree.is_below(a, b) or tree.is_below(b, a)
    )


def agreement_by_rank(pairs: Mapping[tuple[str, str], int], tree: Tree) -> list[RankAgreement]:
    """Return the agreement at each rank at which both readers named a picture, the highest rank
    first."""
    found = []
    for rank in (*HIGHER, "species"):
        named = {(tree.ranked(a, rank), tree.ranked(b, rank)): 0 for a, b in pairs}
        for (a, b), n in pairs.items():
            named[tree.ranked(a, rank), tree.ranked(b, rank)] += n
        both = {pair: n for pair, n in named.items() if all(pair)}
        if both:
            alike = sum(n for (a, b), n in both.items() if a == b)
            found.append(RankAgreement(rank, sum(both.values()), alike))
    return found


def agreement(pairs: Mapping[tuple[str, str], int]) -> Agreement:
    """Return the agreement, given how often each pair of labels was said by the first and the
    second reader."""
    n = sum(pairs.values())
    names = sorted({label for pair in pairs for label in pair})
    labels = [label_agreement(pairs, name) for name in names]
    labels.sort(key=lambda x: (-x.first - x.second, x.label))
    alike = sum(x.both for x in labels)
    found = kappa(pairs) if n else None
    if found is None:
        return Agreement(n, alike, None, None, None, tuple(labels))
    value, error = found
    low, high = max(-1.0, value - NORMAL_95 * error), min(1.0, value + NORMAL_95 * error)
    return Agreement(n, alike, value, low, high, tuple(labels))


def label_agreement(pairs: Mapping[tuple[str, str], int], label: str) -> LabelAgreement:
    """Return how often each reader said one label, and how often both said it of the same
    picture."""
    first = sum(n for (a, _), n in pairs.items() if a == label)
    second = sum(n for (_, b), n in pairs.items() if b == label)
    return LabelAgreement(label, first, second, pairs.get((label, label), 0))


def kappa(pairs: Mapping[tuple[str, str], int]) -> tuple[float, float] | None:
    """Return Cohen's kappa of at least one picture and its standard error (equation 13 of Fleiss,
    Cohen and Everitt 1969); None where chance alone always agrees."""
    n = sum(pairs.values())
    rows: dict[str, float] = {}
    columns: dict[str, float] = {}
    for (a, b), count in pairs.items():
        rows[a] = rows.get(a, 0.0) + count / n
        columns[b] = columns.get(b, 0.0) + count / n
    observed = sum(count for (a, b), count in pairs.items() if a == b) / n
    chance = sum(share * columns.get(label, 0.0) for label, share in rows.items())
    if chance >= 1.0:
        return None
    value = (observed - chance) / (1 - chance)
    spread = 0.0
    for (a, b), count in pairs.items():
        edge = (rows.get(b, 0.0) + columns.get(a, 0.0)) * (1 - value)
        spread += count / n * ((1 - edge) if a == b else edge) ** 2
    variance = (spread - (value - chance * (1 - value)) ** 2) / (n * (1 - chance) ** 2)
    return value, sqrt(max(0.0, variance))
