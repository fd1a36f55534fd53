"""Map tiles of a file that the operator has: PMTiles 3 or MBTiles 1.3, with raster tiles.

Not here: tiles that BioSight draws (drawn.py), or those of another server.
"""

import sqlite3
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import MagicNumberNotFound, SpecVersionUnsupported, TileType

from biosight.errors import BadRequest

# The first bytes of pictures -> their type; MBTiles does not always say it.
SIGNS = {b"\x89PNG": "image/png", b"\xff\xd8": "image/jpeg", b"RIFF": "image/webp"}
RASTER = {TileType.PNG, TileType.JPEG, TileType.WEBP, TileType.AVIF}
VECTOR = "{} holds vector tiles, which BioSight can't draw. Convert them to raster tiles."
UNREADABLE = (
    ValueError,
    LookupError,
    EOFError,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    sqlite3.Error,
    zlib.error,
    OSError,
)
ONE = "SELECT tile_data FROM tiles WHERE (zoom_level, tile_column, tile_row) = (?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile's picture and its media type."""

    content: bytes
    media_type: str


class TileFile(Protocol):
    """A file of tiles: the first and the deepest zoom that it has, the credit that its makers ask
    for, and its tiles in Web Mercator."""

    shallowest: int
    deepest: int
    credit: str

    def tile(self, zoom: int, x: int, y: int) -> Tile | None:
        """Return a tile, None where the file has none. Raises one of UNREADABLE where it is
        damaged."""
        ...


def open_tiles(path: Path) -> TileFile:
    """Open a file of raster tiles. Raises BadRequest in words for any other."""
    try:
        with path.open("rb") as file:
            begin = file.read(16)
        if begin.startswith(b"PMTiles"):
            return PmTiles(path)
        if begin.startswith(b"SQLite format 3"):
            return MbTiles(path)
    except OSError as error:
        raise BadRequest(f"{path} can't be read: {error.strerror}.") from error
    except UNREADABLE as error:
        raise BadRequest(f"{path} is damaged: its tiles can't be listed.") from error
    raise BadRequest(f"{path} is neither PMTiles nor MBTiles.")


def as_tile(content: bytes) -> Tile | None:
    """Return a tile by the type that its first bytes say, None for no picture."""
    kind = next((kind for sign, kind in SIGNS.items() if content.startswith(sign)), "")
    if content[4:12] == b"ftypavif":
        kind = "image/avif"
    return Tile(content, kind) if kind else None


class PmTiles:
    """PMTiles: the file is mapped into memory, of which only what is asked for is read."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            reader: Any = Reader
            self.reader: Any = reader(MmapSource(file))  # type: ignore[no-untyped-call]
        header: dict[str, Any] = self.reader.header()
        if header["tile_type"] not in RASTER:
            raise BadRequest(VECTOR.format(path))
        self.deepest = int(header["max_zoom"])
        self.shallowest = int(header["min_zoom"])
        self.credit = str(self.reader.metadata().get("attribution") or "")

    def tile(self, zoom: int, x: int, y: int) -> Tile | None:
        content = self.reader.get(zoom, x, y)
        return as_tile(content) if content else None


class MbTiles:
    """MBTiles: an SQLite file with rows counted from the south."""

    def __init__(self, path: Path) -> None:
        self.address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with self.opened() as connection:
            said = dict(connection.execute("SELECT name, value FROM metadata"))
            zooms = "SELECT min(zoom_level), max(zoom_level) FROM tiles"
            shallowest, deepest = connection.execute(zooms).fetchone()
        if said.get("format") in ("pbf", "mvt"):
            raise BadRequest(VECTOR.format(path))
        self.shallowest, self.deepest = int(shallowest or 0), int(deepest or 0)
        self.credit = str(said.get("attribution") or "")

    def opened(self) -> sqlite3.Connection:
        return sqlite3.connect(self.address, uri=True, factory=Closing)

    def tile(self, zoom: int, x: int, y: int) -> Tile | None:
        found = (
            "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        )
        with self.opened() as connection:
            row = connection.execute(found, (zoom, x, 2**zoom - 1 - y)).fetchone()
        return as_tile(bytes(row[0])) if row else None


class Closing(sqlite3.Connection):
    """A connection that its `with` closes: each thread opens its own."""

    def __exit__(self, *_: object) -> None:  # type: ignore[override]
        self.close()
