"""What every kind of job has: words for the page, and the function that does it.

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

# Kinds of job that only an owner may have done.
OWNERS_WORK = ("purge",)


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What a finished job says: words for people, and JSON for its page.

    `writes` are what it came to, made in the write that ends it: both happen or neither.
    """

    words: str
    result: str
    writes: list[Write] = field(default_factory=list)


def so_many(many: int) -> str:
    """How many pictures, in words."""
    return f"{many:,} picture{'' if many == 1 else 's'}"


def nothing_kept(records: Records, job: str) -> None:
    """Most jobs keep nothing beside themselves."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job; `title` stands before the name of the version that it is about, "" where the
    job itself says what it does.

    Whoever asked for it must still have the ability `needs` while it runs. `run` raises
    BioSightError in words, or Dropped when the job was stopped. `stop` ends a live job and says
    what it came to; it raises Conflict where that can't be. A worker does `light` ones, which need
    no model, beside a long one. `forget` removes what it kept beside itself.
    """

    title: str
    run: Callable[[BioSight, Job, Progress], JobOutcome]
    light: bool = False
    needs: Ability = "change"
    stop: Callable[[Records, Job], Job] = jobs.drop
    forget: Callable[[Records, str], None] = nothing_kept


def collection_of(biosight: BioSight, job: Job) -> Collection:
    """The job's collection. Raises NotFound when it went."""
    found = biosight.archive.records.get(Collection, job.collection)
    if found is None:
        raise NotFound("The collection was removed in the meantime.")
    return found
