"""Layers of a collection's map: add, list and remove them.

Not here: reading their files (places/layers.py).
"""

import time
from pathlib import Path

from biosight.errors import BadRequest, NotFound
from biosight.places import LayerShapes, MapLayer
from biosight.places.layers import LONGEST_NAME, layer_in
from biosight.storage.records import Insert, Records, Remove, Where, find_all, new_id

MOST_LAYERS = 20


def layers_on_map(records: Records, collection: str) -> list[MapLayer]:
    """Return the layers of a collection's map, by name."""
    found = find_all(records, MapLayer, [Where("collection", "=", collection)])
    return sorted(found, key=lambda layer: (layer.name.casefold(), layer.id))


def shapes_of(records: Records, collection: str, id: str) -> str:
    """Return the shapes of a layer as GeoJSON text. Raises NotFound."""
    found = records.get(LayerShapes, id)
    if found is None or found.collection != collection:
        raise NotFound("There is no such layer.")
    return found.geojson


def add_layer(records: Records, collection: str, by: str, name: str, file: Path) -> MapLayer:
    """Add a file's shapes to a collection's map. Raises BadRequest in words, and Unavailable while
    others are read."""
    if len(layers_on_map(records, collection)) >= MOST_LAYERS:
        raise BadRequest(f"A map can have up to {MOST_LAYERS} layers; remove some first.")
    text, id = layer_in(file), new_id()
    called = " ".join(name.split())[:LONGEST_NAME] or "Layer"
    many = text.count('"type":"Feature"')
    made = MapLayer(id, collection, called, by, time.time(), many, len(text))
    records.write(Insert(made), Insert(LayerShapes(id, collection, text)))
    return made


def remove_layer(records: Records, collection: str, id: str) -> None:
    """Remove a layer of a collection's map. Raises NotFound."""
    found = records.get(MapLayer, id)
    if found is None or found.collection != collection:
        raise NotFound("There is no such layer.")
    records.write(Remove(MapLayer, id), Remove(LayerShapes, id))
