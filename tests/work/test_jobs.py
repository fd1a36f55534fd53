"""Jobs: the lease, what a job writes with its end, what a broken one says when it is taken up."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight import logs, registry
from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.intake import classify_again
from biosight.storage.records import Where, Write
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows.job_kind import JobKind, JobOutcome
from biosight.workflows.jobs import all_kinds
from biosight.workflows.models import teaching
from tests import tiny
from tests.conftest import first_collection, upload_ids
from tests.walk.conftest import Server
from tests.web.test_models import swapped


def until(question: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something is so, or fail."""
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def test_a_step_longer_than_the_lease_keeps_its_job(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, asked = biosight.archive.records, first_collection(ada)
    monkeypatch.setattr(jobs, "LEASE_SECONDS", 1.2)  # renewed in a third: also on a busy machine
    go_on = threading.Event()

    def long_step(_: BioSight, __: Job, ___: Progress) -> JobOutcome:
        assert go_on.wait(30)
        return JobOutcome("Done.", "{}")

    monkeypatch.setitem(all_kinds.KINDS, teaching.NAME, JobKind("Teaching", long_step))
    id = jobs.ask(records, teaching.NAME, asked, "").id
    claimed = jobs.claim(records)
    assert claimed is not None
    worker = threading.Thread(target=all_kinds.run, args=(biosight, claimed))
    worker.start()
    # Several leases pass; another worker asks all the while and is given nothing.
    others = []

    def later() -> bool:
        others.append(jobs.claim(records))
        return jobs.get_job(records, id).lease_until > claimed.lease_until + 1.5

    until(later)
    go_on.set()
    worker.join()
    assert set(others) == {None}
    assert (jobs.get_job(records, id).state, jobs.get_job(records, id).attempts) == ("done", 1)


def teach_job(ada: TestClient, biosight: BioSight) -> Job:
    """A claimed job that teaches from enough confirmed pictures."""
    collection = first_collection(ada)
    for id in upload_ids(ada, collection, *(["Red", "Green"] * 6)):
        ada.patch(f"/api/v1/images/{id}", json={"confirm": True})
    body = {"name": "field", "labels": ["Red", "Green"]}
    asked = ada.post(f"/api/v1/collections/{collection}/teach", json=body)
    assert asked.status_code == 202, asked.text
    job = jobs.claim(biosight.archive.records)
    assert job is not None
    return job


@pytest.mark.parametrize("taken", [False, True])
def test_a_version_is_registered_with_the_end_of_its_job_or_not_at_all(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    records = biosight.archive.records
    job = teach_job(ada, biosight)
    fit = teaching.run

    def interrupted(biosight: BioSight, job: Job, progress: Progress) -> JobOutcome:
        done = fit(biosight, job, progress)
        if taken:
            jobs.drop(records, jobs.get_job(records, job.id))  # between the fit and its end
        return done

    monkeypatch.setitem(all_kinds.KINDS, teaching.NAME, JobKind("Teaching", interrupted))
    all_kinds.run(biosight, job)
    ended = jobs.get_job(records, job.id)
    assert ended.state == ("dropped" if taken else "done"), ended.words
    assert len(registry.versions(records, "field")) == (0 if taken else 1)


class PulledPlug(BaseException):
    """The process is gone: nothing is tidied up."""


def test_a_reclassification_taken_up_again_reports_the_whole_count(
    ada: TestClient,
    biosight: BioSight,
    model_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from biosight import reclassify
    from biosight.workflows.models import reclassification

    monkeypatch.setattr(reclassify, "BATCH", 2)
    records, collection = biosight.archive.records, first_collection(ada)
    upload_ids(ada, collection, *(["Red", "Blue"] * 4))
    key = swapped(biosight, model_dir, tmp_path)
    id = jobs.ask(records, reclassification.NAME, collection, "", model=key).id
    again, seen = classify_again, []

    def unplugged(*said: object, **more: object) -> list[Write]:
        seen.append(said)
        if len(seen) > 5:
            raise PulledPlug
        return again(*said, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("biosight.workflows.models.reclassification.classify_again", unplugged)
        first = jobs.claim(records)
        assert first is not None
        with pytest.raises(PulledPlug):
            all_kinds.run(biosight, first)
    at = jobs.get_job(records, id)
    assert 0 < at.done < 8
    jobs.amend(records, at, lease_until=0.0)  # its lease has run out
    second = jobs.claim(records)
    assert second is not None
    all_kinds.run(biosight, second)
    ended = jobs.get_job(records, id)
    assert ended.words == f"8 pictures have been classified by {key}."
    tally = json.loads(ended.result)
    assert (tally["seen"], tally["changed"], tally["failed"]) == (8, 8, 0)
    assert records.count(Image, [Where("model", "=", key)]) == 8


def descendants(pid: int) -> set[int]:
    """Processes below one, however deep; those that ended already are no part."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = entry.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(entry.parent.name)] = int(parent)
    found, size = {pid}, 0
    while len(found) > size:
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {pid}


def running(pids: set[int]) -> set[int]:
    """Which of them still run."""
    found = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        found |= {pid} if state != "Z" else set()
    return found


def test_what_classify_started_ends_with_it(tmp_path: Path, model_dir: Path) -> None:
    """kill -9, as the kernel's out-of-memory killer would: it can't say goodbye to its children."""
    tiny.make_folder(tmp_path / "in", 400)
    arguments = ["classify", str(tmp_path / "in"), "--to", str(tmp_path / "out"), "--workers", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "biosight.cli", *arguments, "--chunk", "20"],
        env={**os.environ, "BIOSIGHT_MODEL_DIR": str(model_dir)},
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: list((tmp_path / "out").rglob("*.parquet")), 60)
        below = descendants(process.pid)
        assert len(below) >= 4  # two processes and the decoder of each
    finally:
        process.kill()
        process.wait()
    until(lambda: not running(below), 10)


def test_what_the_server_started_ends_with_it(tmp_path: Path, model_dir: Path) -> None:
    server, below = Server(tmp_path / "data", model_dir), set[int]()
    server.start()
    try:
        client, collection = server.first_person()
        for seed in range(60):
            files = {"file": (f"{seed}.jpg", tiny.picture("Red", seed))}
            client.post(f"/api/v1/collections/{collection}/images", files=files)
        client.post(f"/api/v1/collections/{collection}/try-on", json={"model": "organisms@4"})
        assert server.process is not None
        pid = server.process.pid

        def worker_is_at_work() -> bool:
            said = [Path(f"/proc/{p}/cmdline").read_bytes() for p in running(descendants(pid))]
            return any(b"sandbox.worker" in s for s in said) and any(
                b"worker\0--" in s for s in said
            )

        until(worker_is_at_work)
        below = descendants(pid)
        os.kill(pid, signal.SIGKILL)  # the server alone, not its group
        server.process.wait()
        until(lambda: not running(below), 10)
    finally:
        server.close()
        for left in running(below):
            os.kill(left, signal.SIGKILL)


def test_a_job_is_logged_under_the_request_that_asked_for_it(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = first_collection(ada)
    answer = ada.post(f"/api/v1/collections/{collection}/try-on", json={"model": "tiny@1"})
    asked = answer.headers["x-request-id"]
    job = jobs.get_job(biosight.archive.records, answer.json()["id"])
    assert job.request == asked
    seen: list[str] = []

    def told(*_: object) -> JobOutcome:
        seen.append(logs.request_id.get())
        return JobOutcome("", "")

    monkeypatch.setitem(all_kinds.KINDS, "try-on", replace(all_kinds.KINDS["try-on"], run=told))
    claimed = jobs.claim(biosight.archive.records)
    assert claimed is not None
    all_kinds.run(biosight, claimed)
    assert (seen, logs.request_id.get()) == ([asked], "")
