"""Records changed in batches. Each batch is one write together with the run's progress, so that an
interrupted run continues where it stopped and counts nothing twice.

Not here: what is done to a record (passed in), or running it as a Job (work/jobs.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from biosight.errors import Stale
from biosight.storage.patience import tries
from biosight.storage.records import Gone, InUse, Record, Records, Write, among

# Small, so that an upload that waits for its turn to write is hardly delayed.
BATCH = 50
WHOLE_TRIES = 3

M = TypeVar("M", bound=Record)
# Returns the writes for each record: empty where it stays as it is, None where it failed.
Make = Callable[[Sequence[M]], Sequence[Sequence[Write] | None]]


@dataclass(frozen=True, slots=True)
class RunCount:
    """Counts of a run: records seen, records changed, and records that failed."""

    seen: int = 0
    changed: int = 0
    failed: int = 0

    @property
    def left(self) -> int:
        """Return how many records stay as they were."""
        return self.seen - self.changed - self.failed


Note = Callable[[RunCount, str, Sequence[Write]], None]


@dataclass(slots=True)
class Run(Generic[M]):
    """Run with its stored progress: the counts (`tally`), and the id after which it continues
    (`cursor`).

    `make` returns the writes for records as they are now. `note` stores these writes with the new
    tally and cursor, in one write. `rests_on` lists the kinds without which the run can't continue:
    Gone about one of them is raised.
    """

    records: Records
    kind: type[M]
    make: Make[M]
    note: Note
    tally: RunCount = RunCount()
    cursor: str = ""
    rests_on: tuple[type[Record], ...] = ()

    def write(self, piece: Sequence[M]) -> None:
        """Write a whole batch. When somebody was faster, read its records again and retry; in the
        end write them one by one."""
        if len(piece) == 1:
            self.write_singly([piece[0].id], piece[0].id, piece)
            return
        end, now = piece[-1].id, piece
        for _ in range(WHOLE_TRIES):
            made = self.make(now)
            lost = len(piece) - len(now)
            try:
                self.put(self.after(made, lost), end, [c for some in made for c in some or ()])
                return
            except Stale:
                now = self.again([r.id for r in piece])
            except (InUse, Gone) as error:
                self.stop_at(error)
                break
        self.write_singly([r.id for r in piece], end)

    def again(self, ids: Sequence[str]) -> list[M]:
        """Return the records as they are now, in order of id."""
        return sorted(among(self.records, self.kind, ids), key=lambda r: r.id)

    def after(self, made: Sequence[Sequence[Write] | None], lost: int = 0) -> RunCount:
        """Return the tally after these records; `lost` counts those that no longer exist."""
        return replace(
            self.tally,
            seen=self.tally.seen + len(made) + lost,
            changed=self.tally.changed + sum(1 for some in made if some),
            failed=self.tally.failed + made.count(None) + lost,
        )

    def write_singly(self, ids: Sequence[str], end: str, known: Sequence[M] = ()) -> None:
        """Write each record on its own. The cursor moves with each of them, so that none is counted
        twice. `known` are records that were just read."""
        for id in ids:
            self.write_one(id, known)
        if self.cursor != end:
            self.put(self.tally, end, [])

    def write_one(self, id: str, known: Sequence[M] = ()) -> None:
        """Write one record, read again at each try; leave it as it is when every try meets a newer
        change."""
        for number in tries(id):
            now = known if known and not number else self.again([id])
            made = self.make(now) or [None]
            try:
                self.put(self.after(made), id, made[0] or [])
                return
            except Stale:
                continue
            except InUse:
                self.put(self.after([[]]), id, [])
                return
            except Gone as error:
                self.stop_at(error)
        self.put(self.after([None]), id, [])

    def stop_at(self, error: Exception) -> None:
        """Raise an error that says that a kind in `rests_on` is Gone."""
        if isinstance(error, Gone) and error.kind in self.rests_on:
            raise error

    def put(self, tally: RunCount, cursor: str, changes: Sequence[Write]) -> None:
        """Store changes with the new tally and cursor, in one write."""
        self.note(tally, cursor, changes)
        self.tally, self.cursor = tally, cursor
