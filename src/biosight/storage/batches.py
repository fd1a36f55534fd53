"""Many records changed in batches: each batch in one write together with how far it is, so that a
run which breaks off goes on where it was and counts nothing twice.

Not here: what is done to a record (passed in), or that it runs as a Job (work/jobs.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from biosight.errors import Stale
from biosight.storage.patience import tries
from biosight.storage.records import Gone, InUse, Record, Records, Write, among

# Few enough that an upload which waits for the store's turn hardly notices.
BATCH = 50
WHOLE_TRIES = 3

M = TypeVar("M", bound=Record)
# What is written for each record: nothing where it stays as it is, None where that failed.
Make = Callable[[Sequence[M]], Sequence[Sequence[Write] | None]]


@dataclass(frozen=True, slots=True)
class RunCount:
    """How many records a run has seen, changed, and could not do."""

    seen: int = 0
    changed: int = 0
    failed: int = 0

    @property
    def left(self) -> int:
        """How many stay as they were."""
        return self.seen - self.changed - self.failed


Note = Callable[[RunCount, str, Sequence[Write]], None]


@dataclass(slots=True)
class Run(Generic[M]):
    """A run as far as it is noted: its counts (`tally`), and the record that it goes on behind.

    `make` says what is written for records as they are now. `note` writes it, with the tally that
    it leads to and the record to go on behind, in one write. `rests_on` are the kinds without
    which nothing can go on: Gone of one of them is raised.
    """

    records: Records
    kind: type[M]
    make: Make[M]
    note: Note
    tally: RunCount = RunCount()
    cursor: str = ""
    rests_on: tuple[type[Record], ...] = ()

    def write(self, piece: Sequence[M]) -> None:
        """A piece at once; read anew where somebody was faster, and at last one by one."""
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
        """The records as they are now, in order."""
        return sorted(among(self.records, self.kind, ids), key=lambda r: r.id)

    def after(self, made: Sequence[Sequence[Write] | None], lost: int = 0) -> RunCount:
        """The tally with these; `lost` are not there any more."""
        return replace(
            self.tally,
            seen=self.tally.seen + len(made) + lost,
            changed=self.tally.changed + sum(1 for some in made if some),
            failed=self.tally.failed + made.count(None) + lost,
        )

    def write_singly(self, ids: Sequence[str], end: str, known: Sequence[M] = ()) -> None:
        """Each on its own; the cursor passes them one by one, so that none is counted twice.
        `known` are the records where they were just read."""
        for id in ids:
            self.write_one(id, known)
        if self.cursor != end:
            self.put(self.tally, end, [])

    def write_one(self, id: str, known: Sequence[M] = ()) -> None:
        """One record, read anew each time; one that never stands still is left as it is."""
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
        """Raise what nothing can go on without."""
        if isinstance(error, Gone) and error.kind in self.rests_on:
            raise error

    def put(self, tally: RunCount, cursor: str, changes: Sequence[Write]) -> None:
        """Changes and where they lead to, in one write."""
        self.note(tally, cursor, changes)
        self.tally, self.cursor = tally, cursor
