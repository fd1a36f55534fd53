"""Records: the operations of a document store, limited to what SQLite and MongoDB both support.

A record is a frozen dataclass with `table` and `id`. Other declarations, such as indexes, are in
declarations.py. Records with a `version` are replaced by compare-and-set. When a field of
`sharded_by` changes, the replacement passes the record as it was. Not here: any store
(storage/sqlite/store.py, storage/mongo/store.py), or what the records mean.
"""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeVar


class Record(Protocol):
    """Interface of every dataclass that a store keeps."""

    table: ClassVar[str]

    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Record)
AT_ONCE = 400
Value = str | int | float | bool | None
Op = Literal["=", "!=", "<", "<=", ">", ">=", "in", "begins", "has"]


@dataclass(frozen=True, slots=True)
class Where:
    """One condition; all conditions of a query must hold. "begins" holds where one of the texts in
    a field begins with the value, "has" where one is the value; None equals an absent value. With
    `either` the other fields are ignored: all conditions of one of its groups must hold."""

    field: str
    op: Op
    value: Value | tuple[Value, ...]
    either: "tuple[tuple[Where, ...], ...]" = ()

    @staticmethod
    def any(*groups: "Sequence[Where]") -> "Where":
        """Return a condition that holds where all conditions of at least one group hold."""
        return Where("", "=", None, tuple(tuple(group) for group in groups))


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by `field`, ties by id in the same direction."""

    field: str = "id"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Last record of the previous page: its value of the order's field, and its id."""

    value: Value
    id: str


@dataclass(frozen=True, slots=True)
class Question:
    """What `find` is asked; `limit` is at least 1."""

    where: Sequence[Where]
    order: Order = Order()
    after: Position | None = None
    limit: int = 1


@dataclass(frozen=True, slots=True)
class Insert:
    """A new record. InUse is raised when a unique key exists."""

    record: Record


@dataclass(frozen=True, slots=True)
class Replace:
    """New form of a versioned record; `expected` is the version that the stored record must still
    have.

    Stale is raised otherwise. The new record carries its own new version. Where the record of the
    expected version is at hand, pass it as `was`: a store may then write only what differs.
    """

    record: Record
    expected: int
    was: Record | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a record by id, if it is there.

    With `expected` it must be there and have that version: Stale is raised otherwise.
    """

    kind: type[Record]
    id: str
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Require:
    """Requirement that a record exists, has the values in `holds` and, where given, the version
    `expected`. It changes nothing.

    Gone is raised where the record is absent or has other values, Stale where its version differs.
    """

    kind: type[Record]
    id: str
    expected: int | None = None
    holds: tuple[tuple[str, Value], ...] = ()


Write = Insert | Replace | Remove | Require


class InUse(Exception):
    """A unique key is in use."""


class Gone(Exception):
    """A record that a write requires no longer exists, or is not as it must be."""

    def __init__(self, kind: type[Record], id: str) -> None:
        super().__init__(f"{kind.table} {id}")
        self.kind = kind
        self.id = id


class Records(Protocol):
    """The port. One contract suite (tests/storage) runs against every adapter.

    All methods raise Unavailable when the store can't be reached and NoSpace when it is full.
    """

    def get(self, kind: type[R], id: str) -> R | None:
        """Return the record of this id, or None."""
        ...

    def find(
        self,
        kind: type[R],
        where: Sequence[Where] = (),
        *,
        order: Order = Order(),  # noqa: B008 - frozen
        after: Position | None = None,
        limit: int = 100,
    ) -> list[R]:
        """Return a page of records in order, starting after the position `after`."""
        ...

    def find_each(self, kind: type[R], questions: "Sequence[Question]") -> list[list[R]]:
        """Return the answer to each of several questions, as `find` gives it. A store on the
        network is asked a few hundred at once."""
        ...

    def count(self, kind: type[Record], where: Sequence[Where] = ()) -> int:
        """Return how many match; this is fast where a counter covers the conditions' fields."""
        ...

    def count_each(self, kind: type[Record], wheres: Sequence[Sequence[Where]]) -> list[int]:
        """Return how many match each of several lists of conditions; asked as `find_each`."""
        ...

    def count_by(self, kind: type[Record], where: Sequence[Where], field: str) -> dict[Value, int]:
        """Return how many match for each value of `field`; for a field of `listed`, how many have
        each of its texts."""
        ...

    def tally(
        self, kind: type[Record], where: Sequence[Where], fields: Sequence[str]
    ) -> dict[tuple[Value, ...], int]:
        """Return how many match for each combination of values of several fields."""
        ...

    def ids(self, kind: type[Record], where: Sequence[Where] = ()) -> list[str]:
        """Return the ids of all that match, in order, without reading the records."""
        ...

    def total(self, kind: type[Record], where: Sequence[Where]) -> int:
        """Return the sum of the kind's `totalled` field over all that match."""
        ...

    def totals(self, kind: type[Record], where: Sequence[Where], field: str) -> dict[Value, int]:
        """Return the sum of the kind's `totalled` field for each value of `field`, over all that
        match."""
        ...

    def write(self, *changes: Write) -> None:
        """Make all changes or none, durably. Raises InUse, Stale or Gone."""
        ...

    def remove(self, kind: type[Record], where: Sequence[Where]) -> int:
        """Remove all that match; return how many."""
        ...

    def still(self) -> "AbstractContextManager[Records | None]":
        """Open a read-only snapshot of the records; None where the store can't make one."""
        ...

    def keep_reserve(self) -> None:
        """Reserve a little disk space for the day the disk is full, where the store is a local
        file."""
        ...

    def check(self) -> list[str]:
        """Return what the store itself finds wrong with its data; empty when all is well."""
        ...

    def ping(self) -> None:
        """Raise Unavailable when the store can't answer."""
        ...

    def close(self) -> None:
        """Close all files and connections."""
        ...


def new_id() -> str:
    """Return a random id whose beginning grows with time, so that new records are stored
    together."""
    return f"{int(time.time() * 1000):011x}{secrets.token_hex(8)}"


def among(records: Records, kind: type[R], ids: Sequence[str]) -> list[R]:
    """Return the records with these ids that exist, in no order; they are queried some hundred at a
    time."""
    found: list[R] = []
    for part in parts(ids):
        found += records.find(kind, [Where("id", "in", part)], limit=len(part))
    return found


def parts(values: Sequence[str], size: int = AT_ONCE) -> Iterator[tuple[str, ...]]:
    """Yield values in order, at most `size` at a time: as many as one condition may hold."""
    for start in range(0, len(values), size):
        yield tuple(values[start : start + size])


def pages(
    records: Records,
    kind: type[R],
    where: Sequence[Where] = (),
    *,
    start: str = "",
    size: int = AT_ONCE,
) -> Iterator[list[R]]:
    """Yield all that match in order of id, after the id `start`, `size` at a time.

    Each page is read when it is asked for, so it shows changes that were made meanwhile. A page
    that is not full is the last.
    """
    after = behind(start)
    while found := records.find(kind, where, after=after, limit=size):
        yield found
        if len(found) < size:
            return
        after = behind(found[-1].id)


def find_all(records: Records, kind: type[R], where: Sequence[Where] = ()) -> list[R]:
    """Return all that match, however many, in order of id; for what fits into memory."""
    return [record for page in pages(records, kind, where) for record in page]


def behind(id: str) -> Position | None:
    """Return the position of a record in order of id; None, the beginning, for ""."""
    return Position(id, id) if id else None


def one(records: Records, kind: type[R], *where: Where) -> R | None:
    """Return the first record that matches, or None."""
    found = records.find(kind, where, limit=1)
    return found[0] if found else None
