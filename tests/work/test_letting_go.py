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
from biosight.bootstrap import BioSight
from biosight.cli.server.serve import WorkerKeeper
from biosight.cli.server.worker import Shift
from biosight.errors import BioSightError, Unavailable
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows.job_kind import JobKind, JobOutcome
from biosight.workflows.jobs import all_kinds
from biosight.workflows.models import teaching
from tests.conftest import first_collection
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
    kept = jobs.amend(biosight.archive.records, claimed, hindered_since=since)
    all_kinds.run(biosight, kept)
    assert (now(biosight, claimed).state, now(biosight, claimed).words) == ("failed", AWAY)


def test_progress_begins_the_hour_anew(biosight: BioSight, asked: Asked) -> None:
    def work(progress: Progress) -> None:
        progress.step(1, 2, "a", force=True)
        raise Unavailable(AWAY)

    claimed = asked(work)
    since = time.time() - jobs.HINDERED_SECONDS - 1
    kept = jobs.amend(biosight.archive.records, claimed, hindered_since=since)
    all_kinds.run(biosight, kept)
    waits = now(biosight, claimed)
    assert (waits.state, waits.cursor) == ("waiting", "a")
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
        raise BioSightError("The picture store can't be reached just now.")

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
