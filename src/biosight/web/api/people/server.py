"""API for administrators: long work and workers, what collections hold, and storage."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from biosight import __version__, accounts
from biosight.bootstrap import GIGABYTE
from biosight.collection import Collection
from biosight.errors import NotFound
from biosight.gallery.sweeping import halted_files
from biosight.storage.records import Records
from biosight.web.access.deps import Admin, Open, Store
from biosight.web.schemas.body import Input
from biosight.work import jobs, workers
from biosight.work.jobs import Job
from biosight.workflows.jobs import all_kinds
from biosight.workflows.upkeep import server_overview
from biosight.workflows.upkeep.server_overview import Holding

router = APIRouter(prefix="/admin", tags=["admin"])


class WorkOut(BaseModel):
    """Long work as an administrator sees it; `waited` is in seconds, 0 unless it waits."""

    id: str
    title: str
    collection: str
    by: str
    state: str
    done: int
    total: int
    words: str
    attempts: int
    waited: float
    created_at: float
    finished_at: float


class WorkPage(BaseModel):
    """Long work, and where the next page begins."""

    work: list[WorkOut]
    next: str


class WorkerOut(BaseModel):
    """A process that does long work; `busy` is how many jobs it does now."""

    id: str
    host: str
    pid: int
    started_at: float
    seen_at: float
    busy: int


class Lines(BaseModel):
    """What the log says of a job, the oldest line first."""

    lines: list[str]


class HoldingOut(BaseModel):
    """A collection and what it holds.

    `quota_gb` is 0 if it has no limit of its own. `abandoned` means that it is in the trash and has
    no members any more.
    """

    id: str
    name: str
    owners: list[str]
    images: int
    bytes: int
    quota_gb: float
    model: str
    verdict: str
    checked_at: float
    trashed: bool
    abandoned: bool


class HoldingPage(BaseModel):
    """Collections, and where the next page begins."""

    collections: list[HoldingOut]
    next: str


class Quota(Input):
    """A storage limit in gigabytes; 0 for no limit of its own."""

    quota_gb: float = Field(ge=0, le=1_000_000)


class Versions(BaseModel):
    """What runs: BioSight, its stores, and the models that serve.

    `last_backup` is in seconds since 1970, 0 for never. `halted_files` is how many originals no
    picture names, if they are too many to be swept without asking.
    """

    biosight: str
    database: str
    pictures: str
    models: list[str]
    last_backup: float
    halted_files: int


def work_out(records: Records, job: Job) -> WorkOut:
    """Return a job with names in place of ids."""
    found = records.get(Collection, job.collection) if job.collection else None
    state = "waiting" if server_overview.waited_seconds(job) else job.state
    return WorkOut(
        id=job.id,
        title=f"{all_kinds.KINDS[job.kind].title or job.want('title')} {job.want('model')}".strip(),
        collection=found.name if found else "",
        by=accounts.names_of(records)(job.by),
        state=state,
        done=job.done,
        total=job.total,
        words=job.words,
        attempts=job.attempts,
        waited=server_overview.waited_seconds(job),
        created_at=job.created_at,
        finished_at=job.finished_at,
    )


def holding_out(found: Holding) -> HoldingOut:
    """Return what a collection holds, as the API shows it."""
    c = found.collection
    return HoldingOut(
        id=c.id,
        name=c.name,
        owners=list(found.owners),
        images=found.images,
        bytes=found.bytes,
        quota_gb=c.quota / GIGABYTE,
        model=c.model,
        verdict=found.verdict,
        checked_at=found.checked_at,
        trashed=c.trashed_at > 0,
        abandoned=found.abandoned,
    )


@router.get("/versions")
def versions(person: Admin, biosight: Open, records: Store) -> Versions:
    """Show what runs here."""
    settings = biosight.settings
    return Versions(
        biosight=__version__,
        database="MongoDB" if settings.store == "mongodb" else "SQLite",
        pictures="a bucket" if settings.uses_bucket else "a folder",
        models=[v.id for v in server_overview.versions_serving(records)],
        last_backup=server_overview.last_backup(records)[0],
        halted_files=halted_files(records),
    )


@router.get("/work")
def list_work(person: Admin, records: Store, before: str = "") -> WorkPage:
    """List everybody's long work, the newest first."""
    found = server_overview.jobs_now(records, before)
    following = found[-1].id if len(found) == server_overview.SHOWN else ""
    return WorkPage(work=[work_out(records, j) for j in found], next=following)


@router.get("/work/{job}/log")
def read_lines(job: str, person: Admin, records: Store) -> Lines:
    """Show what was logged while a job ran; it is kept when the job ends or breaks off."""
    return Lines(lines=list(workers.lines_of(records, jobs.get_job(records, job).id)))


@router.post("/work/{job}/retry", status_code=202)
def retry(job: str, person: Admin, records: Store) -> WorkOut:
    """Try failed work again: it goes on where it stopped."""
    again = server_overview.try_again(records, jobs.get_job(records, job), person.user.id)
    return work_out(records, again)


@router.post("/work/{job}/stop", status_code=202)
def stop(job: str, person: Admin, records: Store) -> WorkOut:
    """Stop work that waits or runs; what is done stays."""
    return work_out(records, all_kinds.stop(records, jobs.get_job(records, job)))


@router.get("/workers")
def list_workers(person: Admin, records: Store) -> list[WorkerOut]:
    """List the processes that do long work and were heard of within a minute."""
    return [
        WorkerOut(
            id=w.id,
            host=w.host,
            pid=w.pid,
            started_at=w.started_at,
            seen_at=w.seen_at,
            busy=len(w.busy),
        )
        for w in workers.alive(records)
    ]


@router.get("/collections")
def list_holdings(person: Admin, records: Store, after: str = "") -> HoldingPage:
    """List every collection: its owners, what it holds, and its last drift check."""
    found = server_overview.holdings(records, after)
    following = found[-1].collection.id if len(found) == server_overview.SHOWN else ""
    return HoldingPage(collections=[holding_out(h) for h in found], next=following)


@router.post("/collections/{collection}/restore")
def take_up(collection: str, person: Admin, records: Store) -> HoldingOut:
    """Restore a collection that a deleted account left in the trash; you own it then."""
    found = records.get(Collection, collection)
    if found is None:
        raise NotFound("There is no such collection.")
    return holding_out(
        server_overview.holding_of(records, server_overview.take_up(records, found, person.user.id))
    )


@router.put("/collections/{collection}/quota")
def limit(collection: str, body: Quota, person: Admin, records: Store) -> HoldingOut:
    """Set the storage limit of a collection."""
    found = records.get(Collection, collection)
    if found is None:
        raise NotFound("There is no such collection.")
    by = person.user.id
    changed = server_overview.limit_collection(records, found, body.quota_gb, by)
    return holding_out(server_overview.holding_of(records, changed))
