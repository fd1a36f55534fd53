"""Layers of the map: tracks, plots and borders of a GeoJSON or GPX file, read in a separate
process.

Not here: keeping them (workflows/places/map_layers.py), drawing them
(web/static/js/places/layers.js), or the ground below (ground).
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from biosight.errors import BadRequest
from biosight.untrusted.child_process import Limits, run_in_child

MOST_BYTES = 10_000_000
MOST_POINTS, MOST_SHAPES = 100_000, 5_000
LONGEST_NAME, DEEPEST = 120, 8
DECIMALS = 6  # some ten centimetres
LIMITS = Limits(memory=1 << 30, cpu=20, wall=60.0)
# How deep the list of positions of each geometry is.
DEPTHS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
# How GeoJSON of 2008 names WGS 84, where it does.
WGS_84 = re.compile(r"CRS84|EPSG:(:|[0-9.]+:)?4326\b")
NEITHER = "This is neither GeoJSON nor GPX. Export the layer as GeoJSON in WGS 84 (EPSG:4326)."


def layer_in(file: Path) -> str:
    """Return the shapes of a file as GeoJSON text. Raises BadRequest in words, and Unavailable
    while others are read."""
    [geojson] = run_in_child(read_layer, [str(file)], LIMITS)
    return str(geojson)


def read_layer(path: str) -> Iterator[str]:
    """Yield the shapes of a file as GeoJSON text; for a separate process. Raises BadRequest."""
    content = Path(path).read_bytes()
    if len(content) > MOST_BYTES:
        raise BadRequest(f"A layer can have up to {MOST_BYTES // 1_000_000} MB; simplify it.")
    features = list(features_of(content))
    if not features:
        raise BadRequest("This file has no shapes.")
    if len(features) > MOST_SHAPES:
        raise BadRequest(f"A layer can have up to {MOST_SHAPES:,} shapes; simplify it.")
    if sum(count_points(f["geometry"]["coordinates"]) for f in features) > MOST_POINTS:
        raise BadRequest(f"A layer can have up to {MOST_POINTS:,} points; simplify it.")
    yield json.dumps(
        {"type": "FeatureCollection", "features": features},
        separators=(",", ":"),
        ensure_ascii=False,
    )


def features_of(content: bytes) -> Iterator[dict[str, Any]]:
    """Yield the features of a file. Raises BadRequest."""
    begin = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    try:
        if begin == b"{":
            yield from of_geojson(json.loads(content), 0)
        elif begin == b"<":
            yield from of_gpx(fromstring(content))
        else:
            raise BadRequest(NEITHER)
    except (ParseError, ValueError, RecursionError, LookupError, TypeError) as error:
        raise BadRequest(NEITHER) from error


def of_geojson(said: Mapping[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    """Yield the shapes of a GeoJSON object, also of collections within it."""
    if depth > DEEPEST:
        raise BadRequest("The shapes of this file are nested too deeply.")
    if said.get("crs") and not WGS_84.search(json.dumps(said["crs"])):
        raise BadRequest("This file has other coordinates; export it in WGS 84 (EPSG:4326).")
    if said["type"] == "FeatureCollection":
        for feature in said["features"]:
            yield from of_geojson(feature, depth + 1)
    elif said["type"] == "GeometryCollection":
        for shape in said["geometries"]:
            yield from of_geojson(shape, depth + 1)
    elif said["type"] == "Feature":
        name = shape_name(said.get("properties") or {})
        for feature in of_geojson(said["geometry"], depth + 1) if said["geometry"] else ():
            yield feature | {"properties": {"name": name}}
    else:
        wanted = DEPTHS[said["type"]]
        shape = {"type": said["type"], "coordinates": checked(said["coordinates"], wanted)}
        yield {"type": "Feature", "properties": {"name": ""}, "geometry": shape}


def shape_name(properties: Mapping[str, Any]) -> str:
    """Return what a shape is called, "" for nothing."""
    found = {str(k).casefold(): v for k, v in properties.items()}
    said = next((found[k] for k in ("name", "title", "label", "id") if found.get(k)), "")
    text = str(said).encode("utf-8", "replace").decode()  # JSON may hold half of a sign
    return " ".join(text.split())[:LONGEST_NAME]


def checked(coordinates: Any, depth: int) -> Any:
    """Return positions as [longitude, latitude], rounded. Raises BadRequest for a place that is not
    on the earth, as those in metres of a grid are not."""
    if depth:
        return [checked(part, depth - 1) for part in coordinates]
    longitude, latitude = coordinates[:2]
    if isinstance(longitude, str) or isinstance(latitude, str):
        raise BadRequest(NEITHER)
    return position(float(longitude), float(latitude))


def position(longitude: float, latitude: float) -> list[float]:
    """Return a position. Raises BadRequest if it is not on the earth."""
    if not (math.isfinite(longitude) and abs(longitude) <= 180 and abs(latitude) <= 90):
        raise BadRequest("This file has other coordinates; export it in WGS 84 (EPSG:4326).")
    return [round(longitude, DECIMALS), round(latitude, DECIMALS)]


def count_points(coordinates: Sequence[Any]) -> int:
    """Return the number of positions in a list of any depth."""
    if coordinates and isinstance(coordinates[0], list):
        return sum(count_points(part) for part in coordinates)
    return 1


def of_gpx(root: Element) -> Iterator[dict[str, Any]]:
    """Yield the waypoints, routes and tracks of a GPX document (1.0 or 1.1)."""
    if local_name(root) != "gpx":
        raise BadRequest(NEITHER)
    for part in root:
        kind = local_name(part)
        if kind == "wpt":
            yield feature_of(part, "Point", waypoint(part))
        elif kind == "rte":
            yield feature_of(part, "LineString", places_in(part, "rtept"))
        elif kind == "trk":
            ways = [places_in(way, "trkpt") for way in part if local_name(way) == "trkseg"]
            yield feature_of(part, "MultiLineString", [way for way in ways if way])


def feature_of(part: Element, kind: str, coordinates: Any) -> dict[str, Any]:
    """Return a part of a GPX document as a feature, by its name."""
    names = [child.text or "" for child in part if local_name(child) == "name"]
    return {
        "type": "Feature",
        "properties": {"name": shape_name({"name": names[0] if names else ""})},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def places_in(part: Element, kind: str) -> list[list[float]]:
    return [waypoint(point) for point in part if local_name(point) == kind]


def waypoint(point: Element) -> list[float]:
    return position(float(point.attrib["lon"]), float(point.attrib["lat"]))


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]
