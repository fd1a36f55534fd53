"""Points to lean on: many writes that rest on one record meet at one of several small documents.

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

# How many can lean on one record at once; where a process begins to count its threads.
POINTS = 64


NUMBERS = itertools.count(secrets.randbelow(POINTS))


THREAD = threading.local()


def record_concerned(change: Write) -> tuple[type[Record], str]:
    """The kind and the id that a change is about."""
    if isinstance(change, Insert | Replace):
        return type(change.record), change.record.id
    return change.kind, change.id


def moves_others(change: Write) -> bool:
    """Does it change or remove what others lean on?"""
    return (
        isinstance(change, Replace | Remove) and declared_by(record_concerned(change)[0]).leaned_on
    )


def points_of(kind: type[Record], id: str) -> list[str]:
    """The ids of a record's points to lean on."""
    return [point_of(kind, id, n) for n in range(POINTS)]


def point_of(kind: type[Record], id: str, number: int) -> str:
    """The id of one point of a record, by its number."""
    return f"{kind.table} {id} {number}"


def own_point(kind: type[Record], id: str) -> str:
    """This thread's: threads of one process meet only where there are more of them than points."""
    if not hasattr(THREAD, "number"):
        THREAD.number = next(NUMBERS) % POINTS
    return point_of(kind, id, THREAD.number)
