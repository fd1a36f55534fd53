"""Labels, collections and what people said of many pictures: nothing changes unnoticed."""

import time
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.images import Image
from biosight.labels import Annotation
from biosight.review.acts import MOST_LOOKED_AT
from biosight.storage.records import Replace, Where
from biosight.work.jobs import get_job, take
from biosight.workflows.jobs import all_kinds
from biosight.workflows.upkeep import housekeeping
from biosight.workflows.upkeep.housekeeping import keep_house
from tests.conftest import PASSWORD, first_collection, upload, upload_ids
from tests.tiny import picture
from tests.web.test_sharing import Another, share

API = "/api/v1"


def act(client: TestClient, c: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{API}/collections/{c}/acts", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def who(client: TestClient, image: str) -> tuple[str, str]:
    shown = client.get(f"{API}/images/{image}").json()
    return shown["label"], shown["who"]


@pytest.mark.parametrize("kind", ["confirm", "relabel"])
def test_what_nobody_looked_at_one_by_one_is_marked(ada: TestClient, kind: str) -> None:
    """One rule, whatever the way: of all that match, of more than a hundred, or as the page says
    (N2)."""
    c = first_collection(ada)
    ids = upload_ids(ada, c, "Red", "Green")
    said = {"kind": kind, "label": "Fox"}
    for chosen, expected in (
        ({"images": ids[:1]}, "person"),
        ({"images": ids[:1], "via": "bulk"}, "bulk"),
        ({"matching": {}}, "bulk"),
        ({"images": ids + ["absent"] * MOST_LOOKED_AT}, "person"),
        ({"images": ids + [f"absent{n}" for n in range(MOST_LOOKED_AT)]}, "bulk"),
    ):
        done = act(ada, c, **said, **chosen)
        assert who(ada, ids[0])[1] == expected, chosen
        assert ada.post(f"{API}/acts/{done['act']}/undo").status_code == 200


def test_bulk_says_nothing_of_acts_without_a_label(ada: TestClient, biosight: BioSight) -> None:
    c = first_collection(ada)
    ids = upload_ids(ada, c, "Red")
    act(ada, c, kind="note", note="seen", images=ids, via="bulk")
    assert who(ada, ids[0])[1] == "machine"
    assert biosight.archive.records.count(Annotation) == 0


def rename(client: TestClient, c: str, old: str, new: str) -> Any:
    path = f"{API}/collections/{c}/labels/rename"
    return client.post(path, json={"old": old, "new": new})


@pytest.mark.parametrize("twin", ["green", "GREEN", "Gréen", "Gre\u0301en", " Green "])
def test_a_rename_makes_no_twin(ada: TestClient, twin: str) -> None:
    """Renamed to "insecta", there were "insecta 114" beside "Insecta 321"."""
    c = first_collection(ada)
    upload_ids(ada, c, "Red", "Green")
    answer = rename(ada, c, "Red", twin)
    if twin.strip() == "Green":
        assert answer.status_code == 200  # it is that label: a merge
        return
    assert answer.status_code == 409
    assert "There is already a label Green" in answer.json()["detail"]
    labels = {x["label"] for x in ada.get(f"{API}/collections/{c}/labels").json()}
    assert labels == {"Red", "Green"}


def test_a_label_that_lies_in_the_trash_is_a_twin_too(ada: TestClient) -> None:
    c = first_collection(ada)
    red, fox = upload_ids(ada, c, "Red", "Green")
    act(ada, c, kind="relabel", label="Fox", images=[fox])
    act(ada, c, kind="trash", images=[fox])
    assert rename(ada, c, "Red", "FOX").status_code == 409
    assert who(ada, red)[0] == "Red"


def test_a_label_changes_its_own_case(ada: TestClient) -> None:
    c = first_collection(ada)
    (red,) = upload_ids(ada, c, "Red")
    assert rename(ada, c, "Red", "red").status_code == 200
    assert who(ada, red)[0] == "red"


@pytest.mark.parametrize("new", ["", "Scarlet"])
@pytest.mark.parametrize("by_job", [False, True])
def test_an_undo_brings_back_what_came_in_meanwhile(
    ada: TestClient,
    biosight: BioSight,
    monkeypatch: pytest.MonkeyPatch,
    new: str,
    by_job: bool,
) -> None:
    """A label was removed, 40 pictures came, the removal was undone: 12 stayed unlabelled."""
    if by_job:
        monkeypatch.setattr("biosight.workflows.jobs.undo_act.MOST_AT_ONCE", 0)
    c = first_collection(ada)
    (old,) = upload_ids(ada, c, "Red")
    done = rename(ada, c, "Red", new).json()
    late = str(upload(ada, c, picture("Red", 77), "late.jpg")["image"]["id"])  # type: ignore[index]
    assert who(ada, late)[0] == new
    back = ada.post(f"{API}/acts/{done['act']}/undo").json()
    if by_job:
        records = biosight.archive.records
        all_kinds.run(biosight, take(records, get_job(records, back["job"]["id"])))
    assert who(ada, old) == who(ada, late) == ("Red", "machine")


def test_an_undo_leaves_what_a_person_said_meanwhile(ada: TestClient) -> None:
    c = first_collection(ada)
    upload_ids(ada, c, "Red")
    done = rename(ada, c, "Red", "Scarlet").json()
    late = str(upload(ada, c, picture("Red", 77), "late.jpg")["image"]["id"])  # type: ignore[index]
    act(ada, c, kind="confirm", images=[late])
    ada.post(f"{API}/acts/{done['act']}/undo")
    assert who(ada, late) == ("Scarlet", "person")


def deleted(ada: TestClient, bob: TestClient, biosight: BioSight) -> str:
    """Bob's collection, after Bob deleted his account."""
    c = first_collection(bob)
    upload_ids(bob, c, "Red")
    assert bob.request("DELETE", f"{API}/me", json={"password": PASSWORD}).status_code == 204
    (found,) = [
        h for h in ada.get(f"{API}/admin/collections").json()["collections"] if h["id"] == c
    ]
    assert (found["trashed"], found["abandoned"], found["images"]) == (True, True, 1)
    return c


def grow_old(biosight: BioSight, c: str) -> None:
    """It lies in the trash for longer than the setting says."""
    found = biosight.archive.records.get(Collection, c)
    assert found is not None
    past = time.time() - (biosight.settings.trash_days + 1) * 86_400
    old = replace(found, trashed_at=past, version=found.version + 1)
    biosight.archive.records.write(Replace(old, found.version))


def test_a_deleted_accounts_pictures_go_after_the_trash_period(
    ada: TestClient, another: Another, biosight: BioSight
) -> None:
    """They stayed for ever (N10)."""
    c = deleted(ada, another("bob@example.org"), biosight)
    keep_house(biosight)
    records = biosight.archive.records
    assert records.count(Image, [Where("collection", "=", c)]) == 1, "not before"
    grow_old(biosight, c)
    keep_house(biosight)
    assert records.count(Image, [Where("collection", "=", c)]) == 0
    assert records.get(Collection, c) is None
    assert list(biosight.archive.blobs.keys("original")) == []


def test_an_administrator_restores_them_before(
    ada: TestClient, another: Another, biosight: BioSight
) -> None:
    c = deleted(ada, another("bob@example.org"), biosight)
    answer = ada.post(f"{API}/admin/collections/{c}/restore")
    assert answer.status_code == 200, answer.text
    assert answer.json()["owners"] == ["ada"]
    assert ada.get(f"{API}/collections/{c}").json()["role"] == "owner"
    assert ada.post(f"{API}/admin/collections/{c}/restore").status_code == 409


def test_a_trashed_collection_with_members_stays(
    ada: TestClient, another: Another, biosight: BioSight
) -> None:
    """People's own are emptied by them, and restored by them alone."""
    bob = another("bob@example.org")
    c = first_collection(bob)
    share(bob, ada, c, "viewer")
    assert bob.delete(f"{API}/collections/{c}").status_code == 204
    grow_old(biosight, c)
    assert housekeeping.remove_abandoned(biosight) == 0
    assert ada.post(f"{API}/admin/collections/{c}/restore").status_code == 409
