"""The parts that every kind of job has: words for the page, and the function that does it.

Not here: the table of them (workflows/jobs/all_kinds.py), or claiming and progress (work/jobs.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.errors import NotFound
from biosight.membership import Ability
from biosight.storage.records import Records, Write
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress

# Kinds of job that only an owner may ask for.
OWNERS_WORK = ("purge",)


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """The result of a finished job: words for people, and JSON for its page.

    `writes` are made in the same write that ends the job: both happen, or neither.
    """

    words: str
    result: str
    writes: list[Write] = field(default_factory=list)


def so_many(many: int) -> str:
    """Return a number of pictures in words."""
    return f"{many:,} picture{'' if many == 1 else 's'}"


def nothing_kept(records: Records, job: str) -> None:
    """Do nothing: most jobs keep no data besides their record."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job. `title` is shown before the name of the version that the job is about; it is
    "" if the job itself says what it does.

    The person who asked for a job must still have the ability `needs` while it runs. `run` raises
    BioSightError in words, or Dropped when the job was stopped. `stop` ends a live job and returns
    it with the result so far; it raises Conflict if it can't be stopped. `light` jobs need no
    model, and a worker does them while a long one runs. `forget` removes data that the job kept
    besides its record.
    """

    title: str
    run: Callable[[BioSight, Job, Progress], JobOutcome]
    light: bool = False
    needs: Ability = "change"
    stop: Callable[[Records, Job], Job] = jobs.drop
    forget: Callable[[Records, str], None] = nothing_kept


def collection_of(biosight: BioSight, job: Job) -> Collection:
    """Return the job's collection. Raises NotFound when it was removed."""
    found = biosight.archive.records.get(Collection, job.collection)
    if found is None:
        raise NotFound("The collection was removed in the meantime.")
    return found
