"""Lease: work that one of several instances does for all of them.

Not here: work that somebody asked for and that shows progress (work/jobs.py).
"""

import time
from dataclasses import dataclass
from typing import ClassVar

from biosight.errors import Stale
from biosight.storage.records import Insert, InUse, Records, Remove, Replace


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one instance to some work. The id names the work; no other instance starts it
    before `until` (seconds since 1970)."""

    table: ClassVar[str] = "turns"

    id: str
    until: float
    version: int = 1


KINDS = (Lease,)


def take_lease(records: Records, name: str, seconds: float) -> bool:
    """Return whether this instance may do the named work now. Of all that ask within `seconds`, one
    gets True."""
    now = time.time()
    held = records.get(Lease, name)
    try:
        if held is None:
            records.write(Insert(Lease(name, now + seconds)))
        elif held.until > now:
            return False
        else:
            records.write(Replace(Lease(name, now + seconds, held.version + 1), held.version))
    except (InUse, Stale):
        return False  # another instance was faster
    return True


def drop_lease(records: Records, name: str) -> None:
    """Let other instances do the named work at once; nothing of the lease is kept."""
    records.write(Remove(Lease, name))
