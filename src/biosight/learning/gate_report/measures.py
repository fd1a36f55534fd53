"""The gate's measures: how often each model is right, and how sure that difference is.

Not here: what follows from them (learning/gate.py).
"""

from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from biosight.inference.quality import confusion, expected_calibration_error, wilson
from biosight.learning.gate_report.values import (
    PARTS,
    Answers,
    GateReport,
    Ints,
    LabelLine,
    NewLabel,
    Part,
    Trial,
)


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
    from scipy.stats import binomtest  # half a second and 60 MB that every command would pay

    return float(binomtest(gains, gains + losses).pvalue) if gains + losses else 1.0


def measure_all(
    truth: Ints, champion: Answers, candidate: Answers, labels: Sequence[str]
) -> GateReport:
    """All figures on pictures (n,), without a verdict."""
    was, now = champion.said == truth, candidate.said == truth
    gains, losses = int((now & ~was).sum()), int((was & ~now).sum())
    total = len(truth)
    low, high = paired_interval(gains, losses, total)
    return GateReport(
        pictures=total,
        champion_accuracy=share(was),
        candidate_accuracy=share(now),
        difference=share(now) - share(was),
        low=low,
        high=high,
        floor=paired_interval(gains, losses, total, NormalDist().inv_cdf(0.95))[0],
        only_champion_right=losses,
        only_candidate_right=gains,
        mcnemar_p=mcnemar(gains, losses),
        champion_ece=ece(truth, champion),
        candidate_ece=ece(truth, candidate),
        labels=label_lines(truth, champion.said, candidate.said, labels),
        champion_confusion=table(truth, champion.said, len(labels)),
        candidate_confusion=table(truth, candidate.said, len(labels)),
        verdict="",
        reasons=(),
    )


def joined_trials(trials: Sequence[Trial]) -> Trial:
    def both(pick: Callable[[Trial], Answers]) -> Answers:
        return Answers(
            np.concatenate([pick(t).said for t in trials]),
            np.concatenate([pick(t).confidence for t in trials]),
        )

    truth = np.concatenate([t.truth for t in trials])
    return Trial("", truth, both(lambda t: t.champion), both(lambda t: t.candidate))


def part_of(trial: Trial) -> Part:
    """One part's line of the report."""
    was, now = trial.champion.said == trial.truth, trial.candidate.said == trial.truth
    gains, losses = int((now & ~was).sum()), int((was & ~now).sum())
    low, high = paired_interval(gains, losses, len(trial.truth))
    return Part(PARTS[trial.part], len(trial.truth), share(was), share(now), low, high)


def new_labels(here: Trial | None, labels: Sequence[str], known: int) -> tuple[NewLabel, ...]:
    """Labels that the champion does not know, on the locked pictures."""
    if here is None:
        return ()
    return tuple(
        new_label(labels[number], number, here.truth, here.candidate.said)
        for number in range(known, len(labels))
        if (here.truth == number).any()
    )


def share(right: npt.NDArray[np.bool_]) -> float:
    """The part that is right; 0 for nothing."""
    return float(right.mean()) if len(right) else 0.0


def ece(truth: Ints, answers: Answers) -> float:
    """Calibration error of one side."""
    if not len(truth):
        return 0.0
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


def new_label(label: str, number: int, truth: Ints, said: Ints) -> NewLabel:
    """Recall and precision of one label from cross-validated answers (n,)."""
    return taught_label(label, truth == number, said == number)


def taught_label(
    label: str, is_it: npt.NDArray[np.bool_], called: npt.NDArray[np.bool_]
) -> NewLabel:
    """Recall and precision of a label, from the pictures that are it and those called so (n,)."""
    hits = int((is_it & called).sum())

    def of(total: int) -> tuple[float, float, float]:
        return (hits / total if total else 0.0, *wilson(hits, total))

    many, told = int(is_it.sum()), int(called.sum())
    return NewLabel(label, many, of(many), of(told), after=hits, said=told)
