"""Records of drift checks, and of what is normal in a collection.

Not here: making a check (check.py).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from biosight.drift.draws import Draw, by_session
from biosight.drift.window import (
    BASELINE_SESSIONS,
    LEAST_SESSIONS,
    draws_of,
    one_a_draw,
)
from biosight.errors import BadRequest
from biosight.storage.records import (
    Insert,
    Order,
    Question,
    Records,
    Remove,
    Where,
)

SESSIONS = "upload sessions"


def draws_in_words(draw: Draw) -> str:
    """Return what draws are, in words."""
    return SESSIONS if draw is by_session else "folders and days of uploads"


@dataclass(frozen=True, slots=True)
class DriftBaseline:
    """Window that a person accepted as normal; the id is the collection's."""

    table: ClassVar[str] = "drift_baselines"

    id: str
    images: tuple[str, ...]
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Result of one check: "green", "amber", "red" or "unknown", a sentence, and all details.

    `firing` are the comparisons that differ from the baseline, `details` is JSON with effect sizes
    and p values. `estimate` is the accuracy that mean confidence promises (CBPE). It holds only
    while calibration does, which drift itself may break. `drawn` says of what the check looked at
    one picture each, "" for an early look.
    """

    table: ClassVar[str] = "drift_reports"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "at", "id"), ("at", "id"))

    id: str
    collection: str
    model: str
    at: float
    since: float
    pictures: int
    verdict: str
    sentence: str
    causes: tuple[str, ...]
    firing: tuple[str, ...]
    foreign: bool
    estimate: float
    strangest: tuple[str, ...]
    details: str
    drawn: str = SESSIONS


def latest_reports(records: Records, collections: Sequence[str]) -> dict[str, DriftReport]:
    """Return the newest report of each of some collections that has one."""
    newest = Order("at", descending=True)
    asked = [Question([Where("collection", "=", id)], newest) for id in collections]
    answers = records.find_each(DriftReport, asked)
    return {id: report for id, found in zip(collections, answers, strict=True) for report in found}


def reports(records: Records, collection: str, limit: int = 60) -> list[DriftReport]:
    """Return a collection's reports, the newest first."""
    newest = Order("at", descending=True)
    where = [Where("collection", "=", collection)]
    return records.find(DriftReport, where, order=newest, limit=limit)


def forget(records: Records, collection: str) -> None:
    """Remove a collection's reports and baseline."""
    records.remove(DriftReport, [Where("collection", "=", collection)])
    records.write(Remove(DriftBaseline, collection))


def accept_baseline(records: Records, collection: str, images: Sequence[str], by: str) -> None:
    """Accept these pictures as what is normal here from now on."""
    made = DriftBaseline(collection, tuple(images), by, time.time())
    records.write(Remove(DriftBaseline, collection), Insert(made))


def accept_latest(records: Records, collection: str, space: str, by: str) -> int:
    """Accept the sessions that the last check looked at as what is normal; return how many.

    Raises BadRequest for too few.
    """
    last = reports(records, collection, 1)
    since = last[0].since if last else 0.0
    draw = draws_of(records, collection, space)
    found = one_a_draw(
        records, collection, space, draw, newest=True, draws=BASELINE_SESSIONS, since=since
    )
    if len(found) < LEAST_SESSIONS:
        words = f"{len(found)} {draws_in_words(draw)} are too few; {LEAST_SESSIONS} are needed."
        raise BadRequest(words)
    accept_baseline(records, collection, [i.id for i in found], by)
    return len(found)
