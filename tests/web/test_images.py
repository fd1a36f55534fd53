"""The first walk over HTTP."""

import hashlib
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.gallery import trash
from biosight.images import Image
from biosight.storage.blobs import keys
from biosight.storage.blobs.folder import FolderBlobs
from biosight.storage.conditions import still_there
from biosight.storage.records import Where
from biosight.taxa.naming import Naming
from biosight.workflows.upkeep.housekeeping import keep_house
from tests import tiny
from tests.conftest import first_collection, upload, upload_ids

Another = Callable[[str], TestClient]


def test_an_upload_is_classified_and_comes_back_byte_for_byte(ada: TestClient) -> None:
    collection, content = first_collection(ada), tiny.picture("Blue", 1)
    answer = upload(ada, collection, content, "DSC 1.jpg", session="s1", path="trip/DSC 1.jpg")
    image = answer["image"]
    assert isinstance(image, dict)
    assert (answer["outcome"], answer["label"], answer["model"]) == ("stored", "Blue", "tiny@1")
    assert isinstance(answer["top"], list)
    assert len(answer["top"]) == 3
    assert image["path"] == "trip/DSC 1.jpg"
    assert image["sha256"] == hashlib.sha256(content).hexdigest()
    assert ada.get(f"/api/v1/images/{image['id']}/original").content == content


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xd8\xff\xe0 not a jpeg"])
def test_a_bad_file_is_refused_in_words_and_not_listed(ada: TestClient, content: bytes) -> None:
    collection = first_collection(ada)
    answer = ada.post(
        f"/api/v1/collections/{collection}/images", files={"file": ("a.jpg", content)}
    )
    assert answer.status_code == 422
    assert answer.json()["error"] == "bad_picture"
    assert ada.get(f"/api/v1/collections/{collection}/images").json()["images"] == []


def test_malformed_forms(ada: TestClient, biosight: BioSight) -> None:
    path = f"/api/v1/collections/{first_collection(ada)}/images"
    picture = tiny.picture("Red", 1)
    assert ada.post(path).status_code == 400
    assert ada.post(path, json={}).status_code == 400
    assert ada.post(path, data={"file": "text"}).status_code == 400
    assert ada.post(path, files={"picture": ("a.jpg", picture)}).status_code == 400
    two = [("file", ("a.jpg", picture)), ("file", ("b.jpg", picture))]
    assert ada.post(path, files=two).status_code == 400
    extra = ada.post(path, files={"file": ("a.jpg", picture)}, data={"owner": "me"})
    assert extra.status_code == 400
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert ada.post(path, content=b"--x\r\nnonsense", headers=broken).status_code == 400
    blobs = biosight.archive.blobs
    assert isinstance(blobs, FolderBlobs)
    assert list(blobs.incoming.iterdir()) == []


def test_duplicates_are_a_matter_of_one_collection(ada: TestClient, another: Another) -> None:
    content, mine = tiny.picture("Red", 1), first_collection(ada)
    first = upload(ada, mine, content)
    again = upload(ada, mine, content, "other name.jpg")
    assert again["outcome"] == "duplicate"
    assert again["image"] == first["image"]
    bob = another("bob@example.org")
    theirs = first_collection(bob)
    sha256 = hashlib.sha256(content).hexdigest()
    asked = bob.post(f"/api/v1/collections/{theirs}/known", json={"sha256": [sha256]}).json()
    assert asked == {"known": [], "trashed": []}
    assert upload(bob, theirs, content)["outcome"] == "stored"
    asked = bob.post(f"/api/v1/collections/{theirs}/known", json={"sha256": [sha256]}).json()
    assert asked == {"known": [sha256], "trashed": []}


def test_bytes_go_with_their_last_record(
    ada: TestClient, another: Another, biosight: BioSight
) -> None:
    content = tiny.picture("Red", 1)
    bob = another("bob@example.org")
    mine, theirs = first_collection(ada), first_collection(bob)
    ids = {}
    for who, collection in ((ada, mine), (bob, theirs)):
        image = upload(who, collection, content)["image"]
        assert isinstance(image, dict)
        ids[collection] = image["id"]
    key = keys.original(hashlib.sha256(content).hexdigest())
    for who, collection, left in ((ada, mine, True), (bob, theirs, False)):
        who.patch(f"/api/v1/images/{ids[collection]}", json={"trashed": True})
        gone = who.delete(f"/api/v1/collections/{collection}/trash").json()
        assert gone == {"removed": 1, "job": None}
        assert biosight.archive.blobs.has(key) is left
    assert bob.get(f"/api/v1/images/{ids[theirs]}").status_code == 404


def test_what_lies_in_the_trash_is_offered_back(ada: TestClient) -> None:
    collection, content = first_collection(ada), tiny.picture("Red", 1)
    image = upload(ada, collection, content)["image"]
    assert isinstance(image, dict)
    ada.patch(f"/api/v1/images/{image['id']}", json={"trashed": True})
    assert ada.get(f"/api/v1/collections/{collection}/images").json()["images"] == []
    again = upload(ada, collection, content)
    assert again["outcome"] == "trashed"
    ada.patch(f"/api/v1/images/{image['id']}", json={"trashed": False})
    assert len(ada.get(f"/api/v1/collections/{collection}/images").json()["images"]) == 1


def test_a_picture_is_kept_while_the_model_fails_and_named_later(
    ada: TestClient, biosight: BioSight
) -> None:
    classifier = biosight.model.classifiers.get("tiny@1")
    session, classifier.session = classifier.session, None
    answer = upload(ada, first_collection(ada), tiny.picture("Green", 1))
    image = answer["image"]
    assert isinstance(image, dict)
    assert (answer["outcome"], answer["label"], image["who"]) == ("stored", "", "nobody")
    classifier.session = session
    keep_house(biosight)
    now = ada.get(f"/api/v1/images/{image['id']}").json()
    assert (now["label"], now["who"]) == ("Green", "machine")


def test_quota(ada: TestClient, biosight: BioSight) -> None:
    from dataclasses import replace

    small = replace(biosight, intake=replace(biosight.intake, quota=2500))
    ada.app.state.biosight = small  # type: ignore[attr-defined]
    collection = first_collection(ada)
    upload(ada, collection, tiny.picture("Red", 1))
    answer = ada.post(
        f"/api/v1/collections/{collection}/images",
        files={"file": ("b.jpg", tiny.picture("Red", 2))},
    )
    assert answer.status_code == 413
    assert "storage limit" in answer.json()["detail"]


def test_filters_pages_and_counts(ada: TestClient) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, *["Red"] * 5, *["Green"] * 3, "Blue")
    ada.patch(f"/api/v1/images/{ids[0]}", json={"label": "Rose"})
    ada.patch(f"/api/v1/images/{ids[1]}", json={"confirm": True})
    ada.patch(f"/api/v1/images/{ids[2]}", json={"note": "near the Pond"})
    ada.patch(f"/api/v1/images/{ids[3]}", json={"trashed": True})
    path = f"/api/v1/collections/{collection}"

    def shown(query: str) -> set[str]:
        page = ada.get(f"{path}/images?{query}").json()["images"]
        count = ada.get(f"{path}/count?{query}").json()["images"]
        assert count == len(page)
        return {i["id"] for i in page}

    assert shown("") == set(ids) - {ids[3]}
    assert shown("label=Red") == {ids[1], ids[2], ids[4]}
    assert shown("who=person") == {ids[0], ids[1]}
    assert shown("text=POND") == {ids[2]}
    assert shown("text=rose") == {ids[0]}
    assert shown("text=green6") == {ids[6]}
    assert shown("trash=true") == {ids[3]}
    assert shown("above=100") == set()
    assert shown("since=2999-01-01") == set()
    counts = {row["label"]: row for row in ada.get(f"{path}/labels").json()}
    assert {k: v["images"] for k, v in counts.items()} == {
        "Red": 3,
        "Green": 3,
        "Blue": 1,
        "Rose": 1,
    }
    assert counts["Red"]["verified"] == 1


@pytest.mark.parametrize(
    "sort", ["newest", "oldest", "taken", "taken-first", "sure", "unsure", "name"]
)
def test_every_order_shows_every_picture_once_and_knows_neighbours(
    ada: TestClient, sort: str
) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, *["Red", "Green", "Blue"] * 3)
    seen, cursor = [], ""
    while True:
        query = f"sort={sort}&limit=2&cursor={cursor}"
        page = ada.get(f"/api/v1/collections/{collection}/images?{query}").json()
        seen += [i["id"] for i in page["images"]]
        cursor = page["next"]
        if not cursor:
            break
    assert sorted(seen) == sorted(ids)
    near = ada.get(f"/api/v1/images/{seen[4]}/neighbours?sort={sort}").json()
    assert near == {"previous": seen[3], "next": seen[5]}
    assert ada.get(f"/api/v1/images/{seen[0]}/neighbours?sort={sort}").json()["previous"] == ""


@pytest.mark.parametrize(
    "query", ["cursor=zzz", "cursor=WzFd", "sort=colour", "who=me", "above=-1"]
)
def test_bad_queries(ada: TestClient, query: str) -> None:
    answer = ada.get(f"/api/v1/collections/{first_collection(ada)}/images?{query}")
    assert answer.status_code in {400, 422}


def test_unsure_follows_the_threshold(ada: TestClient) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red", "Green")
    path = f"/api/v1/collections/{collection}"
    assert ada.get(path).json()["unsure"] == 0
    assert ada.patch(path, json={"threshold": 100}).json()["unsure"] == 2
    assert len(ada.get(f"{path}/images?unsure=true").json()["images"]) == 2
    assert ada.patch(path, json={"threshold": 101}).status_code == 422


def test_stale_corrections_meet_412(ada: TestClient) -> None:
    image = upload_ids(ada, first_collection(ada), "Red")[0]
    path = f"/api/v1/images/{image}"
    tag = ada.get(path).headers["ETag"]
    first = ada.patch(path, json={"label": "Rose"}, headers={"If-Match": tag})
    assert first.status_code == 200
    late = ada.patch(path, json={"label": "Brick"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert ada.get(path).json()["label"] == "Rose"
    assert ada.patch(path, json={"label": "x"}, headers={"If-Match": "no"}).status_code == 400
    assert ada.patch(path, json={"label": "x", "confirm": True}).status_code == 400


def test_old_trash_empties_itself(ada: TestClient, biosight: BioSight) -> None:
    image = upload_ids(ada, first_collection(ada), "Red")[0]
    ada.patch(f"/api/v1/images/{image}", json={"trashed": True})
    records, blobs = biosight.archive.records, biosight.archive.blobs
    assert trash.purge_old(records, blobs, 1) == 0
    assert trash.purge_old(records, blobs, 0) == 1
    assert list(blobs.keys("original")) == []


def test_orphans_of_a_crash_are_swept(biosight: BioSight) -> None:
    import io

    blobs = biosight.archive.blobs
    received = blobs.receive(io.BytesIO(b"never recorded"))
    blobs.keep(received.path, keys.original(received.sha256))
    keep_house(biosight)
    assert list(blobs.keys("original")) == []


def test_the_upload_session_is_kept(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    for seed, session in enumerate(["one", "one", "two"]):
        upload(ada, collection, tiny.picture("Red", seed), session=session)
    images = biosight.archive.records.find(Image, [Where("collection", "=", collection)])
    sessions = [i.session for i in images]
    assert sessions[0] == sessions[1] != sessions[2]


def test_a_restore_beats_the_emptying_of_the_trash(ada: TestClient, biosight: BioSight) -> None:
    image = upload_ids(ada, first_collection(ada), "Red")[0]
    ada.patch(f"/api/v1/images/{image}", json={"trashed": True})
    seen = biosight.archive.records.find(Image, [Where("id", "=", image)])[0]
    ada.patch(f"/api/v1/images/{image}", json={"trashed": False})
    assert not trash.purge_one(biosight.archive.records, biosight.archive.blobs, seen)
    assert ada.get(f"/api/v1/images/{image}").status_code == 200


def test_nothing_is_recorded_in_a_collection_that_went(ada: TestClient, biosight: BioSight) -> None:
    import io

    from biosight.intake import Destination, Rejected, Upload, take_in

    gone = ada.post("/api/v1/collections", json={"name": "Gone"}).json()["id"]
    place = Destination(gone, "u", Naming(), still_there(gone), "tiny@1")
    ada.delete(f"/api/v1/collections/{gone}")
    ada.delete(f"/api/v1/collections/{gone}/forever")
    upload = Upload(io.BytesIO(tiny.picture("Red", 1)), "a.jpg", "a.jpg", "s")
    assert isinstance(take_in(biosight.intake, place, upload), Rejected)
    assert biosight.archive.records.count(Image) == 0


def test_pictures_without_a_collection_are_swept(ada: TestClient, biosight: BioSight) -> None:
    from biosight.collection import Collection
    from biosight.storage.records import Remove

    collection = first_collection(ada)
    upload_ids(ada, collection, "Red")
    biosight.archive.records.write(Remove(Collection, collection))
    keep_house(biosight)
    assert biosight.archive.records.count(Image) == 0
    assert list(biosight.archive.blobs.keys("original")) == []


@pytest.mark.parametrize("value", [5, None, [10**30, "x"], ["\ud800", "x"], [[1], "x"], {}])
def test_odd_cursors(ada: TestClient, value: object) -> None:
    import base64
    import json

    cursor = base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
    path = f"/api/v1/collections/{first_collection(ada)}/images"
    assert ada.get(path, params={"cursor": cursor}).status_code == 400
