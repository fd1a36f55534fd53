"""The ground of maps, without the internet: coasts, lakes, rivers and borders from an installed
package, or the tiles of a file that the operator has.

Not here: what lies on the ground (field, web/api/collections/maps_and_times.py), or layers that
people add (places/layers.py).
"""

from biosight.ground.drawn import DEEPEST, SCHEMES, Scheme, draw_tile
from biosight.ground.tile_files import UNREADABLE, Tile, TileFile, open_tiles

__all__ = [
    "DEEPEST",
    "SCHEMES",
    "UNREADABLE",
    "Scheme",
    "Tile",
    "TileFile",
    "draw_tile",
    "open_tiles",
]
