"""Signs that a camera needs a visit, in what is measured of its pictures."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from biosight.field.cameras.series import COLUMN, Floats, Series
from biosight.field.cameras.signs import signs_of
from biosight.field.cameras.silence import fewer, silence
from biosight.images.measures import STATISTICS

BEFORE, AFTER = 120, 30
USUAL = dict(zip(STATISTICS, (0.4, 0.2, 0.02, 0.01, 0.2, 0.0, -0.05, -2.0, 0.01), strict=True))
NIGHT = {**USUAL, "brightness": 0.25, "saturation": 0.0, "red_green": 0.0, "blue_yellow": 0.0}
Rows = Callable[[Series], None]


def a_camera(pictures: int = BEFORE + AFTER, a_day: float = 10, seed: int = 1) -> Series:
    """A camera with nothing wrong: by day in colour, by night in infrared."""
    dice = np.random.default_rng(seed)
    start = datetime(2026, 5, 1, tzinfo=UTC)
    times = [start + timedelta(days=n / a_day) for n in range(pictures)]
    hours = np.array([t.hour + t.minute / 60 for t in times])
    dark = (hours < 6) | (hours >= 18)
    rows = np.array([list((NIGHT if d else USUAL).values()) for d in dark])
    rows += dice.normal(0, 1, rows.shape) * np.array([0.03, 0.01, 0.01, 0, 0, 0.005, 0, 0.1, 0.001])
    scene = dice.random(64) > 0.5
    hashes = scene ^ (dice.random((pictures, 64)) < 0.06)
    taken = tuple(t.isoformat(timespec="seconds")[:19] for t in times)
    at = np.array([t.timestamp() for t in times])
    return Series(tuple(map(str, range(pictures))), taken, at, hours, rows, hashes)


def column(series: Series, name: str) -> Floats:
    """A view of one column, to change it."""
    return series.statistics[:, COLUMN[name]]


def fogged(s: Series) -> None:
    column(s, "sharpness")[BEFORE:] -= 1.0


def turned(s: Series) -> None:
    s.hashes[BEFORE:, :26] ^= True


def without_flash(s: Series) -> None:
    late = np.arange(len(s)) >= BEFORE
    column(s, "brightness")[late & s.infrared] = 0.01


def covered_lens(s: Series) -> None:
    column(s, "brightness")[BEFORE:] = 0.01
    column(s, "saturation")[BEFORE:] = 0.0


def glaring(s: Series) -> None:
    column(s, "bright_share")[BEFORE:] = 0.6


def snowed(s: Series) -> None:
    column(s, "brightness")[BEFORE:] += 0.2
    column(s, "noise")[BEFORE:] -= 0.006
    column(s, "sharpness")[BEFORE:] -= 0.3


def overgrown(s: Series) -> None:
    late = np.arange(len(s)) >= BEFORE
    column(s, "red_green")[late & ~s.infrared] -= 0.08


def half_a_day_late(s: Series) -> None:
    s.hours[BEFORE:] = (s.hours[BEFORE:] + 12) % 24


@pytest.mark.parametrize(
    ("fault", "spoil"),
    [
        ("lens", fogged),
        ("turned", turned),
        ("flash", without_flash),
        ("dark", covered_lens),
        ("bright", glaring),
        ("covered", snowed),
        ("covered", overgrown),
        ("clock", half_a_day_late),
    ],
)
def test_a_fault_is_found_within_thirty_pictures(fault: str, spoil: Rows) -> None:
    series = a_camera()
    assert signs_of(series) == []
    spoil(series)
    [sign] = signs_of(series)
    assert (sign.fault, sign.open) == (fault, True)
    assert BEFORE - 1 <= sign.first < BEFORE + 8
    assert sign.before < sign.first


def test_one_strange_day_is_no_fault_and_a_busy_camera_has_one_all_the_same() -> None:
    busy = a_camera(600, a_day=200)
    column(busy, "sharpness")[250:350] -= 1.0  # half a day
    assert signs_of(busy) == []
    column(busy, "sharpness")[250:] -= 1.0
    [sign] = signs_of(busy)
    assert (sign.fault, sign.first) == ("lens", 250)
    assert busy.infrared[sign.before] == busy.infrared[250], "compared with one of its kind"


def test_a_flash_of_visible_light_and_a_dark_forest_are_no_wrong_clock() -> None:
    series = a_camera()
    column(series, "saturation")[:] = 0.2
    assert signs_of(series) == []
    column(series, "saturation")[:] = 0.0
    assert signs_of(series) == []
    half_a_day_late(series)
    series.hours[:] = np.nan  # the sun does not rise
    assert signs_of(series) == []


def test_a_fault_that_ended_is_told_and_not_open() -> None:
    series = a_camera(220)
    series.hashes[120:170, :26] ^= True
    [sign] = signs_of(series)
    assert (sign.fault, sign.open, sign.first, sign.last) == ("turned", False, 120, 169)


def test_slow_seasons_and_few_pictures_are_no_fault() -> None:
    year = a_camera(1000, a_day=3)
    column(year, "red_green")[:] -= np.linspace(0, 0.06, 1000)
    assert signs_of(year) == []
    few = a_camera(30)
    few.hashes[10:, :26] ^= True
    assert signs_of(few) == []
    assert signs_of(a_camera(1)) == []


def days(*runs: tuple[int, int]) -> dict[date, int]:
    """Pictures by day: runs of (days, pictures a day), one after the other."""
    every = [n for many, n in runs for _ in range(many)]
    return {date(2026, 5, 1) + timedelta(i): n for i, n in enumerate(every) if n}


def test_a_camera_falls_silent_by_its_own_measure() -> None:
    steady = days((30, 4))
    end = max(steady) + timedelta(8)
    found = silence(steady, end)
    assert found is not None
    assert (found.fault, found.since, found.until) == ("silent", "2026-05-30", "2026-06-07")
    assert silence(steady, max(steady) + timedelta(5)) is None
    assert silence(steady, None) is None, "nobody knows how long it should have worked"
    assert silence(days((5, 4)), end) is None, "five days say nothing"
    rare = days(*[(1, 2), (4, 0)] * 12)
    assert silence(rare, max(rare) + timedelta(12)) is None, "it often waits five days"


def test_far_fewer_pictures_than_in_any_fortnight_before() -> None:
    found = fewer(days((60, 3), (14, 0), (1, 2)))
    assert found is not None
    assert found.fault == "fewer"
    assert fewer(days((75, 3))) is None
    assert fewer(days((30, 3), (14, 0), (1, 2))) is None, "too short a past"
    assert fewer(days(*[(14, 3), (14, 0)] * 3)) is None, "it had such a fortnight before"
    assert fewer({}) is None
