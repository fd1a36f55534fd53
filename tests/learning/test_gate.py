"""Refitting heads and the gate, without PyTorch."""

import numpy as np
import pytest

from biosight.inference.head import Head
from biosight.learning import gate
from biosight.learning.gate_report import measures, values
from biosight.learning.head import Examples, answers_by_group, refit
from biosight.learning.recipe import GateParams

LABELS = ["fox", "hen", "owl"]


def answers(said: np.ndarray[tuple[int], np.dtype[np.int64]]) -> values.Answers:
    return values.Answers(said, np.full(len(said), 0.9))


def flipped(
    truth: np.ndarray[tuple[int], np.dtype[np.int64]], wrong: int, seed: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    said = truth.copy()
    picks = np.random.default_rng(seed).choice(len(truth), wrong, replace=False)
    said[picks] = (said[picks] + 1) % 3
    return said


def test_a_better_candidate_passes_and_a_worse_one_does_not() -> None:
    truth = np.arange(1500) % 3
    champion = answers(flipped(truth, 150, 1))
    better = gate.compare(truth, champion, answers(flipped(truth, 90, 2)), LABELS)
    assert better.verdict == "better"
    assert better.mcnemar_p < 0.05
    assert better.difference == pytest.approx(0.04)
    assert better.low < better.difference < better.high
    worse = gate.compare(truth, champion, answers(flipped(truth, 240, 3)), LABELS)
    assert worse.verdict == "worse"
    same = gate.compare(truth, champion, answers(flipped(truth, 150, 1)), LABELS)
    assert (same.verdict, same.difference, same.mcnemar_p) == ("no worse", 0.0, 1.0)
    assert "better" in gate.as_text(better)
    assert "90.0% -> 94.0%" in gate.as_text(better)


def test_one_label_that_falls_is_enough_to_stop() -> None:
    truth = np.arange(1500) % 3
    champion = answers(flipped(truth, 150, 1))
    said = truth.copy()
    said[truth == 2][:0] = 0
    owls = np.flatnonzero(truth == 2)[:110]
    said[owls] = 0
    report = gate.compare(truth, champion, answers(said), LABELS)
    assert report.verdict == "worse"
    assert any("owl falls" in reason for reason in report.reasons)


def test_few_pictures_leave_it_to_a_person() -> None:
    truth = np.arange(90) % 3
    report = gate.compare(truth, answers(truth), answers(truth), LABELS)
    assert report.verdict == "a person decides"
    assert "800 are needed" in report.reasons[0]


@pytest.mark.parametrize("pictures", [90, 1500])
def test_a_candidate_that_is_too_slow_is_refused_however_few_pictures_there_are(
    pictures: int,
) -> None:
    truth = np.arange(pictures) % 3
    trial = values.Trial(values.HERE, truth, answers(truth), answers(truth))
    bounds = GateParams()
    slow = gate.decide([trial], LABELS, 3, bounds, times=(10.0, 15.1))
    assert slow.verdict == "worse"
    assert any("1.5 times as long" in reason for reason in slow.reasons)
    fine = gate.decide([trial], LABELS, 3, bounds, times=(10.0, 14.9))
    assert fine.verdict == ("no worse" if pictures > 800 else "a person decides")


def test_a_candidate_two_points_worse_seldom_passes() -> None:
    dice = np.random.default_rng(0)
    passed = 0
    for _ in range(200):
        truth = dice.integers(0, 3, 800)
        was = np.where(dice.uniform(size=800) < 0.85, truth, (truth + 1) % 3)
        now = np.where(dice.uniform(size=800) < 0.83, truth, (truth + 1) % 3)
        passed += gate.compare(truth, answers(was), answers(now), LABELS).verdict == "better"
    assert passed <= 2


def test_mcnemar_is_the_exact_binomial() -> None:
    assert measures.mcnemar(0, 0) == 1.0
    assert measures.mcnemar(10, 0) == pytest.approx(2 / 2**10)


def blobs(dice: np.random.Generator, labels: list[int], count: int) -> Examples:
    centres = np.eye(8)[labels] * 3
    vectors = np.concatenate([dice.normal(c, 1, (count, 8)) for c in centres])
    return Examples(vectors, np.repeat(labels, count))


def test_a_new_label_is_learnt_and_old_ones_stay() -> None:
    dice = np.random.default_rng(0)
    replay, new = blobs(dice, [0, 1, 2], 200), blobs(dice, [3], 20)
    old = Head(np.eye(3, 8, dtype=np.float32), np.zeros(3, np.float32))
    held = blobs(dice, [0, 1, 2], 200)
    before = (old.logits(held.embeddings).argmax(1) == held.labels).mean()
    everything = Examples(
        np.concatenate([replay.embeddings, new.embeddings]),
        np.concatenate([replay.labels, new.labels]),
    )
    head = refit(old, everything, 4)
    asked = blobs(dice, [3], 200)
    assert (head.logits(asked.embeddings).argmax(1) == 3).mean() > 0.85
    after = (head.logits(held.embeddings).argmax(1) == held.labels).mean()
    assert after >= before - 0.02


def test_cross_validation_leaves_whole_groups_out() -> None:
    dice = np.random.default_rng(0)
    old = Head(np.eye(3, 8, dtype=np.float32), np.zeros(3, np.float32))
    replay = blobs(dice, [0, 1, 2], 100)
    taught = blobs(dice, [3], 40)
    said = answers_by_group(old, taught, replay, 4, np.arange(40) // 5)
    assert (said == 3).mean() > 0.8
    # When all of a label is one group, nothing teaches it while it is asked for.
    alone = answers_by_group(old, taught, replay, 4, np.zeros(40, dtype=np.int64))
    assert (alone == 3).sum() == 0
