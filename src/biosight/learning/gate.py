"""The gate: is a candidate good enough to serve? It is compared with the champion, picture by
picture.

Not here: promoting (registry); a person does that.
"""

from collections.abc import Sequence
from dataclasses import replace

from biosight.learning.by_level import WORDS, LevelLine, against_levels, level_lines
from biosight.learning.gate_report.measures import joined_trials, measure_all, new_labels, part_of
from biosight.learning.gate_report.values import (
    BEFORE,
    HERE,
    PARTS,
    Answers,
    GateReport,
    Ints,
    NewLabel,
    Part,
    Trial,
)
from biosight.learning.recipe import GateParams

SIGNIFICANT = 0.05
NOTICED_MS = 1.0  # per picture: a smaller difference is noise of the clock, whatever the ratio
BOUNDS = GateParams()


def compare(
    truth: Ints,
    champion: Answers,
    candidate: Answers,
    labels: Sequence[str],
    *,
    old_labels_only: bool = False,
    bounds: GateParams = BOUNDS,
    levels: tuple[LevelLine, ...] = (),
) -> GateReport:
    """Judge a candidate on pictures (n,) that taught neither model; `levels` are lines of the same
    pictures.

    With `old_labels_only` the question is how much the old labels lose to new ones. They must not
    lose more than `worst_loss_before`, and a person decides.
    """
    report = replace(measure_all(truth, champion, candidate, labels), levels=levels)
    most = bounds.worst_loss_before if old_labels_only else bounds.worst_loss
    whole = part_of(Trial(BEFORE, truth, champion, candidate))
    against = objections(report, most, bounds) + against_tree(levels, [whole], bounds)
    own = len(truth)
    return verdict_on(report, against, own, old_labels_only=old_labels_only, bounds=bounds)


def decide(
    trials: Sequence[Trial],
    labels: Sequence[str],
    known: int,
    bounds: GateParams,
    times: tuple[float, float] = (0.0, 0.0),
    new: tuple[NewLabel, ...] = (),
) -> GateReport:
    """Return the report on all parts; the first `known` labels are the champion's, the others are
    new.

    With enough locked pictures of the collection, they decide. With fewer, both parts are counted
    together and a person decides. The older part can raise its own objections in both cases.
    `times` are milliseconds per picture of both sides. `new` are figures of new labels from
    elsewhere (cross-validation).
    """
    here = next((t for t in trials if t.part == HERE), None)
    before = next((t for t in trials if t.part == BEFORE and len(t.truth)), None)
    own = len(here.only(known).truth) if here else 0
    old_only = known < len(labels)
    whole = joined_trials([t.only(known) for t in trials])
    main = here.only(known) if here and own >= bounds.enough else whole
    report = replace(
        measure_all(main.truth, main.champion, main.candidate, labels),
        parts=tuple(part_of(t.only(known)) for t in trials if len(t.truth)),
        measured_on=PARTS.get(main.part, " and ".join(PARTS[t.part] for t in trials)),
        champion_ms=times[0],
        candidate_ms=times[1],
        new_labels=new or new_labels(here, labels, known),
        levels=tuple(x for t in trials for x in level_lines(PARTS[t.part], t.levels)),
    )
    most = bounds.worst_loss_before if old_only else bounds.worst_loss
    against = objections(report, most, bounds)
    if before is not None and own:
        against += losses_before(before.only(known), labels, bounds)
    against += against_tree(report.levels, report.parts, bounds)
    return verdict_on(report, against, own, old_labels_only=old_only, bounds=bounds)


def losses_before(trial: Trial, labels: Sequence[str], bounds: GateParams) -> list[str]:
    """Return the objections to a candidate from pictures like those that the champion learnt
    from."""
    part = measure_all(trial.truth, trial.champion, trial.candidate, labels)
    if part.floor > -bounds.worst_loss_before:
        return []
    return [
        f"On {PARTS[trial.part]} it may be more than {bounds.worst_loss_before:.0%} worse "
        f"(lower bound {part.floor:+.1%})."
    ]


def objections(report: GateReport, most: float, bounds: GateParams) -> list[str]:
    """Return the objections to the candidate, in words; `most` is the loss allowed."""
    against = []
    if report.floor <= -most:
        against.append(f"It may be more than {most:.0%} worse (lower bound {report.floor:+.1%}).")
    against += [
        f"{x.label} falls from {x.champion:.0%} to {x.candidate:.0%}."
        for x in report.labels
        if x.falls
    ]
    if report.candidate_ece > max(bounds.worst_ece, report.champion_ece):
        against.append(f"Its confidence is off by {report.candidate_ece:.1%} on average.")
    return against


def against_tree(
    levels: Sequence[LevelLine], parts: Sequence[Part], bounds: GateParams
) -> list[str]:
    """Return the objections to a candidate with a tree: from its levels, and from groups that lose
    more than `worst_group_loss`. There are none without levels."""
    return against_levels(levels, bounds) + [
        f"On {p.name} the group is right {p.champion - p.candidate:.1%} less often."
        for p in parts
        if levels
        and p.pictures >= bounds.enough
        and p.candidate < p.champion - bounds.worst_group_loss
    ]


def too_slow(report: GateReport, bounds: GateParams) -> list[str]:
    """Return the objection to the candidate's time, which needs no minimum number of pictures."""
    more = report.candidate_ms - report.champion_ms
    if report.latency_ratio <= bounds.slowest or more < NOTICED_MS:
        return []
    return [f"It takes {report.latency_ratio:.1f} times as long for a picture."]


def verdict_on(
    report: GateReport,
    against: Sequence[str],
    own: int,
    *,
    old_labels_only: bool,
    bounds: GateParams,
) -> GateReport:
    """Return the report with its verdict and reasons; `own` is the number of pictures that
    decide."""
    gained = report.only_candidate_right > report.only_champion_right
    p, slow = report.mcnemar_p, too_slow(report, bounds)
    few = f"Only {own} locked pictures to compare on; {bounds.enough} are needed to be sure."
    if slow:
        why = [] if own >= bounds.enough else [few]
        return replace(report, verdict="worse", reasons=(*slow, *against, *why))
    if own < bounds.enough:
        return replace(report, verdict="a person decides", reasons=(few, *against))
    if against:
        return replace(report, verdict="worse", reasons=tuple(against))
    if old_labels_only:
        words = ("The old labels lose nothing that matters.",)
        return replace(report, verdict="a person decides", reasons=words)
    if gained and p < SIGNIFICANT:
        words = (f"Right more often than chance explains (p = {p:.2g}).",)
        return replace(report, verdict="better", reasons=words)
    words = ("Not worse, but no clear gain either: a person decides.",)
    return replace(report, verdict="no worse", reasons=words)


def level_text(levels: Sequence[LevelLine]) -> list[str]:
    """Return the levels for a terminal, one line each."""

    def said(value: float | None, share: float) -> str:
        words = "-" if value is None else f"{value:.1%}"
        return f"{words} of {share:.0%} said" if share else words

    return [
        f"{x.part}, {WORDS[x.level]}: {x.pictures} pictures, "
        f"{said(x.champion, x.champion_share)} -> {said(x.candidate, x.candidate_share)}"
        for x in levels
    ]


def as_text(report: GateReport) -> str:
    """Return the report for a terminal."""
    r = report
    lines = [
        f"{r.candidate or 'candidate'} against {r.champion or 'champion'}: {r.verdict}",
        *(f"  {reason}" for reason in r.reasons),
        "",
        f"{r.pictures} pictures{' of ' + r.measured_on if r.measured_on else ''}: "
        f"{r.champion_accuracy:.1%} -> {r.candidate_accuracy:.1%} "
        f"({r.difference:+.1%}, 95 % interval {r.low:+.1%} to {r.high:+.1%})",
        f"only the champion right: {r.only_champion_right}, only the candidate: "
        f"{r.only_candidate_right}, McNemar p = {r.mcnemar_p:.3g}",
        f"ECE {r.champion_ece:.3f} -> {r.candidate_ece:.3f}",
        *(
            f"{x.name}: {x.pictures} pictures, {x.champion:.1%} -> {x.candidate:.1%} "
            f"({x.low:+.1%} to {x.high:+.1%})"
            for x in r.parts
        ),
        *([f"{r.champion_ms:.1f} -> {r.candidate_ms:.1f} ms a picture"] if r.latency_ratio else []),
        *level_text(r.levels),
        "",
        f"{'label':<20}{'pictures':>9}{'champion':>10}{'candidate':>11}",
    ]
    lines += [
        f"{x.label[:19]:<20}{x.pictures:>9}{x.champion:>10.1%}{x.candidate:>11.1%}"
        for x in r.labels
        if x.pictures
    ]
    for x in r.new_labels:
        lines.append(
            f"new: {x.label}, {x.pictures} pictures, recall {x.recall[0]:.0%} "
            f"({x.recall[1]:.0%} to {x.recall[2]:.0%}), precision {x.precision[0]:.0%} "
            f"({x.precision[1]:.0%} to {x.precision[2]:.0%})"
        )
    return "\n".join(lines)
