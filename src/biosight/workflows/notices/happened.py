"""What happened that people may want to hear of: work that ended, mentions, drift, cameras.

It is read from the records that hold it anyway, so that nothing has to be told twice. Not here: who
hears of it (written.py), or sending (sending.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from biosight.drift import DriftReport
from biosight.images import Image
from biosight.images.comments import Comment, Mention
from biosight.notices import NoticeKind
from biosight.places import CameraCheck, Deployment
from biosight.storage.records import Order, Question, Records, Where, among, find_all
from biosight.work.jobs import Job
from biosight.workflows.jobs.all_kinds import KINDS, OF_MODELS
from biosight.workflows.places.camera_checks import IN_WORDS

LONG_WORK_SECONDS = 60.0
ALARMS = ("amber", "red")


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened in a collection at a moment (seconds since 1970), for one `user`, or
    ("") for all its members who want to hear of it. `path` is the page that shows it."""

    id: str
    kind: NoticeKind
    user: str
    collection: str
    at: float
    title: str
    words: str
    path: str


def happened_since(records: Records, since: float) -> list[Happened]:
    """Return what happened since a moment, in seconds since 1970, in no order."""
    return [
        *ended_work(records, since),
        *new_mentions(records, since),
        *new_drift(records, since),
        *new_camera_signs(records, since),
    ]


def ended_work(records: Records, since: float) -> Iterator[Happened]:
    """Yield jobs that failed, and those that somebody waited for."""
    where = [Where("finished_at", ">=", since)]
    for job in find_all(records, Job, where):
        long = job.finished_at - job.created_at >= LONG_WORK_SECONDS
        if not job.by or not (job.state == "failed" or (job.state == "done" and long)):
            continue
        kind: NoticeKind = "failed" if job.state == "failed" else "finished"
        title = f"{'Failed' if kind == 'failed' else 'Done'}: {title_of(job)}"
        id = f"{job.id}.{job.finished_at:.3f}"  # a job that failed may be done later
        page = page_of(job)
        yield Happened(id, kind, job.by, job.collection, job.finished_at, title, job.words, page)


def title_of(job: Job) -> str:
    """Return what a job does, as its page says."""
    return KINDS[job.kind].title or job.want("title") if job.kind in KINDS else job.kind


def page_of(job: Job) -> str:
    """Return the page on which a person sees what became of a job."""
    page = "/model" if job.kind in OF_MODELS else ""
    return f"/collections/{job.collection}{page}" if job.collection else "/"


def new_mentions(records: Records, since: float) -> Iterator[Happened]:
    """Yield mentions that nobody looked at yet. What was written stays on the picture's page."""
    first = f"{int(since * 1000):011x}"  # ids begin with their time (storage.records.new_id)
    found = find_all(records, Mention, [Where("id", ">=", first)])
    images = {i.id: i for i in among(records, Image, [m.image for m in found])}
    said = {c.id: c for c in among(records, Comment, [m.comment for m in found])}
    for mention in found:
        image, comment = images.get(mention.image), said.get(mention.comment)
        if image is None or comment is None or image.trashed:
            continue
        yield Happened(
            mention.id,
            "mention",
            mention.user,
            image.collection,
            comment.at,
            "Somebody mentions you in a comment",
            "",
            f"/images/{image.id}",
        )


def new_drift(records: Records, since: float) -> Iterator[Happened]:
    """Yield drift reports that raise an alarm which the one before did not raise."""
    found = find_all(records, DriftReport, [Where("at", ">=", since)])
    newest = Order("at", descending=True)
    asked = [
        Question([Where("collection", "=", r.collection), Where("at", "<", r.at)], newest)
        for r in found
    ]
    for report, before in zip(found, records.find_each(DriftReport, asked), strict=True):
        if report.verdict not in ALARMS or report.verdict in {b.verdict for b in before}:
            continue
        yield Happened(
            report.id,
            "drift",
            "",
            report.collection,
            report.at,
            "Pictures differ from before",
            report.sentence,
            f"/collections/{report.collection}/drift",
        )


def new_camera_signs(records: Records, since: float) -> Iterator[Happened]:
    """Yield cameras whose pictures began to show a fault."""
    found = find_all(records, CameraCheck, [Where("found_at", ">=", since)])
    names = {d.id: d.name for d in among(records, Deployment, [check.id for check in found])}
    for check in found:
        faults = [IN_WORDS[sign.fault] for sign in check.signs if sign.open]
        if not faults or check.id not in names:
            continue
        yield Happened(
            f"{check.id}.{check.found_at:.3f}",
            "camera",
            "",
            check.collection,
            check.found_at,
            f"{names[check.id]} seems to need a visit",
            ", ".join(faults) + ".",
            f"/collections/{check.collection}/places",
        )
