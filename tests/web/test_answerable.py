"""A collection answers only with the names on its list, and says what its model can make of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from tests import tiny
from tests.conftest import first_collection, upload_ids
from tests.web.test_models import work
from tests.web.test_sharing import share

API = "/api/v1/collections"


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    tiny.make_tree_model(tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture
def here(ada: TestClient) -> str:
    return f"{API}/{first_collection(ada)}"


def allow(client: TestClient, here: str, *names: str) -> None:
    done = client.patch(here, json={"answerable": list(names)})
    assert done.status_code == 200, done.text


def shown(client: TestClient, image: str) -> dict[str, object]:
    found: dict[str, object] = client.get(f"/api/v1/images/{image}").json()
    return found


def test_what_is_not_on_the_list_is_not_answered(ada: TestClient, here: str) -> None:
    collection = here.removeprefix(f"{API}/")
    [before] = upload_ids(ada, collection, "Crimson")
    allow(ada, here, "scarlet", "Blue")
    assert ada.get(here).json()["answerable"] == ["Scarlet", "Blue"], "as the tree writes them"
    _, after = upload_ids(ada, collection, "Green", "Crimson")
    assert shown(ada, before)["label"] == "Crimson", "pictures that are there keep their labels"
    assert shown(ada, after)["label"] == "Scarlet"
    guesses = shown(ada, after)["finer"]
    assert isinstance(guesses, list)
    assert {g["label"] for g in guesses if g["confidence"]} <= {"Scarlet", "Blue"}


def test_the_list_says_what_the_model_can_make_of_it(ada: TestClient, here: str) -> None:
    ada.post(f"{here}/names", json={"label": "Ruby", "parent": "Red"})
    allow(ada, here, "Ruby", "Green")
    found = ada.get(f"{here}/names/answerable").json()
    assert (found["told"], found["above"]) == (["Green"], {"Ruby": "Red"})
    assert "this model can tell 1; 1 are answered by a name above them." in found["words"]
    allow(ada, here)
    assert ada.get(f"{here}/names/answerable").json()["words"] == "Any name may be answered."


def test_a_name_that_the_tree_does_not_have_is_refused(ada: TestClient, here: str) -> None:
    refused = ada.patch(here, json={"answerable": ["Scarlett"]})
    assert refused.status_code == 400
    assert "Did you mean Scarlet" in refused.json()["detail"]
    assert ada.get(here).json()["answerable"] == []


def test_a_picture_that_fits_nothing_is_unfamiliar(
    ada: TestClient, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.inference.name_list.FITS", 2.0)
    allow(ada, here, "Blue")
    [image] = upload_ids(ada, here.removeprefix(f"{API}/"), "Crimson")
    found = shown(ada, image)
    assert (found["label"], found["unfamiliar"], found["who"]) == ("", True, "nobody")


def test_a_try_on_shows_what_the_list_changes_and_applies_it(
    ada: TestClient, biosight: BioSight, here: str
) -> None:
    collection = here.removeprefix(f"{API}/")
    [image] = upload_ids(ada, collection, "Crimson")
    allow(ada, here, "Scarlet", "Blue")
    model = ada.get(f"/api/v1/images/{image}").json()["model"]
    job = ada.post(f"{here}/try-on", json={"model": model}).json()["id"]
    assert "1 of 1 labels would change" in work(biosight).words
    assert ada.post(f"/api/v1/jobs/{job}/apply", json={}).status_code in {200, 202}
    assert work(biosight).state == "done"
    assert shown(ada, image)["label"] == "Scarlet"


def test_a_renamed_name_stays_on_the_list_and_after_the_undo(ada: TestClient, here: str) -> None:
    allow(ada, here, "Scarlet", "Blue")
    done = ada.post(f"{here}/labels/rename", json={"old": "Scarlet", "new": "Zinnober"}).json()
    collection = here.removeprefix(f"{API}/")
    _, renamed = upload_ids(ada, collection, "Green", "Crimson")
    assert shown(ada, renamed)["label"] == "Zinnober"
    ada.post(f"/api/v1/acts/{done['act']}/undo", json={})
    assert ada.get(f"{here}/names/answerable").json()["told"] == ["Scarlet", "Blue"]


def test_a_checklist_becomes_the_list(ada: TestClient, here: str) -> None:
    rows = "scientificName,parent\nScarlet,\nRuby,Red\n"
    files = {"file": ("mine.csv", rows.encode(), "text/csv")}
    assert ada.post(f"{here}/names/checklist", files=files).status_code == 200
    found = ada.post(f"{here}/names/checklist/answerable", files=files)
    assert found.status_code == 200, found.text
    assert (found.json()["told"], found.json()["above"]) == (["Scarlet"], {"Ruby": "Red"})
    assert ada.get(here).json()["answerable"] == ["Scarlet", "Ruby"]


def test_viewers_may_look_at_the_list_and_not_change_it(
    ada: TestClient, here: str, another: Callable[[str], TestClient]
) -> None:
    ben = another("ben@example.org")
    share(ada, ben, here.removeprefix(f"{API}/"), "viewer")
    assert ben.get(f"{here}/names/answerable").status_code == 200
    assert ben.patch(here, json={"answerable": ["Blue"]}).status_code == 403
    assert ada.get(here).json()["answerable"] == []
