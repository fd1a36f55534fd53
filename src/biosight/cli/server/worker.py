"""biosight worker runs long jobs outside the web process; biosight teach asks for one and runs it.

Not here: the kinds of jobs and their work (workflows/jobs/all_kinds.py).
"""

import json
import logging
import math
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from biosight.bootstrap import Archive, BioSight, open_archive, open_biosight
from biosight.errors import BadRequest, BioSightError, Unavailable
from biosight.process.tied import end_with
from biosight.settings import Settings
from biosight.work import jobs, workers
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows.jobs import all_kinds
from biosight.workflows.models import teaching
from biosight.workflows.pictures.destinations import find_collection
from biosight.workflows.task import Task

log = logging.getLogger(__name__)
POLL_SECONDS = 0.3
IDLE_SECONDS = 20.0
BEAT_SECONDS, STUCK_SECONDS = 15.0, 60.0
BEAT = "worker-beat"  # the probe in deploy/kubernetes/base/worker.yaml checks its age


@click.command()
@click.option("--until-idle", is_flag=True, help="End when there has been no job for a while.")
@click.option("--tied", is_flag=True, hidden=True, help="End when standard input is closed.")
@click.pass_obj
def worker(settings: Settings, until_idle: bool, tied: bool) -> None:
    """Run long jobs (reclassify, try on, teach) and, at the same time, acts on thousands of
    pictures."""
    if tied:
        end_with(sys.stdin.fileno())
    archive = open_archive(settings)
    shift = Shift(settings, archive, IDLE_SECONDS if until_idle else math.inf)
    beside = threading.Thread(target=shift.work, args=(all_kinds.LIGHT,), name="light", daemon=True)
    beside.start()
    beat = threading.Thread(target=shift.beat, args=(settings.data_dir / BEAT,), daemon=True)
    beat.start()
    try:
        shift.work(all_kinds.HEAVY)
        beside.join()
    except KeyboardInterrupt:
        pass
    finally:
        shift.close()
        archive.close()
    if shift.broken:
        raise SystemExit(1)


class Shift:
    """The jobs that a worker does until there has been none for `patience` seconds.

    Long and light kinds of job have separate queues, so that relabelling thousands of pictures does
    not wait for a model to learn.
    """

    def __init__(self, settings: Settings, archive: Archive, patience: float) -> None:
        self.settings = settings
        self.records = archive.records
        self.patience = patience
        self.quiet_since = time.monotonic()
        self.opening = threading.Lock()
        self.biosight: BioSight | None = None
        self.over = threading.Event()
        self.broken = False
        self.busy: set[str] = set()
        self.looked: dict[tuple[str, ...], float] = {}

    def work(self, kinds: Sequence[str]) -> None:
        """Work on one queue: do jobs of these kinds, one after another, until no queue has had one
        for `patience` seconds."""
        while not self.over.is_set() and (self.busy or self.quiet < self.patience):
            self.looked[tuple(kinds)] = time.monotonic()
            job = self.claim(kinds)
            if job is None:
                self.over.wait(POLL_SECONDS)
                continue
            self.busy.add(job.id)
            self.looked[tuple(kinds)] = math.inf  # a job may take hours; its lease is renewed
            try:
                self.do(job)
            except Exception:
                # The job is left to its lease, and counts this try. The process ends, for another.
                log.exception("a queue broke")
                self.broken = True
                self.over.set()
            finally:
                self.quiet_since = time.monotonic()
                self.busy.discard(job.id)

    def do(self, job: Job) -> None:
        """Do a claimed job. It waits while a store is away that jobs need."""
        try:
            biosight = self.opened()
        except Unavailable as error:
            log.warning("a job can't begin", extra={"job": job.id, "code": error.code})
            all_kinds.give_back(self.records, Progress(self.records, job), error.detail)
            return
        all_kinds.run(biosight, job)

    def beat(self, file: Path) -> None:
        """Touch a file, and note the current jobs in the store, while every queue works or looks
        for work. An orchestrator restarts a worker whose file is old."""
        me = workers.here()
        while True:
            if min(self.looked.values(), default=0) > time.monotonic() - STUCK_SECONDS:
                with suppress(OSError):  # a full disk is reported elsewhere
                    file.touch()
                me = workers.note_alive(self.records, me, tuple(self.busy))
            if self.over.wait(BEAT_SECONDS):
                return

    @property
    def quiet(self) -> float:
        """Seconds since the last job ended."""
        return time.monotonic() - self.quiet_since

    def claim(self, kinds: Sequence[str]) -> Job | None:
        """Claim the next job of these kinds; None if there is none or the store can't be
        reached."""
        try:
            return jobs.claim(self.records, kinds)
        except BioSightError as error:
            log.warning("can't look for jobs", extra={"code": error.code})
            return None

    def opened(self) -> BioSight:
        """Return everything that jobs need; it is opened for the first job."""
        with self.opening:
            self.biosight = self.biosight or open_biosight(self.settings)
            return self.biosight

    def close(self) -> None:
        """End the queues and give their jobs back, then close everything that is open."""
        self.over.set()
        all_kinds.give_all_back(self.records)
        if self.biosight:
            self.biosight.close()


@click.command()
@click.argument("labels", nargs=-1, required=True)
@click.option(
    "--name", required=True, help="Model's name: lowercase letters, digits, dots and dashes."
)
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", help="Collection's name; by default the account's first.")
@click.option(
    "--accepted-in-bulk", is_flag=True, help="Also learn from labels that were accepted in bulk."
)
@click.pass_obj
def teach(
    settings: Settings,
    labels: tuple[str, ...],
    name: str,
    email: str | None,
    collection: str | None,
    accepted_in_bulk: bool,
) -> None:
    """Teach LABELS from a collection's confirmed pictures; the result is a candidate."""
    biosight = open_biosight(settings)
    records = biosight.archive.records
    try:
        c, user = find_collection(records, email, collection)
        task = Task(records, biosight.catalogue, c, user.id)
        asked = teaching.ask(task, labels, name, in_bulk=accepted_in_bulk)
        done = all_kinds.run_here(biosight, asked)
    finally:
        biosight.close()
    if done.state != "done":
        raise BadRequest(done.words)
    click.echo(json.loads(done.result)["text"])
    click.echo(done.words)
