"""Job: long work claimed by a lease, with progress, taken up again after a crash.

Not here: the work itself (errands/work.py names the functions), or short acts in pieces
(docs/decisions/0006-long-acts-in-pieces.md).
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import ClassVar

from biosight.errors import BioSightError, Conflict, NotFound, Stale
from biosight.storage.records import Insert, Order, Records, Replace, Where, Write, new_id

log = logging.getLogger(__name__)
LEASE_SECONDS = 30.0
RENEWALS = 3  # in the time of a lease
MOST_ATTEMPTS = 5
LIVE = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class Job:
    """Work of one kind on one collection.

    `wants` are its parameters. `cursor` is where to go on, `lease_until` when another worker may
    take over, `attempts` how often one did. `result` is JSON for the page (while it runs, what it
    came to so far), `words` for people.
    """

    table: ClassVar[str] = "jobs"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("state", "lease_until", "id"),
        ("collection", "created_at", "id"),
    )

    id: str
    kind: str
    collection: str
    by: str
    created_at: float
    wants: tuple[tuple[str, str], ...]
    state: str = "waiting"  # waiting, running, done, failed, dropped or applied
    done: int = 0
    total: int = 0
    cursor: str = ""
    lease_until: float = 0.0
    attempts: int = 0
    words: str = ""
    result: str = ""
    finished_at: float = 0.0
    version: int = 1

    def want(self, name: str) -> str:
        """A parameter, "" when it was not given."""
        return dict(self.wants).get(name, "")

    @property
    def live(self) -> bool:
        """Is it waiting or running?"""
        return self.state in LIVE


KINDS = (Job,)


class Dropped(Exception):
    """Somebody stopped the job, or another worker has it: leave it."""


def ask(records: Records, kind: str, collection: str, by: str, **wants: str) -> Job:
    """A new job. Raises Conflict while one of its kind is under way in the collection."""
    made = new_job(records, kind, collection, by, **wants)
    records.write(Insert(made))
    return made


def new_job(records: Records, kind: str, collection: str, by: str, **wants: str) -> Job:
    """A job to be written, perhaps with what it follows from. Raises Conflict as `ask`."""
    if any(j.live and j.kind == kind for j in jobs_of(records, collection)):
        raise Conflict("This is under way already; wait for it, or stop it.")
    return Job(new_id(), kind, collection, by, time.time(), tuple(wants.items()))


def jobs_of(records: Records, collection: str, limit: int = 20) -> list[Job]:
    """A collection's jobs, the newest first."""
    newest = Order("created_at", descending=True)
    return records.find(Job, [Where("collection", "=", collection)], order=newest, limit=limit)


def forget(records: Records, collection: str) -> list[str]:
    """Remove a collection's jobs; their ids."""
    found = [j.id for j in jobs_of(records, collection, limit=10_000)]
    records.remove(Job, [Where("collection", "=", collection)])
    return found


def get_job(records: Records, id: str) -> Job:
    """A job by id, without asking who may see it. Raises NotFound."""
    found = records.get(Job, id)
    if found is None:
        raise NotFound("There is no such job.")
    return found


def in_state(now: float) -> dict[str, list[Where]]:
    """What jobs are, as an operator counts them: one whose worker fell silent waits again."""
    live = Where("state", "in", LIVE)
    return {
        "waiting": [live, Where("lease_until", "<", now)],
        "running": [live, Where("lease_until", ">=", now)],
        "failed": [Where("state", "=", "failed")],
    }


def open_jobs(records: Records, limit: int = 10) -> list[Job]:
    """Jobs that wait or whose worker is silent, the longest waiting first."""
    where = in_state(time.time())["waiting"]
    return records.find(Job, where, order=Order("lease_until"), limit=limit)


def claim(records: Records) -> Job | None:
    """Take the next open job for LEASE_SECONDS; None when there is none."""
    for job in open_jobs(records):
        if job.attempts >= MOST_ATTEMPTS:
            end(records, job, "failed", "It was tried several times and broke off each time.")
            continue
        try:
            return take(records, job)
        except Dropped:
            continue  # another worker was faster
    return None


def take(records: Records, job: Job) -> Job:
    """Claim this job for LEASE_SECONDS. Raises Dropped when another worker was faster."""
    until = time.time() + LEASE_SECONDS
    return amend(records, job, state="running", attempts=job.attempts + 1, lease_until=until)


def amend(records: Records, job: Job, also: Sequence[Write] = (), **fields: object) -> Job:
    """The job with other fields, written, `also` in the same write."""
    now = replace(job, version=job.version + 1, **fields)  # type: ignore[arg-type]
    return exchange(records, job, now, also)


def exchange(records: Records, job: Job, now: Job, also: Sequence[Write] = ()) -> Job:
    """`now` in the place of `job`. Raises Dropped when that changed hands meanwhile, and what
    `records.write` raises of `also`."""
    try:
        records.write(*also, Replace(now, job.version))
    except Stale as error:
        found = records.get(Job, job.id)
        if found is None or found.version != job.version:
            raise Dropped from error
        raise
    return now


def end(
    records: Records,
    job: Job,
    state: str,
    words: str,
    result: str = "",
    also: Sequence[Write] = (),
) -> Job:
    """Close a job: done, failed, dropped or applied, and write `also` with it, or neither.

    Raises Dropped when it changed hands, and what `records.write` raises of `also`.
    """
    return exchange(records, job, as_ended(job, state, words, result), also)


def as_ended(job: Job, state: str, words: str, result: str = "") -> Job:
    """A job's next version, closed; to be written by compare-and-set on the one before."""
    return replace(
        job,
        state=state,
        words=words,
        result=result or job.result,
        lease_until=0.0,
        finished_at=time.time(),
        version=job.version + 1,
    )


def drop(records: Records, job: Job, words: str = "Stopped.") -> Job:
    """Stop a live job, or put a finished one's outcome aside."""
    while True:
        try:
            return end(records, job, "dropped", words)
        except Dropped:
            job = get_job(records, job.id)  # it made a step; stop it all the same


@dataclass(slots=True)
class Progress:
    """A claimed job as its work sees it: a `step` says how far it is, `kept` holds the lease."""

    records: Records
    job: Job
    every: float = 1.0
    last: float = field(default=0.0)
    turn: threading.RLock = field(default_factory=threading.RLock)

    def step(self, done: int, total: int, cursor: str = "", *, force: bool = False) -> None:
        """Note progress, at most once in `every` seconds unless forced. Raises Dropped."""
        if force or time.time() - self.last >= self.every:
            self.note(done, total, cursor)

    def note(
        self,
        done: int,
        total: int,
        cursor: str = "",
        result: str = "",
        also: Sequence[Write] = (),
    ) -> None:
        """Note progress, and with it in one write what was done. Raises Dropped, and what
        `records.write` raises of `also`."""
        self.last = time.time()
        self.amend(
            also,
            done=done,
            total=total,
            cursor=cursor,
            attempts=1,
            result=result or self.job.result,
        )

    def amend(self, also: Sequence[Write] = (), **fields: object) -> None:
        """The job with other fields and a whole lease, written. Raises Dropped."""
        with self.turn:
            until = time.time() + LEASE_SECONDS
            self.job = amend(self.records, self.job, also, lease_until=until, **fields)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Inside, a thread renews the lease for as long as this process lives: a step may take
        minutes, and no other worker takes the job for a dead one's."""
        over = threading.Event()
        keeper = threading.Thread(target=self.keep, args=(over,), name="lease", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()

    def keep(self, over: threading.Event) -> None:
        while not over.wait(LEASE_SECONDS / RENEWALS):
            try:
                self.amend()
            except Dropped:
                return  # the next step says so
            except BioSightError as error:
                log.warning("a lease can't be renewed", extra={"code": error.code})
