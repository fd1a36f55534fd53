"""What a filter can choose from, and counts that follow it: places, cameras, people, folders."""

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from tests import tiny
from tests.conftest import first_collection, upload, upload_ids
from tests.publishing.test_standards import in_the_field
from tests.web.test_places import dated
from tests.web.test_sharing import Another, share


@pytest.fixture
def field(ada: TestClient, biosight: BioSight) -> tuple[TestClient, str, list[str]]:
    """Two cards of pictures, one placed; a picture with coordinates, one of nothing known."""
    chosen = first_collection(ada)
    path = f"/api/v1/collections/{chosen}"
    ids = []
    for n, (label, folder) in enumerate(
        [("Red", "SD 1/100EK"), ("Green", "SD 1/101EK"), ("Blue", "SD 2"), ("Red", "")]
    ):
        name = f"{label}{n}.jpg"
        sent = f"{folder}/{name}" if folder else name
        made = upload(ada, chosen, tiny.picture(label, n), name, path=sent)["image"]
        ids.append(str(made["id"]))  # type: ignore[index]
    made = upload(ada, chosen, in_the_field("Blue", 7), "gps.jpg")["image"]
    ids.append(str(made["id"]))  # type: ignore[index]
    site = {"name": "Pond", "latitude": "52.5", "longitude": "13.4"}
    site_id = ada.post(f"{path}/sites", json=site).json()["id"]
    camera = {"name": "Cam 1", "site": site_id}
    deployment = ada.post(f"{path}/deployments", json=camera).json()["id"]
    body = {"kind": "deploy", "deployment": deployment, "images": ids[:2]}
    assert ada.post(f"{path}/acts", json=body).status_code == 201
    dated(biosight, ids[:1], "2026-05-03T10:00:00")
    return ada, path, ids


def names(client: TestClient, path: str, **asked: str | list[str]) -> set[str]:
    """The names of the pictures that a filter matches."""
    found = client.get(f"{path}/images", params=asked)
    assert found.status_code == 200, found.text
    rows = {i["name"] for i in found.json()["images"]}
    count = client.get(f"{path}/count", params=asked).json()["images"]
    labels = client.get(f"{path}/labels", params=asked).json()
    assert len(rows) == count == sum(label["images"] for label in labels)
    return rows


def test_each_part_matches_what_it_says(field: tuple[TestClient, str, list[str]]) -> None:
    client, path, ids = field
    seen = client.get(f"{path}/facets", params={"of": ["sites", "deployments", "cameras"]}).json()
    site = next(v for v in seen["sites"] if v["words"] == "Pond")
    assert site["images"] == 2
    placed = {"Red0.jpg", "Green1.jpg"}
    assert names(client, path, site=site["value"]) == placed
    deployment = next(v["value"] for v in seen["deployments"] if v["words"] == "Cam 1")
    assert names(client, path, deployment=deployment) == placed
    assert names(client, path, deployment="") == {"Blue2.jpg", "Red3.jpg", "gps.jpg"}
    assert names(client, path, deployment=[deployment, ""]) > placed
    assert names(client, path, placed="true") == placed | {"gps.jpg"}
    assert names(client, path, placed="false") == {"Blue2.jpg", "Red3.jpg"}
    assert names(client, path, camera="Acme Trap 5") == {"gps.jpg"}
    assert names(client, path, labels=["Green", "Blue"]) == {"Green1.jpg", "Blue2.jpg", "gps.jpg"}
    assert names(client, path, folder="/SD 1/") == placed
    assert names(client, path, folder="/SD 1/101EK/") == {"Green1.jpg"}
    assert names(client, path, box="47,-9,48,-8") == {"gps.jpg"}
    assert names(client, path, box="47,-8,48,9") == set()
    assert names(
        client, path, taken_from="2026-05-03T10:00:00", taken_to="2026-05-03T10:00:00"
    ) == {"Red0.jpg"}
    assert names(client, path, label="Red", folder="/SD 1/") == {"Red0.jpg"}
    body = {"kind": "confirm", "matching": {"labels": ["Green"], "site": site["value"]}}
    done = client.post(f"{path}/acts", json=body).json()
    assert [i["id"] for i in done["changed"]] == [ids[1]]


def test_folders_are_counted_and_follow_the_filter(
    field: tuple[TestClient, str, list[str]],
) -> None:
    client, path, _ = field
    every = client.get(f"{path}/facets", params={"of": "folders"}).json()["folders"]
    counts = {v["value"]: v["images"] for v in every}
    assert counts == {"/": 2, "/SD 1/100EK/": 1, "/SD 1/101EK/": 1, "/SD 2/": 1}
    asked = {"of": "folders", "label": "Blue"}
    blue = client.get(f"{path}/facets", params=asked).json()["folders"]
    assert {v["value"]: v["images"] for v in blue} == {"/": 1, "/SD 2/": 1}


def test_who_uploaded_is_a_filter_and_an_order(ada: TestClient, another: Another) -> None:
    bob = another("bob@example.org")
    chosen = first_collection(ada)
    path = f"/api/v1/collections/{chosen}"
    share(ada, bob, chosen, "editor")
    upload_ids(ada, chosen, "Red", "Green")
    assert upload(bob, chosen, tiny.picture("Blue", 9), "bobs.jpg")
    people = ada.get(f"{path}/facets", params={"of": "uploaders"}).json()["uploaders"]
    assert [(p["words"], p["images"]) for p in people] == [("ada", 2), ("bob", 1)]
    assert names(ada, path, uploader=people[1]["value"]) == {"bobs.jpg"}
    for order in ("uploader", "camera", "site", "deployment"):
        first = ada.get(f"{path}/images?sort={order}&limit=2").json()
        rest = ada.get(f"{path}/images", params={"sort": order, "cursor": first["next"]}).json()
        assert len({i["id"] for i in first["images"] + rest["images"]}) == 3


def test_what_makes_no_sense_is_refused_in_words(field: tuple[TestClient, str, list[str]]) -> None:
    client, path, _ = field
    for query in ("box=1,2,3", "taken_from=today", "placed=maybe", "folder=SD", "of=colours"):
        answer = client.get(f"{path}/{'facets' if query.startswith('of') else 'images'}?{query}")
        assert answer.status_code == 422, query
        assert answer.json()["detail"]
