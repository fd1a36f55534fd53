"""Acts, bulk acts, history, undo, label names, the queue."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.errors import Unavailable
from biosight.labels import Annotation
from biosight.storage.records import Where
from tests.between import records_between, served
from tests.conftest import first_collection, upload_ids

Another = Callable[[str], TestClient]


def act(client: TestClient, collection: str, **body: object) -> dict[str, object]:
    answer = client.post(f"/api/v1/collections/{collection}/acts", json=body)
    assert answer.status_code == 201, answer.text
    done: dict[str, object] = answer.json()
    return done


def labels(client: TestClient, ids: list[str]) -> list[tuple[str, str]]:
    found = [client.get(f"/api/v1/images/{i}").json() for i in ids]
    return [(i["label"], i["who"]) for i in found]


def test_every_act_can_be_undone(ada: TestClient) -> None:
    collection = first_collection(ada)
    other = ada.post("/api/v1/collections", json={"name": "Other"}).json()["id"]
    ids = upload_ids(ada, collection, "Red", "Green", "Blue")
    before = [ada.get(f"/api/v1/images/{i}").json() for i in ids]
    for body in (
        {"kind": "confirm"},
        {"kind": "relabel", "label": "Newt"},
        {"kind": "unsure"},
        {"kind": "trash"},
        {"kind": "note", "note": "by the pond"},
        {"kind": "move", "target": other},
    ):
        done = act(ada, collection, images=ids, **body)
        assert isinstance(done["changed"], list)
        assert len(done["changed"]) == 3, body
        undone = ada.post(f"/api/v1/acts/{done['act']}/undo", json={}).json()
        assert (len(undone["changed"]), undone["left_alone"]) == (3, 0)
        after = [ada.get(f"/api/v1/images/{i}").json() for i in ids]
        strip = [{k: v for k, v in i.items() if k != "version"} for i in after]
        assert strip == [{k: v for k, v in i.items() if k != "version"} for i in before], body
        assert ada.post(f"/api/v1/acts/{done['act']}/undo", json={}).status_code == 409


def test_undo_of_a_second_label_brings_back_the_first(ada: TestClient) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red")
    act(ada, collection, kind="relabel", label="Fox", images=ids)
    second = act(ada, collection, kind="relabel", label="Wolf", images=ids)
    ada.post(f"/api/v1/acts/{second['act']}/undo", json={})
    assert labels(ada, ids) == [("Fox", "person")]
    history = ada.get(f"/api/v1/images/{ids[0]}/history").json()
    assert [(s["kind"], s["label"]) for s in history] == [
        ("predicted", "Red"),
        ("corrected", "Fox"),
        ("corrected", "Wolf"),
        ("withdrawn", "Fox"),
    ]


def test_undo_leaves_alone_what_changed_since(ada: TestClient) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Green")
    done = act(ada, collection, kind="relabel", label="Fox", images=ids)
    ada.patch(f"/api/v1/images/{ids[0]}", json={"label": "Wolf"})
    undone = ada.post(f"/api/v1/acts/{done['act']}/undo", json={}).json()
    assert undone["left_alone"] == 1
    assert labels(ada, ids) == [("Wolf", "person"), ("Green", "machine")]


def test_undo_minds_only_what_its_act_changed(ada: TestClient) -> None:
    collection = first_collection(ada)
    other = ada.post("/api/v1/collections", json={"name": "Other"}).json()["id"]
    ids = upload_ids(ada, collection, "Red", "Green", "Blue")
    done = act(ada, collection, kind="relabel", label="Fox", images=ids)
    note = act(ada, collection, kind="note", note="by the pond", images=ids[:1])
    act(ada, collection, kind="trash", images=ids[1:2])
    act(ada, collection, kind="move", target=other, images=ids[2:])
    undone = ada.post(f"/api/v1/acts/{done['act']}/undo", json={}).json()
    assert (len(undone["changed"]), undone["left_alone"]) == (3, 0)
    assert labels(ada, ids) == [("Red", "machine"), ("Green", "machine"), ("Blue", "machine")]
    first, second, third = (ada.get(f"/api/v1/images/{i}").json() for i in ids)
    assert (first["note"], second["trashed"], third["collection"]) == ("by the pond", True, other)
    ada.post(f"/api/v1/acts/{note['act']}/undo", json={})
    assert ada.get(f"/api/v1/images/{ids[0]}").json()["note"] == ""


def test_undo_of_a_confirmation_leaves_a_later_label_alone(ada: TestClient) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red")
    done = act(ada, collection, kind="confirm", images=ids)
    act(ada, collection, kind="relabel", label="Fox", images=ids)
    undone = ada.post(f"/api/v1/acts/{done['act']}/undo", json={}).json()
    assert (undone["changed"], undone["left_alone"]) == ([], 1)
    assert labels(ada, ids) == [("Fox", "person")]


def test_copies_are_records_of_their_own(ada: TestClient) -> None:
    collection = first_collection(ada)
    other = ada.post("/api/v1/collections", json={"name": "Other"}).json()["id"]
    ids = upload_ids(ada, collection, "Red", "Green")
    ada.patch(f"/api/v1/images/{ids[0]}", json={"label": "Fox"})
    done = act(ada, collection, kind="copy", target=other, images=ids)
    copies = ada.get(f"/api/v1/collections/{other}/images").json()["images"]
    assert {c["label"] for c in copies} == {"Fox", "Green"}
    assert not {c["id"] for c in copies} & set(ids)
    again = act(ada, collection, kind="copy", target=other, images=ids)
    assert again["skipped"] == 2
    ada.patch(f"/api/v1/images/{copies[0]['id']}", json={"label": "Wolf"})
    assert "Wolf" not in {label for label, _ in labels(ada, ids)}
    ada.post(f"/api/v1/acts/{done['act']}/undo", json={})
    left = ada.get(f"/api/v1/collections/{other}/images").json()["images"]
    assert len(left) == 1 or not left
    history = ada.get(f"/api/v1/images/{copies[0]['id']}/history").json()
    assert history[0]["kind"] == "predicted"


def test_moving_where_the_bytes_are_already_skips(ada: TestClient) -> None:
    collection = first_collection(ada)
    other = ada.post("/api/v1/collections", json={"name": "Other"}).json()["id"]
    ids = upload_ids(ada, collection, "Red")
    act(ada, collection, kind="copy", target=other, images=ids)
    moved = act(ada, collection, kind="move", target=other, images=ids)
    assert (moved["changed"], moved["skipped"]) == ([], 1)
    acts = ada.get(f"/api/v1/collections/{collection}/acts").json()
    assert "move" not in [a["kind"] for a in acts]


def test_labels_are_renamed_merged_and_removed_with_undo(ada: TestClient) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Red", "Green", "Blue")
    path = f"/api/v1/collections/{collection}/labels/rename"
    done = ada.post(path, json={"old": "Red", "new": "Crimson"}).json()
    assert done["changed"] == 2
    assert labels(ada, ids)[0] == ("Crimson", "machine")
    new = upload_ids(ada, collection, "Blue", "Blue", "Blue", "Blue", "Red")[-1]
    assert labels(ada, [new]) == [("Crimson", "machine")]
    ada.post(path, json={"old": "Crimson", "new": "Green"})
    assert labels(ada, ids) == [("Green", "machine")] * 3 + [("Blue", "machine")]
    removed = ada.post(path, json={"old": "Blue", "new": ""}).json()
    assert labels(ada, ids)[3] == ("", "nobody")
    ada.post(f"/api/v1/acts/{removed['act']}/undo", json={})
    assert labels(ada, ids)[3] == ("Blue", "machine")
    assert ada.post(path, json={"old": "Blue", "new": "Blue"}).status_code == 400


def test_undoing_a_rename_also_frees_later_uploads(ada: TestClient) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red")
    path = f"/api/v1/collections/{collection}/labels/rename"
    done = ada.post(path, json={"old": "Red", "new": "Crimson"}).json()
    ada.post(f"/api/v1/acts/{done['act']}/undo", json={})
    later = upload_ids(ada, collection, "Green", "Green", "Red")[-1]
    assert labels(ada, [*ids, later]) == [("Red", "machine")] * 2


def dying(biosight: BioSight, writes: int) -> BioSight:
    """The same BioSight over records that go away after some writes."""
    left = iter(range(writes))

    def go_on() -> None:
        if next(left, None) is None:
            raise Unavailable("The power went.")

    return records_between(biosight, "write", go_on, always=True)


@pytest.mark.parametrize("writes", range(6))
def test_a_rename_that_a_crash_cuts_short_can_be_undone_with_its_names(
    ada: TestClient, biosight: BioSight, writes: int
) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Red", "Green")
    path = f"/api/v1/collections/{collection}/labels/rename"
    with served(dying(biosight, writes), ada) as client:
        client.post(path, json={"old": "Red", "new": "Crimson"})
    for done in ada.get(f"/api/v1/collections/{collection}/acts").json():
        ada.post(f"/api/v1/acts/{done['id']}/undo", json={})
    later = upload_ids(ada, collection, "Blue", "Green", "Green", "Red")[-1]
    back = [label for label, _ in labels(ada, [*ids, later])]
    assert back == ["Red", "Red", "Green", "Red"]


def test_the_queue_is_half_random_and_empties(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, *["Red", "Green", "Blue"] * 4)
    queue = ada.get(f"/api/v1/collections/{collection}/queue").json()
    assert queue["waiting"] == 12
    assert {d["image"]["id"] for d in queue["images"]} == set(ids)
    assert {d["via"] for d in queue["images"]} == {"random", "margin"}
    for drawn in queue["images"]:
        body = {"confirm": True, "via": drawn["via"]}
        ada.patch(f"/api/v1/images/{drawn['image']['id']}", json=body)
    assert ada.get(f"/api/v1/collections/{collection}/queue").json()["waiting"] == 0
    said = biosight.archive.records.find(Annotation, [Where("kind", "=", "confirmed")])
    assert {a.via for a in said} == {"random", "margin"}


def test_the_last_act_is_ones_own(ada: TestClient) -> None:
    collection = first_collection(ada)
    path = f"/api/v1/collections/{collection}/last-act"
    assert ada.get(path).json() == []
    ids = upload_ids(ada, collection, "Red")
    done = act(ada, collection, kind="confirm", images=ids)
    assert ada.get(path).json()[0]["id"] == done["act"]
    ada.post(f"/api/v1/acts/{done['act']}/undo", json={})
    assert ada.get(path).json() == []


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "explode", "images": []},
        {"kind": "relabel", "label": " ", "images": []},
        {"kind": "confirm"},
        {"kind": "confirm", "images": [], "matching": {}},
        {"kind": "note", "note": "x" * 3000, "images": []},
    ],
)
def test_bad_acts(ada: TestClient, body: dict[str, object]) -> None:
    answer = ada.post(f"/api/v1/collections/{first_collection(ada)}/acts", json=body)
    assert answer.status_code == 400


def test_ids_of_another_collection_are_not_touched(ada: TestClient) -> None:
    collection = first_collection(ada)
    other = ada.post("/api/v1/collections", json={"name": "Other"}).json()["id"]
    ids = upload_ids(ada, collection, "Red")
    done = act(ada, other, kind="relabel", label="Fox", images=ids)
    assert (done["changed"], done["skipped"]) == ([], 1)
    assert labels(ada, ids) == [("Red", "machine")]


def test_a_bulk_act_leaves_alone_what_somebody_else_changed(ada: TestClient) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Green")
    ada.patch(f"/api/v1/images/{ids[0]}", json={"label": "Wolf"})
    versions = dict.fromkeys(ids, 1)
    done = act(ada, collection, kind="relabel", label="Fox", images=ids, versions=versions)
    assert isinstance(done["stale"], list)
    assert [i["label"] for i in done["stale"]] == ["Wolf"]
    assert labels(ada, ids) == [("Wolf", "person"), ("Fox", "person")]


def test_an_undo_that_changes_nothing_can_be_tried_again(ada: TestClient) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red")
    first = act(ada, collection, kind="relabel", label="Fox", images=ids)
    second = act(ada, collection, kind="relabel", label="Wolf", images=ids)
    early = ada.post(f"/api/v1/acts/{first['act']}/undo", json={}).json()
    assert (early["changed"], early["left_alone"], early["gone"]) == ([], 1, 0)
    ada.post(f"/api/v1/acts/{second['act']}/undo", json={})
    ada.post(f"/api/v1/acts/{first['act']}/undo", json={})
    assert labels(ada, ids) == [("Red", "machine")]


def test_an_undo_of_what_is_gone_says_so(ada: TestClient) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red")
    done = act(ada, collection, kind="trash", images=ids)
    ada.delete(f"/api/v1/collections/{collection}/trash")
    assert ada.post(f"/api/v1/acts/{done['act']}/undo", json={}).json()["gone"] == 1


def test_moves_and_copies_stand_in_both_histories_and_need_both_rights(
    ada: TestClient, another: Another
) -> None:
    bob = another("bob@example.org")
    theirs = first_collection(bob)
    offer = {"email": "ada@example.org", "role": "editor"}
    bob.post(f"/api/v1/collections/{theirs}/invitations", json=offer)
    ada.post(f"/api/v1/offers/{ada.get('/api/v1/offers').json()[0]['id']}", json={"accept": True})
    mine = next(c["id"] for c in ada.get("/api/v1/collections").json() if c["role"] == "owner")
    ids = upload_ids(ada, mine, "Red", "Green")
    moved = act(ada, mine, kind="move", target=theirs, images=ids[:1])
    act(ada, mine, kind="copy", target=theirs, images=ids[1:])
    for who, collection in ((ada, mine), (bob, theirs)):
        kinds = [a["kind"] for a in who.get(f"/api/v1/collections/{collection}/acts").json()]
        assert kinds == ["copy", "move"]
    me = ada.get("/api/v1/me").json()["id"]
    bob.delete(f"/api/v1/collections/{theirs}/members/{me}")
    assert ada.post(f"/api/v1/acts/{moved['act']}/undo", json={}).status_code == 404
    assert bob.get(f"/api/v1/images/{ids[0]}").json()["collection"] == theirs
