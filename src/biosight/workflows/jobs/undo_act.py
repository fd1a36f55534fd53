"""Undo of an act, however many pictures it changed: at once if they are few, as a job if they are
many. An act that still runs is stopped first.

Not here: restoring a picture (review/undo_acts.py), or names and places (workflows/names/rename.py,
workflows/places/deployment_acts.py).
"""

from collections.abc import Callable
from dataclasses import replace

from biosight.bootstrap import BioSight, Catalogue
from biosight.errors import Conflict, NotFound
from biosight.images import ActItem
from biosight.review import undo_acts
from biosight.review.acts import MOST_AT_ONCE, Act
from biosight.review.undo_acts import Undone
from biosight.storage.batches import BATCH, Run, RunCount
from biosight.storage.records import Insert, Records, Remove, Replace, Where, Write, pages
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows.collection_names import naming_of
from biosight.workflows.job_kind import JobKind, JobOutcome, collection_of, so_many
from biosight.workflows.names import label_paths, rename
from biosight.workflows.places import deployment_acts
from biosight.workflows.task import Task

NAME = "undo"


def take_back(task: Task, act: Act) -> Undone | Job:
    """Undo any act; former names and places are restored in the same write that marks it as undone.

    Return a job if the act changed more than MOST_AT_ONCE pictures. Raises Conflict when it was
    already undone.
    """
    records = task.records
    act = halt_act(records, act)
    if act.undone_at:
        raise Conflict("This is already undone.")
    if not act.count and not act.stays:
        records.write(Remove(Act, act.id))  # it was stopped before it changed anything
        return Undone([], [], 0)

    def along() -> list[Write]:
        return rename.going_back(records, act)

    if act.count > MOST_AT_ONCE:
        return begin(records, act, task.by, along)
    naming = rename.naming_before(task, act)
    done = undo_acts.undo(records, act, task.by, naming, along=along)
    follow(records, task.catalogue, act)
    label_paths.settle_arrivals(records, task.catalogue, act.collection)
    return done


def follow(records: Records, catalogue: Catalogue, act: Act) -> None:
    """Finish an undo once the act's pictures are restored: rename pictures that the machine named
    meanwhile, forget names that the act made sensitive, and align pictures with their
    deployments."""
    rename.newcomers_back(records, catalogue, act)
    rename.all_back(records, act)
    deployment_acts.align(records, act.places_before)


def halt_act(records: Records, act: Act) -> Act:
    """Stop any job that still works on the act, and return the act as it is then."""
    while (job := jobs.find_job(records, act.id)) is not None and job.live:
        try:
            jobs.end(records, job, "dropped", "Taken back.")
            jobs.forget_picked(records, job.id)
        except jobs.Dropped:
            continue  # the job made a step in the meantime
    return records.get(Act, act.id) or act


def begin(records: Records, act: Act, by: str, along: Callable[[], list[Write]]) -> Job:
    """Write the undo job together with the act's undone mark and the writes of `along`; return the
    job."""
    job = jobs.fresh(NAME, act.collection, by, act=act.id, title=f"Undoing: {act.summary}")
    job = replace(job, total=act.count)
    undo_acts.mark_undone(records, act, by, along, [Insert(job)])
    return job


def run(biosight: BioSight, job: Job, progress: Progress) -> JobOutcome:
    """Restore the pictures that are not restored yet. Raises NotFound when the act no longer
    exists."""
    records = biosight.archive.records
    act = records.get(Act, job.want("act"))
    if act is None:
        raise NotFound("The act to undo no longer exists.")
    naming = naming_of(records, biosight.catalogue, collection_of(biosight, job))
    sofar = jobs.count_of_run(job)
    make = undo_acts.to_put_back(records, act, job.by, naming)
    note = progress.noting(act.count)
    run = Run(records, ActItem, make, note, sofar, job.cursor)
    for piece in pages(records, ActItem, [Where("act", "=", act.id)], start=job.cursor, size=BATCH):
        run.write(piece)
    follow(records, biosight.catalogue, act)
    return JobOutcome(undone_in_words(act, run.tally), "")


def undone_in_words(act: Act, tally: RunCount) -> str:
    """Return the result of an undo, in words."""
    left = f"{tally.left:,} changed since and stay as they are" if tally.left else ""
    gone = f"{tally.failed:,} are gone for good" if tally.failed else ""
    return "; ".join(
        filter(None, (f"Undone for {so_many(tally.changed)}: {act.summary}", left, gone))
    )


def stop(records: Records, job: Job) -> Job:
    """Stop an undo, so that the act can be undone again for the remaining pictures. Raises Conflict
    if former names or places are already restored, because all pictures have to follow them."""
    while job.live:
        act = records.get(Act, job.want("act"))
        if act is None or act.stays:
            raise Conflict("Names and places are already restored; their pictures have to follow.")
        tally = jobs.count_of_run(job)
        again = replace(act, undone_at=0.0, undone_by="", version=act.version + 1)
        try:
            words = f"Stopped: {tally.changed:,} of {act.count:,} pictures are back."
            return jobs.end(records, job, "dropped", words, also=[Replace(again, act.version)])
        except jobs.Dropped:
            job = jobs.get_job(records, job.id)
    raise Conflict("This has already ended.")


KIND = JobKind("", run, light=True, stop=stop)
