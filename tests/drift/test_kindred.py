"""New kinds are found among odd pictures, and what recurs from the beginning is none."""

import numpy as np
import pytest

from biosight.drift.comparisons import Side, compare_sides
from biosight.drift.kindred import Floats, Known, known_of, new_kinds
from biosight.inference.reference import Reference, held_distances, nearest_distances, unit

DIMENSIONS = 24


def vectors(dice: np.random.Generator, count: int) -> Floats:
    """Known kinds: five directions with wide scatter."""
    centres = np.eye(DIMENSIONS)[dice.integers(0, 5, count)]
    return unit(centres + dice.normal(0, 0.25, (count, DIMENSIONS))).astype(float)


def kind(dice: np.random.Generator, count: int) -> Floats:
    """A new one: a direction of its own, its pictures alike."""
    centre = np.eye(DIMENSIONS)[:2].sum(axis=0) * 0.5 + np.eye(DIMENSIONS)[9] * 0.7
    return unit(centre + dice.normal(0, 0.08, (count, DIMENSIONS))).astype(float)


@pytest.fixture(scope="module")
def known() -> Known:
    dice = np.random.default_rng(0)
    held, replay = vectors(dice, 500), vectors(dice, 500)
    number = np.zeros(500, np.int64)
    flat = np.zeros((500, 1), np.float32)
    shown = [v.astype(np.float32) for v in (held, replay)]
    sources = np.arange(500) % 10
    return known_of(Reference(shown[0], flat, number, sources, flat, shown[1], number))


def novelty(known: Known, embeddings: Floats) -> Floats:
    likeness = embeddings.astype(np.float32) @ known.vectors.T
    return nearest_distances(likeness).astype(float)


def p_of(known: Known, base: Floats, new: Floats, seed: int = 0) -> tuple[float, float]:
    sides = [(v, novelty(known, v)) for v in (base, new)]
    return new_kinds(sides[0], sides[1], known, np.random.default_rng(seed))


def test_limits_are_those_of_the_held_pictures(known: Known) -> None:
    held, replay = known.vectors[:500], known.vectors[500:]
    apart = held_distances(held, np.arange(500) % 10, replay)
    assert np.allclose(apart, known.novelty)
    assert (apart > known.limit).sum() == 5
    assert (apart > known.strange).sum() == 50


@pytest.mark.long
def test_a_new_kind_is_found_and_nothing_is_not(known: Known) -> None:
    dice = np.random.default_rng(1)
    found, shares, alarms = 0, [], 0
    for n in range(20):
        base, clean = vectors(dice, 100), vectors(dice, 60)
        p, share = p_of(known, base, np.concatenate([clean[:52], kind(dice, 8)]), n)
        found += p <= 0.00125
        shares.append(share)
        alarms += p_of(known, base, clean, n)[0] <= 0.00125
    assert found >= 16
    assert 0.02 < np.mean(shares) < 0.14
    assert alarms == 0


def test_what_recurs_from_the_beginning_is_no_new_kind(known: Known) -> None:
    dice = np.random.default_rng(2)
    alarms = 0
    for n in range(20):
        base = np.concatenate([vectors(dice, 60), kind(dice, 40)])
        new = np.concatenate([vectors(dice, 36), kind(dice, 24)])
        alarms += p_of(known, base, new, n)[0] <= 0.00125
    assert alarms <= 1


def test_a_small_reference_says_nothing(known: Known) -> None:
    dice = np.random.default_rng(3)
    new = np.concatenate([vectors(dice, 240), kind(dice, 60)])
    assert p_of(known, vectors(dice, 100), new) == (1.0, 0.0)


def test_the_comparison_speaks_of_new_kinds(known: Known) -> None:
    dice = np.random.default_rng(4)

    def side(shown: Floats) -> Side:
        count = len(shown)
        apart = novelty(known, shown)
        return Side(shown, np.zeros((count, 9)), apart, known.limit, ("fox",) * count)

    base = side(vectors(dice, 100))
    new = side(np.concatenate([vectors(dice, 92), kind(dice, 8)]))
    assert "unfamiliar" not in compare_sides(base, new).firing
    assert "unfamiliar" in compare_sides(base, new, known).firing
