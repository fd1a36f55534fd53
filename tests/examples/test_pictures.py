"""The example pictures are what they say: same bytes each time, times and places, names."""

import io
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image as Pillow

from biosight import open_model
from biosight.errors import NotFound
from biosight.examples import EXAMPLES, draw_example
from biosight.examples.canvas import SIZE
from biosight.examples.pictures import EXIF_IFD, GPS_IFD, TAKEN


def test_each_is_a_photograph_with_its_time_and_place() -> None:
    example = EXAMPLES[7]
    data = draw_example(example.file)
    draw_example.cache_clear()
    assert draw_example(example.file) == data
    with Pillow.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("JPEG", SIZE)
        exif = picture.getexif()
    assert exif.get_ifd(EXIF_IFD)[TAKEN] == f"{example.taken:%Y:%m:%d %H:%M:%S}"
    north, east = (sum_of(exif.get_ifd(GPS_IFD)[tag]) for tag in (2, 4))
    assert (float(north), float(east)) == pytest.approx(
        (example.latitude, example.longitude), abs=1e-6
    )


def sum_of(parts: tuple[float, float, float]) -> Fraction:
    """Degrees, minutes and seconds as degrees."""
    return sum((Fraction(p) / 60**power for power, p in enumerate(parts)), Fraction(0))


def test_the_bundled_model_knows_most_groups_of_them() -> None:
    """A newcomer's first look: nine in ten of what is no spider has the right group."""
    groups = {
        "flower": "Plantae",
        "ladybird": "Insecta",
        "bird": "Aves",
        "mushroom": "Fungi",
        "butterfly": "Insecta",
    }
    known = [e for e in EXAMPLES if e.thing in groups]
    pixels = [np.asarray(Pillow.open(io.BytesIO(draw_example(e.file)))) for e in known]
    with open_model() as model:
        answers = model.classify(pixels)
    right = [a.group == groups[e.thing] for a, e in zip(answers, known, strict=True)]
    assert sum(right) >= 18


def test_all_differ_and_each_thing_is_there_in_each_form() -> None:
    assert len({draw_example(e.file) for e in EXAMPLES}) == len(EXAMPLES) == 24
    assert len({(e.thing, e.form) for e in EXAMPLES}) == 24
    assert len({e.taken.date() for e in EXAMPLES}) == 4


def test_there_are_no_others() -> None:
    with pytest.raises(NotFound, match="no such example"):
        draw_example("../flower-1.jpg")
