"""The gate by level of the tree: orders that fall, wrong finer answers, groups that lose."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from biosight.inference.classifier import Classifier
from biosight.inference.head import read_head, write_head
from biosight.inference.reference import read_reference
from biosight.learning import gate
from biosight.learning.by_level import (
    SAID,
    LevelLine,
    against_levels,
    level_figures,
    level_lines,
    side_of,
)
from biosight.learning.gate_report import values
from biosight.learning.recipe import GateParams
from biosight.learning.trial import Sides, on_reference
from tests import tiny

BOUNDS = GateParams(enough_said=10)


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    """A model, and a candidate that takes Crimson for Scarlet but for the surest ones."""
    made = []
    for name in ("champion", "candidate"):
        tiny.make_tree_model(tmp_path / name)
        made.append(tmp_path / name)
    head = read_head(made[1], 3, 3)
    assert head is not None
    assert head.leaf_weight is not None
    swapped = head.leaf_weight[[1, 0, 2, 3]]
    assert head.leaf_bias is not None
    write_head(replace(head, leaf_weight=swapped, leaf_bias=head.leaf_bias[[1, 0, 2, 3]]), made[1])
    return Sides(Classifier(made[0], 1), Classifier(made[1], 1))


def test_an_order_that_falls_stops_a_candidate_whose_groups_do_not(sides: Sides) -> None:
    reference = read_reference(sides.champion.folder)
    assert reference is not None
    trial = on_reference(sides, reference)
    assert trial is not None
    assert (trial.champion.said == trial.candidate.said).all()
    assert trial.levels["order_pictures"] == 40
    assert (trial.levels["champion_order"], trial.levels["candidate_order"]) == (1.0, 0.0)
    assert trial.levels[f"candidate_{SAID}"] == 0.0
    report = gate.decide([trial], ["Red", "Green", "Blue"], 3, BOUNDS)
    assert any("the order falls from 100% to 0%" in reason for reason in report.reasons)
    assert any("90% is required" in reason for reason in report.reasons)
    assert "order: 40 pictures, 100.0% -> 0.0%" in gate.as_text(report)
    equal = {k: trial.levels[k.replace("candidate", "champion")] for k in trial.levels}
    same = gate.decide([replace(trial, levels=equal)], ["Red", "Green", "Blue"], 3, BOUNDS)
    assert not any("order" in reason for reason in same.reasons)


def test_groups_that_lose_half_a_point_are_told_where_there_is_a_tree() -> None:
    truth = np.arange(2000) % 3
    champion = values.Answers(truth.copy(), np.full(2000, 0.99))
    said = truth.copy()
    said[:12] = (said[:12] + 1) % 3
    candidate = values.Answers(said, np.full(2000, 0.99))
    lines = (LevelLine("here", "order", 500, 0.8, 0.81, 0.77, 0.83),)
    names = ["fox", "hen", "owl"]
    flat = gate.compare(truth, champion, candidate, names)
    assert not any("less often" in r for r in flat.reasons)
    tree = gate.compare(truth, champion, candidate, names, levels=lines)
    assert tree.verdict == "worse"
    assert any("0.6% less often" in r for r in tree.reasons)


def test_finer_answers_may_be_wrong_one_time_in_ten() -> None:
    def against(champion: float | None, candidate: float, pictures: int = 200) -> list[str]:
        line = LevelLine("here", SAID, pictures, champion, candidate)
        return against_levels([line], GateParams())

    assert against(0.95, 0.91) == []
    assert len(against(0.95, 0.89)) == 1
    assert len(against(None, 0.89)) == 1
    assert against(0.85, 0.89) == [], "better than what serves"
    assert against(0.95, 0.5, pictures=20) == [], "too few to say"


def test_a_side_without_a_tree_has_no_lines() -> None:
    assert level_figures(None, None) == {}
    assert level_lines("here", {}) == ()


def test_where_people_named_groups_finer_answers_are_not_judged(sides: Sides) -> None:
    """One below a wrong group was counted as wrong, and one below the right group not at all: the
    figure could only be 0 %."""
    reference = read_reference(sides.champion.folder)
    assert reference is not None
    verdicts = sides.champion.judge(reference.held_embeddings)
    finer = [i for i, n in enumerate(reference.held_nodes) if n >= 0]
    said = [verdicts[i] for i in finer]
    wrong = side_of(sides.champion, said, [("Green",)] * len(said))
    found = level_figures(wrong, None)
    assert found[f"champion_{SAID}_share"] > 0.5
    assert f"champion_{SAID}" not in found
    assert level_lines("here", found) == ()
    mixed = [("Red", "Crimson")] * 5 + [("Green",)] * (len(said) - 5)
    assert (
        level_figures(side_of(sides.champion, said, mixed), None)[f"champion_{SAID}_pictures"] <= 5
    )
