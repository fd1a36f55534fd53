"""The job that gives every picture of a collection the Prediction of another version.

Not here: the work on each picture (reclassify.py, intake/verdicts.py).
"""

import json
from dataclasses import asdict

from biosight import reclassify
from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.intake import classify_again
from biosight.registry import ModelVersion
from biosight.storage.records import Records, Write
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows.collection_names import naming_of
from biosight.workflows.job_kind import JobKind, JobOutcome, collection_of

NAME = "reclassify"


def new(
    records: Records, collection: str, version: ModelVersion, by: str, *, anew: bool = False
) -> Job:
    """Return a job that the caller writes together with the change that it belongs to; `anew` also
    looks at pictures that this version named before, since the names that it may answer changed.
    Raises Conflict while one is under way."""
    wants = {"anew": "yes"} if anew else {}
    return jobs.new_job(records, NAME, collection, by, model=version.id, **wants)


def run(biosight: BioSight, job: Job, progress: Progress) -> JobOutcome:
    """Reclassify the pictures, continuing where an earlier worker stopped."""
    c, model = collection_of(biosight, job), job.want("model")
    naming = naming_of(biosight.archive.records, biosight.catalogue, c)

    def again(image: Image) -> list[Write]:
        return classify_again(biosight.intake, model, image, naming, c.picture_kind)

    biosight.model.classifiers.get(model)  # fail once before the first picture, not at each one

    sofar = jobs.count_of_run(job)
    records = biosight.archive.records
    note = progress.noting(reclassify.total(records, c.id))
    tally = reclassify.reclassify(
        records,
        c.id,
        model,
        again,
        note,
        start=job.cursor,
        sofar=sofar,
        anew=bool(job.want("anew")),
    )
    unread = f" {tally.failed} could not be read again." if tally.failed else ""
    words = f"{tally.changed} pictures have been classified by {model}.{unread}"
    return JobOutcome(words, json.dumps(asdict(tally)))


KIND = JobKind("Classifying with", run)
