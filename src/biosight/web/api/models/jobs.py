"""API: long work, such as trying a model on or teaching one, and acts on thousands of pictures."""

import time
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from biosight import reclassify
from biosight.web.access.deps import MayChange, MayLook, Open, Signed, Store, task_of
from biosight.web.access.rights import JobToChange, JobToSee, may_change, seen_version
from biosight.web.schemas.body import NO_REASON, Input, Reason
from biosight.web.schemas.pictures import JobOut, job_out
from biosight.work import jobs
from biosight.workflows.jobs import all_kinds
from biosight.workflows.models import familiar, teaching, try_version

router = APIRouter(tags=["jobs"])
LATELY = 30.0


class PairOut(BaseModel):
    """Pictures that would go from one label to another; `images` are the twelve surest."""

    before: str
    after: str
    count: int
    images: list[str]


class TryOn(Input):
    """The version to try on."""

    model: str = Field(max_length=140)


class Teach(Input):
    """Labels to learn, and the name of the model that learns them.

    `in_bulk` learns from labels that were accepted in bulk too.
    """

    labels: list[Annotated[str, Field(max_length=200)]] = Field(min_length=1, max_length=200)
    name: str = Field(max_length=64)
    in_bulk: bool = False


@router.get("/collections/{collection}/jobs")
def list_jobs(access: MayLook, records: Store) -> list[JobOut]:
    """List a collection's long work with models, the newest first."""
    return [job_out(j) for j in jobs.jobs_of(records, access.collection.id, all_kinds.OF_MODELS)]


@router.get("/jobs")
def my_jobs(person: Signed, records: Store) -> list[JobOut]:
    """List your own long acts and imports in all collections: under way, or ended a moment ago."""
    since = time.time() - LATELY
    return [job_out(j) for j in jobs.jobs_by(records, person.user.id, all_kinds.OF_PEOPLE, since)]


@router.get("/jobs/{job}")
def show(seen: JobToSee) -> JobOut:
    """Show one job; ask again to see its progress."""
    return job_out(seen.job)


@router.post("/collections/{collection}/try-on", status_code=202)
def try_on(body: TryOn, access: MayChange, person: Signed, records: Store) -> JobOut:
    """Find which labels another version would change; nothing changes yet."""
    version = seen_version(records, person, body.model)
    return job_out(try_version.ask(records, access.collection, version, person.user.id))


@router.get("/jobs/{job}/pairs")
def pairs(seen: JobToSee, records: Store) -> list[PairOut]:
    """List what a try-on would change, by pair of labels, the most pictures first."""
    return [
        PairOut(before=p.before, after=p.after, count=p.count, images=list(p.images))
        for p in reclassify.pairs(records, seen.job.id)
    ]


@router.post("/jobs/{job}/apply", status_code=202)
def apply(
    seen: JobToChange,
    person: Signed,
    biosight: Open,
    records: Store,
    body: Reason = NO_REASON,
) -> JobOut:
    """Use a version that was tried on: the collection chooses it and is classified by it.

    A version that the gate found worse needs a reason, which is kept in its history.
    """
    version = seen_version(records, person, seen.job.want("model"))
    made = try_version.apply(
        task_of(biosight, seen.access, person),
        seen.job,
        version,
        body.reason,
        may_promote=may_change(records, person, version),
    )
    return job_out(made)


@router.delete("/jobs/{job}")
def drop(seen: JobToChange, records: Store) -> JobOut:
    """Stop a job, or drop what a try-on found."""
    return job_out(all_kinds.stop(records, seen.job))


@router.get("/collections/{collection}/models-that-know")
def models_that_know(access: MayChange, person: Signed, biosight: Open) -> list[str]:
    """List the models that know pictures which this collection's model does not: those to which at
    least half of the newest unfamiliar pictures are familiar."""
    found = familiar.models_that_know(biosight, task_of(biosight, access, person))
    return sorted(version.id for version in found)


@router.post("/collections/{collection}/teach", status_code=202)
def teach(body: Teach, access: MayChange, person: Signed, biosight: Open) -> JobOut:
    """Teach labels from confirmed pictures; the result is a candidate that can be tried on."""
    task = task_of(biosight, access, person)
    asked = teaching.ask(task, body.labels, body.name, in_bulk=body.in_bulk)
    return job_out(asked)
