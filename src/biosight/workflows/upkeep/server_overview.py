"""An overview of the server for administrators: long work, collections, storage.

Not here: who may ask (web/api/people/server.py), the log of people (workflows/people/audit_log.py).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from biosight import accounts, logbook, membership, registry
from biosight.accounts import User
from biosight.bootstrap import GIGABYTE
from biosight.collection import Collection
from biosight.drift.reports import latest_reports
from biosight.errors import BadRequest, Conflict
from biosight.images import Image
from biosight.registry import ModelVersion
from biosight.storage.records import Order, Records, Replace, Where, behind
from biosight.work import jobs
from biosight.work.jobs import Dropped, Job
from biosight.workflows.upkeep.backups import noted_problems

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Holding:
    """A collection and what it holds. `verdict` and `checked_at` are of its last drift check, ""
    and 0 for none. `owners` are names. `abandoned` means in the trash without any member."""

    collection: Collection
    owners: tuple[str, ...]
    images: int
    bytes: int
    verdict: str
    checked_at: float
    abandoned: bool


def jobs_now(records: Records, before: str = "") -> list[Job]:
    """Return jobs of every kind, newest first, older than the job with the id `before`."""
    newest = Order(descending=True)
    return records.find(Job, order=newest, after=behind(before), limit=SHOWN)


def try_again(records: Records, job: Job, by: str) -> Job:
    """Let a failed job wait again, to continue where it stopped. Raises Conflict for other states,
    and while another job of its kind is under way."""
    if job.state != "failed":
        raise Conflict("Only failed work can be tried again.")
    jobs.check_free(records, job.collection, job.kind)
    try:
        again = jobs.wait_again(records, job)
    except Dropped as error:
        raise Conflict("Somebody else changed this first.") from error
    logbook.note(records, "work tried again", by=by, about=job.collection, detail=job.kind)
    return again


def holdings(records: Records, after: str = "") -> list[Holding]:
    """Return collections with what they hold, oldest first."""
    return holdings_of(records, records.find(Collection, after=behind(after), limit=SHOWN))


def holding_of(records: Records, collection: Collection) -> Holding:
    """Return what one collection holds."""
    return holdings_of(records, [collection])[0]


def holdings_of(records: Records, found: Sequence[Collection]) -> list[Holding]:
    """Return what up to SHOWN collections hold: owners, pictures and bytes (trash included), and
    the last drift check, all asked for at once."""
    ids = [c.id for c in found]
    theirs = [Where("collection", "in", tuple(ids))]
    images = records.count_by(Image, theirs, "collection")
    size = records.totals(Image, theirs, "collection")
    checks = latest_reports(records, ids)
    abandoned = membership.abandoned_among(records, found)
    owners = membership.owners_of(records, ids)
    name = accounts.names_of(records, {user for users in owners.values() for user in users})
    return [
        Holding(
            c,
            tuple(sorted(map(name, owners[c.id]))),
            images.get(c.id, 0),
            size.get(c.id, 0),
            checks[c.id].verdict if c.id in checks else "",
            checks[c.id].at if c.id in checks else 0.0,
            c.id in abandoned,
        )
        for c in found
    ]


def take_up(records: Records, collection: Collection, by: str) -> Collection:
    """Restore a collection without members for an administrator. Raises Conflict."""
    restored = membership.revive(records, collection, by)
    logbook.note(records, "collection taken up", by=by, about=collection.id)
    return restored


def versions_serving(records: Records) -> list[ModelVersion]:
    """Return every version that serves somewhere, of the detectors the one that looks."""
    looking = registry.detector(records)
    serving = [v for v in registry.champions(records) if not v.card.detector or v == looking]
    return sorted(serving, key=lambda v: v.id)


def last_backup(records: Records) -> tuple[float, int]:
    """Return when the last backup was written, in seconds since 1970 (0 for never), and how many
    damaged or missing files it named."""
    found = logbook.last(records, logbook.BACKED_UP)
    return (found.at, noted_problems(found.detail)) if found else (0.0, 0)


def quota_bytes(gigabytes: float) -> int:
    """Return a quota in bytes, as it is kept: 0 for none. Raises BadRequest below zero."""
    if gigabytes < 0:
        raise BadRequest("A storage limit can't be below 0.")
    return round(gigabytes * GIGABYTE)


def limit_person(records: Records, user: User, gigabytes: float, by: str) -> User:
    """Set the storage limit for a person's pictures; 0 means the limit of the settings."""
    changed = accounts.change_user(records, user, replace(user, quota=quota_bytes(gigabytes)))
    logbook.note(records, "room changed", by=by, about=user.id, detail=f"{gigabytes:g} GB")
    return changed


def limit_collection(
    records: Records, collection: Collection, gigabytes: float, by: str
) -> Collection:
    """Set the storage limit of a collection; 0 means no limit of its own. Raises Stale."""
    version = collection.version + 1
    changed = replace(collection, quota=quota_bytes(gigabytes), version=version)
    records.write(Replace(changed, collection.version))
    detail = f"{gigabytes:g} GB"
    logbook.note(records, "room changed", by=by, about=collection.id, detail=detail)
    return changed


def waited_seconds(job: Job) -> float:
    """Return how many seconds a job has waited; 0 for one that runs or has ended."""
    now = time.time()
    return now - job.created_at if job.live and job.lease_until < now else 0.0
