"""Grids of degrees, which define coarse places. All other code asks for a place as it may be shown.

Source: Chapman 2020, Current best practices for generalizing sensitive species occurrence data
(GBIF). Not here: which places are coarse (coarse_places.py), or the grids on offer (collection.py).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """Place as somebody may see it, in decimal degrees (WGS 84): exact where `degrees` is 0, else
    the middle of a cell of that width."""

    latitude: float
    longitude: float
    degrees: float = 0.0


def shown_place(latitude: float, longitude: float, degrees: float) -> ShownPlace:
    """Return a place in the middle of its cell of a grid, or exact where `degrees` is 0."""
    if not degrees:
        return ShownPlace(latitude, longitude)
    return ShownPlace(*middle(latitude, longitude, degrees), degrees)


def shown_at(latitude: float | None, longitude: float | None, degrees: float) -> ShownPlace | None:
    """Return `shown_place` of coordinates that may be absent."""
    if latitude is None or longitude is None:
        return None
    return shown_place(latitude, longitude, degrees)


def box_on_grid(box: str, degrees: float) -> str:
    """Return a box (south, west, north, east) moved outward to the lines of a grid."""
    south, west, north, east = (float(edge) / degrees for edge in box.split(","))
    edges = (math.floor(south), math.floor(west), math.ceil(north), math.ceil(east))
    return ",".join(f"{edge * degrees:.6f}" for edge in edges)


def middle(latitude: float, longitude: float, degrees: float) -> tuple[float, float]:
    """Return the middle of the cell that a place lies in."""
    found: Sequence[float] = [
        min((math.floor(v / degrees) + 0.5) * degrees, limit - degrees / 2)
        for v, limit in ((latitude, 90), (longitude, 180))
    ]
    decimals = decimals_of(degrees)
    return round(found[0], decimals), round(found[1], decimals)


def coarsen_twice(
    latitude: float, longitude: float, rule: float, asked: float
) -> tuple[float, float, float]:
    """Return a place moved to the middle of the rule's cell, then of a cell of the requested grid,
    and the wider of both grids in degrees; 0 stands for none.

    The second step sees only the middle of the first cell, so that no choice of grids reveals more.
    A grid that is no wider than the rule's changes nothing.
    """
    for degrees in (rule, asked if asked > rule else 0.0):
        if degrees:
            latitude, longitude = middle(latitude, longitude, degrees)
    return latitude, longitude, max(rule, asked)


def decimals_of(degrees: float) -> int:
    """Return how many decimals a cell's middle needs."""
    return max(0, math.ceil(-math.log10(degrees))) + 2


def uncertainty(degrees: float) -> int:
    """Return half a cell's diagonal, in metres."""
    return math.ceil(degrees / 2 * math.sqrt(2) * METRES_PER_DEGREE)
