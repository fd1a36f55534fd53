"""The map's assets: Leaflet and its marker clusters from installed packages, and the ground.

The ground is drawn here, or comes from the file that BIOSIGHT_TILES_FILE names; with BIOSIGHT_TILES
a browser asks another server for it. Not here: what lies on the map
(web/api/collections/maps_and_times.py).
"""

import logging
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request, Response

from biosight.errors import NotFound
from biosight.ground import DEEPEST, UNREADABLE, Scheme, TileFile, draw_tile, open_tiles
from biosight.settings import Settings
from biosight.storage.causes import in_short
from biosight.web.access.deps import Signed
from biosight.web.files.static_tree import StaticTree

LEAFLET = {
    "/leaflet": ("XStatic-Leaflet", "xstatic/pkg/leaflet/data"),
    "/leaflet-clusters": (
        "XStatic-Leaflet-MarkerCluster",
        "xstatic/pkg/leaflet_markercluster/data",
    ),
}
KEEP = {"Cache-Control": "private, max-age=86400"}
GSHHG = "Coasts: GSHHG (Wessel and Smith 1996)"

log = logging.getLogger(__name__)
DEEPEST_OF_ALL = 30  # zooms that any file may have
router = APIRouter(include_in_schema=False)


def mount(app: FastAPI, settings: Settings) -> None:
    """Serve the packages' files unchanged; `app.state.map_files` has them by the path. Open the
    file of tiles. Raises BadRequest if it has none that can be shown."""
    app.state.map_files = {}
    for path, (package, folder) in LEAFLET.items():
        where = Path(str(distribution(package).locate_file(folder)))
        app.state.map_files[path] = StaticTree.of(where, path)
        app.mount(path, app.state.map_files[path], name=path.strip("/"))
    app.state.tile_file = open_tiles(settings.tiles_file) if settings.tiles_file else None


def ground_of(app: FastAPI) -> dict[str, Any]:
    """Return where a page gets the ground of its maps, the credit below it, and the first and
    the deepest zoom that it has; an address with {scheme} is drawn for light or dark pages."""
    settings: Settings = app.state.biosight.settings
    file: TileFile | None = app.state.tile_file
    tiles, credit, zooms = "/ground/{scheme}/{z}/{x}/{y}.png", GSHHG, (0, DEEPEST)
    if settings.tiles:
        tiles, credit, zooms = settings.tiles, settings.tiles_credit, (0, 19)
    elif file is not None:
        tiles, credit = "/ground/{z}/{x}/{y}", settings.tiles_credit or file.credit
        zooms = file.shallowest, file.deepest
    said = {"tiles": tiles, "tiles_credit": credit}
    return said | {"shallowest": zooms[0], "deepest": zooms[1]}


@router.get("/ground/{scheme}/{zoom}/{x}/{y}.png")
def drawn_tile(scheme: Scheme, zoom: int, x: int, y: int, person: Signed) -> Response:
    """Return a tile with coasts, lakes, rivers and borders, for light or dark pages."""
    return Response(draw_tile(scheme, zoom, x, y), media_type="image/png", headers=KEEP)


@router.get("/ground/{zoom}/{x}/{y}")
def tile_of_file(zoom: int, x: int, y: int, request: Request, person: Signed) -> Response:
    """Return a tile of the operator's file."""
    file: TileFile | None = request.app.state.tile_file
    many = 2 ** min(max(zoom, 0), DEEPEST_OF_ALL)
    there = file is not None and 0 <= zoom <= file.deepest and 0 <= x < many and 0 <= y < many
    try:
        found = file.tile(zoom, x, y) if file and there else None
    except UNREADABLE as error:
        log.warning("a tile can't be read", extra={"reason": in_short(error)})
        found = None
    if found is None:
        raise NotFound("There is no such tile.")
    return Response(found.content, media_type=found.media_type, headers=KEEP)


def tile_host(settings: Settings) -> str:
    """Return where tiles come from, as a content security policy names it; "" for none."""
    parts = urlsplit(settings.tiles)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
