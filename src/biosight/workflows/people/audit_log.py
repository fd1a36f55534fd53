"""The log for administrators: the logbook and the history of models in one view.

Not here: when lines are added (the callers of logbook.note), or the models' own trail (registry).
"""

from collections.abc import Callable
from dataclasses import dataclass

from biosight import accounts, logbook
from biosight.accounts import User
from biosight.collection import Collection
from biosight.logbook import Entry
from biosight.registry import ModelEvent
from biosight.storage.records import Order, Records, Where
from biosight.workflows.people import link_makers


@dataclass(frozen=True, slots=True)
class Line:
    """One line in words: `who` did `what` to `about`."""

    at: float
    kind: str
    who: str
    about: str
    detail: str
    address: str


def set_standing(
    records: Records, user: User, by: str, *, role: str | None = None, disabled: bool | None = None
) -> User:
    """Call `accounts.change_standing`, and add a line to the logbook. A person who loses rights
    also loses links and running work."""
    changed = accounts.change_standing(records, user, role=role, disabled=disabled)
    if role is not None:
        logbook.note(records, "role changed", by=by, about=user.id, detail=f"to {role}")
    if disabled:
        link_makers.end_links(records, user.id)
        link_makers.stop_work(records, user.id)
    elif role == "member":
        link_makers.end_links(records, user.id, "")
    if disabled is not None:
        kind = "account disabled" if disabled else "account enabled"
        logbook.note(records, kind, by=by, about=user.id)
    return changed


def adopt(records: Records, user: User, by: str) -> User:
    """Record that an account belongs to its address, so that single sign-on ends nothing in it."""
    changed = accounts.prove(records, user)
    logbook.note(records, "account adopted", by=by, about=user.id)
    return changed


def read_log(records: Records, before: float, limit: int) -> list[Line]:
    """Return lines before a moment in seconds since 1970, newest first."""
    where, newest = [Where("at", "<", before)], Order("at", descending=True)
    events = records.find(ModelEvent, where, order=newest, limit=limit)
    name = accounts.names_of(records)
    found = [
        Line(e.at, e.kind, name(e.by), about(records, e, name), e.detail, e.address)
        for e in logbook.entries(records, before, limit)
    ]
    found += [Line(e.at, f"model {e.kind}", name(e.by), e.model, e.reason, "") for e in events]
    return sorted(found, key=lambda line: -line.at)[:limit]


def about(records: Records, entry: Entry, name: Callable[[str], str]) -> str:
    """Return the name of the collection or person that a line concerns; `name` returns a person's
    name."""
    found = records.get(Collection, entry.about) if entry.about else None
    return found.name if found else name(entry.about)
