"""Tiles of a file that the operator has: PMTiles and MBTiles with pictures, nothing else."""

import io
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from starlette.testclient import TestClient

from biosight.bootstrap import open_biosight
from biosight.errors import BadRequest
from biosight.ground import open_tiles
from biosight.settings import Settings
from biosight.web.app import create_app
from tests.conftest import ORIGIN, first_collection, sign_up


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(out, "PNG")
    return out.getvalue()


TILES = {(0, 0, 0): png("red"), (1, 0, 0): png("green"), (1, 1, 1): png("blue")}


def pmtiles(path: Path, kind: Any = TileType.PNG) -> Path:
    with path.open("wb") as file:
        writer: Any = Writer(file)  # type: ignore[no-untyped-call]
        for at in sorted(TILES, key=lambda at: zxy_to_tileid(*at)):
            writer.write_tile(zxy_to_tileid(*at), TILES[at])
        header = {
            "tile_type": kind,
            "tile_compression": Compression.NONE,
            "min_lon_e7": -1_800_000_000,
            "min_lat_e7": -850_000_000,
            "max_lon_e7": 1_800_000_000,
            "max_lat_e7": 850_000_000,
            "center_zoom": 0,
            "center_lon_e7": 0,
            "center_lat_e7": 0,
        }
        writer.finalize(header, {"attribution": "A survey of 2024"})
    return path


def mbtiles(path: Path, form: str = "png") -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        said = [("format", form), ("attribution", "A survey of 2024")]
        connection.executemany("INSERT INTO metadata VALUES (?, ?)", said)
        connection.execute(
            "CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)"
        )
        rows = [(z, x, 2**z - 1 - y, content) for (z, x, y), content in TILES.items()]
        connection.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    connection.close()
    return path


MAKERS = {"pmtiles": pmtiles, "mbtiles": mbtiles}


@pytest.mark.parametrize("kind", MAKERS)
def test_each_tile_is_where_it_belongs(tmp_path: Path, kind: str) -> None:
    opened = open_tiles(MAKERS[kind](tmp_path / f"ground.{kind}"))
    assert opened.deepest == 1
    assert opened.credit == "A survey of 2024"
    for (zoom, x, y), content in TILES.items():
        found = opened.tile(zoom, x, y)
        assert found
        assert (found.content, found.media_type) == (content, "image/png")
    assert opened.tile(1, 1, 0) is None


@pytest.mark.parametrize("kind", MAKERS)
def test_the_map_shows_the_file(settings: Settings, tmp_path: Path, kind: str) -> None:
    path = MAKERS[kind](tmp_path / f"ground.{kind}")
    opened = open_biosight(settings.model_copy(update={"tiles_file": path}))
    with TestClient(create_app(opened, housekeeping=False), headers=ORIGIN) as client:
        assert client.get("/ground/1/0/0").status_code == 401
        sign_up(client, "ada@example.org")
        page = client.get(f"/collections/{first_collection(client)}/places").text
        assert 'data-tiles="/ground/{z}/{x}/{y}"' in page
        assert 'data-credit="A survey of 2024"' in page
        assert 'data-shallowest="0"' in page
        assert 'data-deepest="1"' in page
        answer = client.get("/ground/1/0/0")
        assert (answer.content, answer.headers["content-type"]) == (TILES[1, 0, 0], "image/png")
        for wrong in (
            "/ground/1/1/0",
            "/ground/9/0/0",
            "/ground/-1/0/0",
            "/ground/1/-1/0",
            f"/ground/1/{10**30}/0",
        ):
            assert client.get(wrong).status_code == 404
    opened.close()


def vector(path: Path, name: str) -> Path:
    return pmtiles(path, TileType.MVT) if name == "pmtiles" else mbtiles(path, "pbf")


@pytest.mark.parametrize("kind", MAKERS)
def test_vector_tiles_are_refused_in_words(tmp_path: Path, kind: str) -> None:
    with pytest.raises(BadRequest, match="vector tiles"):
        open_tiles(vector(tmp_path / "ground", kind))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "neither PMTiles nor MBTiles"),
        (b"\x89PNG\r\n", "neither PMTiles nor MBTiles"),
        (b"PMTiles", "damaged"),
        (b"PMTiles\x03" + 200 * b"\xff", "damaged"),
        (b"SQLite format 3\x00" + 200 * b"\xff", "damaged"),
    ],
)
def test_any_other_file_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "ground"
    path.write_bytes(content)
    with pytest.raises(BadRequest, match=words):
        open_tiles(path)
    with pytest.raises(BadRequest, match="can't be read"):
        open_tiles(tmp_path / "absent")
