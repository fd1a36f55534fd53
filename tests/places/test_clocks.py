"""Clocks put right, zones and coordinates as people write them."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biosight.errors import BadRequest
from biosight.places.clocks import offset_in, shift_between, shift_time
from biosight.places.coordinates import read_degrees, read_place

moments = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1))
shifts = st.integers(-10 * 366 * 86_400, 10 * 366 * 86_400)


@given(moments, shifts)
def test_a_shift_and_back_is_nothing(moment: datetime, shift: int) -> None:
    said = moment.isoformat(timespec="seconds")
    assert shift_time(shift_time(said, shift), -shift) == said
    moved = datetime.fromisoformat(shift_time(said, shift))
    assert moved - datetime.fromisoformat(said) == timedelta(seconds=shift)
    assert shift_between(said, shift_time(said, shift)) == shift


def test_parts_of_a_second_leap_seconds_and_nothing() -> None:
    assert shift_time("2026-05-03T14:05:09.25", 3600) == "2026-05-03T15:05:09.25"
    assert shift_time("2016-12-31T23:59:60", 0) == "2016-12-31T23:59:60"
    assert shift_time("2016-12-31T23:59:60", 1) == "2017-01-01T00:00:01"
    assert shift_time("", 3600) == ""
    assert shift_time("9999-12-31T23:59:59", 3600) == "9999-12-31T23:59:59"
    assert shift_time("2025-12-31T23:30:00", 3600) == "2026-01-01T00:30:00"
    assert shift_time("2024-02-28T23:59:59", 366 * 86_400) == "2025-02-28T23:59:59"


@pytest.mark.parametrize(
    ("zone", "before", "after", "then", "now"),
    [
        ("Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T03:00:00", "+01:00", "+02:00"),
        ("America/New_York", "2026-03-08T01:59:59", "2026-03-08T03:00:00", "-05:00", "-04:00"),
        ("Australia/Sydney", "2026-10-04T01:59:59", "2026-10-04T03:00:00", "+10:00", "+11:00"),
        ("Europe/Berlin", "2026-10-25T01:59:59", "2026-10-25T03:00:00", "+02:00", "+01:00"),
        ("America/New_York", "2026-11-01T00:59:59", "2026-11-01T02:00:00", "-04:00", "-05:00"),
        ("Australia/Sydney", "2026-04-05T01:59:59", "2026-04-05T03:00:00", "+11:00", "+10:00"),
    ],
)
def test_offsets_at_both_ends_of_summer_time(
    zone: str, before: str, after: str, then: str, now: str
) -> None:
    assert offset_in(zone, before) == then
    assert offset_in(zone, after) == now


def test_zones_are_known_or_refused() -> None:
    assert offset_in("Asia/Kolkata", "2026-01-01T00:00:00") == "+05:30"
    assert offset_in("America/St_Johns", "2026-01-01T00:00:60") == "-03:30"
    assert offset_in("", "2026-01-01T00:00:00") == offset_in("Europe/Berlin", "") == ""
    for wrong in ("CET+1h", "../../etc/passwd", "Berlin"):
        with pytest.raises(BadRequest, match="not a time zone"):
            offset_in(wrong, "2026-01-01T00:00:00")


def test_what_was_on_the_clock_is_said_plainly() -> None:
    with pytest.raises(BadRequest, match="2026-05-03 14:05:00"):
        shift_between("2026-05-03T14:05:00", "yesterday")
    with pytest.raises(BadRequest, match="without an offset"):
        shift_between("2026-05-03T14:05:00", "2026-05-03T14:05:00+02:00")
    with pytest.raises(BadRequest, match="600 years"):
        shift_between("1026-01-01T00:00:00", "2026-05-03T14:05:00")


@pytest.mark.parametrize("year", [1970, 1980, 2000, 2070, 2099, 2567])
def test_a_clock_without_a_battery_can_be_put_right(year: int) -> None:
    said, true = f"{year}-01-01T00:00:00", "2026-05-03T14:05:00"
    assert shift_time(said, shift_between(said, true)) == true


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("52.1234", "latitude", 52.1234),
        ("-52,1234", "latitude", -52.1234),
        ("\u221252.5", "latitude", -52.5),
        ("52\u00b0 7' 24.24\" N", "latitude", 52.1234),
        ("52\u00b07\u203224.24\u2033S", "latitude", -52.1234),
        ("N 52 7.404", "latitude", 52.1234),
        ("13d 30m W", "longitude", -13.5),
        ("013 30 O", "longitude", 13.5),
        ("179:59:59 E", "longitude", 179 + 59 / 60 + 59 / 3600),
    ],
)
def test_coordinates_as_people_write_them(text: str, name: str, value: float) -> None:
    assert read_degrees(text, name) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("latitude", "longitude", "words"),
    [
        ("120.5", "47.1", "swapped"),
        ("91", "91", "between -90 and 90"),
        ("10", "181", "between -180 and 180"),
        ("0", "0.0", "Atlantic"),
        ("52 N", "13 N", "belongs to the other"),
        ("52 75", "13", "below 60"),
        ("here", "13", "is not a latitude"),
        ("", "13", "is not a latitude"),
        ("nan", "13", "is not a latitude"),
        ("1e3", "13", "is not a latitude"),
    ],
)
def test_places_that_are_none_are_refused_in_words(
    latitude: str, longitude: str, words: str
) -> None:
    with pytest.raises(BadRequest, match=words):
        read_place(latitude, longitude)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_decimal_degrees_come_back(latitude: float, longitude: float) -> None:
    said = f"{latitude:.6f}", f"{longitude:.6f}"
    if float(said[0]) == float(said[1]) == 0:
        return
    assert list(read_place(*said)) == pytest.approx([float(said[0]), float(said[1])])
