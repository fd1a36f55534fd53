"""Jobs go on after what passes: a store that was away, a worker that was told to end."""

import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight import metrics
from biosight.accounts import User
from biosight.bootstrap import BioSight
from biosight.cli.server.serve import WorkerKeeper
from biosight.cli.server.worker import Shift
from biosight.collection import Collection
from biosight.errors import NoSpace, Unavailable
from biosight.images import Image
from biosight.inference.sandbox import decoding
from biosight.intake import Rejected
from biosight.reclassify import attempt
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows.job_kind import JobKind, JobOutcome
from biosight.workflows.jobs import all_kinds
from biosight.workflows.models import teaching
from biosight.workflows.pictures import file_import
from biosight.workflows.pictures.destinations import destination
from tests import tiny
from tests.conftest import first_collection, upload_ids
from tests.work.test_jobs import until

AWAY = "The database did not answer in time."


@pytest.fixture
def asked(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Progress], None]], Job]:
    """Ask for a job that does what a test wants, and claim it."""

    def ask(work: Callable[[Progress], None]) -> Job:
        def run(_: BioSight, __: Job, progress: Progress) -> JobOutcome:
            work(progress)
            return JobOutcome("Done.", "{}")

        monkeypatch.setitem(all_kinds.KINDS, teaching.NAME, JobKind("Teaching", run))
        records = biosight.archive.records
        jobs.ask(records, teaching.NAME, first_collection(ada), "")
        claimed = jobs.claim(records)
        assert claimed is not None
        return claimed

    return ask


Asked = Callable[[Callable[[Progress], None]], Job]


def away(_: Progress) -> None:
    raise Unavailable(AWAY)


def now(biosight: BioSight, job: Job) -> Job:
    return jobs.get_job(biosight.archive.records, job.id)


def test_a_job_waits_for_a_store_that_is_away(
    biosight: BioSight, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, tries = biosight.archive.records, []

    def work(progress: Progress) -> None:
        tries.append(progress.job.cursor)
        if len(tries) <= 2 * jobs.MOST_ATTEMPTS:
            raise Unavailable(AWAY)

    claimed = asked(work)
    all_kinds.run(biosight, claimed)
    waits = now(biosight, claimed)
    assert (waits.state, waits.attempts, waits.words) == ("waiting", 0, AWAY)
    assert jobs.claim(records) is None  # not at once
    assert waits.lease_until - time.time() < 60
    monkeypatch.setattr(jobs, "PAUSE_SECONDS", 0.0)
    jobs.let_go(records, waits)
    while (again := jobs.claim(records)) is not None:
        all_kinds.run(biosight, again)
    assert (now(biosight, claimed).state, len(tries)) == ("done", 2 * jobs.MOST_ATTEMPTS + 1)


def test_after_an_hour_it_fails_with_the_stores_words(biosight: BioSight, asked: Asked) -> None:
    claimed = asked(away)
    since = time.time() - jobs.HINDERED_SECONDS - 1
    often = jobs.amend(biosight.archive.records, claimed, hindered_since=since, hindered=5)
    all_kinds.run(biosight, often)
    failed = now(biosight, claimed)
    assert (failed.state, failed.words, failed.reason) == ("failed", AWAY, jobs.STORE)


def test_a_job_that_does_all_of_its_work_anew_is_not_tried_for_ever(
    biosight: BioSight, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note of progress alone, from zero in each try, does not begin the hour anew."""

    def work(progress: Progress) -> None:
        progress.note(10, 10)
        raise Unavailable(AWAY)

    monkeypatch.setattr(jobs, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(jobs, "HINDERED_SECONDS", 0.0)
    claimed: Job | None = asked(work)
    first, tries = claimed, 0
    while claimed is not None:
        tries += 1
        all_kinds.run(biosight, claimed)
        claimed = jobs.claim(biosight.archive.records)
    assert first is not None
    assert now(biosight, first).state == "failed"
    assert tries == jobs.LEAST_HINDERED + 1


def test_time_in_the_queue_is_no_time_of_a_store_that_was_away(
    biosight: BioSight, asked: Asked
) -> None:
    records, claimed = biosight.archive.records, asked(away)
    all_kinds.run(biosight, claimed)
    waits = now(biosight, claimed)
    ago = time.time() - 5 * jobs.HINDERED_SECONDS
    jobs.amend(records, waits, hindered_since=ago, hindered=9, lease_until=ago + 15)
    again = jobs.claim(records)
    assert again is not None
    all_kinds.run(biosight, again)
    assert now(biosight, claimed).state == "waiting"


def test_a_full_disk_is_waited_for_too(biosight: BioSight, asked: Asked) -> None:
    def full(_: Progress) -> None:
        raise NoSpace("The disk is full; nothing was stored.")

    claimed = asked(full)
    all_kinds.run(biosight, claimed)
    assert now(biosight, claimed).state == "waiting"


def test_progress_begins_the_hour_anew(biosight: BioSight, asked: Asked) -> None:
    def work(progress: Progress) -> None:
        progress.step(1, 2, "a", force=True)
        raise Unavailable(AWAY)

    claimed = asked(work)
    since = time.time() - jobs.HINDERED_SECONDS - 1
    kept = jobs.amend(biosight.archive.records, claimed, hindered_since=since, hindered=9)
    all_kinds.run(biosight, kept)
    waits = now(biosight, claimed)
    assert (waits.state, waits.cursor, waits.hindered) == ("waiting", "a", 1)
    assert waits.hindered_since > since


def test_a_store_that_is_away_altogether_leaves_the_job_to_its_lease(
    biosight: BioSight, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed, records = asked(away), biosight.archive.records

    def silent(*_: object, **__: object) -> None:
        raise Unavailable(AWAY)

    with monkeypatch.context() as patch:
        patch.setattr(type(records), "write", silent)
        all_kinds.run(biosight, claimed)  # the worker lives on
    assert now(biosight, claimed).state == "running"


def test_a_worker_that_is_told_to_end_gives_its_job_back(biosight: BioSight, asked: Asked) -> None:
    def told(_: Progress) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    claimed, records = asked(told), biosight.archive.records
    jobs.let_go(records, claimed)
    shift = Shift(biosight.settings, biosight.archive, math.inf)
    shift.biosight = biosight
    with pytest.raises(SystemExit):
        shift.work(all_kinds.HEAVY)
    shift.biosight = None  # the fixture closes it
    shift.close()
    given = now(biosight, claimed)
    assert (given.state, given.attempts) == ("waiting", 0)
    assert jobs.claim(records) is not None  # at once


def test_what_jobs_need_can_be_away_too(
    biosight: BioSight, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = asked(lambda _: None)
    shift = Shift(biosight.settings, biosight.archive, 0.0)

    def shut() -> BioSight:
        raise Unavailable("The picture store can't be reached just now.")

    monkeypatch.setattr(shift, "opened", shut)
    shift.do(claimed)
    assert now(biosight, claimed).state == "waiting"


def test_a_command_waits_for_the_store_as_a_worker_does(
    biosight: BioSight, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def work(_: Progress) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise Unavailable(AWAY)

    monkeypatch.setattr(jobs, "PAUSE_SECONDS", 0.2)
    monkeypatch.setattr(all_kinds, "POLL_SECONDS", 0.05)
    claimed = asked(work)
    free = jobs.let_go(biosight.archive.records, claimed)
    done = all_kinds.run_here(biosight, replace(free))
    assert (done.state, len(tries)) == ("done", 2)


def test_a_queue_that_breaks_ends_its_worker_and_counts_the_try(
    biosight: BioSight, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither does the other queue go on alone, nor is the job tried for ever."""
    claimed, records = asked(lambda _: None), biosight.archive.records
    tried: Job | None = jobs.let_go(records, claimed)
    for count in range(1, jobs.MOST_ATTEMPTS + 1):
        shift = Shift(biosight.settings, biosight.archive, math.inf)

        def broken() -> BioSight:
            raise OSError("no such library")

        monkeypatch.setattr(shift, "opened", broken)
        shift.work(all_kinds.HEAVY)  # it ends, though its patience has none
        shift.close()
        assert shift.broken
        assert shift.busy == set()
        tried = now(biosight, claimed)
        assert tried.attempts == count
        jobs.amend(records, tried, lease_until=0.0)
    assert jobs.claim(records) is None
    assert (now(biosight, claimed).state, now(biosight, claimed).reason) == ("failed", jobs.WORKER)


def test_a_worker_that_ends_takes_no_job_from_another(biosight: BioSight, asked: Asked) -> None:
    """Its lease had lapsed, and another worker has the job by now."""
    records, claimed = biosight.archive.records, asked(lambda _: None)
    mine = Progress(records, claimed)
    jobs.amend(records, claimed, lease_until=0.0)
    others = jobs.claim(records)
    assert others is not None
    all_kinds.RUNNING[claimed.id] = mine
    try:
        Shift(biosight.settings, biosight.archive, 0.0).close()
    finally:
        del all_kinds.RUNNING[claimed.id]
    assert now(biosight, claimed) == others


@pytest.mark.parametrize("kind", ["reclassified", "imported"])
def test_no_picture_is_passed_over_while_a_store_is_away(
    ada: TestClient, biosight: BioSight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    upload_ids(ada, first_collection(ada), "Red")
    (image,) = biosight.archive.records.find(Image, limit=1)

    def silent(*_: object, **__: object) -> Image:
        raise Unavailable(AWAY)

    if kind == "reclassified":
        with pytest.raises(Unavailable):
            attempt(silent, image)
        return
    (tmp_path / "a.jpg").write_bytes(tiny.picture("Green", 1))
    c = biosight.archive.records.get(Collection, image.collection)
    user = biosight.archive.records.find(User, limit=1)[0]
    assert c is not None
    into = destination(biosight.archive.records, biosight.catalogue, c, user)
    monkeypatch.setattr(decoding, "WAITS", ())
    monkeypatch.setattr(file_import, "take_in", silent)
    with pytest.raises(Unavailable):
        file_import.take_file(biosight, into, tmp_path / "a.jpg", "a.jpg", "s")
    refused = file_import.import_file(biosight, into, tmp_path / "a.jpg", "a.jpg", "s")
    assert refused == Rejected(AWAY)


def first_in_its_world(*command: str) -> list[str]:
    """A command as the first process of a namespace of its own, as in a container."""
    return ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", *command]


@pytest.mark.parametrize("as_first", [False, True])
def test_a_worker_hears_sigterm(tmp_path: Path, model_dir: Path, as_first: bool) -> None:
    command = [sys.executable, "-m", "biosight.cli", "worker"]
    if as_first:
        probe = first_in_its_world("true")
        if not shutil.which("unshare") or subprocess.run(probe, check=False).returncode:
            pytest.skip("SKIPPED: no process here can be the first of a namespace")
        command = first_in_its_world(*command)
    data = tmp_path / "data"
    settings = {"BIOSIGHT_DATA_DIR": str(data), "BIOSIGHT_MODEL_DIR": str(model_dir)}
    started = subprocess.Popen(command, env=os.environ | settings)
    try:
        until(lambda: (data / "worker-beat").exists())
        child = started.pid if not as_first else only_child(started.pid)
        os.kill(child, signal.SIGTERM)
        assert started.wait(15) == 128 + signal.SIGTERM
    finally:
        started.kill()


def only_child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@pytest.mark.parametrize(("status", "outcome"), [(0, "idle"), (3, "died")])
def test_ends_of_the_servers_worker_are_counted(status: int, outcome: str) -> None:
    counted = metrics.worker_ends.labels(outcome)
    before = counted._value.get()
    keeper = object.__new__(WorkerKeeper)  # without its thread
    keeper.child = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({status})"])
    keeper.note_end()  # it may still run
    if keeper.child:
        keeper.child.wait()
    keeper.note_end()
    keeper.note_end()
    assert counted._value.get() == before + 1
