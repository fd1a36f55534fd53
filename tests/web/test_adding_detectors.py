"""A detector that an administrator adds: tried apart, waits, then looks at new pictures until it is
retired."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight import registry
from biosight.bootstrap import BioSight
from biosight.inference.model_files import trial
from biosight.inference.model_files.card import card_of_detector
from biosight.workflows.models.add_detector import kinds_of
from tests.cli.test_model_commands import foreign
from tests.conftest import first_collection, upload
from tests.detectors import WRITERS, Said, card_of, make_detector
from tests.inference.test_camera_trap import ANIMAL
from tests.web.test_camera_traps import jpeg

API = "/api/v1"
# The tiny detectors say: class 0 is a person, 1 an animal, 2 a vehicle.
SAID = {"name": "brought", "classes": "person\nanimal\nvehicle", "form": "yolov8", "size": "64"}


def network(tmp_path: Path, *said: Said, writer: str = "yolov8") -> Path:
    return make_detector(tmp_path / writer, said, writer) / "model.onnx"


def send(client: TestClient, file: Path, **said: str) -> tuple[int, dict[str, object]]:
    sent = {"file": (file.name, file.read_bytes())}
    answer = client.post(f"{API}/detectors", files=sent, data=SAID | said)
    return answer.status_code, answer.json()


def look_now(biosight: BioSight) -> None:
    """Ask which detector serves at the next picture."""
    biosight.intake.detectors.looked = float("-inf")


def boxes_of_new(client: TestClient, biosight: BioSight) -> tuple[str, int]:
    """The detector of a picture that is uploaded now, and how many boxes it has."""
    look_now(biosight)
    collection = first_collection(client)
    here = f"{API}/collections/{collection}"
    client.patch(here, json={"picture_kind": "photographs"})
    client.delete(f"{here}/trash")
    image = upload(client, collection, jpeg(), "IMG.JPG")["image"]
    assert isinstance(image, dict)
    seen = client.get(f"{API}/images/{image['id']}").json()
    client.post(f"{here}/acts", json={"kind": "trash", "images": [image["id"]]})
    client.delete(f"{here}/trash")
    return str(seen["detector"]), len(seen["boxes"])


def test_it_waits_then_looks_at_new_pictures_and_retires(
    ada: TestClient, biosight: BioSight, tmp_path: Path
) -> None:
    status, made = send(ada, network(tmp_path, ANIMAL))
    assert (status, made["id"], made["state"], made["detects"]) == (
        201,
        "brought@1",
        "candidate",
        True,
    )
    assert made["labels"] == ["animal", "human", "vehicle"]
    assert boxes_of_new(ada, biosight)[0] == "subjects@1"
    assert ada.post(f"{API}/models/brought@1/promote", json={}).json()["serves"] is True
    assert boxes_of_new(ada, biosight) == ("brought@1", 1)
    shown = {v["id"]: v for v in ada.get(f"{API}/models").json()}
    assert (shown["subjects@1"]["serves"], shown["subjects@1"]["state"]) == (False, "candidate")
    assert ada.post(f"{API}/models/brought@1/retire", json={}).json()["state"] == "retired"
    assert boxes_of_new(ada, biosight)[0] == "subjects@1"


def test_the_bundled_detector_is_listed_serves_and_does_not_retire(ada: TestClient) -> None:
    shown = ada.get(f"{API}/models/subjects@1").json()
    assert (shown["serves"], shown["detects"], shown["bundled"]) == (True, True, True)
    assert shown["card"]["detector"]["form"] == "nanodet"
    assert ada.get(f"{API}/models/subjects@1/card.json").status_code == 200
    assert ada.get(f"{API}/models/subjects@1/files/model.onnx").status_code == 200
    assert ada.get("/models/subjects@1").status_code == 200
    answer = ada.post(f"{API}/models/subjects@1/retire", json={})
    assert (answer.status_code, "promote another" in answer.json()["detail"]) == (400, True)


def test_a_detector_names_no_collection(ada: TestClient) -> None:
    here = f"{API}/collections/{first_collection(ada)}"
    answer = ada.patch(here, json={"model": "subjects"})
    assert (answer.status_code, "names none" in answer.json()["detail"]) == (400, True)
    assert ada.post(f"{here}/try-on", json={"model": "subjects@1"}).status_code == 400


# Tiny networks of grids have strides of their own, which no form to fill in asks for.
FORMS = {writer: form for writer, (form, _) in WRITERS.items() if form not in {"nanodet", "yolox"}}


@pytest.mark.parametrize(("writer", "form"), FORMS.items())
def test_every_form_without_a_grid_can_be_added(
    ada: TestClient, tmp_path: Path, writer: str, form: str
) -> None:
    status, made = send(ada, network(tmp_path, ANIMAL, writer=writer), form=form)
    assert status == 201, made


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"classes": "person\nvehicle"}, "animal"),
        ({"form": "nanodet"}, "form nanodet"),
        ({"form": "guess"}, "form"),
        ({"size": "96"}, "96 x 96"),
        ({"name": "Not a name"}, "detector's card"),
        ({"classes": "animal\nperson\ncar\ndog\ncat\nbird"}, "its card names more"),
        ({"surprise": "1"}, "a field that BioSight doesn't know: surprise"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    ada: TestClient, tmp_path: Path, said: dict[str, str], words: str
) -> None:
    status, answer = send(ada, network(tmp_path, ANIMAL), **said)
    assert status == 422, answer
    assert words in str(answer["detail"])
    assert "brought@1" not in [v["id"] for v in ada.get(f"{API}/models").json()]


def test_junk_and_slow_networks_are_refused(
    ada: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    junk = tmp_path / "junk.onnx"
    junk.write_bytes(b"\x80\x04pickled")
    status, answer = send(ada, junk)
    assert (status, "can't be opened" in str(answer["detail"])) == (422, True)
    limits = trial.LIMITS.__class__(
        memory=trial.LIMITS.memory, cpu=600, wall=0.05, slow="too slow", much=trial.LIMITS.much
    )
    monkeypatch.setattr(trial, "LIMITS", limits)
    status, answer = send(ada, network(tmp_path, ANIMAL))
    assert (status, answer["detail"]) == (422, "too slow")


def test_only_an_administrator_adds_detectors(
    ada: TestClient, another: Callable[[str], TestClient], tmp_path: Path
) -> None:
    bob = another("bob@example.org")
    assert send(bob, network(tmp_path, ANIMAL))[0] == 404


def test_classes_say_what_they_are() -> None:
    assert kinds_of(["animal", "person", "vehicle"]) == {
        "animal": (0,),
        "human": (1,),
        "vehicle": (2,),
    }
    assert kinds_of(["Person", "kite", "bird", "dog"]) == {"animal": (2, 3), "human": (0,)}


def test_a_detector_and_a_model_never_share_a_name(ada: TestClient, tmp_path: Path) -> None:
    status, answer = send(ada, network(tmp_path, ANIMAL), name="tiny", version="9")
    assert (status, "There is a model named tiny" in str(answer["detail"])) == (409, True)
    file = foreign(tmp_path / "own.onnx")
    sent = {"file": (file.name, file.read_bytes())}
    said = {"name": "subjects", "labels": "Red\nGreen", "size": "32", "version": "9"}
    refused = ada.post(f"{API}/models", files=sent, data=said)
    assert (refused.status_code, "a detector named" in refused.json()["detail"]) == (409, True)


def test_the_last_detector_does_not_retire(
    ada: TestClient, biosight: BioSight, tmp_path: Path
) -> None:
    assert send(ada, network(tmp_path, ANIMAL), name="subjects", version="9")[0] == 201
    assert ada.post(f"{API}/models/subjects@9/promote", json={}).status_code == 200
    assert ada.post(f"{API}/models/subjects@9/retire", json={}).status_code == 400
    assert ada.post(f"{API}/models/subjects@9/roll-back", json={}).status_code == 200
    assert boxes_of_new(ada, biosight)[0] == "subjects@1"


def test_a_new_release_replaces_its_own_detector_only(
    ada: TestClient, biosight: BioSight, tmp_path: Path
) -> None:
    records = biosight.archive.records
    assert send(ada, network(tmp_path, ANIMAL))[0] == 201
    assert ada.post(f"{API}/models/brought@1/promote", json={}).status_code == 200
    newer = card_of_detector(card_of("yolov8", name="subjects", version="2"))
    registry.add_bundled(records, [newer])
    assert registry.champion(records, "subjects").id == "subjects@2"
    looking = registry.detector(records)
    assert looking is not None
    assert looking.id == "brought@1"


def test_a_database_that_fails_leaves_the_detector_in_its_place(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert boxes_of_new(ada, biosight)[0] == "subjects@1"

    def fail() -> str:
        raise OSError("gone")

    monkeypatch.setattr(biosight.intake.detectors, "serving", fail)
    assert boxes_of_new(ada, biosight)[0] == "subjects@1"
