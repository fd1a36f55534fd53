"""Coordinates as people write them; digits are never split from their number (F12)."""

import pytest

from biosight.errors import BadRequest
from biosight.places.coordinates import read_degrees


@pytest.mark.parametrize(
    ("said", "degrees"),
    [
        ("52.1", 52.1),
        ("52,1234", 52.1234),
        ("52", 52.0),
        ("52.1234°", 52.1234),
        ("52.1 N", 52.1),
        ("S 33.5", -33.5),
        ("-33.5", -33.5),
        ("52° 7' 24\" N", 52.1233333),
        ("52°7'24\"N", 52.1233333),
        ("52° 7.4' N", 52.1233333),
        ("52 7 24", 52.1233333),
        ("52:07:24", 52.1233333),
        ("52 7,4", 52.1233333),
        ("52°7\u203224.5\u2033", 52.1234722),
    ],
)
def test_what_people_write_is_read(said: str, degrees: float) -> None:
    assert read_degrees(said, "latitude") == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize(
    "said",
    [
        "52.123.456",
        "5,123,456",
        "1.234,56",
        "52.1 5.1",
        "52\u2019 N",
        "52.5° 7' N",
        "52 7.5 24",
        "5212345N5",
        "52 71",
        "",
        "north",
    ],
)
def test_a_number_is_never_split(said: str) -> None:
    with pytest.raises(BadRequest):
        read_degrees(said, "latitude")
