"""Installation: which BioSight a store belongs to, so that no other one is written over it.

Not here: copying a store (moving.py).
"""

import time
from dataclasses import dataclass
from typing import ClassVar

from biosight.storage.records import Insert, InUse, Records, new_id

HERE = "here"


@dataclass(frozen=True, slots=True)
class Installation:
    """One a store, under the id HERE; `key` is drawn once and goes with the records."""

    table: ClassVar[str] = "installations"

    id: str
    key: str
    since: float


def installation(records: Records) -> Installation:
    """The store's own; made where there is none yet."""
    found = records.get(Installation, HERE)
    while found is None:
        try:
            records.write(Insert(Installation(HERE, new_id(), time.time())))
        except InUse:
            pass  # another process was faster
        found = records.get(Installation, HERE)
    return found
