"""Job: long work with progress, claimed by a lease and continued after a crash.

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
RENEWALS = 3  # renewals within the time of one lease
MOST_ATTEMPTS = 5
# Why jobs fail: a request that can't be done, a store that is away too long, a worker that dies
# again and again, or an error that nobody foresaw. All but the first are for an operator to mend.
FAILURES = REFUSED, STORE, WORKER, UNFORESEEN = ("refused", "store", "worker", "unforeseen")
# A store that is away comes back: a job waits for it between tries, for an hour in all.
PAUSE_SECONDS, HINDERED_SECONDS = 15.0, 3600.0
LEAST_HINDERED = 5  # tries, so that a few long ones that nearly succeeded are not the end
LIVE = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class Job:
    """Work of one kind on one collection.

    `wants` are its parameters. `cursor` is the point to continue from. `lease_until` is when
    another worker may take over, `attempts` how often a worker has claimed it. `hindered_since` is
    when a store stopped answering it, 0 while all is well, and `hindered` how many tries in a row
    that ended. `request` is the id of the request that asked for it, so that log lines can be
    matched. `result` is JSON for the page (while the job runs, the result so far); `words` are for
    people. `reason` says for operators why it failed, as one of FAILURES.
    """

    table: ClassVar[str] = "jobs"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("state", "lease_until", "id"),
        ("state", "reason", "id"),
        ("collection", "created_at", "id"),
        ("by", "state", "id"),
        ("by", "finished_at", "id"),
        ("finished_at", "id"),
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
    hindered_since: float = 0.0
    hindered: int = 0
    reason: str = ""

    def want(self, name: str) -> str:
        """Return a parameter, "" when it was not given."""
        return dict(self.wants).get(name, "")

    @property
    def live(self) -> bool:
        """Return whether the job is waiting or running."""
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class Picked:
    """Some of a job's pictures, for a job whose pictures were named one by one."""

    table: ClassVar[str] = "picked"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("job", "id"),)

    id: str
    job: str
    images: tuple[str, ...]


KINDS = (Job, Picked)


def count_of_run(job: Job) -> RunCount:
    """Return the progress of a run in batches, as `Progress.noting` stored it."""
    return RunCount(**json.loads(job.result)) if job.result else RunCount()


class Dropped(Exception):
    """Somebody stopped the job, or another worker has it: stop working on it."""


def ask(records: Records, kind: str, collection: str, by: str, **wants: str) -> Job:
    """Write and return a new job. Raises Conflict while one of its kind is under way in the
    collection."""
    made = new_job(records, kind, collection, by, **wants)
    records.write(Insert(made))
    return made


def new_job(records: Records, kind: str, collection: str, by: str, **wants: str) -> Job:
    """Return a job that the caller writes, perhaps together with other records. Raises Conflict as
    `ask`."""
    check_free(records, collection, kind)
    return fresh(kind, collection, by, **wants)


def fresh(kind: str, collection: str, by: str, *, id: str = "", **wants: str) -> Job:
    """Return a job that the caller writes; several of its kind may be under way."""
    asked = logs.request_id.get()
    wanted = tuple(wants.items())
    return Job(id or new_id(), kind, collection, by, time.time(), wanted, request=asked)


def live_of(records: Records, collection: str, kind: str) -> list[Job]:
    """Return a collection's jobs of one kind that wait or run."""
    where = [Where("collection", "=", collection), Where("kind", "=", kind)]
    return records.find(Job, [*where, Where("state", "in", LIVE)])


def check_free(records: Records, collection: str, kind: str) -> None:
    """Raise Conflict while a job of this kind is under way in the collection."""
    if live_of(records, collection, kind):
        raise Conflict("This is already running; wait for it, or stop it.")


def jobs_of(
    records: Records, collection: str, kinds: Sequence[str] = (), limit: int = 20
) -> list[Job]:
    """Return a collection's jobs, of these kinds or of all, newest first."""
    where = [Where("collection", "=", collection)]
    if kinds:
        where.append(Where("kind", "in", tuple(kinds)))
    newest = Order("created_at", descending=True)
    return records.find(Job, where, order=newest, limit=limit)


def jobs_by(records: Records, by: str, kinds: Sequence[str], since: float) -> list[Job]:
    """Return a person's jobs that are under way or have ended since a moment, newest first."""
    newest = Order("created_at", descending=True)
    where = [Where("by", "=", by), Where("kind", "in", tuple(kinds))]
    live = records.find(Job, [*where, Where("state", "in", LIVE)], order=newest)
    ended = records.find(Job, [*where, Where("finished_at", ">=", since)], order=newest)
    return live + [j for j in ended if not j.live]


def pick(job: str, images: Sequence[str]) -> list[Write]:
    """Return the writes that store a job's named pictures, in the order in which the job reads
    them."""
    return [
        Insert(Picked(f"{job}.{number:06}", job, some))
        for number, some in enumerate(parts(sorted(set(images)), BATCH))
    ]


def picks(records: Records, job: str, cursor: str = "") -> Iterator[list[str]]:
    """Yield the named pictures that remain, in batches."""
    for page in pages(records, Picked, [Where("job", "=", job)]):
        for some in page:
            if left := [id for id in some.images if id > cursor]:
                yield left


def forget_picked(records: Records, job: str) -> None:
    """Remove the list of a job's named pictures."""
    records.remove(Picked, [Where("job", "=", job)])


def forget(records: Records, collection: str) -> list[str]:
    """Remove a collection's jobs; return their ids."""
    found = [j.id for j in find_all(records, Job, [Where("collection", "=", collection)])]
    for id in found:
        forget_picked(records, id)
    records.remove(Job, [Where("collection", "=", collection)])
    return found


def find_job(records: Records, id: str) -> Job | None:
    """Return a job by id, or None."""
    return records.get(Job, id)


def get_job(records: Records, id: str) -> Job:
    """Return a job by id, without checking who may see it. Raises NotFound."""
    found = find_job(records, id)
    if found is None:
        raise NotFound("There is no such job.")
    return found


def in_state(now: float) -> dict[str, list[Where]]:
    """Return the conditions for each state that operators count. A job whose worker fell silent
    counts as waiting again."""
    live = Where("state", "in", LIVE)
    return {
        "waiting": [live, Where("lease_until", "<", now)],
        "running": [live, Where("lease_until", ">=", now)],
        "failed": [FAILED],
    }


FAILED = Where("state", "=", "failed")


def failed_for(reason: str) -> list[Where]:
    """Return the conditions of jobs that failed for one of FAILURES. Older versions kept none."""
    return [FAILED, Where("reason", "=", reason)]


def open_jobs(records: Records, kinds: Sequence[str] = (), limit: int = 10) -> list[Job]:
    """Return jobs that wait or whose worker is silent, the longest waiting first; of these kinds or
    of all."""
    where = in_state(time.time())["waiting"]
    if kinds:
        where = [*where, Where("kind", "in", tuple(kinds))]
    return records.find(Job, where, order=Order("lease_until"), limit=limit)


def claim(records: Records, kinds: Sequence[str] = ()) -> Job | None:
    """Claim the next open job for LEASE_SECONDS; return None when there is none."""
    for job in open_jobs(records, kinds):
        if job.attempts >= MOST_ATTEMPTS:
            end_failed(records, job, "It was tried several times and failed each time.", WORKER)
            continue
        try:
            return take(records, job)
        except Dropped:
            continue  # another worker was faster
    return None


def take(records: Records, job: Job) -> Job:
    """Claim this job for LEASE_SECONDS. Raises Dropped when another worker was faster."""
    now = time.time()
    # Time in the queue is no time of a store that was away.
    queued = max(0.0, now - job.lease_until) if job.hindered_since else 0.0
    return amend(
        records,
        job,
        state="running",
        attempts=job.attempts + 1,
        lease_until=now + LEASE_SECONDS,
        hindered_since=job.hindered_since + queued,
    )


def wait_again(records: Records, job: Job) -> Job:
    """Let a failed job wait for a worker as at first. Raises Dropped."""
    again = replace(job, finished_at=0.0, hindered_since=0.0, hindered=0, reason="", words="")
    return amend(records, again, state="waiting", attempts=0)


def let_go(records: Records, job: Job, words: str = "", pause: float = 0.0) -> Job:
    """Give a claimed job back before it is done, for any worker to continue after a pause in
    seconds; this try is not counted. Raises Dropped."""
    return amend(
        records,
        job,
        state="waiting",
        attempts=max(0, job.attempts - 1),
        lease_until=time.time() + pause,
        words=words,
    )


def hinder(records: Records, job: Job, words: str, *, moved: bool) -> Job:
    """Let go of a job that a store did not answer; after an hour of such tries, end it as failed.
    A try that `moved` the job on begins the hour anew. Raises Dropped."""
    since = time.time() if moved or not job.hindered_since else job.hindered_since
    tries = 1 if moved else job.hindered + 1
    if tries > LEAST_HINDERED and time.time() - since > HINDERED_SECONDS:
        return end_failed(records, job, words, STORE)
    waits = replace(job, hindered_since=since, hindered=tries)
    return let_go(records, waits, words, PAUSE_SECONDS)


def amend(records: Records, job: Job, also: Sequence[Write] = (), **fields: object) -> Job:
    """Write the job with other fields, and `also` in the same write; return it."""
    now = replace(job, version=job.version + 1, **fields)  # type: ignore[arg-type]
    return exchange(records, job, now, also)


def exchange(records: Records, job: Job, now: Job, also: Sequence[Write] = ()) -> Job:
    """Replace `job` by `now`. Raises Dropped when another worker or person changed it meanwhile,
    and whatever `records.write` raises for `also`."""
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
    """Close a job as done, failed, dropped or applied, with `also` in the same write.

    Raises Dropped when another worker or person changed it, and whatever `records.write` raises for
    `also`.
    """
    return exchange(records, job, as_ended(job, state, words, result), also)


def end_failed(records: Records, job: Job, words: str, reason: str) -> Job:
    """Close a job as failed, with the reason in words for people and as one of FAILURES. Raises
    Dropped."""
    return end(records, replace(job, reason=reason), "failed", words)


def as_ended(job: Job, state: str, words: str, result: str = "") -> Job:
    """Return a job's next, closed version; write it by compare-and-set on the current one."""
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
    """Stop a live job, or discard a finished job's result."""
    while True:
        try:
            return end(records, job, "dropped", words)
        except Dropped:
            job = get_job(records, job.id)  # the job made a step; try again
