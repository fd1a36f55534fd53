"""All kinds of job, and running a claimed one; a new kind is a row here and its function.

Not here: claiming and progress (work/jobs.py), or starting workers (cli/server/serve.py).
"""

import logging
import time
from contextlib import suppress

from biosight import logs
from biosight.bootstrap import BioSight
from biosight.errors import BioSightError, Conflict, NoSpace, NotFound, Unavailable
from biosight.review.acts import KINDS as KINDS_OF_ACTS
from biosight.review.acts import Act
from biosight.storage.causes import in_short
from biosight.storage.records import Gone, InUse, Records
from biosight.work import jobs, workers
from biosight.work.jobs import Dropped, Job
from biosight.work.progress import Progress
from biosight.workflows.job_kind import JobKind, JobOutcome
from biosight.workflows.jobs import undo_act
from biosight.workflows.models import reclassification, teaching, try_version
from biosight.workflows.names import label_paths
from biosight.workflows.parcels import brought_names, import_parcel, kept
from biosight.workflows.people import members
from biosight.workflows.pictures import long_acts, trash_job

log = logging.getLogger(__name__)
POLL_SECONDS = 0.5
RUNNING: dict[str, Progress] = {}  # what this process works on
UNFORESEEN = "Something went wrong; the server's log says what."
KINDS: dict[str, JobKind] = {
    reclassification.NAME: reclassification.KIND,
    try_version.NAME: try_version.KIND,
    teaching.NAME: teaching.KIND,
    long_acts.NAME: long_acts.KIND,
    undo_act.NAME: undo_act.KIND,
    trash_job.NAME: trash_job.KIND,
    kept.NAME: import_parcel.KIND,
    brought_names.NAME: brought_names.KIND,
}
LIGHT = tuple(name for name, kind in KINDS.items() if kind.light)
HEAVY = tuple(name for name, kind in KINDS.items() if not kind.light)
# What the Model page lists; all other work is shown on every page to the person who asked for it.
OF_MODELS = (reclassification.NAME, try_version.NAME, teaching.NAME)
OF_PEOPLE = tuple(name for name in KINDS if name not in OF_MODELS)


def run(biosight: BioSight, job: Job) -> None:
    """Run a claimed job; its record holds the outcome afterwards, success or failure."""
    records = biosight.archive.records
    with logs.of_request(job.request), workers.written_down(records, job.id):
        log.info("job begun", extra={"job": job.id, "kind": job.kind, "attempt": job.attempts})
        run_logged(biosight, job)


def run_logged(biosight: BioSight, job: Job) -> None:
    """Run a claimed job, and log under the id of the request that asked for it."""
    progress = Progress(biosight.archive.records, job)
    RUNNING[job.id] = progress
    try:
        members.check_right(biosight.archive.records, job, KINDS[job.kind].needs)
        with progress.kept():
            done = KINDS[job.kind].run(biosight, job, progress)
            settle_paths(biosight, job, progress)
        close(biosight, progress, done)
        log.info("job done", extra={"job": job.id, "words": done.words})
        if job.kind in LIGHT:
            KINDS[job.kind].forget(biosight.archive.records, job.id)
    except Dropped:
        log.info("job dropped", extra={"job": job.id, "kind": job.kind})
    except (Unavailable, NoSpace) as error:
        log.info("job waits for a store", extra={"job": job.id, "reason": in_short(error)})
        give_back(biosight.archive.records, progress, error.detail)
    except (SystemExit, KeyboardInterrupt):
        give_back(biosight.archive.records, progress)
        raise
    except BioSightError as error:
        log.info("job failed", extra={"job": job.id, "reason": error.detail})
        fail(biosight, progress, error.detail, jobs.REFUSED)
    except Exception:
        log.exception("job failed")
        fail(biosight, progress, UNFORESEEN, jobs.UNFORESEEN)
    finally:
        RUNNING.pop(job.id, None)


def settle_paths(biosight: BioSight, job: Job, progress: Progress) -> None:
    """Bring the paths of pictures up to the tree of their collection, where a job changed it, such
    as a rename or its undo, or brought them from another collection. Each call mends some
    thousands."""
    records = biosight.archive.records
    act = records.get(Act, job.id)
    went = act.target if act and act.kind in KINDS_OF_ACTS and KINDS_OF_ACTS[act.kind].goes else ""
    while not (
        label_paths.settle_arrivals(records, biosight.catalogue, job.collection)
        and (not went or label_paths.settle_arrivals(records, biosight.catalogue, went))
    ):
        progress.step(progress.job.done, progress.job.total, progress.job.cursor)


def close(biosight: BioSight, progress: Progress, done: JobOutcome) -> None:
    """End a job with its outcome in one write. Raises Dropped, Conflict when somebody used its
    name, or NotFound when its collection was removed in the meantime."""
    records = biosight.archive.records
    try:
        jobs.end(records, progress.job, "done", done.words, done.result, done.writes)
    except InUse as error:
        raise Conflict("Somebody else changed this name in the meantime; start again.") from error
    except Gone as error:
        raise NotFound("The collection was removed in the meantime.") from error


def stop(records: Records, job: Job) -> Job:
    """Stop a job, or discard a finished try-on's result. Raises Conflict for others."""
    stopped = KINDS[job.kind].stop(records, job)
    KINDS[job.kind].forget(records, job.id)
    return stopped


def fail(biosight: BioSight, progress: Progress, words: str, reason: str) -> None:
    """End a job as failed, unless somebody stopped it first."""
    try:
        jobs.end_failed(biosight.archive.records, progress.job, words, reason)
    except Dropped:
        log.info("job dropped", extra={"job": progress.job.id})
    except BioSightError as error:
        log.warning("job left to its lease", extra={"job": progress.job.id, "why": error.detail})


def give_back(records: Records, progress: Progress, words: str = "") -> None:
    """Let another worker continue a job: at once, or after a pause where a store is away, as
    `words` say. If even that can't be written, the job's lease runs out."""
    try:
        with progress.turn:
            if words:
                jobs.hinder(records, progress.job, words, moved=progress.moved)
            else:
                jobs.let_go(records, progress.job)
    except Dropped:
        log.info("job dropped", extra={"job": progress.job.id})
    except BioSightError as error:
        log.warning("job left to its lease", extra={"job": progress.job.id, "why": error.detail})


def give_all_back(records: Records) -> None:
    """Give back what this process works on, as it ends."""
    for progress in tuple(RUNNING.values()):
        give_back(records, progress)


def run_here(biosight: BioSight, job: Job) -> Job:
    """Run a job in this process, unless a server's worker claims it first; return it when it has
    ended."""
    records = biosight.archive.records
    while (now := jobs.get_job(records, job.id)).live:
        if now.lease_until > time.time():  # a worker has it, or it waits for a store
            time.sleep(POLL_SECONDS)
            continue
        with suppress(Dropped):
            run(biosight, jobs.take(records, now))
    return now
