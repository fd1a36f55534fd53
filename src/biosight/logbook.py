"""Who signed in, failed to, was given which role, or took a whole collection along: for
administrators, for a year.

Kept apart from the server's own log lines (logs.py), which carry no people. Not here: what became
of models, which has its own trail (registry), or putting both together
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
    """One line: `kind` is what was done, `by` whom (a user's id, "" for the command line or
    somebody unknown), `about` to which user or collection, `detail` how, `address` from where."""

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
    """One line more. Where it can't be kept just now the server's log says so: nobody is kept
    from their pictures by it."""
    add_line(records, Entry(new_id(), time.time(), kind, by, about, detail, address))


def note_once_a_day(
    records: Records, kind: str, *, by: str, about: str, detail: str, address: str
) -> None:
    """One line more, unless the same was noted of them today (UTC): for what is done picture by
    picture."""
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
        return  # the same line, noted beside this
    except (NoSpace, Unavailable) as error:
        log.warning("not in the logbook", extra={"kind": entry.kind, "code": error.code})


def entries(records: Records, before: float, limit: int) -> Sequence[Entry]:
    """Lines before a moment, the newest first."""
    newest = Order("at", descending=True)
    return records.find(Entry, [Where("at", "<", before)], order=newest, limit=limit)


def last(records: Records, kind: str) -> Entry | None:
    """The newest line of a kind, None for none."""
    newest = Order("at", descending=True)
    found = records.find(Entry, [Where("kind", "=", kind)], order=newest, limit=1)
    return found[0] if found else None


def forget_old(records: Records, now: float) -> int:
    """Remove what is older than a year; how many lines."""
    return records.remove(Entry, [Where("at", "<", now - KEPT_SECONDS)])


def forget(records: Records, user: str) -> None:
    """Remove what was noted of a person who left."""
    for end in ("by", "about"):
        records.remove(Entry, [Where(end, "=", user)])
