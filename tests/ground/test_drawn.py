"""The ground is drawn where it is: land, lakes and sea at places that everybody knows."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from biosight.errors import NotFound
from biosight.ground import DEEPEST, draw_tile
from biosight.ground.drawn import LAND, SEA, SIDE, tile_edges


def at(latitude: float, longitude: float, zoom: int) -> int:
    """What is drawn at a place, on the tile that has it."""
    scale = 2**zoom
    across = (longitude + 180) / 360 * scale
    sine = math.sin(math.radians(latitude))
    down = (0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * scale
    tile = draw_tile("light", zoom, int(across), int(down))
    picture = np.asarray(Image.open(io.BytesIO(tile)))
    return int(picture[int(down % 1 * SIDE), int(across % 1 * SIDE)])


@pytest.mark.parametrize("zoom", [0, 2, 3, 5, 7, 9, 12])
@pytest.mark.parametrize(
    ("name", "latitude", "longitude", "there"),
    [
        ("the Sahara", 23.0, 10.0, LAND),
        ("the Atlantic", 30.0, -40.0, SEA),
        ("Siberia, far from any shore", 62.0, 100.5, LAND),
        ("Lake Victoria", -1.5, 32.6, SEA),
        ("the Caspian Sea", 42.0, 50.5, SEA),
        ("Antarctica", -80.0, 60.0, LAND),
        ("Chukotka, beyond the date line", 66.5, -172.5, LAND),
        ("the Pacific beside the date line", 0.0, 179.9, SEA),
    ],
)
def test_land_is_land_and_water_is_water(
    name: str, latitude: float, longitude: float, there: int, zoom: int
) -> None:
    if zoom <= 2 and name in {"Lake Victoria", "Chukotka, beyond the date line"}:
        pytest.skip("smaller than the outlines of this zoom tell")
    assert at(latitude, longitude, zoom) == there, name


@pytest.mark.parametrize("zoom", [6, 8])
def test_a_lake_of_a_few_kilometres_and_an_island_in_one_are_there(zoom: int) -> None:
    assert at(46.90, 6.86, zoom) == SEA  # Lake Neuchâtel
    assert at(45.75, -81.9, zoom) == LAND  # Manitoulin Island in Lake Huron
    assert at(45.0, -82.5, zoom) == SEA  # Lake Huron


def test_tiles_meet_at_their_edges() -> None:
    """What a tile's last column shows goes on in the next tile's first one."""
    left, right = (
        np.asarray(Image.open(io.BytesIO(draw_tile("light", 6, x, 22)))) for x in (32, 33)
    )
    assert (left[:, -1] != right[:, 0]).mean() < 0.05


@pytest.mark.parametrize(
    ("zoom", "x", "y"), [(-1, 0, 0), (0, 1, 0), (3, 0, 8), (3, -1, 0), (DEEPEST + 1, 0, 0)]
)
def test_a_tile_that_is_not_on_the_map_is_refused(zoom: int, x: int, y: int) -> None:
    with pytest.raises(NotFound):
        draw_tile("dark", zoom, x, y)


def test_tiles_cover_the_earth() -> None:
    west, south, east, north = tile_edges(0, 0, 0)
    assert (west, east) == (-180.0, 180.0)
    assert north == pytest.approx(85.0511287798)
    assert south == pytest.approx(-85.0511287798)
