"""The tests of the drift check: seldom alarmed by nothing, soon by something."""

import numpy as np
import pytest

from biosight.drift.comparisons import Finding, Side, compare_sides, energy_distance, holm, mix


def side(dice: np.random.Generator, count: int, **shift: float) -> Side:
    """Random pictures; shifts move brightness, embeddings or novelty."""
    vectors = dice.gamma(0.5, 1, (count, 64)) + shift.get("embedding", 0) * np.eye(64)[0]
    statistics = dice.normal(0, 1, (count, 9))
    statistics[:, 0] += shift.get("brightness", 0)
    return Side(
        embeddings=vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        statistics=statistics,
        novelty=dice.uniform(0, 1, count) + shift.get("novelty", 0),
        limit=0.99,
        labels=tuple(dice.choice(["fox", "hen", "owl"], count, p=[0.5, 0.3, 0.2])),
    )


def test_nothing_seldom_alarms() -> None:
    dice = np.random.default_rng(0)
    alarms = [
        bool(compare_sides(side(dice, 100), side(dice, 60), seed=n).firing) for n in range(60)
    ]
    assert sum(alarms) <= 3


@pytest.mark.parametrize(
    ("shift", "name"),
    [
        ({"brightness": 1.2}, "look"),
        ({"embedding": 3.0}, "features"),
        ({"novelty": 0.5}, "unfamiliar"),
    ],
)
def test_each_comparison_sees_its_own_shift(shift: dict[str, float], name: str) -> None:
    dice = np.random.default_rng(1)
    found = compare_sides(side(dice, 100), side(dice, 60, **shift))
    assert name in found.firing
    if name == "look":
        assert found.get("look").what == "brightness"
        assert found.get("look").effect > 0.3


def test_a_changed_mix_is_named() -> None:
    dice = np.random.default_rng(2)
    base, new = side(dice, 100), side(dice, 60)
    owls = Side(new.embeddings, new.statistics, new.novelty, new.limit, ("owl",) * 60)
    found = mix(base, owls, None, dice)
    assert found.p < 1e-6
    assert (found.what, found.effect > 0.6) == ("owl", True)


def test_too_small_pictures_are_not_compared_on_sharpness() -> None:
    dice = np.random.default_rng(3)
    base, new = side(dice, 100), side(dice, 60)
    new.statistics[:, 7] = np.nan
    assert compare_sides(base, new).firing == ()


def test_energy_distance_of_the_same_and_of_others() -> None:
    dice = np.random.default_rng(4)
    same = energy_distance(side(dice, 300).embeddings, side(dice, 300).embeddings)
    other = energy_distance(side(dice, 300).embeddings, side(dice, 300, embedding=3).embeddings)
    assert abs(same) < 0.01 < other


def test_holm_stops_at_the_first_that_fails() -> None:
    said = [
        Finding("a", 0.002, 0),
        Finding("b", 0.004, 0),
        Finding("c", 0.2, 0),
        Finding("d", 0.001, 0),
    ]
    assert holm(said, 0.01) == ("d", "a", "b")
    assert holm([Finding("a", 0.01, 0), Finding("b", 0.9, 0)], 0.01) == ()
