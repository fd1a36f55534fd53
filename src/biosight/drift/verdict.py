"""The verdict of a drift check: which tests count, why, and in which words.

Not here: the tests (comparisons.py), or running a check (check.py).
"""

import json
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from biosight.drift.comparisons import (
    BY_NAME,
    Findings,
    Side,
    energy_distance,
    list_in_words,
)
from biosight.drift.drawn import STRANGEST, histograms, label_mix, medians, nearest
from biosight.drift.early import EarlyLook
from biosight.drift.reports import DriftReport
from biosight.drift.window import (
    LEAST_SESSIONS,
    Window,
)
from biosight.errors import Stale
from biosight.images.measures import STATISTICS
from biosight.inference.reference import Reference, unit
from biosight.storage.records import (
    Records,
    Replace,
    new_id,
)

LEAST_SOURCES = 5  # with fewer, foreign pictures can't be told apart

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
    """Return the report with its verdict. One comparison is amber, and red when the check before
    fired too and the effect is real. Foreign pictures are amber at once, and red the second
    time."""
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


def early_report(collection: str, model: str, early: EarlyLook, too_few: str) -> DriftReport:
    """Return a report without a verdict that shows an early look."""
    draft = blank(collection, model, early.later, "unknown", f"{early_words(early)} {too_few}")
    base, new = early.before.side, early.later.side
    details = {
        "families": [],
        "medians": medians(base, new),
        "histograms": histograms(base, new),
        "mix": label_mix(base, new),
        "nearest": nearest(early.later, early.before),
    }
    return replace(draft, details=json.dumps(details), drawn="")


MAY_BE = {"days": "weather or season", "deployments": "place or season"}


def early_words(early: EarlyLook) -> str:
    """Return what an early look hints at."""
    first, later = early.halves
    said = f"An early look at {first + later} {early.unit}:"
    if not early.hints:
        return f"{said} the later {later} show no clear difference from the first {first}."
    changed = CAUSES[early.statistic][not early.higher] if early.statistic else "different"
    than = "than" if early.statistic else "from"
    return (
        f"{said} the later {later} are {changed} {than} the first {first}. This is a hint and no "
        f"more: neighbouring {early.unit} are alike, so it may be {MAY_BE[early.unit]}."
    )


def confirmed_by(last: DriftReport, window: Window) -> bool:
    """Return whether the check before fired too, on other pictures than these. A second look at the
    same pictures confirms nothing, and leaves a verdict as it was."""
    if window.images[-1].created_at <= last.at:
        return last.verdict == "red"
    return bool(last.firing) or last.foreign


def is_real(name: str, effect: float) -> bool:
    """Return whether an effect is large enough to matter."""
    return abs(effect) >= BY_NAME[name].least_effect


@dataclass(frozen=True, slots=True)
class Apart:
    """Energy distance of a window from what the model learnt, and the limit that sources set."""

    distance: float
    limit: float

    @property
    def beyond(self) -> bool:
        """Return whether it is farther than whole left-out sources are."""
        return self.distance > self.limit


def foreign(side: Side, reference: Reference | None) -> Apart:
    """Compare the window with what the model learnt, on the scale of whole left-out sources."""
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
    """Return what changed in the look, in words, the strongest first; at most three."""
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
    """Return the sentence that a person reads first."""
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
    """Note on each picture that it was looked at, with its score (n,). Where somebody changes a
    picture meanwhile, their change stays."""
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
