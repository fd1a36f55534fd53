"""API: layers that people lay over a collection's map.

Who gets only coarse places gets no layers: a track or a plot tells where people looked. Not here:
reading the files (places/layers.py), or the ground (web/map_assets.py).
"""

from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import Annotated

from fastapi import APIRouter, File, Response, UploadFile
from pydantic import BaseModel

from biosight.errors import NotFound
from biosight.places import MapLayer
from biosight.places.layers import MOST_BYTES
from biosight.web.access.deps import MayChange, MayLook, Open, Signed, Store
from biosight.web.access.rights import hides_places
from biosight.web.body_limits import body_limit, up_to
from biosight.workflows.places import map_layers

router = APIRouter(tags=["places"])
MOST_MB = MOST_BYTES // 1_000_000
OF_LAYERS = up_to(MOST_MB, f"A layer can have up to {MOST_MB} MB; simplify it.")


class LayerOut(BaseModel):
    """A layer of the map: its name and how many shapes it has."""

    id: str
    name: str
    shapes: int
    size: int


def layer_out(layer: MapLayer) -> LayerOut:
    """Return a layer as the API shows it."""
    return LayerOut(id=layer.id, name=layer.name, shapes=layer.shapes, size=layer.size)


@router.get("/collections/{collection}/layers")
def layers(access: MayLook, biosight: Open, records: Store) -> list[LayerOut]:
    """List the layers of the map, by name; none for those from whom places are hidden."""
    if hides_places(access, biosight, records):
        return []
    return [layer_out(layer) for layer in map_layers.layers_on_map(records, access.collection.id)]


@router.get("/collections/{collection}/layers/{layer}")
def layer_shapes(layer: str, access: MayLook, biosight: Open, records: Store) -> Response:
    """Return the shapes of a layer as GeoJSON."""
    if hides_places(access, biosight, records):
        raise NotFound("There is no such layer.")
    found = map_layers.shapes_of(records, access.collection.id, layer)
    return Response(found, media_type="application/geo+json")


@router.post("/collections/{collection}/layers", status_code=201)
@body_limit(OF_LAYERS)
def add_layer(
    file: Annotated[UploadFile, File()], access: MayChange, person: Signed, records: Store
) -> LayerOut:
    """Lay the shapes of a GeoJSON or GPX file over the map."""
    with NamedTemporaryFile(suffix=".layer") as kept:
        copyfileobj(file.file, kept)
        kept.flush()
        name = Path(file.filename or "").stem
        path = Path(kept.name)
        made = map_layers.add_layer(records, access.collection.id, person.user.id, name, path)
    return layer_out(made)


@router.delete("/collections/{collection}/layers/{layer}", status_code=204)
def remove_layer(layer: str, access: MayChange, records: Store) -> None:
    """Remove a layer from the map; the file that it came from is not kept here."""
    map_layers.remove_layer(records, access.collection.id, layer)
