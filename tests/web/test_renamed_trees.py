"""A name of the model's tree is renamed with all that hangs below it (N7)."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.workflows.names import rename
from tests import tiny
from tests.conftest import first_collection, upload_ids
from tests.web.test_models import work

API = "/api/v1/collections"
BEFORE = {"/Colour/Warm/Red/Crimson/", "/Colour/Warm/Red/Scarlet/", "/Colour/Cold/Green/"}
AFTER = {"/Colour/Warm/Rosso/Crimson/", "/Colour/Warm/Rosso/Scarlet/", "/Colour/Cold/Green/"}


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    tiny.make_tree_model(tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture
def collection(ada: TestClient) -> str:
    """Reds of two finer names, and a green."""
    made = first_collection(ada)
    upload_ids(ada, made, "Crimson", "Crimson", "Scarlet", "Green")
    return made


def paths(client: TestClient, collection: str) -> set[str]:
    images = client.get(f"{API}/{collection}/images").json()["images"]
    return {i["label_path"] for i in images}


def test_pictures_of_finer_names_follow_and_come_back(ada: TestClient, collection: str) -> None:
    """The tree had “Mammalia 250” and “Mammals 130” side by side."""
    body = {"old": "Red", "new": "Rosso"}
    done = ada.post(f"{API}/{collection}/labels/rename", json=body).json()
    assert paths(ada, collection) == AFTER
    below = ada.get(f"{API}/{collection}/images?under=/Colour/Warm/Rosso/").json()["images"]
    assert len(below) == 3
    ada.post(f"/api/v1/acts/{done['act']}/undo", json={})
    assert paths(ada, collection) == BEFORE


def test_a_rename_and_its_undo_as_jobs_do_so_too(
    ada: TestClient, biosight: BioSight, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from biosight.workflows.jobs import undo_act

    ids = [i["id"] for i in ada.get(f"{API}/{collection}/images").json()["images"]]
    body = {"kind": "relabel", "label": "Red", "images": ids[1:3]}
    ada.post(f"{API}/{collection}/acts", json=body)
    monkeypatch.setattr(rename, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(undo_act, "MOST_AT_ONCE", 0)
    begun = ada.post(f"{API}/{collection}/labels/rename", json={"old": "Red", "new": "Rosso"})
    assert begun.json()["job"]
    assert work(biosight).state == "done"
    assert all("/Red/" not in path for path in paths(ada, collection))
    assert ada.post(f"/api/v1/acts/{begun.json()['act']}/undo", json={}).json()["job"]
    assert work(biosight).state == "done"
    assert all("/Rosso/" not in path for path in paths(ada, collection))
