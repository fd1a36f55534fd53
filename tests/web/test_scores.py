"""All probabilities of a picture can be had, without names that a person may not learn."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests import tiny
from tests.conftest import first_collection, upload_ids

API = "/api/v1/collections"


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    tiny.make_tree_model(tmp_path / "tree")
    return tmp_path / "tree"


def test_every_name_of_the_tree_has_its_probability(ada: TestClient) -> None:
    [image] = upload_ids(ada, first_collection(ada), "Crimson")
    found = ada.get(f"/api/v1/images/{image}/scores").json()
    scores = {g["label"]: g["confidence"] for g in found["scores"]}
    assert set(scores) >= {"Colour", "Warm", "Red", "Crimson", "Scarlet", "Green", "Blue"}
    assert scores["Colour"] == pytest.approx(1, abs=1e-3)
    assert scores["Red"] == pytest.approx(scores["Crimson"] + scores["Scarlet"], abs=1e-3)
    assert list(scores.values()) == sorted(scores.values(), reverse=True)


def test_scores_follow_the_list_of_the_collection(ada: TestClient) -> None:
    collection = first_collection(ada)
    ada.patch(f"{API}/{collection}", json={"answerable": ["Scarlet", "Blue"]})
    [image] = upload_ids(ada, collection, "Crimson")
    found = ada.get(f"/api/v1/images/{image}/scores").json()
    scores = {g["label"]: g["confidence"] for g in found["scores"]}
    assert scores["Crimson"] == scores["Green"] == 0
    assert scores["Scarlet"] + scores["Blue"] == pytest.approx(1, abs=1e-3)
