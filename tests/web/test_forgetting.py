"""What goes with a picture that is removed for good, and with a person who leaves."""

from pathlib import Path

from starlette.testclient import TestClient

from biosight.bootstrap import KINDS, BioSight
from biosight.gallery import trash
from biosight.images import ActItem, Image
from biosight.storage.records import Insert, Where
from biosight.workflows.upkeep.housekeeping import keep_house
from tests.conftest import Run, add_ada, first_collection, upload, upload_ids


def mentioned(biosight: BioSight, *words: str) -> list[str]:
    """Tables in which one of the words stands."""
    return [
        kind.table
        for kind in KINDS
        for record in biosight.archive.records.find(kind, limit=1000)
        if any(word in str(record) for word in words)
    ]


def test_history_forgets_a_picture_that_is_removed_for_good(
    ada: TestClient, biosight: BioSight
) -> None:
    from tests import tiny

    collection = first_collection(ada)
    made = upload(ada, collection, tiny.picture("Red", 1), "nest of the last pair.jpg")["image"]
    assert isinstance(made, dict)
    image = made["id"]
    other = upload_ids(ada, collection, "Green")[0]
    path = f"/api/v1/collections/{collection}"
    acts = f"{path}/acts"
    both = [image, other]
    ada.post(acts, json={"kind": "note", "images": [image], "note": "nest behind the barn"})
    named = ada.post(acts, json={"kind": "relabel", "images": both, "label": "Blue"}).json()["act"]
    ada.post(acts, json={"kind": "trash", "images": [image]})
    secrets = ("nest behind the barn", "nest of the last pair")
    assert "act_items" in mentioned(biosight, *secrets)
    emptied = ada.delete(f"{path}/trash")
    assert (emptied.status_code, emptied.json()["removed"]) == (200, 1)
    assert mentioned(biosight, *secrets) == []
    kept = biosight.archive.records.find(ActItem, [Where("image", "=", image)], limit=100)
    assert kept
    assert all(item == item.emptied for item in kept)
    # Undoing the act puts the other back, and tells of this one.
    undone = ada.post(f"/api/v1/acts/{named}/undo", json={}).json()
    assert [i["id"] for i in undone["changed"]] == [other]
    assert undone["gone"] == 1


def test_what_earlier_versions_kept_is_forgotten_by_and_by(
    ada: TestClient, biosight: BioSight
) -> None:
    records, collection = biosight.archive.records, first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Green")
    for id in ids:
        ada.patch(f"/api/v1/images/{id}", json={"label": "Blue"})
    kept = records.find(ActItem, [Where("image", "=", ids[0])])
    ada.post(f"/api/v1/collections/{collection}/acts", json={"kind": "trash", "images": [ids[0]]})
    ada.delete(f"/api/v1/collections/{collection}/trash")
    records.remove(ActItem, [Where("image", "=", ids[0])])
    records.write(*(Insert(item) for item in kept))  # as it was before histories went along
    keep_house(biosight)
    gone = records.find(ActItem, [Where("image", "=", ids[0])])
    assert [item == item.emptied for item in gone] == [True]
    there = records.find(ActItem, [Where("image", "=", ids[1])])
    assert [item.after.label for item in there] == ["Blue"]
    assert trash.forget_histories(records) == 0
    assert records.count(Image) == 1


def test_a_person_is_given_all_and_forgotten_from_the_shell(run: Run, tmp_path: Path) -> None:
    import zipfile

    add_ada(run)
    run("user", "add", "bob@example.org", "--password", "another long secret")
    target = tmp_path / "bob.zip"
    run("user", "export", "bob@example.org", "--to", target)
    with zipfile.ZipFile(target) as zipped:
        assert "bob@example.org" in zipped.read("users-id.jsonl").decode()
    assert list(tmp_path.glob(".bob.zip*")) == []
    assert "no account" in run("user", "export", "no@example.org", "--to", target, code=1).output
    run("user", "remove", "bob@example.org", "--yes")
    assert "bob" not in run("user", "list").output
    assert "only administrator" not in run("user", "remove", "ada@example.org", "--yes").output
