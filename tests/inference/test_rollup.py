"""Answers go as deep as they are sure: groups, leaves and thresholds by hand, and in general."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from biosight.inference.rollup import Rollup, shares
from biosight.taxa.tree import Taxon, Tree

TREE = Tree(
    [
        Taxon("Animalia"),
        Taxon("Insecta", parent="Animalia"),
        Taxon("Odonata", parent="Insecta"),
        Taxon("Lepidoptera", parent="Insecta"),
        Taxon("Pieridae", parent="Lepidoptera"),
        Taxon("Nymphalidae", parent="Lepidoptera"),
        Taxon("Aves", parent="Animalia"),
        Taxon("Corvidae", parent="Aves"),
    ]
)
LEAVES = ("Odonata", "Pieridae", "Nymphalidae", "Aves", "Corvidae")
GROUP_OF = dict.fromkeys(
    ("Insecta", "Odonata", "Lepidoptera", "Pieridae", "Nymphalidae"), "Insecta"
)
GROUP_OF |= {"Aves": "Aves", "Corvidae": "Aves", "Animalia": ""}
OFFERED = {"Odonata": 0.85, "Lepidoptera": 0.85, "Pieridae": 0.9, "Insecta": 0.5}
ROLLUP = Rollup(TREE, LEAVES, ("Aves", "Insecta"), GROUP_OF, OFFERED)


def logits(*probabilities: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.log(np.array([probabilities], np.float32))


def said(groups: tuple[float, ...], leaves: tuple[float, ...], floor: float = 0.0) -> str:
    scores = ROLLUP.scores(logits(*groups), logits(*leaves))
    return ROLLUP.answer(scores.groups[0], scores.nodes[0], floor).node


def test_the_deepest_node_that_is_sure_enough() -> None:
    sure = (0.001, 0.999)
    assert said(sure, (0.01, 0.97, 0.01, 0.005, 0.005)) == "Pieridae"
    assert said(sure, (0.01, 0.55, 0.42, 0.01, 0.01)) == "Lepidoptera"
    assert said(sure, (0.39, 0.30, 0.30, 0.005, 0.005)) == "Insecta"
    assert said(sure, (0.01, 0.97, 0.01, 0.005, 0.005), floor=0.999) == "Insecta"
    assert said((0.999, 0.001), (0.01, 0.01, 0.01, 0.01, 0.96)) == "Aves", "Corvidae isn't offered"


def test_the_group_is_the_geometric_mean_of_both() -> None:
    scores = ROLLUP.scores(logits(0.9, 0.1), logits(0.2, 0.3, 0.3, 0.1, 0.1))
    means = np.sqrt(np.array([0.9 * 0.2, 0.1 * 0.8]))
    assert np.allclose(scores.groups[0], means / means.sum(), atol=1e-6)
    answer = ROLLUP.answers(scores)[0]
    assert (answer.node, answer.group) == ("Aves", "Aves")
    assert answer.confidence == answer.group_confidence


numbers = st.floats(-20, 20, width=32)


@settings(deadline=None)
@given(
    st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4),
    st.lists(st.tuples(*[numbers] * 5), min_size=4, max_size=4),
)
def test_probabilities_agree_with_the_tree(
    groups: list[tuple[float, ...]], leaves: list[tuple[float, ...]]
) -> None:
    scores = ROLLUP.scores(np.array(groups), np.array(leaves[: len(groups)]))
    number = ROLLUP.number
    assert np.allclose(scores.groups.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(scores.leaves.sum(axis=1), 1, atol=1e-4)
    assert np.allclose(scores.nodes[:, number["Aves"]], scores.groups[:, 0], atol=1e-4)
    assert np.allclose(scores.nodes[:, number["Insecta"]], scores.groups[:, 1], atol=1e-4)
    for taxon in TREE:
        if taxon.parent:
            child, parent = number[taxon.id], number[taxon.parent]
            assert (scores.nodes[:, child] <= scores.nodes[:, parent] + 1e-5).all()
    for answer, row in zip(ROLLUP.answers(scores), scores.nodes, strict=True):
        assert GROUP_OF[answer.node] == answer.group
        if answer.node != answer.group:
            assert row[number[answer.node]] >= OFFERED[answer.node]


def test_shares_are_a_softmax() -> None:
    found = shares(np.array([[0.0, np.log(3)]]), 1.0)
    assert np.allclose(found, [[0.25, 0.75]])
    assert np.allclose(shares(np.array([[0.0, np.log(9)]]), 2.0), [[0.25, 0.75]])
