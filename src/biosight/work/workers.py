"""Workers and the logs of jobs: which processes do long work, and the log lines of each job.

Not here: the jobs themselves (work/jobs.py), or doing them (workflows/jobs/all_kinds.py).
"""

import logging
import os
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import ClassVar

from biosight.errors import BioSightError, Stale
from biosight.logs import Formatter
from biosight.storage.records import Insert, InUse, Order, Records, Replace, Where, new_id

log = logging.getLogger(__name__)
SILENT_SECONDS, GONE_SECONDS = 60.0, 86_400.0
MOST_LINES, LONGEST_LINE = 200, 2_000
job_of: ContextVar[str] = ContextVar("job_of", default="")


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that does jobs: where it runs, since when, when it last reported, and the ids of
    its current jobs."""

    table: ClassVar[str] = "workers"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("seen_at", "id"),)

    id: str
    host: str
    pid: int
    started_at: float
    seen_at: float
    busy: tuple[str, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True)
class JobLog:
    """The last log lines of a job, as in the server's own log; `id` is the job's."""

    table: ClassVar[str] = "job_logs"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("at", "id"),)

    id: str
    at: float
    lines: tuple[str, ...]
    version: int = 1


KINDS = (Worker, JobLog)


def here() -> Worker:
    """Return the record of this process, before it starts work."""
    now = time.time()
    return Worker(new_id(), socket.gethostname(), os.getpid(), now, now)


def note_alive(records: Records, worker: Worker, busy: tuple[str, ...]) -> Worker:
    """Note that a worker lives and what it does, and forget workers that have long gone.

    Return the worker as noted, or unchanged if the store can't be reached.
    """
    now = replace(worker, seen_at=time.time(), busy=busy, version=worker.version + 1)
    try:
        if records.get(Worker, worker.id) is None:
            records.write(Insert(now))
            records.remove(Worker, [Where("seen_at", "<", now.seen_at - GONE_SECONDS)])
        else:
            records.write(Replace(now, worker.version))
    except (BioSightError, InUse) as error:
        log.warning("can't say that I live", extra={"reason": str(error)})
        return worker
    return now


def alive(records: Records) -> list[Worker]:
    """Return the workers that reported within the last minute, the most recent first."""
    since = [Where("seen_at", ">", time.time() - SILENT_SECONDS)]
    return records.find(Worker, since, order=Order("seen_at", descending=True), limit=200)


class Scribe(logging.Handler):
    """Keeps the log lines of one job, from every thread that runs in its context."""

    def __init__(self, job: str) -> None:
        super().__init__(logging.INFO)
        self.job = job
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        self.setFormatter(Formatter("text"))

    def emit(self, record: logging.LogRecord) -> None:
        if job_of.get() == self.job:
            self.lines.append(self.format(record)[:LONGEST_LINE])


@contextmanager
def written_down(records: Records, job: str) -> Iterator[None]:
    """Store everything that is logged inside as the job's lines, whatever the outcome."""
    scribe, token = Scribe(job), job_of.set(job)
    root = logging.getLogger()
    root.addHandler(scribe)
    try:
        yield
    finally:
        root.removeHandler(scribe)
        job_of.reset(token)
        add_lines(records, job, tuple(scribe.lines))


def add_lines(records: Records, job: str, lines: tuple[str, ...]) -> None:
    """Append lines to a job's, and keep only the last ones. If they can't be stored, only the log
    says so."""
    if not lines:
        return
    try:
        old = records.get(JobLog, job)
        told = (*(old.lines if old else ()), *lines)[-MOST_LINES:]
        if old is None:
            records.write(Insert(JobLog(job, time.time(), told)))
        else:
            new = replace(old, at=time.time(), lines=told, version=old.version + 1)
            records.write(Replace(new, old.version))
    except (BioSightError, InUse, Stale) as error:
        log.warning("a job's lines were not kept", extra={"job": job, "reason": str(error)})


def lines_of(records: Records, job: str) -> tuple[str, ...]:
    """Return a job's log lines, oldest first."""
    found = records.get(JobLog, job)
    return found.lines if found else ()


def forget(records: Records, before: float) -> None:
    """Remove the lines of jobs that ended before a moment in seconds since 1970."""
    records.remove(JobLog, [Where("at", "<", before)])
