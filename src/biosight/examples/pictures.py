"""The example pictures: what each shows, its file, and when and where it seems to be taken.

Times and places are invented, so that days and the map have something to show. Not here: how things
are drawn (plants.py, animals.py).
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from PIL import Image as Pillow

from biosight.errors import NotFound
from biosight.examples.animals import bird, butterfly, ladybird, spider
from biosight.examples.plants import flower, mushroom

DrawsForm = Callable[[int, np.random.Generator], Pillow.Image]
FORMS = 4
DRAWN: dict[str, DrawsForm] = {
    "flower": flower,
    "ladybird": ladybird,
    "bird": bird,
    "mushroom": mushroom,
    "butterfly": butterfly,
    "spider": spider,
}
FIRST_DAY = datetime(2026, 5, 11, 8, 20)
SPOT = (47.3672, 8.5450)  # latitude and longitude, degrees: a public park
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
WHEN, TAKEN = 0x0132, 0x9003
ORIGIN = 0x010E  # the description


@dataclass(frozen=True, slots=True)
class ExamplePicture:
    """One example: the name of its file, what it shows and which form of it, when it was "taken"
    and where (degrees)."""

    file: str
    thing: str
    form: int
    taken: datetime
    latitude: float
    longitude: float


def all_examples() -> tuple[ExamplePicture, ...]:
    """Return all examples, one form of each thing after the other."""
    found = []
    for number in range(FORMS * len(DRAWN)):
        thing, form = list(DRAWN)[number % len(DRAWN)], number // len(DRAWN)
        taken = FIRST_DAY + timedelta(days=form * 2, minutes=37 * (number % len(DRAWN)))
        north, east = 0.0021 * (form % 2) + 0.0002 * number, 0.0034 * (form // 2)
        file = f"{thing}-{form + 1}.jpg"
        found.append(ExamplePicture(file, thing, form, taken, SPOT[0] + north, SPOT[1] + east))
    return tuple(found)


EXAMPLES = all_examples()


@lru_cache(maxsize=len(EXAMPLES))
def draw_example(file: str) -> bytes:
    """Return the JPEG of an example, 800 x 600 px, with EXIF; the same bytes each time. Raises
    NotFound."""
    number = next((i for i, e in enumerate(EXAMPLES) if e.file == file), None)
    if number is None:
        raise NotFound("There is no such example picture.")
    example = EXAMPLES[number]
    picture = DRAWN[example.thing](example.form, np.random.default_rng(number))
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=86, exif=camera_tags(example))
    return written.getvalue()


def camera_tags(example: ExamplePicture) -> Pillow.Exif:
    """Return time and place as a camera writes them."""
    exif = Pillow.Exif()
    when = f"{example.taken:%Y:%m:%d %H:%M:%S}"
    exif[ORIGIN], exif[WHEN] = "Drawn by BioSight; time and place are invented.", when
    exif.get_ifd(EXIF_IFD)[TAKEN] = when
    place = exif.get_ifd(GPS_IFD)
    for tag, letter, degrees in ((1, "N", example.latitude), (3, "E", example.longitude)):
        whole, rest = divmod(degrees * 3600, 3600)
        minutes, seconds = divmod(rest, 60)
        place[tag], place[tag + 1] = letter, (whole, minutes, round(seconds, 3))
    return exif
