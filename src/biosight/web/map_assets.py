"""The map's assets from installed packages: Leaflet, its marker clusters, and borders of countries.

The borders are countryinfo's coarse outlines of 173 countries. Tiles come only from the server that
BIOSIGHT_TILES names. Not here: what is drawn on the map (web/api/collections/maps_and_times.py).
"""

import json
from functools import lru_cache
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Response

from biosight.settings import Settings
from biosight.web.files.static_tree import StaticTree

LEAFLET = {
    "/leaflet": ("XStatic-Leaflet", "xstatic/pkg/leaflet/data"),
    "/leaflet-clusters": (
        "XStatic-Leaflet-MarkerCluster",
        "xstatic/pkg/leaflet_markercluster/data",
    ),
}
DECIMALS = 2  # about a kilometre; the outlines are coarser than that

router = APIRouter(include_in_schema=False)


def mount(app: FastAPI) -> None:
    """Serve the packages' files unchanged; `app.state.map_files` has them by the path."""
    app.state.map_files = {}
    for path, (package, folder) in LEAFLET.items():
        where = Path(str(distribution(package).locate_file(folder)))
        app.state.map_files[path] = StaticTree.of(where, path)
        app.mount(path, app.state.map_files[path], name=path.strip("/"))


@router.get("/borders.json")
def borders() -> Response:
    """Return the outlines of countries as GeoJSON; they change only with the package."""
    headers = {"Cache-Control": "private, max-age=86400"}
    return Response(outlines(), media_type="application/geo+json", headers=headers)


@lru_cache(maxsize=1)
def outlines() -> bytes:
    """Return all outlines as one GeoJSON MultiPolygon, WGS 84."""
    shapes: list[Any] = []
    for file in sorted((files("countryinfo") / "data").iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".json"):
            continue
        said = json.loads(file.read_text(encoding="utf-8"))
        for feature in (said.get("geoJSON") or {}).get("features", ()):
            shape = feature["geometry"]
            many = shape["type"] == "MultiPolygon"
            shapes += shape["coordinates"] if many else [shape["coordinates"]]
    rounded = [[[thin_coordinates(p) for p in ring] for ring in polygon] for polygon in shapes]
    return json.dumps(
        {"type": "MultiPolygon", "coordinates": rounded}, separators=(",", ":")
    ).encode()


def thin_coordinates(point: list[float]) -> list[float]:
    """Return longitude and latitude, rounded to DECIMALS."""
    return [round(value, DECIMALS) for value in point[:2]]


def tile_host(settings: Settings) -> str:
    """Return where tiles come from, as a content security policy names it; "" for none."""
    parts = urlsplit(settings.tiles)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
