"""The gate: is a candidate good enough to serve? Compared with the champion, picture by picture.

Never torch here. Not here: promoting (registry.py): a person does that.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest, norm

from biosight.inference.quality import confusion, expected_calibration_error, wilson

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
ENOUGH_PICTURES = 800
WORST_LOSS = 0.02
WORST_LOSS_OLD_LABELS = 0.01
SIGNIFICANT = 0.05
WORST_ECE = 0.05


@dataclass(frozen=True, slots=True)
class Answers:
    """What one model said of the same pictures: label numbers (n,) and confidences (n,)."""

    said: Ints
    confidence: Floats


@dataclass(frozen=True, slots=True)
class LabelLine:
    """One label: pictures that are it, recall of both, the champion's 95 % interval."""

    label: str
    pictures: int
    champion: float
    candidate: float
    low: float
    high: float

    @property
    def falls(self) -> bool:
        """Does the recall fall out of the champion's interval?"""
        return self.pictures > 0 and self.candidate < self.low


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label that the champion does not know, cross-validated by upload session."""

    label: str
    pictures: int
    recall: tuple[float, float, float]  # value, and its 95 % interval
    precision: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class GateReport:
    """A comparison as a person reads it; accuracies 0 to 1, `difference` candidate - champion.

    `low` and `high` bound the difference (95 %), `floor` is its one-sided 95 % lower bound.
    `verdict` is "better", "no worse", "worse" or "a person decides".
    """

    pictures: int
    champion_accuracy: float
    candidate_accuracy: float
    difference: float
    low: float
    high: float
    floor: float
    only_champion_right: int
    only_candidate_right: int
    mcnemar_p: float
    champion_ece: float
    candidate_ece: float
    labels: tuple[LabelLine, ...]
    champion_confusion: tuple[tuple[int, ...], ...]
    candidate_confusion: tuple[tuple[int, ...], ...]
    verdict: str
    reasons: tuple[str, ...]
    new_labels: tuple[NewLabel, ...] = ()
    measured_on: str = ""
    champion: str = ""
    candidate: str = ""
    latency_ratio: float = field(default=0.0)

    def as_json(self) -> dict[str, object]:
        """For the registry and the pages."""
        return asdict(self)


def paired_interval(gains: int, losses: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Interval of a difference of paired proportions (Agresti and Min 2005: Wald with half a
    count added to each of the four cells)."""
    n = total + 2
    b, c = gains + 0.5, losses + 0.5
    centre = (b - c) / n
    spread = z * ((b + c) - (b - c) ** 2 / n) ** 0.5 / n
    return centre - spread, centre + spread


def mcnemar(gains: int, losses: int) -> float:
    """Exact McNemar test, two-sided (McNemar 1947): are the two right equally often?"""
    return float(binomtest(gains, gains + losses).pvalue) if gains + losses else 1.0


def compare(
    truth: Ints,
    champion: Answers,
    candidate: Answers,
    labels: Sequence[str],
    *,
    old_labels_only: bool = False,
) -> GateReport:
    """Judge a candidate on pictures (n,) that taught neither.

    With `old_labels_only` the question is what the old labels lose to new ones: then it must
    not be more than a point, and a person decides.
    """
    was, now = champion.said == truth, candidate.said == truth
    gains, losses = int((now & ~was).sum()), int((was & ~now).sum())
    total = len(truth)
    low, high = paired_interval(gains, losses, total)
    floor = paired_interval(gains, losses, total, float(norm.ppf(0.95)))[0]
    lines = label_lines(truth, champion.said, candidate.said, labels)
    p = mcnemar(gains, losses)
    eces = [ece(truth, champion), ece(truth, candidate)]
    verdict, reasons = judge(
        total, floor, p, gains > losses, lines, eces[1], old_labels_only=old_labels_only
    )
    return GateReport(
        pictures=total,
        champion_accuracy=float(was.mean()),
        candidate_accuracy=float(now.mean()),
        difference=float(now.mean() - was.mean()),
        low=low,
        high=high,
        floor=floor,
        only_champion_right=losses,
        only_candidate_right=gains,
        mcnemar_p=p,
        champion_ece=eces[0],
        candidate_ece=eces[1],
        labels=lines,
        champion_confusion=table(truth, champion.said, len(labels)),
        candidate_confusion=table(truth, candidate.said, len(labels)),
        verdict=verdict,
        reasons=reasons,
    )


def ece(truth: Ints, answers: Answers) -> float:
    """Calibration error of one side."""
    return expected_calibration_error(answers.confidence, answers.said == truth)


def table(truth: Ints, said: Ints, labels: int) -> tuple[tuple[int, ...], ...]:
    """A confusion matrix as plain numbers."""
    return tuple(tuple(int(n) for n in row) for row in confusion(truth, said, labels))


def label_lines(
    truth: Ints, before: Ints, after: Ints, labels: Sequence[str]
) -> tuple[LabelLine, ...]:
    """Recall per label of both sides."""
    lines = []
    for number, label in enumerate(labels):
        mine = truth == number
        total = int(mine.sum())
        hits = int((before[mine] == number).sum())
        low, high = wilson(hits, total)
        share = float((after[mine] == number).mean()) if total else 0.0
        lines.append(LabelLine(label, total, hits / total if total else 0.0, share, low, high))
    return tuple(lines)


def judge(
    total: int,
    floor: float,
    p: float,
    gained: bool,
    lines: Sequence[LabelLine],
    candidate_ece: float,
    *,
    old_labels_only: bool,
) -> tuple[str, tuple[str, ...]]:
    """The verdict and its reasons, in words."""
    most = WORST_LOSS_OLD_LABELS if old_labels_only else WORST_LOSS
    against = []
    if floor <= -most:
        against.append(f"It may be more than {most:.0%} worse (lower bound {floor:+.1%}).")
    against += [
        f"{x.label} falls from {x.champion:.0%} to {x.candidate:.0%}." for x in lines if x.falls
    ]
    if candidate_ece > WORST_ECE:
        against.append(f"Its confidence is off by {candidate_ece:.1%} on average.")
    if total < ENOUGH_PICTURES:
        few = f"Only {total} pictures to compare on; {ENOUGH_PICTURES} are needed to be sure."
        return "a person decides", (few, *against)
    if against:
        return "worse", tuple(against)
    if old_labels_only:
        return "a person decides", ("The old labels lose nothing that matters.",)
    if gained and p < SIGNIFICANT:
        return "better", (f"Right more often than chance explains (p = {p:.2g}).",)
    return "no worse", ("Not worse, but no clear gain either: a person decides.",)


def new_label(label: str, number: int, truth: Ints, said: Ints) -> NewLabel:
    """Recall and precision of one label from cross-validated answers (n,)."""
    is_it, called = truth == number, said == number
    hits = int((is_it & called).sum())

    def share(total: int) -> tuple[float, float, float]:
        return (hits / total if total else 0.0, *wilson(hits, total))

    return NewLabel(label, int(is_it.sum()), share(int(is_it.sum())), share(int(called.sum())))


def as_text(report: GateReport) -> str:
    """The report for a terminal."""
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
