"""What administrators see of long work, workers, collections and room."""

import time
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from biosight.accounts import create_user, open_session
from biosight.bootstrap import BioSight
from biosight.errors import BadRequest
from biosight.storage.records import Records
from biosight.work import jobs, workers
from biosight.work.jobs import Job
from biosight.workflows.job_kind import JobOutcome
from biosight.workflows.jobs import all_kinds
from biosight.workflows.upkeep.housekeeping import keep_house
from biosight.workflows.upkeep.server_overview import quota_bytes
from tests import tiny
from tests.conftest import PASSWORD, first_collection, upload, upload_ids


@pytest.fixture(autouse=True)
def as_in_earnest(caplog: pytest.LogCaptureFixture) -> None:
    """The level that the server logs at."""
    caplog.set_level("INFO", "biosight")


def failed(biosight: BioSight, monkeypatch: pytest.MonkeyPatch, collection: str) -> Job:
    """A reclassification that broke off with an error that nobody foresaw."""
    records = biosight.archive.records
    asked = jobs.ask(records, "reclassify", collection, "", model="tiny@1")

    def breaks(*_: object) -> JobOutcome:
        raise RuntimeError("the disk makes noises")

    kind = replace(all_kinds.KINDS["reclassify"], run=breaks)
    with monkeypatch.context() as patch:
        patch.setitem(all_kinds.KINDS, "reclassify", kind)
        claimed = jobs.claim(records)
        assert claimed is not None
        assert claimed.id == asked.id
        all_kinds.run(biosight, claimed)
    return jobs.get_job(records, asked.id)


def test_failed_work_shows_its_log_and_is_tried_again(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red", "Blue")
    job = failed(biosight, monkeypatch, collection)
    (seen,) = ada.get("/api/v1/admin/work").json()["work"]
    assert (seen["state"], seen["collection"], seen["attempts"]) == ("failed", "My images", 1)
    lines = ada.get(f"/api/v1/admin/work/{job.id}/log").json()["lines"]
    assert "job begun" in lines[0]
    assert "the disk makes noises" in "\n".join(lines)
    again = ada.post(f"/api/v1/admin/work/{job.id}/retry")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    assert ada.post(f"/api/v1/admin/work/{job.id}/retry").status_code == 409
    claimed = jobs.claim(biosight.archive.records)
    assert claimed is not None
    all_kinds.run(biosight, claimed)
    (seen,) = ada.get("/api/v1/admin/work").json()["work"]
    assert (seen["state"], seen["done"]) == ("done", 2)
    lines = ada.get(f"/api/v1/admin/work/{job.id}/log").json()["lines"]
    assert sum("job begun" in line for line in lines) == 2  # of both runs
    assert "job done" in lines[-1]
    log = ada.get("/api/v1/admin/log").json()
    assert "work tried again" in [line["kind"] for line in log]


def test_work_that_runs_is_not_begun_twice(ada: TestClient, biosight: BioSight) -> None:
    records, collection = biosight.archive.records, first_collection(ada)
    one = jobs.ask(records, "reclassify", collection, "", model="tiny@1")
    assert ada.post(f"/api/v1/admin/work/{one.id}/retry").status_code == 409
    jobs.end(records, one, "failed", "It broke.")
    jobs.ask(records, "reclassify", collection, "", model="tiny@1")
    assert ada.post(f"/api/v1/admin/work/{one.id}/retry").status_code == 409


def test_work_is_stopped_by_an_administrator(ada: TestClient, biosight: BioSight) -> None:
    one = jobs.ask(biosight.archive.records, "reclassify", first_collection(ada), "", model="t@1")
    (waits,) = ada.get("/api/v1/admin/work").json()["work"]
    assert waits["state"] == "waiting"
    assert waits["waited"] > 0
    assert ada.post(f"/api/v1/admin/work/{one.id}/stop").json()["state"] == "dropped"


def test_pages_of_work(ada: TestClient, biosight: BioSight) -> None:
    records, collection = biosight.archive.records, first_collection(ada)
    for _ in range(103):
        asked = jobs.ask(records, "reclassify", collection, "", model="tiny@1")
        jobs.end(records, asked, "done", "")
    first = ada.get("/api/v1/admin/work").json()
    rest = ada.get(f"/api/v1/admin/work?before={first['next']}").json()
    assert (len(first["work"]), len(rest["work"]), rest["next"]) == (100, 3, "")
    assert len({w["id"] for w in first["work"] + rest["work"]}) == 103


def test_workers_are_seen_while_they_live(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = biosight.archive.records
    assert ada.get("/api/v1/admin/workers").json() == []
    one, other = workers.here(), workers.here()
    one = workers.note_alive(records, one, ("j1",))
    workers.note_alive(records, one, ())
    workers.note_alive(records, other, ("j2",))
    seen = ada.get("/api/v1/admin/workers").json()
    assert sorted(w["busy"] for w in seen) == [0, 1]
    now = time.time() + 120
    monkeypatch.setattr(time, "time", lambda: now)
    assert workers.alive(records) == []
    monkeypatch.setattr(time, "time", lambda: now + 2 * 86_400)
    workers.note_alive(records, workers.here(), ())
    assert records.count(workers.Worker) == 1


def test_lines_of_a_job_are_its_own_and_the_last(biosight: BioSight) -> None:
    records: Records = biosight.archive.records
    with workers.written_down(records, "a"):
        for n in range(300):
            all_kinds.log.info("step", extra={"n": n})
    all_kinds.log.info("elsewhere")
    lines = workers.lines_of(records, "a")
    assert len(lines) == 200
    assert lines[-1].endswith("n=299")
    workers.forget(records, time.time() + 1)
    assert workers.lines_of(records, "a") == ()
    keep_house(biosight)


def test_what_collections_hold(ada: TestClient, biosight: BioSight) -> None:
    upload(ada, first_collection(ada), tiny.picture("Red", 1))
    ada.post("/api/v1/collections", json={"name": "Empty"})
    found = {c["name"]: c for c in ada.get("/api/v1/admin/collections").json()["collections"]}
    mine = found["My images"]
    assert (mine["images"], mine["owners"], mine["verdict"]) == (1, ["ada"], "")
    assert mine["bytes"] > 0
    assert found["Empty"]["images"] == 0
    said = ada.get("/api/v1/admin/versions").json()
    database = {"sqlite": "SQLite", "mongodb": "MongoDB"}[biosight.settings.store]
    assert (said["database"], said["pictures"], said["last_backup"]) == (database, "a folder", 0)
    assert "tiny@1" in said["models"]


def refused(client: TestClient, collection: str, seed: int) -> str:
    """Why a picture was refused, "" where it was taken."""
    answer = client.post(
        f"/api/v1/collections/{collection}/images",
        files={"file": ("b.jpg", tiny.picture("Red", seed))},
    )
    assert answer.status_code in {201, 413}, answer.text
    return str(answer.json()["detail"]) if answer.status_code == 413 else ""


def test_a_collection_has_room_of_its_own(ada: TestClient) -> None:
    collection = first_collection(ada)
    path = f"/api/v1/admin/collections/{collection}/quota"
    assert refused(ada, collection, 1) == ""
    assert ada.put(path, json={"quota_gb": 0.0000025}).json()["quota_gb"] == 0.0000025
    assert "This collection's storage limit" in refused(ada, collection, 2)
    other = ada.post("/api/v1/collections", json={"name": "Other"}).json()["id"]
    assert refused(ada, other, 2) == ""
    ada.put(path, json={"quota_gb": 0})
    assert refused(ada, collection, 3) == ""
    assert ada.put(path, json={"quota_gb": -1}).status_code == 422
    assert ada.put("/api/v1/admin/collections/x/quota", json={"quota_gb": 1}).status_code == 404
    with pytest.raises(BadRequest):
        quota_bytes(-1)


def test_a_person_has_room_of_their_own(ada: TestClient) -> None:
    collection, me = first_collection(ada), ada.get("/api/v1/me").json()["id"]
    assert refused(ada, collection, 1) == ""
    changed = ada.patch(f"/api/v1/admin/users/{me}", json={"quota_gb": 0.0000025}).json()
    assert (changed["quota_gb"], changed["role"]) == (0.0000025, "admin")
    assert "Your storage limit" in refused(ada, collection, 2)
    ada.patch(f"/api/v1/admin/users/{me}", json={"quota_gb": 0})
    assert refused(ada, collection, 3) == ""


def test_all_of_it_is_for_administrators(ada: TestClient, biosight: BioSight) -> None:
    records = biosight.archive.records
    collection = first_collection(ada)
    job = jobs.ask(records, "reclassify", collection, "", model="tiny@1")
    ben = create_user(records, "ben@example.org", PASSWORD, first=False)
    secret = open_session(records, ben, "", 1)
    ada.cookies.clear()
    ada.cookies.set("biosight", secret)
    assert ada.get("/api/v1/me").json()["email"] == "ben@example.org"
    for method, path in (
        ("GET", "/admin/work"),
        ("GET", f"/admin/work/{job.id}/log"),
        ("POST", f"/admin/work/{job.id}/retry"),
        ("POST", f"/admin/work/{job.id}/stop"),
        ("GET", "/admin/workers"),
        ("GET", "/admin/versions"),
        ("GET", "/admin/collections"),
    ):
        assert ada.request(method, f"/api/v1{path}").status_code == 404, path
    path = f"/api/v1/admin/collections/{collection}/quota"
    assert ada.put(path, json={"quota_gb": 1}).status_code == 404
