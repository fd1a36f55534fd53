"""Links that show: to look at without an account, coarse, behind a password, taken back."""

import json
import time
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from biosight import logbook
from biosight.accounts import Share, Visit, sharing
from biosight.bootstrap import BioSight
from tests.conftest import ORIGIN, first_collection, upload, upload_ids
from tests.publishing.test_standards import in_the_field

API = "/api/v1"
Another = Callable[[str], TestClient]


@pytest.fixture
def pond(ada: TestClient) -> tuple[str, list[str]]:
    """A collection with three red pictures and a green one with coordinates."""
    c = first_collection(ada)
    ids = upload_ids(ada, c, *["Red"] * 3)
    placed = upload(ada, c, in_the_field("Green", 7), "field.jpg")["image"]
    return c, [*ids, str(placed["id"])]  # type: ignore[index]


def link(owner: TestClient, collection: str, **body: object) -> str:
    """A new link's secret."""
    answer = owner.post(f"{API}/collections/{collection}/shares", json=body)
    assert answer.status_code == 201, answer.text
    path: str = answer.json()["path"]
    return path.split("#")[1]


def visitor(client: TestClient) -> TestClient:
    """A browser that nobody is signed in with."""
    return TestClient(client.app, headers=ORIGIN, raise_server_exceptions=False)


def follow(who: TestClient, secret: str, password: str = "") -> int:
    body = {"secret": secret, "password": password}
    return who.post(f"{API}/shared", json=body).status_code


def seen(who: TestClient) -> list[str]:
    return [i["id"] for i in who.get(f"{API}/shared/images").json()["images"]]


def test_whoever_has_the_link_looks_and_changes_nothing(
    ada: TestClient, pond: tuple[str, list[str]]
) -> None:
    c, ids = pond
    guest = visitor(ada)
    shown = guest.post(f"{API}/shared", json={"secret": link(ada, c)})
    assert (shown.json()["by"], shown.json()["images"]) == ("ada", 4)
    assert shown.headers["x-robots-tag"] == "noindex, nofollow"
    assert set(seen(guest)) == set(ids)
    for kind in ("thumbnail", "view"):
        answer = guest.get(f"{API}/shared/images/{ids[0]}/{kind}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert guest.get(f"{API}/shared/images/{ids[0]}/original").status_code == 404
    # The visit opens nothing else.
    for path in (f"/collections/{c}", f"/images/{ids[0]}", f"/images/{ids[0]}/thumbnail", "/me"):
        assert guest.get(API + path).status_code == 401, path
    body = {"kind": "trash", "images": ids}
    assert guest.post(f"{API}/collections/{c}/acts", json=body).status_code == 401
    page = guest.get("/shared")
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert 'content="noindex, nofollow"' in page.text


def test_a_label_or_a_picture_alone_is_shown(ada: TestClient, pond: tuple[str, list[str]]) -> None:
    c, ids = pond
    guest = visitor(ada)
    assert follow(guest, link(ada, c, label="Red")) == 200
    assert set(seen(guest)) == set(ids[:3])
    assert guest.get(f"{API}/shared/images/{ids[3]}/view").status_code == 404
    assert follow(guest, link(ada, c, image=ids[1])) == 200
    assert seen(guest) == [ids[1]]
    both = {"label": "Red", "image": ids[1]}
    assert ada.post(f"{API}/collections/{c}/shares", json=both).status_code == 400
    ada.patch(f"{API}/images/{ids[1]}", json={"trashed": True})
    assert seen(guest) == []


def test_places_are_coarse_and_downloads_have_none(
    ada: TestClient, pond: tuple[str, list[str]]
) -> None:
    c, ids = pond
    exact = ada.get(f"{API}/images/{ids[3]}").json()
    guest = visitor(ada)
    follow(guest, link(ada, c, download=True))
    shown = {i["id"]: i for i in guest.get(f"{API}/shared/images").json()["images"]}[ids[3]]
    assert shown["latitude"] != exact["latitude"]
    assert abs(shown["latitude"] - exact["latitude"]) <= 0.05
    taken = guest.get(f"{API}/shared/images/{ids[3]}/original")
    assert taken.status_code == 200
    assert b"GPS" not in taken.content
    mine = first_collection(ada)
    again = str(upload(ada, mine, taken.content, "again.jpg")["image"]["id"])  # type: ignore[index]
    assert ada.get(f"{API}/images/{again}").json()["latitude"] is None


def test_a_password_is_asked_for_and_can_not_be_guessed(
    ada: TestClient, pond: tuple[str, list[str]]
) -> None:
    c, _ = pond
    assert ada.post(f"{API}/collections/{c}/shares", json={"password": "abc"}).status_code == 400
    secret, guest = link(ada, c, password="quiet heron"), visitor(ada)
    assert follow(guest, secret) == 401
    assert guest.get(f"{API}/shared/images").status_code == 404
    said = {follow(guest, secret, f"guess {n}") for n in range(12)}
    assert said == {401, 429}
    other = link(ada, c, password="quiet heron")
    assert follow(visitor(ada), other, "quiet heron") == 200


def test_a_link_taken_back_shows_nothing_more(
    ada: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    c, ids = pond
    guest, secret = visitor(ada), link(ada, c)
    follow(guest, secret)
    path = f"{API}/collections/{c}/shares"
    (made,) = ada.get(path).json()
    assert ada.delete(f"{path}/{made['id']}").status_code == 204
    assert guest.get(f"{API}/shared/images").status_code == 404
    assert guest.get(f"{API}/shared/images/{ids[0]}/thumbnail").status_code == 404
    assert follow(guest, secret) == 404
    assert biosight.archive.records.find(Visit) == []


def test_links_end_with_their_day_and_their_collection(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    c = ada.post(f"{API}/collections", json={"name": "Pond"}).json()["id"]
    upload_ids(ada, c, "Red")
    secret, guest = link(ada, c, days=1), visitor(ada)
    follow(guest, secret)
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: now + 86_500)
        assert follow(guest, secret) == 404
        assert guest.get(f"{API}/shared/images").status_code == 404
    ada.delete(f"{API}/collections/{c}")
    assert guest.get(f"{API}/shared/images").status_code == 404
    ada.delete(f"{API}/collections/{c}/forever")
    assert biosight.archive.records.find(Share) == []


def test_only_owners_make_and_see_links(
    ada: TestClient, another: Another, pond: tuple[str, list[str]]
) -> None:
    c, ids = pond
    bob = another("bob@example.org")
    invited = ada.post(f"{API}/collections/{c}/invitations", json={"role": "editor"}).json()["path"]
    bob.post(f"{API}/join", json={"secret": invited.split("#")[1]})
    path = f"{API}/collections/{c}/shares"
    assert bob.post(path, json={}).status_code == 403
    assert bob.get(path).status_code == 403
    link(ada, c)
    (made,) = ada.get(path).json()
    mine = bob.post(f"{API}/collections", json={"name": "Bob's"}).json()["id"]
    assert bob.delete(f"{API}/collections/{mine}/shares/{made['id']}").status_code == 404
    foreign = {"image": ids[0]}
    assert bob.post(f"{API}/collections/{mine}/shares", json=foreign).status_code == 404


def test_a_link_is_opened_so_often_a_day_from_one_network(
    ada: TestClient,
    biosight: BioSight,
    pond: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sharing, "MOST_VISITS", 3)
    secret = link(ada, pond[0])
    same = visitor(ada)
    assert [follow(same, secret) for _ in range(6)] == [200] * 6  # one browser, one visit
    assert biosight.archive.records.count(Visit, []) == 1
    assert [follow(visitor(ada), secret) for _ in range(4)] == [200, 200, 429, 429]
    assert biosight.archive.records.count(Visit, []) == 3
    assert follow(visitor(ada), link(ada, pond[0])) == 200  # another link
    assert len(seen(same)) == 4


def test_originals_and_chosen_zips_are_in_the_logbook(
    ada: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    c, ids = pond
    for image in ids:
        assert ada.get(f"{API}/images/{image}/original?download=true").status_code == 200
    ada.post(f"{API}/collections/{c}/zip", data={"images": json.dumps(ids)})
    guest = visitor(ada)
    follow(guest, link(ada, c, download=True))
    for image in ids:
        assert guest.get(f"{API}/shared/images/{image}/original").status_code == 200
    lines = logbook.entries(biosight.archive.records, time.time() + 1, 50)
    said = [(bool(e.by), e.about, e.detail) for e in lines if e.kind == "downloaded"]
    assert said == [
        (False, c, "originals, by a link"),
        (True, c, "zip, chosen pictures"),
        (True, c, "originals, one by one"),
    ]


def test_a_visitor_sees_whose_label_it_is_and_chooses_one(
    ada: TestClient, pond: tuple[str, list[str]]
) -> None:
    c, ids = pond
    assert ada.patch(f"{API}/images/{ids[0]}", json={"label": "Green"}).status_code == 200
    guest = visitor(ada)
    assert follow(guest, link(ada, c)) == 200
    labels = guest.get(f"{API}/shared/labels").json()
    assert {x["label"]: x["images"] for x in labels} == {"Red": 2, "Green": 2}
    green = guest.get(f"{API}/shared/images?label=Green").json()["images"]
    said = {i["who"]: i["confidence"] for i in green}
    assert set(said) == {"person", "machine"}
    assert said["person"] is None
    assert 0 < said["machine"] <= 1
    assert "ada" not in str(green).casefold()
    assert guest.get(f"{API}/shared/images?label=Blue").json()["images"] == []


def test_a_link_to_one_label_lists_that_one(ada: TestClient, pond: tuple[str, list[str]]) -> None:
    c, _ = pond
    guest = visitor(ada)
    assert follow(guest, link(ada, c, label="Red")) == 200
    assert guest.get(f"{API}/shared/labels").json() == [{"label": "Red", "images": 3}]
    assert guest.get(f"{API}/shared/images?label=Green").json()["images"] == []
