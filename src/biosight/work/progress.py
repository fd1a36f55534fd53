"""Progress: how far a job is, noted in batches, and its lease, renewed while it runs.

Not here: the record of a job and its parameters (jobs.py).
"""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from biosight.errors import BioSightError
from biosight.storage.batches import Note, RunCount
from biosight.storage.records import (
    Records,
    Write,
)
from biosight.work import jobs
from biosight.work.jobs import Dropped, Job, amend, log


@dataclass(slots=True)
class Progress:
    """A claimed job as its work sees it: `step` notes progress, `kept` renews the lease."""

    records: Records
    job: Job
    every: float = 1.0
    last: float = 0.0
    turn: threading.RLock = field(default_factory=threading.RLock)
    begun_at: str = field(init=False)

    def __post_init__(self) -> None:
        self.begun_at = self.job.cursor

    @property
    def moved(self) -> bool:
        """Whether this try has brought the job beyond the furthest point of earlier ones. A job
        without a cursor does all of its work anew in each try."""
        return self.job.cursor > self.begun_at

    def step(self, done: int, total: int, cursor: str = "", *, force: bool = False) -> None:
        """Note progress, at most once in `every` seconds unless forced. Raises Dropped."""
        if force or time.time() - self.last >= self.every:
            self.note(done, total, cursor)

    def note(
        self,
        done: int,
        total: int,
        cursor: str = "",
        result: str = "",
        also: Sequence[Write] = (),
    ) -> None:
        """Note progress, with the finished work in the same write. Raises Dropped, and whatever
        `records.write` raises for `also`."""
        self.last = time.time()
        self.amend(
            also,
            done=done,
            total=total,
            cursor=cursor,
            attempts=1,
            words="",
            result=result or self.job.result,
        )

    def noting(self, total: int) -> Note:
        """Return the function with which a run in batches notes its progress of `total` records;
        the tally is stored as the job's result."""

        def note(tally: RunCount, cursor: str, writes: Sequence[Write]) -> None:
            self.note(tally.seen, total, cursor, json.dumps(asdict(tally)), writes)

        return note

    def amend(self, also: Sequence[Write] = (), **fields: object) -> None:
        """Write the job with other fields and a full lease. Raises Dropped."""
        with self.turn:
            until = time.time() + jobs.LEASE_SECONDS
            self.job = amend(self.records, self.job, also, lease_until=until, **fields)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease from a thread while inside, for as long as this process lives. A step may
        take minutes; without renewal another worker would take the job over."""
        over = threading.Event()
        keeper = threading.Thread(target=self.keep, args=(over,), name="lease", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()

    def keep(self, over: threading.Event) -> None:
        while not over.wait(jobs.LEASE_SECONDS / jobs.RENEWALS):
            try:
                self.amend()
            except Dropped:
                return  # the next step raises it again
            except BioSightError as error:
                log.warning("a lease can't be renewed", extra={"code": error.code})
