"""API: long work on a collection - try a model on, apply it, teach a label."""

import json
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from biosight import jobs, reclassify, registry, sharing
from biosight.bootstrap import serving_key
from biosight.errors import BadRequest, Conflict, Forbidden, NotFound
from biosight.jobs import Job
from biosight.labels import clean_label
from biosight.registry import ModelVersion
from biosight.sharing import Access
from biosight.web.api.people import Input
from biosight.web.api.versions import may_change, seen_version
from biosight.web.deps import Editor, Open, Person, Signed, Store, Viewer

router = APIRouter(tags=["jobs"])


class JobOut(BaseModel):
    """Long work and how far it is; `result` depends on the kind."""

    id: str
    kind: str
    collection: str
    state: str
    done: int
    total: int
    words: str
    model: str
    created_at: float
    finished_at: float
    result: dict[str, Any] | None


class PairOut(BaseModel):
    """Pictures that would go from one label to another; `images` are the surest twelve."""

    before: str
    after: str
    count: int
    images: list[str]


class TryOn(Input):
    """Which version to try on or to use."""

    model: str = Field(max_length=140)


class Teach(Input):
    """Labels to learn, and what to call the model that knows them."""

    labels: list[Annotated[str, Field(max_length=200)]] = Field(min_length=1, max_length=200)
    name: str = Field(max_length=64)


def job_out(job: Job) -> JobOut:
    """A job as the API shows it."""
    return JobOut(
        id=job.id,
        kind=job.kind,
        collection=job.collection,
        state=job.state,
        done=job.done,
        total=job.total,
        words=job.words,
        model=job.want("model"),
        created_at=job.created_at,
        finished_at=job.finished_at,
        result=json.loads(job.result) if job.result else None,
    )


def job_for(records: Store, person: Person, id: str, need: str) -> tuple[Job, Access]:
    """A job of a collection that the person may see or change. Raises NotFound or Forbidden."""
    found = jobs.get_job(records, id)
    try:
        return found, sharing.access(records, person.user.id, found.collection, need)
    except NotFound:
        raise NotFound("There is no such job.") from None


@router.get("/collections/{collection}/jobs")
def list_jobs(access: Viewer, records: Store) -> list[JobOut]:
    """A collection's long work, the newest first."""
    return [job_out(j) for j in jobs.jobs_of(records, access.collection.id)]


@router.get("/jobs/{job}")
def show(job: str, person: Signed, records: Store) -> JobOut:
    """One job; ask again to see it move."""
    return job_out(job_for(records, person, job, "viewer")[0])


@router.post("/collections/{collection}/try-on", status_code=202)
def try_on(body: TryOn, access: Editor, person: Signed, records: Store) -> JobOut:
    """See which labels another version would change; nothing changes yet."""
    version = seen_version(records, person, body.model)
    check_fits(version, access)
    made = jobs.ask(records, "try-on", access.collection.id, person.user.id, model=version.id)
    return job_out(made)


def check_fits(version: ModelVersion, access: Access) -> None:
    """Raise BadRequest for a version that was taught in another collection."""
    if version.collection not in {"", access.collection.id}:
        raise BadRequest("This model was taught in another collection; use it there.")


@router.get("/jobs/{job}/pairs")
def pairs(job: str, person: Signed, records: Store) -> list[PairOut]:
    """What a try-on would change, per pair of labels, the most pictures first."""
    found, _ = job_for(records, person, job, "viewer")
    return [
        PairOut(before=p.before, after=p.after, count=p.count, images=list(p.images))
        for p in reclassify.pairs(records, found.id)
    ]


@router.post("/jobs/{job}/apply", status_code=202)
def apply(job: str, person: Signed, biosight: Open, records: Store) -> JobOut:
    """Use a version that was tried on: the collection chooses it and is classified by it."""
    found, access = job_for(records, person, job, "editor")
    if (found.kind, found.state) != ("try-on", "done"):
        raise Conflict("Only a finished try-on can be applied, once.")
    version = seen_version(records, person, found.want("model"))
    check_fits(version, access)
    if version.state != "champion":
        if not may_change(records, person, version):
            raise Forbidden("An administrator has to promote this version first.")
        registry.promote(records, version, person.user.id, "applied after a try-on")
    sharing.change_collection(records, access.collection, model=version.name)
    made = jobs.ask(records, "reclassify", access.collection.id, person.user.id, model=version.id)
    jobs.end(records, found, "applied", "Applied.")
    reclassify.forget(records, found.id)
    return job_out(made)


@router.delete("/jobs/{job}")
def drop(job: str, person: Signed, records: Store) -> JobOut:
    """Stop a job, or drop what a try-on found."""
    found, _ = job_for(records, person, job, "editor")
    if not found.live and (found.kind, found.state) != ("try-on", "done"):
        raise Conflict("This has ended already.")
    dropped = jobs.drop(records, found, "Stopped." if found.live else "Dropped.")
    reclassify.forget(records, found.id)
    return job_out(dropped)


@router.post("/collections/{collection}/teach", status_code=202)
def teach(body: Teach, access: Editor, person: Signed, biosight: Open, records: Store) -> JobOut:
    """Learn labels from confirmed pictures: the result is a candidate, to be tried on."""
    c = access.collection
    registry.check_name(records, body.name, c.id)
    labels = json.dumps([clean_label(label) for label in body.labels])
    made = jobs.ask(
        records,
        "teach",
        c.id,
        person.user.id,
        model=serving_key(biosight, c.model),
        labels=labels,
        name=body.name,
    )
    return job_out(made)
