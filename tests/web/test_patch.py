"""Every PATCH changes the fields that were sent, and no other (structure F2)."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.conftest import first_collection, upload_ids
from tests.web.test_sharing import Another, share

API = "/api/v1"
SITE = {
    "name": "Pond",
    "latitude": "52.5",
    "longitude": "13.4",
    "uncertainty": 30,
    "habitat": "reeds",
}
CAMERA = {
    "name": "Cam",
    "camera": "SN 5",
    "start": "2026-05-01T00:00:00",
    "end": "2026-05-09T00:00:00",
    "zone": "Europe/Berlin",
    "shift": 3600,
    "height": 0.5,
    "bait": False,
    "comments": "on the oak",
}
# What follows from another field, or from the change itself.
FOLLOWS = {
    "version",
    "shift_words",
    "act",
    "taxon",
    "label_path",
    "thing",
    "who",
    "proved",
    "subjects",
}
Made = Callable[[TestClient, Another], tuple[str, str, str]]


def site(ada: TestClient, another: Another) -> tuple[str, str, str]:
    c = first_collection(ada)
    made = ada.post(f"{API}/collections/{c}/sites", json=SITE).json()["id"]
    return f"{API}/collections/{c}/sites/{made}", f"{API}/collections/{c}/sites", made


def deployment(ada: TestClient, another: Another) -> tuple[str, str, str]:
    c = first_collection(ada)
    at = ada.post(f"{API}/collections/{c}/sites", json=SITE).json()["id"]
    path = f"{API}/collections/{c}/deployments"
    made = ada.post(path, json=CAMERA | {"site": at}).json()["id"]
    return f"{path}/{made}", path, made


def collection(ada: TestClient, another: Another) -> tuple[str, str, str]:
    c = first_collection(ada)
    upload_ids(ada, c, "Red", "Green")
    path = f"{API}/collections/{c}"
    full = {
        "threshold": 70,
        "favourites": ["Red"],
        "event_gap": 90,
        "sensitive": ["Red"],
        "coarse": 1.0,
        "published": {"title": "T"},
        "second_reader": True,
        "comments": True,
    }
    assert ada.patch(path, json=full).status_code == 200
    return path, path, ""


def image(ada: TestClient, another: Another) -> tuple[str, str, str]:
    (made,) = upload_ids(ada, first_collection(ada), "Red")
    path = f"{API}/images/{made}"
    assert ada.patch(path, json={"note": "by the reeds"}).status_code == 200
    return path, path, ""


def me(ada: TestClient, another: Another) -> tuple[str, str, str]:
    assert ada.patch(f"{API}/me", json={"name": "Ada L", "names": "both"}).status_code == 200
    return f"{API}/me", f"{API}/me", ""


def user(ada: TestClient, another: Another) -> tuple[str, str, str]:
    bob = another("bob@example.org").get(f"{API}/me").json()["id"]
    path = f"{API}/admin/users/{bob}"
    assert ada.patch(path, json={"role": "admin", "quota_gb": 2}).status_code == 200
    return path, f"{API}/admin/users", bob


def member(ada: TestClient, another: Another) -> tuple[str, str, str]:
    bob, c = another("bob@example.org"), first_collection(ada)
    share(ada, bob, c, "viewer")
    id = bob.get(f"{API}/me").json()["id"]
    return f"{API}/collections/{c}/members/{id}", f"{API}/collections/{c}/members", id


# For each address: something to change, and one field after the other with what it becomes.
CHANGES: dict[str, tuple[Made, list[dict[str, Any]]]] = {
    "/api/v1/collections/{collection}/sites/{site}": (
        site,
        [{"name": "Moor"}, {"latitude": "53"}, {"habitat": "bog"}, {"uncertainty": 9}],
    ),
    "/api/v1/collections/{collection}/deployments/{deployment}": (
        deployment,
        [
            {"name": "Cam 2"},
            {"camera": "SN 6"},
            {"start": "2026-04-01T00:00:00"},
            {"zone": "America/Lima"},
            {"shift": 60},
            {"height": 1.5},
            {"bait": True},
            {"comments": ""},
            {"site": ""},
        ],
    ),
    "/api/v1/collections/{collection}": (
        collection,
        [
            {"name": "Fen"},
            {"threshold": 10},
            {"favourites": []},
            {"event_gap": 5},
            {"sensitive": ["Green"]},
            {"coarse": 0.1},
            {"published": {"title": "U"}},
            {"second_reader": False},
            {"comments": False},
        ],
    ),
    "/api/v1/images/{image}": (image, [{"note": "in the reeds"}, {"label": "Fox"}]),
    "/api/v1/me": (me, [{"name": "Ada"}, {"names": "common"}]),
    "/api/v1/admin/users/{user}": (user, [{"role": "member"}, {"quota_gb": 1}, {"proved": True}]),
    "/api/v1/collections/{collection}/members/{user}": (member, [{"role": "editor"}]),
}


def test_every_patch_is_listed(ada: TestClient) -> None:
    paths = ada.get("/openapi.json").json()["paths"]
    assert {path for path, methods in paths.items() if "patch" in methods} == set(CHANGES)


def seen(client: TestClient, path: str, id: str) -> dict[str, Any]:
    """What is patched, as the API shows it."""
    found = client.get(path).json()
    if not id:
        return dict(found)
    rows = found if isinstance(found, list) else found["users"]
    return dict(next(row for row in rows if id in {row.get("id"), row.get("user")}))


@pytest.mark.parametrize("path", CHANGES)
def test_a_patch_changes_what_was_sent_alone(ada: TestClient, another: Another, path: str) -> None:
    make, changes = CHANGES[path]
    address, where, id = make(ada, another)
    for change in changes:
        before = seen(ada, where, id)
        answer = ada.patch(address, json=change)
        assert answer.status_code in {200, 204}, answer.text
        after = seen(ada, where, id)
        differ = {k for k in before if before[k] != after[k]} - FOLLOWS
        assert differ <= set(change), change
        (name,) = change
        if name != "latitude":
            assert after[name] == change[name]
