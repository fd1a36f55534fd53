"""biosight worker: runs long jobs outside the web process; which function does which kind.

Not here: claiming and progress (jobs.py), or the work itself (reclassify.py, learning/teach.py).
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from biosight import jobs, reclassify, registry
from biosight.bootstrap import BioSight, keep_version, open_archive, open_biosight, serving_key
from biosight.cli.pictures import find_place
from biosight.collection import Collection
from biosight.errors import BadRequest, BioSightError, NotFound
from biosight.images import Image
from biosight.intake import classify_again, look_again
from biosight.jobs import Dropped, Job, Progress
from biosight.labels import Guess, clean_label
from biosight.settings import Settings
from biosight.storage.living import named_by_people
from biosight.storage.records import Change

log = logging.getLogger(__name__)
POLL_SECONDS = 0.5
IDLE_SECONDS = 20.0


@click.command()
@click.option("--until-idle", is_flag=True, help="End when no job has come for a while.")
@click.pass_obj
def worker(settings: Settings, until_idle: bool) -> None:
    """Run long jobs: reclassify, try on, teach."""
    archive = open_archive(settings)
    biosight: BioSight | None = None
    quiet_since = time.monotonic()
    try:
        while not until_idle or time.monotonic() - quiet_since < IDLE_SECONDS:
            job = jobs.claim(archive.records)
            if job is None:
                time.sleep(POLL_SECONDS)
                continue
            biosight = biosight or open_biosight(settings)
            run(biosight, job)
            quiet_since = time.monotonic()
    except KeyboardInterrupt:
        pass
    finally:
        if biosight:
            biosight.close()
        archive.close()


@click.command()
@click.argument("labels", nargs=-1, required=True)
@click.option(
    "--name", required=True, help="What to call the model: small letters, digits, dashes."
)
@click.option("--user", "email", help="Whose collection; may be left out with one account.")
@click.option("--collection", help="A collection's name; the person's first when left out.")
@click.pass_obj
def teach(
    settings: Settings,
    labels: tuple[str, ...],
    name: str,
    email: str | None,
    collection: str | None,
) -> None:
    """Teach LABELS from a collection's confirmed pictures; the result is a candidate."""
    biosight = open_biosight(settings)
    records = biosight.archive.records
    try:
        c, user = find_place(records, email, collection)
        registry.check_name(records, name, c.id)
        wanted = json.dumps([clean_label(label) for label in labels])
        asked = jobs.ask(records, "teach", c.id, user, labels=wanted, name=name)
        done = finished(biosight, asked)
    finally:
        biosight.close()
    if done.state != "done":
        raise BadRequest(done.words)
    click.echo(json.loads(done.result)["text"])
    click.echo(done.words)


def finished(biosight: BioSight, job: Job) -> Job:
    """A job done here, or by a server's worker where that was faster."""
    records = biosight.archive.records
    try:
        run(biosight, jobs.take(records, job))
    except Dropped:
        while jobs.get_job(records, job.id).live:
            time.sleep(POLL_SECONDS)
    return jobs.get_job(records, job.id)


def run(biosight: BioSight, job: Job) -> None:
    """Do a claimed job; whatever comes of it stands in the job afterwards."""
    progress = Progress(biosight.archive.records, job)
    try:
        words, result = WORK[job.kind](biosight, job, progress)
        jobs.end(biosight.archive.records, progress.job, "done", words, result)
    except Dropped:
        log.info("job dropped", extra={"job": job.id, "kind": job.kind})
    except BioSightError as error:
        fail(biosight, progress, error.detail)
    except Exception:
        log.exception("job failed")
        fail(biosight, progress, "Something went wrong; the server's log says what.")


def fail(biosight: BioSight, progress: Progress, words: str) -> None:
    """Close a job that went wrong, unless somebody stopped it first."""
    try:
        jobs.end(biosight.archive.records, progress.job, "failed", words)
    except Dropped:
        log.info("job dropped", extra={"job": progress.job.id})


def collection_of(biosight: BioSight, job: Job) -> Collection:
    """The job's collection. Raises NotFound when it went."""
    found = biosight.archive.records.get(Collection, job.collection)
    if found is None:
        raise NotFound("The collection was removed meanwhile.")
    return found


def do_reclassify(biosight: BioSight, job: Job, progress: Progress) -> tuple[str, str]:
    """Give every picture the wanted version's Prediction."""
    c, model = collection_of(biosight, job), job.want("model")
    renamed = dict(c.renamed)

    def again(image: Image) -> list[Change]:
        return classify_again(biosight.intake, model, image, renamed)

    biosight.model.classifiers.get(model)  # fails before the first picture, not at each
    tally = reclassify.reclassify(
        biosight.archive.records,
        c.id,
        model,
        again,
        progress.step,
        start=job.cursor,
        done=job.done,
    )
    unread = f" {tally.failed} could not be read again." if tally.failed else ""
    return f"{tally.changed} pictures have been classified by {model}.{unread}", tally_json(tally)


def do_try_on(biosight: BioSight, job: Job, progress: Progress) -> tuple[str, str]:
    """Note which labels the wanted version would change."""
    c = collection_of(biosight, job)
    classifier = biosight.model.classifiers.get(job.want("model"))

    def look(image: Image) -> Guess:
        return classifier.top(look_again(biosight.intake, classifier, image), 1)[0]

    tally = reclassify.try_on(
        biosight.archive.records, c.id, job.id, look, dict(c.renamed), progress.step
    )
    return f"{tally.changed} of {tally.seen} labels would change.", tally_json(tally)


def tally_json(tally: reclassify.Tally) -> str:
    """A tally for the page."""
    return json.dumps(asdict(tally))


def do_teach(biosight: BioSight, job: Job, progress: Progress) -> tuple[str, str]:
    """Refit the head on what people confirmed; the result is a candidate."""
    from biosight.learning import gate
    from biosight.learning import teach as lessons

    records, c = biosight.archive.records, collection_of(biosight, job)
    classifier = biosight.model.classifiers.get(job.want("model") or serving_key(biosight, c.model))
    many = records.count(Image, named_by_people(c.id))

    def embed(image: Image) -> lessons.Floats:
        return np.asarray(look_again(biosight.intake, classifier, image).embedding, np.float32)

    found = lessons.named_examples(
        records,
        c.id,
        classifier.card.space,
        dict(c.renamed),
        embed,
        lambda done: progress.step(done, many),
    )
    progress.step(len(found), many, force=True)
    labels = tuple(json.loads(job.want("labels") or "[]"))
    name = job.want("name")
    lesson = lessons.Lesson(classifier.folder, labels, name, registry.next_release(records, name))
    with TemporaryDirectory() as folder:
        report = lessons.teach(lesson, found, Path(folder))
        made = keep_version(
            biosight.archive,
            Path(folder),
            by=job.by,
            collection=c.id,
            report=json.dumps(report.as_json()),
        )
    log.info("taught", extra={"model": made.id, "verdict": report.verdict})
    result = json.dumps({"model": made.id, "text": gate.as_text(report)})
    return f"{made.id} has learnt from {len(found)} pictures. Try it on before it serves.", result


WORK: dict[str, Callable[[BioSight, Job, Progress], tuple[str, str]]] = {
    "reclassify": do_reclassify,
    "try-on": do_try_on,
    "teach": do_teach,
}
