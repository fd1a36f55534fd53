"""Places that a collection hides: coarse for viewers and in exports, exact for its editors."""

import csv
import io
import json
import zipfile
from pathlib import Path

from starlette.testclient import TestClient

from biosight.images.reading import open_picture
from tests.conftest import first_collection, upload
from tests.publishing.test_standards import archive, in_the_field
from tests.web.test_sharing import Another, share

EXACT = b"47.1234"


def hidden(ada: TestClient, bob: TestClient) -> tuple[str, str, str]:
    """A collection whose reds are sensitive, with a red and a green picture and a site of the red;
    Bob looks on."""
    chosen = first_collection(ada)
    path = f"/api/v1/collections/{chosen}"
    red = upload(ada, chosen, in_the_field("Red", 1), "red.jpg")["image"]
    green = upload(ada, chosen, in_the_field("Green", 2, 48.654321), "green.jpg")["image"]
    changed = ada.patch(path, json={"sensitive": ["Red"], "coarse": 0.1})
    assert changed.status_code == 200, changed.text
    share(ada, bob, chosen, "viewer")
    return path, str(red["id"]), str(green["id"])  # type: ignore[index]


def test_viewers_see_the_middle_of_a_cell(ada: TestClient, another: Another) -> None:
    bob = another("bob@example.org")
    path, red, green = hidden(ada, bob)
    mine, theirs = (c.get(f"/api/v1/images/{red}").json() for c in (ada, bob))
    assert (mine["latitude"], mine["coarse"]) == (47.123456, 0)
    assert (theirs["latitude"], theirs["longitude"], theirs["coarse"]) == (47.15, -8.45, 0.1)
    assert bob.get(f"/api/v1/images/{green}").json()["latitude"] == 48.654321
    points = bob.get(f"{path}/map").json()
    assert {(p["latitude"], p["coarse"]) for p in points} == {(47.15, 0.1), (48.65, 0)}
    # No box finds it: a viewer's is as coarse as the place.
    box = {"box": "47.1,-8.5,47.12,-8.41"}
    assert ada.get(f"{path}/count", params=box).json() == {"images": 0}
    assert bob.get(f"{path}/count", params=box).json() == {"images": 1}


def test_a_site_of_something_sensitive_is_coarse_for_all_its_pictures(
    ada: TestClient, another: Another
) -> None:
    bob = another("bob@example.org")
    path, red, green = hidden(ada, bob)
    site = {"name": "Nest", "latitude": "47.123456", "longitude": "8.2"}
    site_id = ada.post(f"{path}/sites", json=site).json()["id"]
    camera = {"name": "Cam", "site": site_id, "camera": "SN"}
    deployment = ada.post(f"{path}/deployments", json=camera).json()["id"]
    body = {"kind": "deploy", "deployment": deployment, "images": [red, green]}
    assert ada.post(f"{path}/acts", json=body).status_code == 201
    assert ada.get(f"{path}/sites").json()[0]["latitude"] == 47.123456
    seen = bob.get(f"{path}/sites").json()[0]
    assert (seen["latitude"], seen["uncertainty"], seen["coarse"]) == (47.15, 7872, 0.1)
    assert bob.get(f"/api/v1/images/{green}").json()["latitude"] == 48.65
    for client in (ada, bob):
        for form in ("darwin-core", "camtrap-dp?utc_offset=60"):
            package = archive(client, f"{path}/{form}")
            assert not [n for n in package.namelist() if EXACT in package.read(n)], form
        assert EXACT not in client.get(f"{path}/coco").content
        assert EXACT not in client.get(f"{path}/csv").content
    package = archive(ada, f"{path}/camtrap-dp?utc_offset=60")
    assert json.loads(package.read("datapackage.json"))["coordinatePrecision"] == 0.1
    row = next(csv.DictReader(io.StringIO(package.read("deployments.csv").decode())))
    assert (row["latitude"], row["coordinateUncertainty"]) == ("47.150", "7872")


def has_place(content: bytes, folder: Path) -> bool:
    """Does a file say where it was taken?"""
    path = folder / "picture"
    path.write_bytes(content)
    return open_picture(path, 100).metadata.latitude is not None


def test_no_view_tells_the_place_and_a_download_need_not(
    ada: TestClient, another: Another, tmp_path: Path
) -> None:
    bob = another("bob@example.org")
    path, red, green = hidden(ada, bob)
    for client in (ada, bob):
        for id in (red, green):
            for form in ("view", "whole", "thumbnail"):
                answer = client.get(f"/api/v1/images/{id}/{form}")
                assert answer.status_code == 200
                assert not has_place(answer.content, tmp_path), (form, id)
    original = f"/api/v1/images/{red}/original?download=true"
    assert has_place(ada.get(original).content, tmp_path)
    assert not has_place(bob.get(original).content, tmp_path)
    assert not has_place(ada.get(f"{original}&placeless=true").content, tmp_path)
    assert has_place(bob.get(f"/api/v1/images/{green}/original").content, tmp_path)
    for client, query, places in ((ada, "", 2), (ada, "?placeless=true", 0), (bob, "", 1)):
        zipped = zipfile.ZipFile(io.BytesIO(client.get(f"{path}/zip{query}").content))
        assert zipped.testzip() is None
        files = [zipped.read(n) for n in zipped.namelist() if n.endswith(".jpg")]
        assert sum(has_place(f, tmp_path) for f in files) == places
