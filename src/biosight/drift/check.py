"""The drift check: two comparisons, a verdict in words, and the record of it.

With what the model learnt: foreign pictures, red only beyond what whole left-out sources show. With
the collection's own beginning: a changed camera, light or subject. Not here: the tests
(comparisons.py), or drawing (web).
"""

import json
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from biosight.drift.comparisons import (
    BY_NAME,
    Findings,
    Side,
    compare_sides,
    energy_distance,
    list_in_words,
)
from biosight.drift.drawn import STRANGEST, histograms, label_mix, medians, nearest
from biosight.drift.draws import Draw, by_session
from biosight.drift.kindred import known_of
from biosight.drift.window import (
    BASELINE_SESSIONS,
    LEAST_SESSIONS,
    MOST_SESSIONS,
    Window,
    draws_of,
    one_a_draw,
    window_of,
)
from biosight.errors import BadRequest, Stale
from biosight.images import Image
from biosight.images.measures import STATISTICS
from biosight.inference.reference import Reference, unit
from biosight.storage.records import (
    Insert,
    Order,
    Records,
    Remove,
    Replace,
    Where,
    among,
    new_id,
)

SESSIONS = "upload sessions"
LEAST_SOURCES = 5  # with fewer, what is foreign can't be told
CAUSES = {
    "brightness": ("brighter", "darker"),
    "contrast": ("more contrasty", "flatter"),
    "dark_share": ("darker in the shadows", "lighter in the shadows"),
    "bright_share": ("more blown out", "less blown out"),
    "saturation": ("more colourful", "paler"),
    "red_green": ("redder", "greener"),
    "blue_yellow": ("bluer", "yellower"),
    "sharpness": ("sharper", "blurrier"),
    "noise": ("noisier", "smoother"),
}


@dataclass(frozen=True, slots=True)
class DriftBaseline:
    """A window that a person accepted as normal; the id is the collection's."""

    table: ClassVar[str] = "drift_baselines"

    id: str
    images: tuple[str, ...]
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class DriftReport:
    """One check: "green", "amber", "red" or "unknown", a sentence, and everything behind it.

    `firing` are the comparisons that differ from the baseline, `details` is JSON with effect sizes
    and p values. `estimate` is the accuracy that mean confidence promises (CBPE): it holds only
    while calibration does, which drift itself may break. `drawn` says of what one picture each was
    looked at.
    """

    table: ClassVar[str] = "drift_reports"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "at", "id"),)

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


KINDS = (DriftBaseline, DriftReport)
KEPT_SECONDS = 400 * 86_400.0  # reports weigh some kilobytes, and a check runs every night


def reports(records: Records, collection: str, limit: int = 60) -> list[DriftReport]:
    """A collection's reports, the newest first."""
    newest = Order("at", descending=True)
    where = [Where("collection", "=", collection)]
    return records.find(DriftReport, where, order=newest, limit=limit)


def forget(records: Records, collection: str) -> None:
    """Remove a collection's reports and baseline."""
    records.remove(DriftReport, [Where("collection", "=", collection)])
    records.write(Remove(DriftBaseline, collection))


def accept_baseline(records: Records, collection: str, images: Sequence[str], by: str) -> None:
    """Let these pictures be what is normal here from now on."""
    made = DriftBaseline(collection, tuple(images), by, time.time())
    records.write(Remove(DriftBaseline, collection), Insert(made))


def accept_latest(records: Records, collection: str, space: str, by: str) -> int:
    """Let the sessions that the last check looked at be what is normal; how many.

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


def check(
    records: Records,
    collection: str,
    model: str,
    space: str,
    reference: Reference | None,
    *,
    since: float = 0.0,
) -> DriftReport:
    """Look at the newest sessions of a collection, keep a report and return it.

    `reference` is the serving version's; without one only the own baseline counts.
    """
    known = None if reference is None else known_of(reference)
    limit = math.inf if known is None else known.limit
    draw = draws_of(records, collection, space)
    chosen = one_a_draw(
        records, collection, space, draw, newest=True, draws=MOST_SESSIONS, since=since
    )
    base = baseline_images(records, collection, space, draw)
    if base and not since:
        # What came after the baseline: it is not compared with itself, nor with what it replaced.
        chosen = [i for i in chosen if i.created_at > base[-1].created_at]
    window = window_of(records, chosen, space, limit)
    if len(window.images) < LEAST_SESSIONS or len(base) < LEAST_SESSIONS:
        accepted = records.get(DriftBaseline, collection) is not None
        words = too_few(len(window.images), len(base), draws_in_words(draw), accepted=accepted)
        report = blank(collection, model, window, "unknown", words)
        scores = np.zeros(len(window.images))
    else:
        before = window_of(records, base, space, limit)
        findings = compare_sides(before.side, window.side, known)
        last = reports(records, collection, 1)
        report = verdict_of(collection, model, window, before, findings, reference, last)
        nearer = np.sort(before.side.novelty)
        scores = np.searchsorted(nearer, window.side.novelty) / len(nearer)
    report = replace(report, drawn=draws_in_words(draw))
    records.write(Insert(report))
    old = Where("at", "<", report.at - KEPT_SECONDS)
    records.remove(DriftReport, [Where("collection", "=", report.collection), old])
    mark(records, window, report.at, scores)
    return report


def draws_in_words(draw: Draw) -> str:
    """What draws are, in words."""
    return SESSIONS if draw is by_session else "folders and days of uploads"


def baseline_images(records: Records, collection: str, space: str, draw: Draw) -> list[Image]:
    """What is normal here: the accepted window, else the first draws."""
    accepted = records.get(DriftBaseline, collection)
    if accepted is None:
        return one_a_draw(records, collection, space, draw, newest=False, draws=BASELINE_SESSIONS)
    kept = [i for i in among(records, Image, accepted.images) if not i.trashed]
    return sorted(kept, key=lambda i: (i.created_at, i.id))


def too_few(n: int, base: int, draws: str, *, accepted: bool) -> str:
    """Say plainly that `n` draws behind `base` are too few to tell; `accepted` where people said
    what is normal."""
    if accepted:
        return f"Too little to tell: {n} of {LEAST_SESSIONS} {draws} since the accepted ones."
    # The first ones are what is normal; those that are compared come behind them.
    return (
        f"Too little to tell: {base + n} of {BASELINE_SESSIONS + LEAST_SESSIONS} {draws}. "
        f"The first {BASELINE_SESSIONS} show what is normal here."
    )


def blank(collection: str, model: str, window: Window, verdict: str, sentence: str) -> DriftReport:
    images = window.images
    sure = [i.confidence for i in images]
    strange = sorted(images, key=lambda i: -i.novelty)[:STRANGEST]
    return DriftReport(
        id=new_id(),
        collection=collection,
        model=model,
        at=time.time(),
        since=images[0].created_at if images else 0.0,
        pictures=len(images),
        verdict=verdict,
        sentence=sentence,
        causes=(),
        firing=(),
        foreign=False,
        estimate=round(float(np.mean(sure)), 4) if sure else 0.0,
        strangest=tuple(i.id for i in strange),
        details="{}",
    )


def verdict_of(
    collection: str,
    model: str,
    window: Window,
    before: Window,
    findings: Findings,
    reference: Reference | None,
    last: Sequence[DriftReport],
) -> DriftReport:
    """The verdict: amber on one comparison, red when the check before fired too and the effect is
    real; foreign pictures are amber at once, and red the second time."""
    base, apart = before.side, foreign(window.side, reference)
    real = [f for f in findings.all if f.name in findings.firing and is_real(f.name, f.effect)]
    fired = bool(findings.firing) or apart.beyond
    again = bool(last) and confirmed_by(last[0], window)
    strong = bool(real) or apart.beyond
    verdict = "red" if fired and again and strong else "amber" if fired else "green"
    causes = causes_of(base, window.side, findings)
    draft = blank(collection, model, window, verdict, "")
    details = {
        "families": [asdict(f) for f in findings.all],
        "medians": medians(base, window.side),
        "histograms": histograms(base, window.side),
        "mix": label_mix(base, window.side),
        "nearest": nearest(window, before),
        "with_reference": asdict(apart),
    }
    return replace(
        draft,
        sentence=sentence(draft, causes, findings, foreign=apart.beyond),
        causes=causes,
        firing=findings.firing,
        foreign=apart.beyond,
        details=json.dumps(details),
    )


def confirmed_by(last: DriftReport, window: Window) -> bool:
    """Did the check before fire too, on other pictures than these? A second look at the same ones
    confirms nothing, and leaves a verdict as it was."""
    if window.images[-1].created_at <= last.at:
        return last.verdict == "red"
    return bool(last.firing) or last.foreign


def is_real(name: str, effect: float) -> bool:
    """Is an effect large enough to matter?"""
    return abs(effect) >= BY_NAME[name].least_effect


@dataclass(frozen=True, slots=True)
class Apart:
    """Energy distance of a window from what the model learnt, and the limit that sources set."""

    distance: float
    limit: float

    @property
    def beyond(self) -> bool:
        """Is it farther than whole left-out sources are?"""
        return self.distance > self.limit


def foreign(side: Side, reference: Reference | None) -> Apart:
    """The window against what the model learnt, on the scale of whole left-out sources."""
    if reference is None:
        return Apart(0.0, 0.0)
    held = unit(reference.held_embeddings).astype(float)
    dice = np.random.default_rng(0)
    scale = []
    for source in np.unique(reference.held_sources):
        mine = np.flatnonzero(reference.held_sources == source)
        rest = np.flatnonzero(reference.held_sources != source)
        if len(mine) >= LEAST_SESSIONS:
            few = dice.choice(mine, min(60, len(mine)), replace=False)
            others = dice.choice(rest, min(400, len(rest)), replace=False)
            scale.append(energy_distance(held[others], held[few]))
    limit = float(np.quantile(scale, 0.95)) if len(scale) >= LEAST_SOURCES else math.inf
    some = dice.choice(len(held), min(400, len(held)), replace=False)
    distance = energy_distance(held[some], side.embeddings)
    return Apart(distance, limit)


def causes_of(base: Side, new: Side, findings: Findings) -> tuple[str, ...]:
    """What changed in the look, in words, the strongest first; at most three."""
    if "look" not in findings.firing:
        return ()
    found = []
    for column, name in enumerate(STATISTICS):
        a, b = base.statistics[:, column], new.statistics[:, column]
        if not np.isfinite(a).any() or not np.isfinite(b).any():
            continue
        spread = float(np.subtract(*np.nanpercentile(a, [75, 25]))) or 1.0
        effect = float(np.nanmedian(b) - np.nanmedian(a)) / spread
        if is_real("look", effect):
            found.append((abs(effect), CAUSES[name][effect < 0]))
    return tuple(word for _, word in sorted(found, reverse=True)[:3])


def sentence(
    report: DriftReport, causes: Sequence[str], findings: Findings, *, foreign: bool
) -> str:
    """What a person reads first."""
    since = datetime.fromtimestamp(report.since, UTC).strftime("%-d %B %Y")
    if not findings.firing and not foreign:
        return f"Since {since} your pictures are as they were."
    fired = [f for f in findings.all if f.name in findings.firing]
    parts = [words for f in fired if (words := BY_NAME[f.name].words(f, causes))]
    if not parts:
        parts.append("differ from those before")
    if foreign:
        parts.append("are unlike those the model learnt from")
    return f"Since {since} your pictures {list_in_words(parts)}."


def mark(records: Records, window: Window, at: float, scores: npt.NDArray[np.float64]) -> None:
    """Note on each picture that it was looked at, with its score (n,); who changes it meanwhile
    goes first."""
    marks = [
        Replace(
            replace(
                i, drift_checked_at=at, drift_score=round(float(score), 3), version=i.version + 1
            ),
            i.version,
        )
        for i, score in zip(window.images, scores, strict=True)
    ]
    try:
        records.write(*marks)
    except Stale:
        for one in marks:
            with suppress(Stale):
                records.write(one)
