"""Uploads as the history lists them."""

from dataclasses import replace

from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.gallery.arrivals import PAGE, arrivals
from biosight.storage.records import Insert, new_id
from tests import tiny
from tests.conftest import first_collection, upload
from tests.publishing.test_table import IMAGE


def test_what_came_together_is_told_with_who_and_how_many(ada: TestClient) -> None:
    collection = first_collection(ada)
    for n, session in enumerate(("a", "a", "b")):
        upload(ada, collection, tiny.picture("Red", n), session=session)
    found = ada.get(f"/api/v1/collections/{collection}/uploads").json()
    assert [(u["images"], u["by"]) for u in found] == [(1, "ada"), (2, "ada")]
    shown = ada.get(f"/api/v1/collections/{collection}/images?session={found[1]['session']}")
    assert len(shown.json()["images"]) == 2
    ada.patch(f"/api/v1/images/{found[0]['newest']}", json={"trashed": True})
    assert len(ada.get(f"/api/v1/collections/{collection}/uploads").json()) == 1


def test_small_uploads_behind_a_large_one_are_found(biosight: BioSight) -> None:
    writes, at = [], 1000.0
    for session, many in (("old", 2), ("large", 3 * PAGE), ("new", 1)):
        for _ in range(many):
            id, at = new_id(), at + 1
            image = replace(IMAGE, id=id, sha256=id, collection="c", session=session, created_at=at)
            writes.append(Insert(image))
    biosight.archive.records.write(*writes)
    found = arrivals(biosight.archive.records, "c", 50)
    assert [(a.newest.session, a.images) for a in found] == [
        ("new", 1),
        ("large", 3 * PAGE),
        ("old", 2),
    ]
    assert len(arrivals(biosight.archive.records, "c", 1)) == 1
