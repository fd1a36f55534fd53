"""The log for administrators: sign-ins, failed ones, roles, and downloads of whole collections.
Lines are kept for a year.

It is kept apart from the server's own log lines (logs.py), which name no people. Not here: the
history of models, which has its own trail (registry), or the view of both together
(workflows/people/audit_log.py).
"""

import hashlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from biosight.errors import NoSpace, Unavailable
from biosight.storage.records import Insert, InUse, Order, Records, Where, new_id

log = logging.getLogger(__name__)
KEPT_SECONDS = 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `kind` is what was done, `detail` how, `address` from where. `by` is who did it: a
    user's id, or "" for the command line or an unknown person. `about` is the user or collection
    concerned."""

    table: ClassVar[str] = "logbook"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("at", "id"),
        ("kind", "at", "id"),
        ("by",),
        ("about",),
    )

    id: str
    at: float
    kind: str
    by: str = ""
    about: str = ""
    detail: str = ""
    address: str = ""


KINDS = (Entry,)
BACKED_UP = "backed up"
SIGNED_IN, BY_PROXY = "signed in", "by the proxy"


def note(
    records: Records,
    kind: str,
    *,
    by: str = "",
    about: str = "",
    detail: str = "",
    address: str = "",
) -> None:
    """Add a line. If it can't be stored, only the server's log says so: nobody is kept from their
    pictures by it."""
    add_line(records, Entry(new_id(), time.time(), kind, by, about, detail, address))


def note_once_a_day(
    records: Records, kind: str, *, by: str, about: str, detail: str, address: str
) -> None:
    """Add a line, unless the same person already has the same line today (UTC). Use it for actions
    that people repeat picture by picture."""
    now = time.time()
    who = by or address
    same = json.dumps([kind, who, about, detail, int(now // 86_400)])
    id = hashlib.sha256(same.encode()).hexdigest()
    if records.get(Entry, id) is None:
        add_line(records, Entry(id, now, kind, by, about, detail, address))


def add_line(records: Records, entry: Entry) -> None:
    try:
        records.write(Insert(entry))
    except InUse:
        return  # another process wrote the same line
    except (NoSpace, Unavailable) as error:
        log.warning("not in the logbook", extra={"kind": entry.kind, "code": error.code})


def entries(records: Records, before: float, limit: int) -> Sequence[Entry]:
    """Return the lines before a moment, newest first."""
    newest = Order("at", descending=True)
    return records.find(Entry, [Where("at", "<", before)], order=newest, limit=limit)


def last(records: Records, kind: str) -> Entry | None:
    """Return the newest line of a kind, or None."""
    newest = Order("at", descending=True)
    found = records.find(Entry, [Where("kind", "=", kind)], order=newest, limit=1)
    return found[0] if found else None


def forget_old(records: Records, now: float) -> int:
    """Remove lines older than a year; return how many."""
    return records.remove(Entry, [Where("at", "<", now - KEPT_SECONDS)])


def forget(records: Records, user: str) -> None:
    """Remove all lines about a person who left."""
    for end in ("by", "about"):
        records.remove(Entry, [Where(end, "=", user)])
