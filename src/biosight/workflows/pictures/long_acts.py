"""The job that applies one act to thousands of pictures: the named ones, or all that match.

A stopped job keeps its changes, and the history shows their true number. Changes that people make
to a picture after the job was asked for are kept. Not here: acts on a page
(review/perform_acts.py).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pydantic import TypeAdapter

from biosight.bootstrap import BioSight
from biosight.errors import Conflict, NotFound
from biosight.images import Image
from biosight.places import Deployment, Site
from biosight.review import copies
from biosight.review.acts import DEPLOY, KINDS, Act, Change, new_act
from biosight.review.perform_acts import HistoryLine, changed_later, each_changed
from biosight.storage.batches import BATCH, Make, Run, RunCount
from biosight.storage.conditions import still_there
from biosight.storage.records import (
    Gone,
    Insert,
    Records,
    Remove,
    Require,
    Where,
    Write,
    among,
    parts,
)
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows.collection_names import naming_of
from biosight.workflows.job_kind import JobKind, JobOutcome, collection_of, so_many
from biosight.workflows.pictures.destinations import copy_limits
from biosight.workflows.places import deployment_acts

NAME = "act"
MOST_WAITING = 20
WHERE = TypeAdapter(tuple[Where, ...])
CHANGE = TypeAdapter(Change)
Changes = Callable[[Image], Change | None]


def required_records(change: Change) -> list[Require]:
    """Return the records that must exist when this change is applied to a picture."""
    if KINDS[change.kind].goes:
        return [still_there(change.target)]
    if change.kind != DEPLOY:
        return []
    kinds = ((Deployment, change.target), (Site, change.site))
    return [Require(kind, id) for kind, id in kinds if id]


def ask(
    records: Records,
    by: str,
    collection: str,
    change: Change,
    where: Sequence[Where],
    images: Sequence[str] = (),
) -> Job:
    """Write an act and the job that applies `change` to all matching or named pictures, in one
    write.

    Pictures that arrive later are not included: ids grow with time. Raises Conflict when too many
    jobs wait.
    """
    act = new_act(by, collection, change)
    meant = [*where, Where("id", "<", act.id)]
    writes, job = job_writes(records, act, change, meant, images)
    records.write(Insert(act), *writes)
    return job


def ask_to_follow(records: Records, act: Act, deployments: Sequence[str]) -> Job:
    """Write the job that gives the pictures of deployments their sites and clocks, under the act
    that changed the deployments."""
    where = deployment_acts.in_deployments(act.collection, deployments)
    change = Change(act.kind, target_name=act.summary)
    writes, job = job_writes(records, act, change, where, follow="yes")
    records.write(*writes)
    return job


def job_writes(
    records: Records,
    act: Act,
    change: Change,
    where: Sequence[Where],
    images: Sequence[str] = (),
    **wants: str,
) -> tuple[list[Write], Job]:
    """Return the writes of a job that continues an act, and the job itself, which has the act's id.
    Raises Conflict when too many jobs wait."""
    waiting = jobs.live_of(records, act.collection, NAME)
    if len(waiting) >= MOST_WAITING:
        raise Conflict("Too many jobs are waiting here; wait until some of them are done.")
    job = jobs.fresh(
        NAME,
        act.collection,
        act.by,
        id=act.id,
        title=change.doing,
        change=CHANGE.dump_json(change).decode(),
        where=WHERE.dump_json(tuple(where)).decode(),
        picked="yes" if images else "",
        **wants,
    )
    return [Insert(job), *jobs.pick(job.id, images)], job


def run(biosight: BioSight, job: Job, progress: Progress) -> JobOutcome:
    """Apply the change, continuing where an earlier worker stopped. Raises NotFound when a record
    that it needs was removed."""
    records = biosight.archive.records
    act = act_of(records, job)
    change = CHANGE.validate_json(job.want("change"))
    where = WHERE.validate_json(job.want("where"))
    line = HistoryLine(
        records, act, True, required_records(change) if not job.want("follow") else []
    )
    note = progress.noting(job.total or how_many(records, job, where))

    def with_act(tally: RunCount, cursor: str, writes: Sequence[Write]) -> None:
        written = line.along(writes)
        note(tally, cursor, written)
        line.took(written)
        line.changed.clear()

    sofar = jobs.count_of_run(job)
    make = maker(biosight, job, act, change)
    if not job.want("follow"):  # a deployment's clock and site apply whatever people did later
        make = but_later(records, act, make)
    run = Run(records, Image, make, with_act, sofar, job.cursor, line.rests_on_kinds)
    note(sofar, job.cursor, [])
    try:
        for piece in pieces(records, job, where):
            run.write(piece)
    except Gone as error:
        raise NotFound(
            "The collection or deployment for these pictures no longer exists."
        ) from error
    if job.want("follow"):
        deployment_acts.align(records, act.places_before)
    return outcome(line.act, change, run.tally)


def act_of(records: Records, job: Job) -> Act:
    """Return the act that a job applies. Raises NotFound when it no longer exists."""
    found = records.get(Act, job.id)
    if found is None:
        raise NotFound("The act of this job no longer exists.")
    return found


def maker(biosight: BioSight, job: Job, act: Act, change: Change) -> Make[Image]:
    """Return a function that makes the writes for images in their state at the time of the call."""
    records = biosight.archive.records
    if KINDS[change.kind].copies:
        under = copy_limits(records, biosight.intake.quota, job.by, change.target)
        return copies.to_copy(records, act, job.by, change, under)
    return each_changed(records, act, job.by, changes(biosight, job, change))


def changes(biosight: BioSight, job: Job, change: Change) -> Changes:
    """Return a function that gives the change of each image: the same for all, or that of its
    deployment."""
    records = biosight.archive.records
    if job.want("follow"):
        there = {d.id: d for d in deployment_acts.deployments_of(records, job.collection)}
        return lambda image: deployment_acts.as_deployed(there, image)
    if change.label:
        path = naming_of(records, biosight.catalogue, collection_of(biosight, job)).path
        change = replace(change, path=path(change.label))
    return lambda _: change


def but_later(records: Records, act: Act, make: Make[Image]) -> Make[Image]:
    """Wrap `make` to skip images that a later act changed: the later act wins, and the image counts
    as failed."""

    def made(images: Sequence[Image]) -> list[Sequence[Write] | None]:
        later = changed_later(records, act, images)
        return [
            None if image.id in later else writes
            for image, writes in zip(images, make(images), strict=True)
        ]

    return made


def pieces(records: Records, job: Job, where: Sequence[Where]) -> Iterator[list[Image]]:
    """Yield the remaining pictures in batches."""
    # Fetch all ids first, then records by id: a store may have no index for the matching pictures
    # in order of id, and would search again for each piece.
    named = jobs.picks(records, job.id, job.cursor)
    left = [*where, Where("id", ">", job.cursor)]
    for ids in named if job.want("picked") else parts(records.ids(Image, left), BATCH):
        found = [i for i in among(records, Image, ids) if i.collection == job.collection]
        if found:
            yield sorted(found, key=lambda i: i.id)


def how_many(records: Records, job: Job, where: Sequence[Where]) -> int:
    """Return how many pictures a job covers."""
    if job.want("picked"):
        return sum(map(len, jobs.picks(records, job.id)))
    return records.count(Image, where)


def outcome(act: Act, change: Change, tally: RunCount) -> JobOutcome:
    """Return the job's outcome; an act that changed nothing is removed from the history."""
    forgotten: list[Write] = [] if act.count or act.stays else [Remove(Act, act.id)]
    return JobOutcome(outcome_in_words(change, tally), "", forgotten)


def outcome_in_words(change: Change, tally: RunCount) -> str:
    """Return the result for the pictures, in words."""
    left = f"{tally.left:,} left as they were" if tally.left else ""
    if left and KINDS[change.kind].goes:
        left = f"{tally.left:,} there already"
    lost = f"{tally.failed:,} changed by somebody else first and left alone" if tally.failed else ""
    return "; ".join(filter(None, (f"{so_many(tally.changed)} {change.done}", left, lost)))


def stop(records: Records, job: Job) -> Job:
    """Stop the job; its changes so far stay, and the words count them. Raises Conflict when it has
    ended."""
    while True:
        if not job.live:
            raise Conflict("This has already ended.")
        tally = jobs.count_of_run(job)
        change = CHANGE.validate_json(job.want("change"))
        act = records.get(Act, job.id)
        forgotten: list[Write] = []
        if act and not act.count and not act.stays:
            forgotten.append(Remove(Act, act.id, act.version))
        try:
            words = f"Stopped: {outcome_in_words(change, tally)}"
            return jobs.end(records, job, "dropped", words, also=forgotten)
        except jobs.Dropped:
            job = jobs.get_job(records, job.id)  # the job made a step; try again


KIND = JobKind("", run, light=True, stop=stop, forget=jobs.forget_picked)
