"""What every kind of job has: words for the page, and the function that does it.

Not here: the table of them (work.py), or claiming and progress (jobs.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.errors import NotFound
from biosight.jobs import Job, Progress
from biosight.storage.records import Write


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished job says: words for people, and JSON for its page.

    `writes` are what it came to, made in the write that ends it: both happen or neither.
    """

    words: str
    result: str
    writes: list[Write] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job; `title` stands before the name of the version that it is about.

    `run` raises BioSightError in words, or Dropped when the job was stopped.
    """

    title: str
    run: Callable[[BioSight, Job, Progress], Outcome]


def collection_of(biosight: BioSight, job: Job) -> Collection:
    """The job's collection. Raises NotFound when it went."""
    found = biosight.archive.records.get(Collection, job.collection)
    if found is None:
        raise NotFound("The collection was removed meanwhile.")
    return found
