"""The job that teaches labels from pictures that people confirmed; the outcome is a candidate.

Not here: the fit and the comparison (learning/teaching/teach.py, learning/gate.py).
"""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from biosight import registry
from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.inference.model_files.card import read_card
from biosight.intake import look_again
from biosight.labels import clean_label
from biosight.storage.conditions import named_by_people, still_there
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows import serving_version
from biosight.workflows.collection_names import naming_of
from biosight.workflows.job_kind import JobKind, JobOutcome, collection_of
from biosight.workflows.task import Task

log = logging.getLogger(__name__)
NAME = "teach"


def ask(task: Task, labels: Sequence[str], name: str, *, in_bulk: bool = False) -> Job:
    """Write and return a job that teaches `labels` to a model called `name`. With `in_bulk`, it
    also learns from labels that were accepted in bulk. Raises BadRequest or Conflict."""
    registry.check_name(task.records, name, task.id)
    wanted = json.dumps([clean_label(label) for label in labels])
    model = serving_version.serving_key(task.records, task.catalogue, task.collection.model)
    wants = {"model": model, "labels": wanted, "name": name, "in_bulk": "yes" if in_bulk else ""}
    return jobs.ask(task.records, NAME, task.id, task.by, **wants)


def run(biosight: BioSight, job: Job, progress: Progress) -> JobOutcome:
    """Refit the head on confirmed pictures, compare it with the serving version, and keep it as a
    candidate."""
    # Imported here because SciPy takes half a second and 60 MB, and a server seldom needs it.
    from biosight.learning import gate
    from biosight.learning.teaching import candidate, examples, teach

    records, c = biosight.archive.records, collection_of(biosight, job)
    model = job.want("model") or serving_version.serving_key(records, biosight.catalogue, c.model)
    classifier = biosight.model.classifiers.get(model)
    naming = naming_of(records, biosight.catalogue, c)
    in_bulk = job.want("in_bulk") == "yes"
    many = records.count(Image, named_by_people(c.id, in_bulk=in_bulk))

    def embed(image: Image) -> npt.NDArray[np.float32]:
        looked = look_again(biosight.intake, classifier, image, c.picture_kind)
        return np.asarray(looked.verdict.embedding, np.float32)

    found = examples.named_examples(
        records,
        c.id,
        classifier.card.space,
        naming,
        embed,
        lambda done: progress.step(done, many),
        in_bulk=in_bulk,
    )
    progress.step(len(found), many, force=True)
    labels, name = tuple(json.loads(job.want("labels") or "[]")), job.want("name")
    release = registry.next_release(records, name)
    own = tuple(naming.own.get(label, label) for label in labels)
    wanted = candidate.Assignment(classifier.folder, own, name, release, naming)
    with TemporaryDirectory() as folder:
        report = teach.teach(wanted, found, Path(folder))
        said = json.dumps(report.as_json())
        made, adding = registry.candidate(
            read_card(Path(folder)),
            files=registry.store_files(biosight.archive.blobs, Path(folder)),
            by=job.by,
            collection=c.id,
            report=said,
        )
    log.info("taught", extra={"model": made.id, "verdict": report.verdict})
    words = f"{made.id} has learnt from {len(found)} pictures{judged_in_words(report.verdict)}."
    words += " Try it on before it serves."
    result = json.dumps({"model": made.id, "text": gate.as_text(report)})
    return JobOutcome(words, result, [still_there(c.id), *adding])


def judged_in_words(verdict: str) -> str:
    """Return what the gate says of a lesson, "" where a person decides."""
    found = {"better": "is better", "no worse": "is no worse", "worse": "is worse"}.get(verdict)
    return f" and {found} than the model before" if found else ""


KIND = JobKind("Teaching", run)
