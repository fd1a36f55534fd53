"""Quotas hold for uploads that come at once, and for copies and moves (G21)."""

import io
import threading
from collections import Counter
from dataclasses import replace
from typing import cast

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.images import Image
from biosight.storage.blobs.disk_space import room_limits, write_metered
from biosight.storage.records import Records, Where
from biosight.work import jobs
from biosight.workflows.jobs import all_kinds
from tests.between import Between, inserts, records_between, served
from tests.conftest import first_collection, upload_ids
from tests.tiny import picture

API = "/api/v1"


def limited(biosight: BioSight, pictures: float) -> BioSight:
    """The same with room for so many pictures a person."""
    size = len(picture("Red", 1))
    return replace(biosight, intake=replace(biosight.intake, quota=int(pictures * size)))


def send(client: TestClient, collection: str, seed: int) -> int:
    file = {"file": (f"{seed}.jpg", io.BytesIO(picture("Red", seed)))}
    return client.post(f"{API}/collections/{collection}/images", files=file).status_code


def test_many_uploads_at_once_pass_no_quota(ada: TestClient, biosight: BioSight) -> None:
    """156 % of a quota were kept by 16 uploads at once."""
    c, few = first_collection(ada), limited(biosight, 5.5)
    answers: Counter[int] = Counter()
    with served(few, ada) as client:

        def some(start: int) -> None:
            answers.update(send(client, c, start * 10 + n) for n in range(2))

        threads = [threading.Thread(target=some, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    kept = biosight.archive.records.total(Image, [])
    assert kept <= few.intake.quota
    assert answers[201] >= 4
    assert set(answers) == {201, 413}


def test_an_upload_between_the_sum_and_the_write_is_counted(
    ada: TestClient, biosight: BioSight
) -> None:
    c, few = first_collection(ada), limited(biosight, 1.5)

    def other() -> None:
        with served(few, ada) as client:
            assert send(client, c, 2) == 201

    slow = records_between(few, "write", other, wanted=inserts(Image))
    slow = replace(slow, intake=replace(few.intake, records=slow.archive.records))
    with served(slow, ada) as client:
        assert send(client, c, 1) == 413
    assert biosight.archive.records.count(Image) == 1


def copy(client: TestClient, c: str, target: str, images: list[str], kind: str = "copy") -> int:
    body = {"kind": kind, "target": target, "images": images}
    return client.post(f"{API}/collections/{c}/acts", json=body).status_code


def test_copies_need_room_too(ada: TestClient, biosight: BioSight) -> None:
    """A copy asked for no room: 351 %."""
    c = first_collection(ada)
    other = ada.post(f"{API}/collections", json={"name": "Other"}).json()["id"]
    ids = upload_ids(ada, c, "Red", "Green", "Blue")
    with served(limited(biosight, 5.5), ada) as client:
        assert copy(client, c, other, ids) == 413
        assert biosight.archive.records.count(Image) == 3, "none of them"
        assert copy(client, c, other, ids[:2]) == 201
        assert copy(client, c, other, ids[:2]) == 201, "they are there already"


@pytest.mark.parametrize("kind", ["copy", "move"])
def test_a_collections_quota_holds_for_what_comes_from_another(
    ada: TestClient, biosight: BioSight, kind: str
) -> None:
    c = first_collection(ada)
    other = ada.post(f"{API}/collections", json={"name": "Other"}).json()["id"]
    ids = upload_ids(ada, c, "Red", "Green")
    small = 1.5 * len(picture("Red", 1)) / 1e9
    path = f"{API}/admin/collections/{other}/quota"
    assert ada.put(path, json={"quota_gb": small}).status_code == 200
    assert copy(ada, c, other, ids, kind) == 413
    assert copy(ada, c, other, ids[:1], kind) == 201


def test_a_job_that_copies_stops_at_the_quota(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.web.api.pictures.acts.MOST_AT_ONCE", 1)
    c = first_collection(ada)
    other = ada.post(f"{API}/collections", json={"name": "Other"}).json()["id"]
    ids = upload_ids(ada, c, "Red", "Green", "Blue")
    few = limited(biosight, 4.5)
    with served(few, ada) as client:
        body = {"kind": "copy", "target": other, "images": ids}
        made = client.post(f"{API}/collections/{c}/acts", json=body).json()
    records = biosight.archive.records
    all_kinds.run(few, jobs.take(records, jobs.get_job(records, made["act"])))
    done = jobs.get_job(records, made["act"])
    assert done.state == "failed"
    assert "storage limit is reached" in done.words
    assert records.total(Image, []) <= few.intake.quota


def test_copies_that_meet_an_upload_are_counted_with_it(
    ada: TestClient, biosight: BioSight
) -> None:
    c = first_collection(ada)
    other = ada.post(f"{API}/collections", json={"name": "Other"}).json()["id"]
    ids = upload_ids(ada, c, "Red")
    few = limited(biosight, 2.5)

    def meanwhile() -> None:
        with served(few, ada) as client:
            assert send(client, c, 7) == 201

    slow = records_between(few, "write", meanwhile, wanted=inserts(Image))
    slow = replace(slow, intake=replace(few.intake, records=slow.archive.records))
    with served(slow, ada) as client:
        assert copy(client, c, other, ids) == 413
    assert biosight.archive.records.count(Image) == 2


def test_without_a_limit_nothing_is_metered(biosight: BioSight) -> None:
    records = biosight.archive.records
    said: list[int] = []
    write_metered(records, 5, [], lambda along: said.append(len(along)))
    assert said == [0]
    assert room_limits("ada", 0, "c", 0) == []
    assert cast(Records, Between(records, "get", lambda: None)).get(Collection, "x") is None
    assert records.count(Image, [Where("uploaded_by", "=", "ada")]) == 0
