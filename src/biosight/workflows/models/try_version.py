"""Try-on of a version in a collection: first show which labels would change, then apply it.

Not here: comparing labels (reclassify.py), or whether a version is good (learning/gate.py).
"""

import json
from dataclasses import asdict

from biosight import reclassify, registry
from biosight.bootstrap import BioSight
from biosight.collection import Collection, changed_collection
from biosight.errors import BadRequest, Conflict, Forbidden
from biosight.images import Image
from biosight.inference.name_list import limited_by
from biosight.intake import look_again, thing_seen
from biosight.labels import Guess
from biosight.registry import ModelVersion
from biosight.storage.records import Insert, Records, Replace, Write
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows import serving_version
from biosight.workflows.collection_names import model_of, naming_of
from biosight.workflows.job_kind import JobKind, JobOutcome, collection_of
from biosight.workflows.models import reclassification
from biosight.workflows.task import Task

NAME = "try-on"
REASON = "applied after a try-on"


def check_fits(version: ModelVersion, collection: Collection | None) -> None:
    """Raise BadRequest for an expert, a detector, and a version taught in another collection. None
    is a collection that does not exist yet."""
    if version.card.under:
        raise BadRequest(
            f"{version.name} is an expert for {version.card.under}: use it beside a model."
        )
    if version.card.detector:
        raise BadRequest(f"{version.name} finds animals and names none: it serves beside a model.")
    if version.collection not in {"", collection.id if collection else ""}:
        raise BadRequest("This model was taught in another collection; use it there.")


def ask(records: Records, collection: Collection, version: ModelVersion, by: str) -> Job:
    """Write and return a job. Raises BadRequest, or Conflict while one is under way in the
    collection."""
    check_fits(version, collection)
    return jobs.ask(records, NAME, collection.id, by, model=version.id)


def run(biosight: BioSight, job: Job, progress: Progress) -> JobOutcome:
    """Note which labels the chosen version would change; nothing changes yet."""
    c = collection_of(biosight, job)
    classifier = biosight.model.classifiers.get(job.want("model"))

    def look(image: Image) -> Guess:
        looked = look_again(biosight.intake, classifier, image, c.picture_kind)
        if thing := thing_seen(looked.sighting):
            return thing
        fits = limited_by(classifier, naming, looked.verdict)
        return classifier.answer(fits, naming.least) if fits else Guess("", 0.0)

    records = biosight.archive.records
    naming = naming_of(records, biosight.catalogue, c)
    tally = reclassify.try_on(records, c.id, job.id, look, naming, progress.step)
    words = f"{tally.changed} of {tally.seen} labels would change."
    return JobOutcome(words, json.dumps(asdict(tally)))


def is_finished(job: Job) -> bool:
    """Return whether the job is a try-on that can be applied or discarded."""
    return (job.kind, job.state) == (NAME, "done")


def apply(
    task: Task, job: Job, version: ModelVersion, reason: str = "", *, may_promote: bool
) -> Job:
    """Apply a version that was tried on: the collection chooses it, and a job reclassifies its
    pictures.

    A version that serves nowhere yet is also promoted, as on its own page; one that the gate found
    worse needs a `reason`. Everything is one write. Raises Conflict, BadRequest, Forbidden, or
    Stale when somebody was faster.
    """
    if not is_finished(job):
        raise Conflict("Only a finished try-on can be applied, once.")
    records, collection = task.records, task.collection
    check_fits(version, collection)
    promoting: list[Write] = []
    if version.state != "champion":
        if not may_promote:
            raise Forbidden("An administrator has to promote this version first.")
        serving_version.check_there(task.catalogue, version)
        promoting = registry.promotion(records, version, task.by, why_applied(version, reason))[1]
    chosen = changed_collection(collection, model=version.name)
    serving = model_of(records, task.catalogue, collection)
    anew = serving == version.id
    made = reclassification.new(records, collection.id, version, task.by, anew=anew)
    records.write(
        *promoting,
        Replace(chosen, collection.version),
        Replace(jobs.as_ended(job, "applied", "Applied."), job.version),
        Insert(made),
    )
    reclassify.forget(records, job.id)
    return made


def why_applied(version: ModelVersion, reason: str) -> str:
    """Return the reason for the version's history; "" where one is needed and none was given."""
    if reason.strip():
        return f"{REASON}: {reason.strip()}"
    return "" if version.verdict == "worse" else REASON


def put_aside(records: Records, job: Job) -> Job:
    """Stop any live job, or discard a finished try-on's result. Raises Conflict for others."""
    if not job.live and not is_finished(job):
        raise Conflict("This has already ended.")
    return jobs.drop(records, job, "Stopped." if job.live else "Dropped.")


KIND = JobKind("Trying on", run, stop=put_aside, forget=reclassify.forget)
