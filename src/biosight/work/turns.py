"""Turn: work that one of several instances does for all of them.

Not here: work that is asked for and shows progress (work/jobs.py).
"""

import time
from dataclasses import dataclass
from typing import ClassVar

from biosight.errors import Stale
from biosight.storage.records import Insert, InUse, Records, Replace


@dataclass(frozen=True, slots=True)
class Turn:
    """The id names the work, nobody else begins it before `until` (seconds since 1970)."""

    table: ClassVar[str] = "turns"

    id: str
    until: float
    version: int = 1


KINDS = (Turn,)


def my_turn(records: Records, name: str, seconds: float) -> bool:
    """May this instance do the named work now? True for one of all that ask within `seconds`."""
    now = time.time()
    held = records.get(Turn, name)
    try:
        if held is None:
            records.write(Insert(Turn(name, now + seconds)))
        elif held.until > now:
            return False
        else:
            records.write(Replace(Turn(name, now + seconds, held.version + 1), held.version))
    except (InUse, Stale):
        return False  # another instance was faster
    return True
