"""On MongoDB each page and each list of the API takes at most twelve commands, however much it
shows. Counted on mongomock, where each use of a MongoDB collection is one command."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight, open_biosight
from biosight.settings import Settings
from biosight.web.app import create_app
from tests.conftest import ORIGIN, first_collection, sign_up, upload_ids
from tests.field.test_privacy_walk import addresses, opened
from tests.stores import Mocked, open_mocked

MOST = 12
MANY = 14
LEAST = 60  # addresses that answer
# Addresses that stream all pictures, page after page, ask for one picture's bytes, or need more
# than a collection and its pictures.
STREAMED = ("zip", "csv", "coco", "megadetector", "camtrap-dp", "darwin-core", "export", "frozen")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Commands to mongomock from here on, by the table that they ask."""
    found: Counter[str] = Counter()
    named = Mocked.named

    def counting(store: Mocked, name: str) -> Any:
        found[name] += 1
        return named(store, name)

    monkeypatch.setattr(Mocked, "named", counting)
    monkeypatch.setattr("biosight.storage.mongo.store.open_mongo", open_mocked)
    return found


@pytest.fixture
def ada(asked: Counter[str], tmp_path: Path, model_dir: Path) -> Iterator[TestClient]:
    """The first account, of an app on mongomock."""
    url = f"mongodb://mongomock/few{tmp_path.name[-24:]}"
    settings = Settings(data_dir=tmp_path, model_dir=model_dir, decoders=1, database_url=url)
    biosight: BioSight = open_biosight(settings)
    app = create_app(biosight, housekeeping=False)
    with TestClient(app, headers=ORIGIN, raise_server_exceptions=False) as client:
        sign_up(client, "ada@example.org")
        yield client
    biosight.close()


def filled(ada: TestClient) -> tuple[str, str]:
    """A collection beside others, each with more than twelve of everything; a picture of it."""
    chosen = first_collection(ada)
    ids = upload_ids(ada, chosen, *["Red", "Green", "Blue"] * (MANY // 3 + 1))
    here = f"/api/v1/collections/{chosen}"
    for n in range(MANY):
        other = ada.post("/api/v1/collections", json={"name": f"Other {n}"}).json()["id"]
        upload_ids(ada, other, "Red", "Green")
        site = {"name": f"s{n}", "latitude": "47.1", "longitude": f"{n}"}
        made = ada.post(f"{here}/sites", json=site).json()["id"]
        body = {"name": f"d{n}", "site": made}
        deployment = ada.post(f"{here}/deployments", json=body).json()["id"]
        for act in (
            {"kind": "deploy", "deployment": deployment},
            {"kind": "date", "when": f"2026-05-{n + 1:02} 06:00:00"},
            {"kind": "relabel", "label": f"Name {n}"},
        ):
            assert ada.post(f"{here}/acts", json={**act, "images": [ids[n]]}).status_code == 201
        ada.post(f"/api/v1/images/{ids[n]}/comments", json={"text": f"number {n}"})
    return chosen, ids[0]


def test_no_page_and_no_list_asks_for_each_thing(ada: TestClient, asked: Counter[str]) -> None:
    chosen, image = filled(ada)
    many, seen = {}, 0
    for path in sorted(addresses(opened(ada), "GET")):
        url = path.replace("{collection}", chosen).replace("{image}", image)
        if "{" in url or path.rstrip("/").split("/")[-1] in STREAMED or "preview" in path:
            continue
        url += "?events=true" if path.endswith("/images") else ""
        asked.clear()
        answer = ada.get(url)
        seen += answer.status_code == 200
        if asked.total() > MOST:
            many[path] = dict(asked)
    assert many == {}
    assert seen > LEAST


def test_what_collections_hold_is_right_when_asked_at_once(ada: TestClient) -> None:
    chosen, image = filled(ada)
    assert ada.patch(f"/api/v1/images/{image}", json={"confirm": True}).status_code == 200
    act = {"kind": "trash", "images": [i["id"] for i in newest(ada, chosen, 2)]}
    assert ada.post(f"/api/v1/collections/{chosen}/acts", json=act).status_code == 201
    listed = {c["id"]: c for c in ada.get("/api/v1/collections").json()}
    assert len(listed) == MANY + 1
    for id, found in listed.items():
        assert found == ada.get(f"/api/v1/collections/{id}").json()
        assert found["owners"] == ["ada"]
        assert (found["images"], found["trashed_images"]) == ((13, 2) if id == chosen else (2, 0))
        assert found["cover"] == newest(ada, id, 1)[0]["id"]
    # One is confirmed, MANY were relabelled, and two of these are in the trash.
    machine = ada.get(f"/api/v1/collections/{chosen}/queue").json()["waiting"]
    assert listed[chosen]["unreviewed"] == machine
    held = {h["id"]: h for h in ada.get("/api/v1/admin/collections").json()["collections"]}
    assert (held[chosen]["images"], held[chosen]["owners"]) == (15, ["ada"])
    assert held[chosen]["bytes"] > 0


def newest(client: TestClient, collection: str, many: int) -> list[dict[str, Any]]:
    """The newest pictures of a collection."""
    answer = client.get(f"/api/v1/collections/{collection}/images", params={"limit": many})
    found: list[dict[str, Any]] = answer.json()["images"]
    return found
