"""Another model is advised only where it knows the pictures (N14)."""

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.storage.records import Replace
from biosight.workflows.models import familiar
from tests.conftest import first_collection, upload_ids

API = "/api/v1/collections"


@pytest.fixture
def strange(ada: TestClient, biosight: BioSight) -> str:
    """A collection whose pictures are unlike all that its model knows."""
    collection = first_collection(ada)
    records = biosight.archive.records
    for id in upload_ids(ada, collection, "Red", "Green", "Blue"):
        image = records.get(Image, id)
        assert image is not None
        changed = replace(image, unfamiliar=True, version=image.version + 1)
        records.write(Replace(changed, image.version, image))
    return collection


def test_a_model_that_knows_them_no_better_is_not_advised(
    ada: TestClient, strange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """“Try organisms on” was said of blood cells, whatever it made of them."""
    monkeypatch.setattr(familiar, "count_familiar", lambda _, version, images: len(images) // 2)
    assert ada.get(f"{API}/{strange}/models-that-know").json() == []


def test_one_that_knows_half_of_them_is(
    ada: TestClient, strange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(familiar, "count_familiar", lambda _, version, images: len(images) // 2 + 1)
    found = ada.get(f"{API}/{strange}/models-that-know").json()
    assert any(key.startswith("cells@") for key in found)
    monkeypatch.undo()
    asked = ada.get(f"{API}/{strange}/models-that-know").json()
    assert not any(key.startswith("cells@") for key in asked), "coloured noise is no cell"
    assert not any(key.startswith("tiny@") for key in found), "its own model"


def test_where_nothing_is_unfamiliar_nothing_is_looked_at(ada: TestClient, tmp_path: Path) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red")
    assert ada.get(f"{API}/{collection}/models-that-know").json() == []
