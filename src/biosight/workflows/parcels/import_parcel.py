"""Import of a parcel as a job: a Camtrap DP package, a zip of pictures, or a table of answers.

An interrupted import begins anew: what came in already is known by its bytes. Not here: looking
into a parcel before (looking.py), or single pictures (intake).
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from biosight.accounts import User
from biosight.bootstrap import BioSight
from biosight.errors import NotFound
from biosight.images import Image
from biosight.images.folders import every_file, printable
from biosight.images.record import folder_of
from biosight.intake import Destination, Outcome, Rejected, Stored, session_key
from biosight.publishing.file_names import OWN_TABLE
from biosight.storage.records import Records
from biosight.untrusted.zips import folders_with, is_zip, opened_zip
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows.exchange import camtrap_import, camtrap_labels, camtrap_package
from biosight.workflows.exchange.camtrap_import import Target
from biosight.workflows.job_kind import JobKind, JobOutcome, collection_of
from biosight.workflows.parcels.kept import (
    DAMAGED,
    MOST_LIST_BYTES,
    MOST_TABLE_BYTES,
    NAME,
    opened_parcel,
    room_for_parcel,
    unpacked_bytes,
)
from biosight.workflows.pictures.destinations import destination
from biosight.workflows.pictures.file_import import image_of, take_file
from biosight.workflows.results.named_folders import name_by_folders
from biosight.workflows.results.result import Result
from biosight.workflows.results.results_file import folder_of_table, read_results_apart
from biosight.workflows.results.results_import import AWAY, take_results
from biosight.workflows.results.results_match import counted
from biosight.workflows.task import Task

MOST_TOLD = 200
NOUNS = {"pictures", "sites", "deployments"}


@dataclass(slots=True)
class Importing:
    """An import under way: the task, where pictures go, the job's progress, and what it tells."""

    biosight: BioSight
    task: Task
    into: Destination
    session: str
    progress: Progress
    tally: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)

    def take(self, path: Path, called: str) -> Outcome:
        """Import one file under a path; what it can't take is told. Raises Unavailable."""
        outcome = take_file(self.biosight, self.into, path, called, self.session)
        if isinstance(outcome, Rejected):
            self.left_out.append(f"{called}: {outcome.reason}")
        return outcome

    def taken(self, path: Path, called: str) -> Image | None:
        """Import one file, and count it as new, as here already, or as in the trash."""
        outcome = self.take(path, called)
        image = image_of(outcome)
        if image and image.trashed:
            self.left_out.append(f"{called}: it is in the trash of this collection")
            return None
        if image:
            self.tally["pictures" if isinstance(outcome, Stored) else "pictures here already"] += 1
        return image


def ask(task: Task, sha256: str, title: str, *, folders: bool) -> Job:
    """Write and return a job that imports a parcel; `folders`: folder names are labels. Raises
    Conflict while one is under way in the collection."""
    wants = {"parcel": sha256, "title": f"Importing {title}", "name": title}
    wants |= {"folders": "yes"} if folders else {}
    return jobs.ask(task.records, NAME, task.id, task.by, **wants)


def run(biosight: BioSight, job: Job, progress: Progress) -> JobOutcome:
    """Import a parcel; rows and files that can't be taken are told in the result."""
    records, catalogue = biosight.archive.records, biosight.catalogue
    c, user = collection_of(biosight, job), records.get(User, job.by)
    if user is None:
        raise NotFound("The person who asked for this has no account any more.")
    importing = Importing(
        biosight,
        Task(records, catalogue, c, job.by),
        destination(records, catalogue, c, user),
        session_key(job.by, job.id),
        progress,
    )
    with opened_parcel(biosight.archive.blobs, job.want("parcel")) as path:
        import_parcel(importing, path, job)
    away = importing.tally.pop(AWAY, 0)
    if away:
        importing.left_out.append(f"{counted(away, 'row')} without a picture in this collection")
    words = ", ".join(in_number(n, what) for what, n in (+importing.tally).items())
    more = f"; {len(importing.left_out):,} left out" if importing.left_out else ""
    told = json.dumps({"left_out": importing.left_out[:MOST_TOLD]})
    return JobOutcome(f"Imported: {words or 'all of it was there already'}{more}", told)


def in_number(number: int, what: str) -> str:
    """Return a line of a tally in words: "1 picture", "2 put into deployments"."""
    noun, blank, rest = what.partition(" ")
    if noun not in NOUNS:
        return f"{number:,} {what}"
    return f"{counted(number, noun.removesuffix('s'))}{blank}{rest}"


def import_parcel(importing: Importing, path: Path, job: Job) -> None:
    """Import a parcel of any kind."""
    if not is_zip(path):
        take_answers(importing, path)
        return
    with unpacked(importing, path) as folder:
        if folders_with(folder, camtrap_package.DESCRIPTION):
            take_camtrap(importing, folder, job.want("name"))
        else:
            take_pictures(importing, folder, folders=bool(job.want("folders")))


@contextmanager
def unpacked(importing: Importing, path: Path) -> Iterator[Path]:
    """Yield a folder with what is in a zip; files that are too large are told."""
    settings = importing.biosight.settings
    with opened_zip(path, DAMAGED, MOST_LIST_BYTES) as zipped:
        importing.biosight.archive.blobs.room_for(unpacked_bytes(zipped))
    with room_for_parcel(settings.data_dir) as folder:
        tell = importing.left_out.append
        camtrap_package.unpack_package(path, folder, settings.max_file_mb, tell)
        yield folder


def take_answers(importing: Importing, path: Path) -> None:
    """Import a table of answers for pictures that are here."""
    _, found = read_results_apart(path, MOST_TABLE_BYTES)
    results = iter(list(found))  # the child's seat is free before the long part begins
    taken = take_results(importing.task, stepping(importing.progress, results))
    importing.tally += taken.tally
    importing.left_out += taken.not_taken


def stepping(progress: Progress, found: Iterator[Result]) -> Iterator[Result]:
    """Yield results, and note how many there were; nobody knows how many will come."""
    for number, result in enumerate(found, start=1):
        progress.step(number, number)
        yield result


def take_camtrap(importing: Importing, folder: Path, title: str) -> None:
    """Import a Camtrap DP package."""
    package = camtrap_package.read_package(folder)
    done = 0

    def take(path: Path, called: str) -> Image | None:
        nonlocal done
        done += 1
        importing.progress.step(done, len(package.media))
        return image_of(importing.take(path, called))

    target = Target(importing.task, take, importing.left_out.append)
    importing.tally += camtrap_import.take_package(target, package, title)
    importing.tally.pop(camtrap_labels.LEFT_OUT, None)  # each of them is told by itself
    if missing := importing.tally.pop(camtrap_import.NOWHERE, 0):
        importing.left_out.append(f"media: {missing:,} pictures are nowhere to be found")


def take_pictures(importing: Importing, folder: Path, *, folders: bool) -> None:
    """Import the pictures of a folder, with the names that its table or its folders give."""
    top = folder_of_table(folder)
    found = [e for e in every_file(folder) if e.path != top / OWN_TABLE]
    places: dict[str, str] = {}
    importing.tally["pictures"] = 0  # it is said first
    for done, entry in enumerate(found, start=1):
        importing.progress.step(done, len(found))
        called = printable(
            entry.path.relative_to(top if entry.path.is_relative_to(top) else folder)
        )
        if entry.reason:
            importing.left_out.append(f"{called}: {entry.reason}")
        elif image := importing.taken(entry.path, called):
            places[image.id] = folder_of(called)
    if (top / OWN_TABLE).is_file():
        take_answers(importing, top / OWN_TABLE)
    if folders:
        named = name_by_folders(importing.task, places)
        importing.tally["named by their folders"] = sum(named.values())


def stop(records: Records, job: Job) -> Job:
    """Stop an import; what came in stays."""
    return jobs.drop(records, job, "Stopped; what came in so far stays.")


KIND = JobKind("", run, stop=stop)
