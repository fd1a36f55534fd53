"""Tiles of the ground, drawn when they are asked for: Web Mercator (EPSG:3857), as web maps use.

Not here: the shapes (shores.py).
"""

import io
import math
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from biosight.errors import NotFound
from biosight.ground.shores import LonLats, Shape, resolution_at, shapes

Scheme = Literal["light", "dark"]
SIDE = 512  # pixels; browsers show tiles at 256, so that they are sharp on fine screens too
DEEPEST = 12  # nearer, the coasts of 1 km tolerance show nothing more
SEA, LAND, BORDER, RIVER = 0, 1, 2, 3
WATER_LEVELS = (2, 4)
RIVERS_FROM, BORDERS_FROM = 5, 2
# As --map-land, --map-line and --map-sea of app.css; the sea itself is left to the page.
COLOURS: dict[str, tuple[int, ...]] = {
    "light": (227, 235, 239, 249, 248, 244, 179, 189, 186, 205, 219, 226),
    "dark": (27, 34, 38, 43, 48, 45, 75, 85, 81, 27, 34, 38),
}
SCHEMES = tuple(COLOURS)
NORTHERNMOST = 85.0511287798066  # where Web Mercator ends
KEPT = 4096  # tiles, each of a few kilobytes


@lru_cache(maxsize=KEPT)
def draw_tile(scheme: Scheme, zoom: int, x: int, y: int) -> bytes:
    """Return a tile as PNG, SIDE pixels square, its sea transparent. Raises NotFound for a tile
    that is not on the map."""
    if not (0 <= zoom <= DEEPEST and 0 <= x < 2**zoom and 0 <= y < 2**zoom):
        raise NotFound("There is no such tile.")
    tile = Image.new("P", (SIDE, SIDE), SEA)
    tile.putpalette(COLOURS[scheme])
    pen = ImageDraw.Draw(tile)
    draw_land(pen, zoom, x, y)
    if zoom >= RIVERS_FROM:
        draw_lines(pen, shapes("rivers", "i"), RIVER, zoom, x, y)
    if zoom >= BORDERS_FROM:
        draw_lines(pen, shapes("countries", resolution_at(zoom)), BORDER, zoom, x, y)
    out = io.BytesIO()
    tile.save(out, "PNG", transparency=SEA, optimize=True)
    return out.getvalue()


def draw_land(pen: ImageDraw.ImageDraw, zoom: int, x: int, y: int) -> None:
    """Fill land and lakes, each upon what it lies in."""
    for shape in seen(shapes("gshhs", resolution_at(zoom)), zoom, x, y):
        outline = without_detours(on_tile(shape.points, zoom, x, y))
        if len(outline) > 2:
            pen.polygon(as_pairs(outline), fill=SEA if shape.level in WATER_LEVELS else LAND)


def draw_lines(
    pen: ImageDraw.ImageDraw, lines: tuple[Shape, ...], colour: int, zoom: int, x: int, y: int
) -> None:
    """Draw lines, two pixels wide."""
    for shape in seen(lines, zoom, x, y):
        pen.line(as_pairs(without_detours(on_tile(shape.points, zoom, x, y))), fill=colour, width=2)


def seen(found: tuple[Shape, ...], zoom: int, x: int, y: int) -> list[Shape]:
    """Return the shapes that reach into a tile and are not smaller than a pixel there."""
    west, south, east, north = tile_edges(zoom, x, y)
    pixel = 360.0 / 2**zoom / SIDE
    return [
        s
        for s in found
        if s.box[0] <= east and s.box[2] >= west and s.box[1] <= north and s.box[3] >= south
        if max(s.box[2] - s.box[0], s.box[3] - s.box[1]) >= pixel
    ]


def tile_edges(zoom: int, x: int, y: int) -> tuple[float, float, float, float]:
    """Return the western, southern, eastern and northern edge of a tile, in degrees."""
    many = 2**zoom
    north, south = (latitude_at(1.0 - 2.0 * row / many) for row in (y, y + 1))
    return x / many * 360.0 - 180.0, south, (x + 1) / many * 360.0 - 180.0, north


def latitude_at(height: float) -> float:
    """Return the latitude in degrees at a height on the map, from -1 (south) to 1 (north)."""
    return math.degrees(math.atan(math.sinh(height * math.pi)))


def on_tile(points: LonLats, zoom: int, x: int, y: int) -> LonLats:
    """Return points as pixels of a tile (n, 2), from its upper left corner."""
    latitude = np.radians(np.clip(points[:, 1], -NORTHERNMOST, NORTHERNMOST))
    across = (points[:, 0] + 180.0) / 360.0
    down = (1.0 - np.arcsinh(np.tan(latitude)) / math.pi) / 2.0
    scale = 2.0**zoom
    return np.stack([(across * scale - x) * SIDE, (down * scale - y) * SIDE], axis=1)


def without_detours(points: LonLats) -> LonLats:
    """Return an outline without the points of its parts far outside a tile: of points one after the
    other on the same side of it, the first and the last stay, since what is inside the tile stays
    as it is."""
    for axis in (0, 1):
        side = off_side(points[:, axis])
        keep = (side == 0) | (side != np.roll(side, 1)) | (side != np.roll(side, -1))
        keep[[0, -1]] = True
        points = points[keep]
    return points


def off_side(values: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return -1 for positions before a tile, 1 for those behind it, 0 within, with a margin for the
    width of lines."""
    margin = 4.0
    return ((values > SIDE + margin).astype(np.int8) - (values < -margin)).astype(np.int8)


def as_pairs(points: LonLats) -> list[tuple[float, float]]:
    """Return points as Pillow takes them."""
    return [(float(x), float(y)) for x, y in points]
