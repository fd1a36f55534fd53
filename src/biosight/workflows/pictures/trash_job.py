"""The job that empties a collection's trash.

Not here: the data removed with a picture (gallery/trash.py), or putting into the trash, which is an
act.
"""

from biosight.bootstrap import BioSight
from biosight.errors import Conflict
from biosight.gallery import trash
from biosight.images import Image
from biosight.storage.records import Records, Where
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows.job_kind import JobKind, JobOutcome, so_many

NAME = "purge"


def ask(records: Records, collection: str, by: str) -> Job:
    """Write a new job and return it. Raises Conflict while one is under way in the collection."""
    return jobs.ask(records, NAME, collection, by, title="Emptying the trash")


def in_trash(job: Job) -> list[Where]:
    """Return the conditions for pictures that were in the trash when the job was asked for."""
    where = [Where("collection", "=", job.collection), Where("trashed", "=", True)]
    return [*where, Where("trashed_at", "<=", job.created_at)]


def run(biosight: BioSight, job: Job, progress: Progress) -> JobOutcome:
    """Remove these pictures for good, in batches."""
    records, where = biosight.archive.records, in_trash(job)
    total = job.total or records.count(Image, where)
    done = job.done
    progress.note(done, total)
    while removed := trash.purge(records, biosight.archive.blobs, where, limit=trash.PAGE):
        done += removed
        progress.note(done, total)
    return JobOutcome(f"{so_many(done)} removed for good", "")


def stop(records: Records, job: Job) -> Job:
    """Stop the job; removed pictures stay removed. Raises Conflict when it has ended."""
    if not job.live:
        raise Conflict("This has already ended.")
    return jobs.drop(records, job, f"Stopped: {job.done:,} pictures removed for good")


KIND = JobKind("", run, light=True, needs="own", stop=stop)
