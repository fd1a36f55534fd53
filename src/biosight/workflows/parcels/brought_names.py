"""Giving the pictures of one upload the names of their folders or keywords, as a job.

Not here: what a name means (workflows/results/folder_labels.py), which is shown before.
"""

import json
from collections.abc import Mapping

from biosight.bootstrap import BioSight
from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import clean_label
from biosight.storage.conditions import living_images
from biosight.storage.records import Where, pages
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows.job_kind import JobKind, JobOutcome, collection_of, so_many
from biosight.workflows.results.named_folders import name_by_labels
from biosight.workflows.task import Task

NAME = "brought-names"


def ask(task: Task, session: str, folders: Mapping[str, str], keywords: Mapping[str, str]) -> Job:
    """Write and return a job that gives pictures of a session the label of the lowest folder on
    their path that has one, else that of their keywords. Raises BadRequest, or Conflict while one
    is under way."""
    sound = [
        {place: clean_label(label) for place, label in labels.items() if label.strip()}
        for labels in (folders, keywords)
    ]
    if not any(sound):
        raise BadRequest("Choose at least one name that is a label.")
    wants = {"session": session, "labels": json.dumps(sound), "title": "Giving labels"}
    return jobs.ask(task.records, NAME, task.id, task.by, **wants)


def run(biosight: BioSight, job: Job, progress: Progress) -> JobOutcome:
    """Name the pictures a page at a time; those that a person named stay."""
    records, c = biosight.archive.records, collection_of(biosight, job)
    task = Task(records, biosight.catalogue, c, job.by)
    where = [*living_images(c.id), Where("session", "=", job.want("session"))]
    folders, keywords = json.loads(job.want("labels"))
    total, done, named = records.count(Image, where), 0, 0
    for page in pages(records, Image, where):
        places = {image.id: image.folder for image in page}
        named += sum(name_by_labels(task, places, folders, keywords).values())
        done += len(page)
        progress.step(done, total)
    return JobOutcome(f"{so_many(named)} named", "")


KIND = JobKind("", run, light=True)
