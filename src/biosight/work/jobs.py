"""Job: long work claimed by a lease, with progress, taken up again after a crash.

Not here: the work itself (workflows/jobs/all_kinds.py names the functions).
"""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from biosight import logs
from biosight.errors import Conflict, NotFound, Stale
from biosight.storage.batches import BATCH, RunCount
from biosight.storage.records import (
    Insert,
    Order,
    Records,
    Replace,
    Where,
    Write,
    find_all,
    new_id,
    pages,
    parts,
)

log = logging.getLogger(__name__)
LEASE_SECONDS = 30.0
RENEWALS = 3  # in the time of a lease
MOST_ATTEMPTS = 5
LIVE = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class Job:
    """Work of one kind on one collection.

    `wants` are its parameters. `cursor` is where to go on, `lease_until` when another worker may
    take over, `attempts` how often one did. `request` is the id of the request that asked for it,
    so that logs tell what belongs together. `result` is JSON for the page (while it runs, what it
    came to so far), `words` for people.
    """

    table: ClassVar[str] = "jobs"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("state", "lease_until", "id"),
        ("collection", "created_at", "id"),
        ("by", "state", "id"),
        ("by", "finished_at", "id"),
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
    request: str = ""
    version: int = 1

    def want(self, name: str) -> str:
        """A parameter, "" when it was not given."""
        return dict(self.wants).get(name, "")

    @property
    def live(self) -> bool:
        """Is it waiting or running?"""
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class Picked:
    """Some of the pictures that a job is for, where they were named one by one."""

    table: ClassVar[str] = "picked"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("job", "id"),)

    id: str
    job: str
    images: tuple[str, ...]


KINDS = (Job, Picked)


def count_of_run(job: Job) -> RunCount:
    """How far a run in pieces got, as `Progress.noting` kept it."""
    return RunCount(**json.loads(job.result)) if job.result else RunCount()


class Dropped(Exception):
    """Somebody stopped the job, or another worker has it: leave it."""


def ask(records: Records, kind: str, collection: str, by: str, **wants: str) -> Job:
    """A new job. Raises Conflict while one of its kind is under way in the collection."""
    made = new_job(records, kind, collection, by, **wants)
    records.write(Insert(made))
    return made


def new_job(records: Records, kind: str, collection: str, by: str, **wants: str) -> Job:
    """A job to be written, perhaps with what it follows from. Raises Conflict as `ask`."""
    check_free(records, collection, kind)
    return fresh(kind, collection, by, **wants)


def fresh(kind: str, collection: str, by: str, *, id: str = "", **wants: str) -> Job:
    """A job to be written, one of as many as people want."""
    asked = logs.request_id.get()
    wanted = tuple(wants.items())
    return Job(id or new_id(), kind, collection, by, time.time(), wanted, request=asked)


def live_of(records: Records, collection: str, kind: str) -> list[Job]:
    """A collection's jobs of one kind that wait or run."""
    where = [Where("collection", "=", collection), Where("kind", "=", kind)]
    return records.find(Job, [*where, Where("state", "in", LIVE)])


def check_free(records: Records, collection: str, kind: str) -> None:
    """Raise Conflict while a job of this kind is under way in the collection."""
    if live_of(records, collection, kind):
        raise Conflict("This is already running; wait for it, or stop it.")


def jobs_of(
    records: Records, collection: str, kinds: Sequence[str] = (), limit: int = 20
) -> list[Job]:
    """A collection's jobs, of some kinds where these are named, the newest first."""
    where = [Where("collection", "=", collection)]
    if kinds:
        where.append(Where("kind", "in", tuple(kinds)))
    newest = Order("created_at", descending=True)
    return records.find(Job, where, order=newest, limit=limit)


def jobs_by(records: Records, by: str, kinds: Sequence[str], since: float) -> list[Job]:
    """What a person asked for that is under way, or ended since a moment, the newest first."""
    newest = Order("created_at", descending=True)
    where = [Where("by", "=", by), Where("kind", "in", tuple(kinds))]
    live = records.find(Job, [*where, Where("state", "in", LIVE)], order=newest)
    ended = records.find(Job, [*where, Where("finished_at", ">=", since)], order=newest)
    return live + [j for j in ended if not j.live]


def pick(job: str, images: Sequence[str]) -> list[Write]:
    """Named pictures, in order, as a job meets them."""
    return [
        Insert(Picked(f"{job}.{number:06}", job, some))
        for number, some in enumerate(parts(sorted(set(images)), BATCH))
    ]


def picks(records: Records, job: str, cursor: str = "") -> Iterator[list[str]]:
    """The named pictures that are still to be done, some at a time."""
    for page in pages(records, Picked, [Where("job", "=", job)]):
        for some in page:
            if left := [id for id in some.images if id > cursor]:
                yield left


def forget_picked(records: Records, job: str) -> None:
    """Remove the names of a job's pictures."""
    records.remove(Picked, [Where("job", "=", job)])


def forget(records: Records, collection: str) -> list[str]:
    """Remove a collection's jobs; their ids."""
    found = [j.id for j in find_all(records, Job, [Where("collection", "=", collection)])]
    for id in found:
        forget_picked(records, id)
    records.remove(Job, [Where("collection", "=", collection)])
    return found


def find_job(records: Records, id: str) -> Job | None:
    """A job by id, or None."""
    return records.get(Job, id)


def get_job(records: Records, id: str) -> Job:
    """A job by id, without asking who may see it. Raises NotFound."""
    found = find_job(records, id)
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


def open_jobs(records: Records, kinds: Sequence[str] = (), limit: int = 10) -> list[Job]:
    """Jobs that wait or whose worker is silent, the longest waiting first; of some kinds where
    these are named."""
    where = in_state(time.time())["waiting"]
    if kinds:
        where = [*where, Where("kind", "in", tuple(kinds))]
    return records.find(Job, where, order=Order("lease_until"), limit=limit)


def claim(records: Records, kinds: Sequence[str] = ()) -> Job | None:
    """Take the next open job for LEASE_SECONDS; None when there is none."""
    for job in open_jobs(records, kinds):
        if job.attempts >= MOST_ATTEMPTS:
            end(records, job, "failed", "It was tried several times and failed each time.")
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
