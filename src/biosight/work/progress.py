"""Progress: how far a job is, noted in batches, and its lease kept while it runs.

Not here: the record of a job and what is asked of it (jobs.py).
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
    """A claimed job as its work sees it: a `step` says how far it is, `kept` holds the lease."""

    records: Records
    job: Job
    every: float = 1.0
    last: float = field(default=0.0)
    turn: threading.RLock = field(default_factory=threading.RLock)

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
        """Note progress, and with it in one write what was done. Raises Dropped, and what
        `records.write` raises of `also`."""
        self.last = time.time()
        self.amend(
            also,
            done=done,
            total=total,
            cursor=cursor,
            attempts=1,
            result=result or self.job.result,
        )

    def noting(self, total: int) -> Note:
        """What a run in pieces notes of `total` records: the tally is the job's result."""

        def note(tally: RunCount, cursor: str, writes: Sequence[Write]) -> None:
            self.note(tally.seen, total, cursor, json.dumps(asdict(tally)), writes)

        return note

    def amend(self, also: Sequence[Write] = (), **fields: object) -> None:
        """The job with other fields and a whole lease, written. Raises Dropped."""
        with self.turn:
            until = time.time() + jobs.LEASE_SECONDS
            self.job = amend(self.records, self.job, also, lease_until=until, **fields)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Inside, a thread renews the lease for as long as this process lives: a step may take
        minutes, and no other worker takes the job for a dead one's."""
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
                return  # the next step says so
            except BioSightError as error:
                log.warning("a lease can't be renewed", extra={"code": error.code})
