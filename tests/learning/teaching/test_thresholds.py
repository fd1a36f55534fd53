"""From which probability on a name may be said."""

import numpy as np
import pytest

from biosight.learning.teaching.thresholds import FEWEST_RIGHT, least_probability

EVEN = np.ones(100)


def test_it_is_the_lowest_at_which_nine_in_ten_are_right() -> None:
    chance = np.linspace(0.99, 0.5, 100)
    right = np.arange(100) < 60  # the sixty likeliest are right
    least = least_probability(chance, right, EVEN)
    said = chance >= least
    assert right[said].mean() >= 0.9
    assert right[chance >= least - 0.02].mean() < 0.9


def test_equal_chances_are_said_together() -> None:
    chance = np.array([0.9] * 10 + [0.8] * 10)
    right = np.array([True] * 10 + [True] * 5 + [False] * 5)
    assert least_probability(chance, right, np.ones(20)) == pytest.approx(0.85)


@pytest.mark.parametrize("right_ones", [0, FEWEST_RIGHT - 1])
def test_too_few_that_are_right_support_nothing(right_ones: int) -> None:
    right = np.arange(100) < right_ones
    assert least_probability(np.full(100, 0.99) - np.arange(100) / 1000, right, EVEN) == 0.0


def test_below_one_half_nothing_is_said() -> None:
    assert least_probability(np.full(100, 0.4), np.ones(100, dtype=bool), EVEN) == 0.0


def test_pictures_of_elsewhere_weigh_as_they_are_weighed() -> None:
    chance = np.concatenate([np.full(20, 0.9), np.full(2, 0.95)])
    right = np.concatenate([np.ones(20, dtype=bool), np.zeros(2, dtype=bool)])
    assert least_probability(chance, right, np.concatenate([np.ones(20), np.ones(2)])) > 0
    assert least_probability(chance, right, np.concatenate([np.ones(20), np.full(2, 5.0)])) == 0.0
