"""A collection of camera traps: the animal is named, empty frames and people are proposed, boxes
are kept and shown, and a detector that fails harms no picture."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.inference.detection.detector import Detector
from tests import tiny
from tests.conftest import first_collection, upload, upload_ids
from tests.detectors import Said, make_detector
from tests.inference.test_camera_trap import ANIMAL, BY_SCORE, MAN, frame
from tests.web.test_models import work

API = "/api/v1/collections"


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    tiny.make_tree_model(tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture
def here(ada: TestClient) -> str:
    """A collection of camera traps."""
    made = f"{API}/{first_collection(ada)}"
    assert (
        ada.patch(made, json={"picture_kind": "camera traps"}).json()["picture_kind"]
        == "camera traps"
    )
    return made


def find(biosight: BioSight, tmp_path: Path, *said: Said) -> None:
    folder = make_detector(tmp_path / "detector", said, **BY_SCORE)
    detectors = biosight.intake.detectors
    detectors.opened, detectors.looked = Detector(folder, 1), float("inf")


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Pillow.fromarray(frame()).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def sent(client: TestClient, here: str) -> dict[str, object]:
    """The picture page of a frame that was just uploaded."""
    made = upload(client, here.removeprefix(f"{API}/"), jpeg(), "IMG_1.JPG")["image"]
    assert isinstance(made, dict)
    found: dict[str, object] = client.get(f"/api/v1/images/{made['id']}").json()
    return found


def test_the_animal_is_named_and_its_box_is_kept(
    ada: TestClient, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path, ANIMAL)
    seen = sent(ada, here)
    assert (seen["label"], seen["who"], seen["detector"]) == ("Crimson", "machine", "tiny@1")
    boxes = seen["boxes"]
    assert isinstance(boxes, list)
    [box] = boxes
    assert box["kind"] == "animal"
    assert (box["x"], box["w"]) == (pytest.approx(0.75, abs=0.01), pytest.approx(0.19, abs=0.01))


@pytest.mark.parametrize(("said", "label"), [((), "Empty"), ((MAN,), "Human")])
def test_nothing_and_people_are_proposed_by_the_machine(
    ada: TestClient,
    biosight: BioSight,
    here: str,
    tmp_path: Path,
    said: tuple[Said, ...],
    label: str,
) -> None:
    find(biosight, tmp_path, *said)
    seen = sent(ada, here)
    assert (seen["label"], seen["machine_label"], seen["who"]) == (label, label, "machine")
    assert seen["thing"] == label.casefold()
    assert (seen["levels"], seen["unfamiliar"]) == ([], False)
    assert 0.6 < float(str(seen["confidence"])) <= 1
    counts = {x["label"]: x["images"] for x in ada.get(f"{here}/labels").json()}
    assert counts == {label: 1}
    assert ada.patch(f"/api/v1/images/{seen['id']}", json={"confirm": True}).status_code == 200
    [quality] = [ada.get(f"{here}/audit").json()]
    assert quality is not None


def test_a_detector_that_fails_harms_no_picture(
    ada: TestClient, biosight: BioSight, here: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find(biosight, tmp_path, ANIMAL)

    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(Detector, "detect", fail)
    seen = sent(ada, here)
    assert (seen["label"], seen["boxes"]) == ("Green", [])
    assert "The detector failed" in str(seen["trouble"])


def test_other_collections_ask_no_detector(
    ada: TestClient, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path)
    ada.patch(here, json={"picture_kind": "as they are"})
    seen = sent(ada, here)
    assert (seen["label"], seen["detector"], seen["boxes"]) == ("Green", "", [])


def test_a_try_on_looks_for_animals_in_what_is_there(
    ada: TestClient, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path, ANIMAL)
    ada.patch(here, json={"picture_kind": "as they are"})
    before = sent(ada, here)
    upload_ids(ada, here.removeprefix(f"{API}/"), "Blue")
    ada.patch(here, json={"picture_kind": "camera traps"})
    job = ada.post(f"{here}/try-on", json={"model": before["model"]}).json()["id"]
    assert "1 of 2 labels would change" in work(biosight).words
    ada.post(f"/api/v1/jobs/{job}/apply", json={})
    assert work(biosight).state == "done"
    after = ada.get(f"/api/v1/images/{before['id']}").json()
    assert (before["label"], after["label"], len(after["boxes"])) == ("Green", "Crimson", 1)


def test_boxes_go_out_with_what_the_label_is_about(
    ada: TestClient, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path, ANIMAL, MAN)
    seen = sent(ada, here)
    site = {"name": "Pond", "latitude": "52.5", "longitude": "13.4"}
    place = ada.post(f"{here}/sites", json=site).json()["id"]
    camera = {"name": "Cam 1", "site": place, "zone": "Europe/Berlin"}
    made = ada.post(f"{here}/deployments", json=camera).json()["id"]
    for body in (
        {"kind": "deploy", "deployment": made},
        {"kind": "date", "when": "2026-05-03 10:00"},
    ):
        done = ada.post(f"{here}/acts", json={**body, "images": [seen["id"]]})
        assert done.status_code == 201, done.text
    [row] = ada.get(f"{here}/coco").json()["annotations"]
    assert row["bbox"] == pytest.approx([240, 120, 60, 50], abs=1.5)
    target = tmp_path / "out.zip"
    with target.open("wb") as file:
        file.write(ada.get(f"{here}/camtrap-dp").content)
    text = zipfile.ZipFile(target).read("observations.csv").decode()
    rows = {r["observationLevel"]: r for r in csv.DictReader(io.StringIO(text))}
    box = [float(rows["media"][n]) for n in ("bboxX", "bboxY", "bboxWidth", "bboxHeight")]
    assert box == pytest.approx([0.75, 0.667, 0.1875, 0.278], abs=0.01)
    assert rows["event"]["bboxX"] == ""


def test_boxes_go_out_as_megadetector_writes_them(
    ada: TestClient, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path, ANIMAL, MAN)
    seen = sent(ada, here)
    collection = here.removeprefix(f"{API}/")
    empty, named = upload_ids(ada, collection, "Blue", "Green")
    for image, label in ((empty, "Empty"), (named, "Aves"), (seen["id"], "Vulpes vulpes")):
        body = {"kind": "relabel", "label": label, "images": [image]}
        assert ada.post(f"{here}/acts", json=body).status_code == 201
    said = ada.get(f"{here}/megadetector").json()
    assert said["detection_categories"]["2"] == "person"
    classes = said["classification_categories"]
    found = {i["file"]: i for i in said["images"]}
    first = {d["category"]: d for d in found["IMG_1.JPG"]["detections"]}
    assert first["1"]["bbox"] == pytest.approx([0.75, 0.667, 0.1875, 0.278], abs=0.01)
    [[number, sure]] = first["1"]["classifications"]
    assert (classes[number], sure) == ("Vulpes vulpes", 1.0)
    assert "classifications" not in first["2"]
    assert {i["human_verified"] for i in found.values()} == {True}
    others = sorted(len(i["detections"]) for name, i in found.items() if name != "IMG_1.JPG")
    assert others[0] == 0  # an empty picture has no detection


def test_a_persons_label_stays(
    ada: TestClient, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path)
    seen = sent(ada, here)
    ada.patch(f"/api/v1/images/{seen['id']}", json={"label": "Crimson"})
    job = ada.post(f"{here}/try-on", json={"model": seen["model"]}).json()["id"]
    work(biosight)
    ada.post(f"/api/v1/jobs/{job}/apply", json={})
    work(biosight)
    assert ada.get(f"/api/v1/images/{seen['id']}").json()["label"] == "Crimson"


def photograph(camera: str = "RECONYX HYPERFIRE") -> bytes:
    """A frame whose Exif names a camera."""
    maker, _, model = camera.partition(" ")
    exif = Pillow.Exif()
    exif[0x010F], exif[0x0110] = maker, model
    buffer = io.BytesIO()
    Pillow.fromarray(frame()).save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


def test_cameras_suggest_camera_traps_and_a_person_decides(
    ada: TestClient, biosight: BioSight, tmp_path: Path
) -> None:
    find(biosight, tmp_path, ANIMAL)
    collection = first_collection(ada)
    here = f"{API}/{collection}"
    image = upload(ada, collection, photograph(), "IMG_1.JPG", session="s1")["image"]
    assert isinstance(image, dict)
    assert image["label"] == "Green"
    seen = ada.get(f"{here}/picture-kind?session={image['session']}").json()
    assert (seen["picture_kind"], seen["suggested"], seen["images"]) == ("", "camera traps", 1)
    assert seen["cameras"] == ["RECONYX HYPERFIRE"]
    done = ada.put(f"{here}/picture-kind", json={"picture_kind": "camera traps", "again": True})
    assert done.json()["job"]["kind"] == "reclassify"
    assert work(biosight).state == "done"
    after = ada.get(f"/api/v1/images/{image['id']}").json()
    assert (after["label"], len(after["boxes"])) == ("Crimson", 1)
    assert ada.get(f"{here}/picture-kind").json()["picture_kind"] == "camera traps"


def test_other_cameras_suggest_nothing_and_new_collections_say_what_they_hold(
    ada: TestClient,
) -> None:
    collection = first_collection(ada)
    upload(ada, collection, photograph("Canon EOS R5"), "a.jpg")
    assert ada.get(f"{API}/{collection}/picture-kind").json()["suggested"] == ""
    said = {"name": "Traps", "picture_kind": "camera traps"}
    made = ada.post(API, json=said).json()
    assert made["picture_kind"] == "camera traps"
    bad = ada.patch(f"{API}/{collection}", json={"picture_kind": "films"})
    assert bad.status_code == 422


def test_a_photograph_is_seen_whole_and_closely_and_is_never_empty(
    ada: TestClient, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    ada.patch(here, json={"picture_kind": "photographs"})
    find(biosight, tmp_path, MAN)
    seen = sent(ada, here)
    assert (seen["label"], seen["detector"]) == ("Green", "tiny@1"), "a person is no proposal"
    boxes = seen["boxes"]
    assert isinstance(boxes, list)
    assert [b["kind"] for b in boxes] == ["human"]


def test_a_close_up_shows_the_animal_and_follows_its_box(
    ada: TestClient, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path, ANIMAL)
    seen = sent(ada, here)
    at = f"/api/v1/images/{seen['id']}"
    assert redness(ada.get(f"{at}/closer").content) > 0.5 > redness(ada.get(f"{at}/view").content)
    field = {"x": 0.0, "y": 0.0, "w": 0.3, "h": 0.3}
    said = {"subjects": [{"label": "Crimson", "region": field}]}
    assert ada.put(f"{at}/subjects", json=said).status_code == 200
    assert redness(ada.get(f"{at}/closer").content) < 0.05


def test_without_a_box_a_close_up_is_the_picture(ada: TestClient) -> None:
    [image] = upload_ids(ada, first_collection(ada), "Red")
    at = f"/api/v1/images/{image}"
    assert ada.get(f"{at}/closer").content == ada.get(f"{at}/thumbnail").content


def redness(content: bytes) -> float:
    """The share of pixels that are more red than green."""
    pixels = np.asarray(Pillow.open(io.BytesIO(content)).convert("RGB"), int)
    return float((pixels[..., 0] > pixels[..., 1]).mean())
