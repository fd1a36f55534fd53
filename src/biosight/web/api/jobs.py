"""API: long work on a collection - try a model on, apply it, teach a label."""

import json
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from biosight import jobs, reclassify
from biosight.errands import teaching, trying_on, work
from biosight.jobs import Job
from biosight.web.deps import Editor, Open, Signed, Store, Viewer
from biosight.web.inputs import NO_REASON, Input, Reason
from biosight.web.rights import JobToChange, JobToSee, may_change, seen_version

router = APIRouter(tags=["jobs"])


class JobOut(BaseModel):
    """Long work and how far it is; `title` says its kind in words, before the version's name;
    `result` depends on the kind."""

    id: str
    kind: str
    title: str
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
        title=work.KINDS[job.kind].title,
        collection=job.collection,
        state=job.state,
        done=job.done,
        total=job.total,
        words=job.words,
        model=job.want("model"),
        created_at=job.created_at,
        finished_at=job.finished_at,
        result=json.loads(job.result) if job.result and not job.live else None,
    )


@router.get("/collections/{collection}/jobs")
def list_jobs(access: Viewer, records: Store) -> list[JobOut]:
    """A collection's long work, the newest first."""
    return [job_out(j) for j in jobs.jobs_of(records, access.collection.id)]


@router.get("/jobs/{job}")
def show(seen: JobToSee) -> JobOut:
    """One job; ask again to see it move."""
    return job_out(seen.job)


@router.post("/collections/{collection}/try-on", status_code=202)
def try_on(body: TryOn, access: Editor, person: Signed, records: Store) -> JobOut:
    """See which labels another version would change; nothing changes yet."""
    version = seen_version(records, person, body.model)
    return job_out(trying_on.ask(records, access.collection, version, person.user.id))


@router.get("/jobs/{job}/pairs")
def pairs(seen: JobToSee, records: Store) -> list[PairOut]:
    """What a try-on would change, per pair of labels, the most pictures first."""
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

    One that the gate found worse needs a reason, which is kept in its history.
    """
    version = seen_version(records, person, seen.job.want("model"))
    made = trying_on.apply(
        records,
        biosight.catalogue,
        seen.job,
        seen.access.collection,
        version,
        person.user.id,
        body.reason,
        may_promote=may_change(records, person, version),
    )
    return job_out(made)


@router.delete("/jobs/{job}")
def drop(seen: JobToChange, records: Store) -> JobOut:
    """Stop a job, or drop what a try-on found."""
    return job_out(trying_on.put_aside(records, seen.job))


@router.post("/collections/{collection}/teach", status_code=202)
def teach(body: Teach, access: Editor, person: Signed, biosight: Open, records: Store) -> JobOut:
    """Learn labels from confirmed pictures: the result is a candidate, to be tried on."""
    c, user = access.collection, person.user.id
    return job_out(teaching.ask(records, biosight.catalogue, c, body.labels, body.name, user))
