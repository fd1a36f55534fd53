"""Layers of the map: what a file has is drawn where it is, and who may not see places sees none."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.errors import BadRequest
from biosight.places import LayerShapes, MapLayer, layers
from biosight.places.layers import layer_in
from biosight.storage.records import find_all
from biosight.workflows.upkeep.collection_removal import remove_collection
from tests.conftest import first_collection, upload_ids

SQUARE = [[[8.0, 47.0], [8.1, 47.0], [8.1, 47.1], [8.0, 47.0]]]
GPX = """<?xml version="1.0"?>
<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">
  <wpt lat="47.5" lon="8.25"><ele>410</ele><name>Nest &amp; box</name></wpt>
  <rte><name>Way in</name><rtept lat="47.1" lon="8.1"/><rtept lat="47.2" lon="8.2"/></rte>
  <trk><name>Round</name>
    <trkseg><trkpt lat="47.3" lon="8.3"/><trkpt lat="47.4" lon="8.4"/></trkseg>
    <trkseg><trkpt lat="-33.1234567" lon="-70.1"/><trkpt lat="-33.2" lon="-70.2"/></trkseg>
  </trk>
</gpx>"""


def written(folder: Path, content: str | bytes | dict[str, Any]) -> Path:
    text = json.dumps(content) if isinstance(content, dict) else content
    path = folder / "layer"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, content: str | bytes | dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Each shape's name, type and coordinates."""
    found = json.loads(layer_in(written(folder, content)))
    assert found["type"] == "FeatureCollection"
    return [
        (f["properties"]["name"], f["geometry"]["type"], f["geometry"]["coordinates"])
        for f in found["features"]
    ]


def test_gpx_has_waypoints_routes_and_tracks(tmp_path: Path) -> None:
    assert read(tmp_path, GPX) == [
        ("Nest & box", "Point", [8.25, 47.5]),
        ("Way in", "LineString", [[8.1, 47.1], [8.2, 47.2]]),
        (
            "Round",
            "MultiLineString",
            [[[8.3, 47.3], [8.4, 47.4]], [[-70.1, -33.123457], [-70.2, -33.2]]],
        ),
    ]


def test_geojson_keeps_shapes_and_names_alone(tmp_path: Path) -> None:
    plot = {"type": "Polygon", "coordinates": SQUARE}
    point = {"type": "Point", "coordinates": [8.0, 47.0, 512.5]}
    said = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"Name": "Plot 1", "owner": "A"}, "geometry": plot},
            {"type": "Feature", "properties": None, "geometry": None},
            {
                "type": "Feature",
                "properties": {"id": 7},
                "geometry": {"type": "GeometryCollection", "geometries": [point, plot]},
            },
        ],
    }
    assert read(tmp_path, said) == [
        ("Plot 1", "Polygon", SQUARE),
        ("7", "Point", [8.0, 47.0]),
        ("7", "Polygon", SQUARE),
    ]
    assert read(tmp_path, point | {"crs": None}) == [("", "Point", [8, 47])]
    half = '{"type": "Feature", "properties": {"name": "\\ud800"}, "geometry": %s}'
    assert read(tmp_path, half % json.dumps(point)) == [("?", "Point", [8, 47])]
    assert read(tmp_path, b"\xef\xbb\xbf" + json.dumps(point).encode()) == [("", "Point", [8, 47])]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "neither GeoJSON nor GPX"),
        ("a,b\n1,2\n", "neither GeoJSON nor GPX"),
        ("{", "neither GeoJSON nor GPX"),
        ('{"type": "Topology"}', "neither GeoJSON nor GPX"),
        ('{"type": "Point"}', "neither GeoJSON nor GPX"),
        ('{"type": "Point", "coordinates": [1]}', "neither GeoJSON nor GPX"),
        ('{"type": "LineString", "coordinates": [1, 2]}', "neither GeoJSON nor GPX"),
        ('{"type": "Point", "coordinates": ["a", "b"]}', "neither GeoJSON nor GPX"),
        ('{"type": "Point", "coordinates": [NaN, 1]}', "other coordinates"),
        ('{"type": "Point", "coordinates": ["12", "34"]}', "neither GeoJSON nor GPX"),
        ('{"type": "Point", "coordinates": [1, 2], "crs": "EPSG:2056 not 4326"}', "WGS 84"),
        ('{"type": "Point", "coordinates": [2600000, 1200000]}', "WGS 84"),
        ('{"type": "FeatureCollection", "features": []}', "no shapes"),
        ("<kml/>", "neither GeoJSON nor GPX"),
        ("<gpx><wpt lat='1'/></gpx>", "neither GeoJSON nor GPX"),
        ("<gpx/>", "no shapes"),
        (
            '{"type": "Point", "coordinates": [1, 2], "crs": {"properties": "EPSG:2056"}}',
            "WGS 84",
        ),
        (30 * '{"type": "FeatureCollection", "features": [' + "]}" * 30, "nested too deeply"),
    ],
)
def test_any_other_file_is_refused_in_words(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        layer_in(written(tmp_path, content))


def test_a_file_may_not_become_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = {"type": "LineString", "coordinates": [[8.0, 47.0]] * (layers.MOST_POINTS + 1)}
    with pytest.raises(BadRequest, match="100,000 points"):
        layer_in(written(tmp_path, line))
    many = [{"type": "Point", "coordinates": [8.0, 47.0]}] * (layers.MOST_SHAPES + 1)
    with pytest.raises(BadRequest, match="5,000 shapes"):
        layer_in(written(tmp_path, {"type": "GeometryCollection", "geometries": many}))
    bomb = (
        '<!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + i)} "{10 * f"&{chr(97 + i)};"}">' for i in range(9))
        + "]><gpx><wpt lat='1' lon='2'><name>&j;</name></wpt></gpx>"
    )
    with pytest.raises(BadRequest):
        layer_in(written(tmp_path, bomb))


def add(client: TestClient, collection: str, name: str = "Plots.gpx", text: str = GPX) -> Any:
    path = f"/api/v1/collections/{collection}/layers"
    return client.post(path, files={"file": (name, text.encode())})


def test_an_editor_adds_and_removes_a_layer(ada: TestClient) -> None:
    collection = first_collection(ada)
    path = f"/api/v1/collections/{collection}/layers"
    made = add(ada, collection)
    assert made.status_code == 201
    [told] = ada.get(path).json()
    assert (told["name"], told["shapes"]) == ("Plots", 3)
    shapes = ada.get(f"{path}/{told['id']}")
    assert shapes.headers["content-type"] == "application/geo+json"
    assert len(shapes.json()["features"]) == 3
    assert ada.delete(f"{path}/{told['id']}").status_code == 204
    assert ada.get(path).json() == []
    assert ada.get(f"{path}/{told['id']}").status_code == 404
    assert ada.delete(f"{path}/{told['id']}").status_code == 404


def test_a_layer_of_another_collection_is_not_reached(ada: TestClient) -> None:
    made = add(ada, first_collection(ada)).json()
    other = ada.post("/api/v1/collections", json={"name": "Other"}).json()["id"]
    path = f"/api/v1/collections/{other}/layers/{made['id']}"
    assert ada.get(path).status_code == 404
    assert ada.delete(path).status_code == 404


def test_a_map_has_so_many_layers(ada: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("biosight.workflows.places.map_layers.MOST_LAYERS", 2)
    answers = [add(ada, first_collection(ada)) for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 201, 400]
    assert "up to 2 layers" in answers[2].json()["detail"]


def test_who_gets_coarse_places_gets_no_layers(
    ada: TestClient, another: Callable[[str], TestClient]
) -> None:
    collection = first_collection(ada)
    made = add(ada, collection).json()
    ben = another("ben@example.org")
    link = ada.post(f"/api/v1/collections/{collection}/invitations", json={"role": "viewer"})
    joined = ben.post("/api/v1/join", json={"secret": link.json()["path"].split("#")[1]})
    assert joined.status_code < 300, joined.text
    path = f"/api/v1/collections/{collection}/layers"
    assert [layer["id"] for layer in ben.get(path).json()] == [made["id"]]
    assert add(ben, collection).status_code == 403
    assert ben.delete(f"{path}/{made['id']}").status_code == 403
    upload_ids(ada, collection, "Red")
    hidden = ada.patch(f"/api/v1/collections/{collection}", json={"sensitive": ["Red"]})
    assert hidden.status_code == 200, hidden.text
    assert ben.get(path).json() == []
    assert ben.get(f"{path}/{made['id']}").status_code == 404
    assert len(ada.get(path).json()) == 1


def test_layers_go_with_their_collection(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    add(ada, collection)
    assert ada.delete(f"/api/v1/collections/{collection}").status_code < 300
    records = biosight.archive.records
    found = records.get(Collection, collection)
    assert found
    remove_collection(biosight, found)
    assert find_all(records, MapLayer) == []
    assert find_all(records, LayerShapes) == []
