"""COCO Camera Traps: sequences, empty pictures and labels, as others' programs read them."""

import json

from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from tests import tiny
from tests.conftest import Run, first_collection, upload, upload_ids
from tests.web.test_places import dated


def test_pictures_sequences_and_labels(ada: TestClient, biosight: BioSight) -> None:
    chosen = first_collection(ada)
    path = f"/api/v1/collections/{chosen}"
    ids = upload_ids(ada, chosen, "Red", "Red", "Green", "Blue")
    dated(biosight, ids[:3], *(f"2026-05-03T10:00:{n:02}" for n in (0, 20, 40)))
    site = {"name": "Pond", "latitude": "52.5", "longitude": "13.4"}
    place = ada.post(f"{path}/sites", json=site).json()["id"]
    made = ada.post(f"{path}/deployments", json={"name": "Cam 1", "site": place}).json()["id"]
    for body in (
        {"kind": "deploy", "deployment": made, "images": ids[:3]},
        {"kind": "relabel", "label": "Empty", "images": ids[1:2]},
        {"kind": "count", "individuals": 3, "images": ids[:1]},
        {"kind": "undecided", "images": ids[3:]},
    ):
        assert ada.post(f"{path}/acts", json=body).status_code == 201
    answer = ada.get(f"{path}/coco")
    assert answer.headers["content-type"] == "application/json"
    said = json.loads(answer.content)
    names = {c["id"]: c["name"] for c in said["categories"]}
    assert names[0] == "empty"
    assert set(names.values()) == {"empty", "Red", "Green"}
    images = {i["id"]: i for i in said["images"]}
    assert set(images) == set(ids)
    frames = [(images[i]["frame_num"], images[i]["seq_num_frames"]) for i in ids[:3]]
    assert frames == [(0, 3), (1, 3), (2, 3)]
    assert len({images[i]["seq_id"] for i in ids}) == 2
    assert (images[ids[0]]["location"], images[ids[0]]["datetime"]) == (
        "Pond",
        "2026-05-03 10:00:00",
    )
    labels = {a["image_id"]: a for a in said["annotations"]}
    assert names[labels[ids[1]]["category_id"]] == "empty"
    assert labels[ids[1]]["classification_method"] == "human"
    assert labels[ids[0]]["count"] == 3
    assert 0 < labels[ids[2]]["score"] <= 1
    assert ids[3] not in labels


def test_written_by_command(run: Run, tmp_path: object) -> None:
    from pathlib import Path

    from tests import tiny

    folder = Path(str(tmp_path))
    run("user", "add", "ada@example.org", "--password", "seven quiet herons")
    (folder / "in").mkdir()
    (folder / "in" / "a.jpg").write_bytes(tiny.picture("Red", 1))
    run("import", folder / "in")
    assert "as coco" in run("publish", "coco", "--to", folder / "x.json").output
    assert len(json.loads((folder / "x.json").read_text())["images"]) == 1
    refused = run("publish", "coco", "--media", "--to", folder / "y.json", code=1)
    assert "Camtrap DP package only" in refused.output


def test_no_two_pictures_have_one_file_name(ada: TestClient) -> None:
    """Loose uploads of several cards are all called RCNX0001.JPG (F20)."""
    collection = first_collection(ada)
    for seed, path in enumerate(("", "", "C:\\cards\\CAM3\\x.jpg", "../../x.jpg")):
        name = path.rpartition("\\")[2] or "RCNX0001.JPG"
        upload(ada, collection, tiny.picture("Red", seed), name, path=path)
    found = ada.get(f"/api/v1/collections/{collection}/coco").json()["images"]
    names = sorted(image["file_name"] for image in found)
    assert len(set(names)) == 4
    assert "cards/CAM3/x.jpg" in names
    assert not any(name.startswith(("/", "C:")) or ".." in name for name in names)
