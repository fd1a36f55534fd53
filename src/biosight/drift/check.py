"""The drift check: two comparisons, a verdict in words, and the record of it.

The comparison with what the model learnt finds foreign pictures; it is red only beyond what whole
left-out sources show. The comparison with the collection's own beginning finds a changed camera,
light or subject. Not here: the tests (comparisons.py), or drawing (web).
"""

import math
from dataclasses import replace

import numpy as np

from biosight.drift.comparisons import (
    compare_sides,
)
from biosight.drift.draws import Draw
from biosight.drift.early import early_look
from biosight.drift.kindred import known_of
from biosight.drift.reports import DriftBaseline, DriftReport, draws_in_words, reports
from biosight.drift.verdict import blank, early_report, mark, verdict_of
from biosight.drift.window import (
    BASELINE_SESSIONS,
    LEAST_SESSIONS,
    MOST_SESSIONS,
    draws_of,
    one_a_draw,
    window_of,
)
from biosight.images import Image
from biosight.inference.reference import Reference
from biosight.storage.records import (
    Insert,
    Records,
    Where,
    among,
)

KINDS = (DriftBaseline, DriftReport)
KEPT_SECONDS = 400 * 86_400.0  # a report takes some kilobytes, and a check runs every night


def check(
    records: Records,
    collection: str,
    model: str,
    space: str,
    reference: Reference | None,
    *,
    since: float = 0.0,
) -> DriftReport:
    """Look at the newest sessions of a collection, store a report and return it.

    `reference` is the serving version's; without one only the collection's own baseline counts.
    """
    known = None if reference is None else known_of(reference)
    limit = math.inf if known is None else known.limit
    draw = draws_of(records, collection, space)
    chosen = one_a_draw(
        records, collection, space, draw, newest=True, draws=MOST_SESSIONS, since=since
    )
    base = baseline_images(records, collection, space, draw)
    if base and not since:
        # Only what came after the baseline, which is not compared with itself or what it replaced.
        chosen = [i for i in chosen if i.created_at > base[-1].created_at]
    window = window_of(records, chosen, space, limit)
    drawn = draws_in_words(draw)
    if len(window.images) < LEAST_SESSIONS or len(base) < LEAST_SESSIONS:
        accepted = records.get(DriftBaseline, collection) is not None
        words = too_few(len(window.images), len(base), drawn, accepted=accepted)
        # Where people said what is normal, halves by time mean nothing.
        early = None if accepted or since else early_look(records, collection, space, limit)
        report = (
            early_report(collection, model, early, words)
            if early
            else replace(blank(collection, model, window, "unknown", words), drawn=drawn)
        )
        scores = np.zeros(len(window.images))
    else:
        before = window_of(records, base, space, limit)
        findings = compare_sides(before.side, window.side, known)
        last = reports(records, collection, 1)
        report = verdict_of(collection, model, window, before, findings, reference, last)
        nearer = np.sort(before.side.novelty)
        scores = np.searchsorted(nearer, window.side.novelty) / len(nearer)
        report = replace(report, drawn=drawn)
    records.write(Insert(report))
    old = Where("at", "<", report.at - KEPT_SECONDS)
    records.remove(DriftReport, [Where("collection", "=", report.collection), old])
    mark(records, window, report.at, scores)
    return report


def baseline_images(records: Records, collection: str, space: str, draw: Draw) -> list[Image]:
    """Return what is normal here: the accepted window, else the first draws."""
    accepted = records.get(DriftBaseline, collection)
    if accepted is None:
        return one_a_draw(records, collection, space, draw, newest=False, draws=BASELINE_SESSIONS)
    kept = [i for i in among(records, Image, accepted.images) if not i.trashed]
    return sorted(kept, key=lambda i: (i.created_at, i.id))


def too_few(n: int, base: int, draws: str, *, accepted: bool) -> str:
    """Return the sentence that `n` draws after `base` are too few to tell; `accepted` where people
    said what is normal."""
    if accepted:
        return f"Too little to tell: {n} of {LEAST_SESSIONS} {draws} since the accepted ones."
    # The first draws say what is normal; those that are compared come after them.
    return (
        f"Too little to tell: {base + n} of {BASELINE_SESSIONS + LEAST_SESSIONS} {draws}. "
        f"The first {BASELINE_SESSIONS} show what is normal here."
    )
