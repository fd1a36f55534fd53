"""Job: long work claimed by a lease, with progress, taken up again after a crash.

Not here: the work itself (errands/work.py names the functions), or short acts in pieces
(docs/decisions/0006-long-acts-in-pieces.md).
"""

import time
from dataclasses import dataclass, field, replace
from typing import ClassVar

from biosight.errors import Conflict, NotFound, Stale
from biosight.storage.records import Insert, Order, Records, Replace, Where, new_id

LEASE_SECONDS = 30.0
MOST_ATTEMPTS = 5
LIVE = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class Job:
    """Work of one kind on one collection.

    `wants` are its parameters. `cursor` is where to go on, `lease_until` when another worker may
    take over, `attempts` how often one did. `result` is JSON for the page, `words` for people.
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


def amend(records: Records, job: Job, **fields: object) -> Job:
    """The job with other fields, written. Raises Dropped when it changed hands meanwhile."""
    now = replace(job, version=job.version + 1, **fields)  # type: ignore[arg-type]
    try:
        records.write(Replace(now, job.version))
    except Stale as error:
        raise Dropped from error
    return now


def end(records: Records, job: Job, state: str, words: str, result: str = "") -> Job:
    """Close a job: done, failed, dropped or applied. Raises Dropped when it changed hands."""
    ended = as_ended(job, state, words, result)
    try:
        records.write(Replace(ended, job.version))
    except Stale as error:
        raise Dropped from error
    return ended


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
    """A claimed job as its work sees it: each `step` keeps the lease and says how far it is."""

    records: Records
    job: Job
    every: float = 1.0
    last: float = field(default=0.0)

    def step(self, done: int, total: int, cursor: str = "", *, force: bool = False) -> None:
        """Note progress, at most once in `every` seconds unless forced. Raises Dropped."""
        now = time.time()
        if not force and now - self.last < self.every:
            return
        self.last = now
        self.job = amend(
            self.records,
            self.job,
            done=done,
            total=total,
            cursor=cursor,
            attempts=1,
            lease_until=now + LEASE_SECONDS,
        )
