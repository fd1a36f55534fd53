"""Agreement of two readers, against figures reckoned otherwise."""

from collections.abc import Mapping

import numpy as np
import pytest

from biosight.review.agreement import agreement, agreement_by_rank, not_contradicting
from biosight.taxa.tree import Taxon, Tree

Pairs = Mapping[tuple[str, str], int]
FOUR: Pairs = {("a", "a"): 20, ("a", "b"): 5, ("b", "a"): 10, ("b", "b"): 15}
MANY: Pairs = {("a", "a"): 40, ("b", "b"): 22, ("c", "c"): 9, ("a", "b"): 6, ("b", "a"): 3} | {
    ("c", "a"): 4,
    ("b", "c"): 5,
    ("", "c"): 2,
}


def table(pairs: Pairs) -> np.ndarray:
    names = sorted({x for pair in pairs for x in pair})
    return np.array([[pairs.get((a, b), 0) for b in names] for a in names], float)


def kappa_of(shares: np.ndarray) -> float:
    """Cohen 1960, from a table of shares."""
    chance = float(shares.sum(0) @ shares.sum(1))
    return (float(np.trace(shares)) - chance) / (1 - chance)


def error_by_delta(pairs: Pairs) -> float:
    """The standard error by the delta method, with slopes found by small steps: what the published
    formula must come to."""
    counts = table(pairs)
    n, shares, step = counts.sum(), counts / counts.sum(), 1e-6
    slopes = np.zeros_like(shares)
    for place in np.ndindex(*shares.shape):
        up, down = shares.copy(), shares.copy()
        up[place] += step
        down[place] -= step
        slopes[place] = (kappa_of(up) - kappa_of(down)) / (2 * step)
    mean = (shares * slopes).sum()
    return float(np.sqrt(((shares * slopes**2).sum() - mean**2) / n))


def test_a_table_of_two_labels() -> None:
    found = agreement(FOUR)
    assert (found.pictures, found.alike) == (50, 35)
    assert found.kappa == pytest.approx(0.4)
    assert [(x.label, x.first, x.second, x.both) for x in found.labels] == [
        ("a", 25, 30, 20),
        ("b", 25, 20, 15),
    ]
    assert found.labels[0].share == pytest.approx(40 / 55)


@pytest.mark.parametrize("pairs", [FOUR, MANY])
def test_the_interval_is_that_of_the_delta_method(pairs: Pairs) -> None:
    found = agreement(pairs)
    assert found.kappa is not None
    assert found.low is not None
    assert found.high is not None
    assert found.kappa == pytest.approx(kappa_of(table(pairs) / table(pairs).sum()))
    assert (found.high - found.low) / 2 == pytest.approx(1.959964 * error_by_delta(pairs), rel=1e-4)


def test_what_cannot_be_told_is_none() -> None:
    assert agreement({}).kappa is None
    always = agreement({("a", "a"): 12})
    assert (always.pictures, always.alike, always.kappa, always.low) == (12, 12, None, None)


def test_readers_who_never_agree() -> None:
    found = agreement({("a", "b"): 5, ("b", "a"): 5})
    assert (found.alike, found.kappa) == (0, -1.0)
    assert found.low is not None
    assert found.low >= -1.0


TREE = Tree(
    [
        Taxon("Animalia", taxon_rank="kingdom"),
        Taxon("Insecta", taxon_rank="class", parent="Animalia"),
        Taxon("Coleoptera", taxon_rank="order", parent="Insecta"),
        Taxon("Curculionidae", taxon_rank="family", parent="Coleoptera"),
        Taxon("Diptera", taxon_rank="order", parent="Insecta"),
    ]
)


def test_a_class_and_its_family_do_not_contradict_each_other() -> None:
    """Insecta against Curculionidae was no agreement at all (N12)."""
    pairs = {
        ("Insecta", "Curculionidae"): 3,
        ("Curculionidae", "Curculionidae"): 2,
        ("Curculionidae", "Diptera"): 1,
        ("", "Diptera"): 4,
    }
    assert not_contradicting(pairs, TREE) == 5
    found = [(r.rank, r.pictures, r.alike) for r in agreement_by_rank(pairs, TREE)]
    assert found == [("kingdom", 6, 6), ("class", 6, 6), ("order", 3, 2), ("family", 2, 2)]
