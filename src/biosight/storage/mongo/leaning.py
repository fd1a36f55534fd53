"""Points to lean on: several small documents a record, over which the many writes that require it
are spread.

Not here: the transactions that use them (store.py).
"""

import itertools
import secrets
import threading

from biosight.storage.declarations import declared_by
from biosight.storage.records import (
    Insert,
    Record,
    Remove,
    Replace,
    Write,
)

# How many writes can lean on one record at once without a conflict.
POINTS = 64


# Numbers of a process's threads, from a random start on.
NUMBERS = itertools.count(secrets.randbelow(POINTS))


THREAD = threading.local()


def record_concerned(change: Write) -> tuple[type[Record], str]:
    """Return the kind and the id of the record that a change is about."""
    if isinstance(change, Insert | Replace):
        return type(change.record), change.record.id
    return change.kind, change.id


def moves_others(change: Write) -> bool:
    """Return whether a change replaces or removes a record that others lean on."""
    return (
        isinstance(change, Replace | Remove) and declared_by(record_concerned(change)[0]).leaned_on
    )


def points_of(kind: type[Record], id: str) -> list[str]:
    """Return the ids of a record's points to lean on."""
    return [point_of(kind, id, n) for n in range(POINTS)]


def point_of(kind: type[Record], id: str, number: int) -> str:
    """Return the id of one point of a record, by its number."""
    return f"{kind.table} {id} {number}"


def own_point(kind: type[Record], id: str) -> str:
    """Return this thread's point of a record. Threads of one process share a point only where there
    are more threads than points."""
    if not hasattr(THREAD, "number"):
        THREAD.number = next(NUMBERS) % POINTS
    return point_of(kind, id, THREAD.number)
