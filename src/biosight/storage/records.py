"""Records: the verbs a document store must know, kept to what SQLite and MongoDB serve alike.

A record is a frozen dataclass with `table` and `id`; what else it may declare, such as indexes, is
in declarations.py. Records with a `version` are replaced by compare-and-set. When a field of
`sharded_by` changes, the replacement passes the record as it was.
Not here: any store (storage/sqlite/store.py, storage/mongo/store.py), or what the records mean.
"""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeVar


class Record(Protocol):
    """What every kept dataclass has."""

    table: ClassVar[str]

    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Record)
AT_ONCE = 400
Value = str | int | float | bool | None
Op = Literal["=", "!=", "<", "<=", ">", ">=", "in", "begins"]


@dataclass(frozen=True, slots=True)
class Where:
    """One condition; all conditions of a query must hold. "begins" asks whether one of the words in
    a field begins with the value; None equals what is absent. With `either` the rest says nothing:
    all of one of its groups must hold."""

    field: str
    op: Op
    value: Value | tuple[Value, ...]
    either: "tuple[tuple[Where, ...], ...]" = ()

    @staticmethod
    def any(*groups: "Sequence[Where]") -> "Where":
        """The condition that all of at least one group holds."""
        return Where("", "=", None, tuple(tuple(group) for group in groups))


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by `field`, ties by id in the same direction."""

    field: str = "id"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """The last record of the page before: its value of the order's field, and its id."""

    value: Value
    id: str


@dataclass(frozen=True, slots=True)
class Insert:
    """A new record. InUse is raised when a unique key exists."""

    record: Record


@dataclass(frozen=True, slots=True)
class Replace:
    """The new form of a versioned record; `expected` is the version it must still have.

    Stale is raised otherwise. The new record carries its own new version. Where the record of that
    version is at hand, `was` says so: a store may write what differs alone.
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
    """Change nothing, but only go on while a record is there, has these values in `holds` and,
    where `expected` says so, this version.

    Gone is raised where it is absent or has other values, Stale where its version is another.
    """

    kind: type[Record]
    id: str
    expected: int | None = None
    holds: tuple[tuple[str, Value], ...] = ()


Write = Insert | Replace | Remove | Require


class InUse(Exception):
    """A unique key is in use."""


class Gone(Exception):
    """A record that a write rests on is not there any more, or not as it must be."""

    def __init__(self, kind: type[Record], id: str) -> None:
        super().__init__(f"{kind.table} {id}")
        self.kind = kind
        self.id = id


class Records(Protocol):
    """The port. One contract suite (tests/storage) runs against every adapter.

    All methods raise Unavailable when the store is away and NoSpace when it is full.
    """

    def get(self, kind: type[R], id: str) -> R | None:
        """The record of this id, or None."""
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
        """A page of records in order, starting behind `after`."""
        ...

    def count(self, kind: type[Record], where: Sequence[Where] = ()) -> int:
        """How many match; at once where a counter covers the condition's fields."""
        ...

    def count_by(self, kind: type[Record], where: Sequence[Where], field: str) -> dict[Value, int]:
        """How many match per value of `field`."""
        ...

    def tally(
        self, kind: type[Record], where: Sequence[Where], fields: Sequence[str]
    ) -> dict[tuple[Value, ...], int]:
        """How many match per values of several fields."""
        ...

    def ids(self, kind: type[Record], where: Sequence[Where] = ()) -> list[str]:
        """The ids of all that match, in order, without reading the records."""
        ...

    def total(self, kind: type[Record], where: Sequence[Where]) -> int:
        """The sum of the kind's `totalled` field over what matches."""
        ...

    def write(self, *changes: Write) -> None:
        """Make all changes or none, durably. Raises InUse, Stale or Gone."""
        ...

    def remove(self, kind: type[Record], where: Sequence[Where]) -> int:
        """Remove all that match; how many there were."""
        ...

    def still(self) -> "AbstractContextManager[Records | None]":
        """The records as they are at one moment, to read from; None where the store can't."""
        ...

    def keep_reserve(self) -> None:
        """Hold a little back for the day the disk is full, where the store is a file here."""
        ...

    def check(self) -> list[str]:
        """What the store itself finds wrong with its data; empty when all is well."""
        ...

    def ping(self) -> None:
        """Raise Unavailable when the store can't answer."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


def new_id() -> str:
    """A random id whose beginning grows with time, so that new records lie together."""
    return f"{int(time.time() * 1000):011x}{secrets.token_hex(8)}"


def among(records: Records, kind: type[R], ids: Sequence[str]) -> list[R]:
    """The records with these ids that are there, in no order; asked for some hundred at a time."""
    found: list[R] = []
    for part in parts(ids):
        found += records.find(kind, [Where("id", "in", part)], limit=len(part))
    return found


def parts(values: Sequence[str], size: int = AT_ONCE) -> Iterator[tuple[str, ...]]:
    """Values in order, at most `size` at a time: as many as one condition may hold."""
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
    """All that match in order of id, behind the id `start`, `size` at a time.

    Each page is read when it is asked for: what changes meanwhile is met as it is then.
    """
    after = behind(start)
    while found := records.find(kind, where, after=after, limit=size):
        yield found
        after = behind(found[-1].id)


def find_all(records: Records, kind: type[R], where: Sequence[Where] = ()) -> list[R]:
    """Return all that match, however many, in order of id; for what fits into memory."""
    return [record for page in pages(records, kind, where) for record in page]


def behind(id: str) -> Position | None:
    """The position of a record in order of id; the beginning for ""."""
    return Position(id, id) if id else None


def one(records: Records, kind: type[R], *where: Where) -> R | None:
    """The first record that matches, or None."""
    found = records.find(kind, where, limit=1)
    return found[0] if found else None
