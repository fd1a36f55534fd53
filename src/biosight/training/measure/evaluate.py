"""Quality of scores: accuracy, recall per label, confusion matrix, calibration.

Not here: how the scores are made (training/train.py, training/export.py), or which model may serve
(learning/gate.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from biosight.inference.quality import (
    confusion,
    expected_calibration_error,
    softmax,
    wilson,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Report:
    """Results of one model on one list of labelled pictures; recalls are NaN for absent labels."""

    pictures: int
    accuracy: float
    balanced_accuracy: float
    ece: float
    labels: tuple[str, ...]
    recall: tuple[float, ...]
    confusion: tuple[tuple[int, ...], ...]  # rows: true label, columns: predicted


def fit_temperature(logits: npt.NDArray[np.floating], truth: Ints) -> float:
    """Return the temperature with the least negative log-likelihood (Guo et al. 2017)."""

    def loss(log_temperature: float) -> float:
        scores = softmax(logits, float(np.exp(log_temperature)))
        return float(-np.log(scores[np.arange(len(truth)), truth] + 1e-12).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(found.x))


def ece_across_sources(
    logits: npt.NDArray[np.floating], truth: Ints, sources: Sequence[str]
) -> float:
    """Return the ECE with each source's temperature fitted on the other sources, pooled.

    No picture is thus judged with a temperature that saw its own source.
    """
    names = np.asarray(sources)
    scores = np.empty(logits.shape, dtype=np.float64)
    for name in np.unique(names):
        own = names == name
        rest = ~own if (~own).any() else own
        scores[own] = softmax(logits[own], fit_temperature(logits[rest], truth[rest]))
    return expected_calibration_error(scores.max(axis=1), scores.argmax(axis=1) == truth)


def evaluate(scores: npt.NDArray[np.floating], truth: Ints, labels: Sequence[str]) -> Report:
    """Judge probabilities (n, labels) against label numbers (n,)."""
    said = scores.argmax(axis=1)
    counts = confusion(truth, said, len(labels))
    totals = counts.sum(axis=1)
    recall = np.where(totals > 0, counts.diagonal() / np.maximum(totals, 1), np.nan)
    correct = said == truth
    return Report(
        pictures=len(truth),
        accuracy=float(correct.mean()),
        balanced_accuracy=float(np.nanmean(recall)),
        ece=expected_calibration_error(scores.max(axis=1).astype(np.float64), correct),
        labels=tuple(labels),
        recall=tuple(float(r) for r in recall),
        confusion=tuple(tuple(int(n) for n in row) for row in counts),
    )


def as_text(report: Report) -> str:
    """Return the report for a terminal."""
    low, high = wilson(round(report.accuracy * report.pictures), report.pictures)
    lines = [
        f"{report.pictures} pictures: {report.accuracy:.1%} right (95 % interval "
        f"{low:.1%} to {high:.1%}), mean recall {report.balanced_accuracy:.1%}, "
        f"ECE {report.ece:.3f}",
        "",
        f"{'true label':<18}{'recall':>8}   predicted as",
    ]
    for row, (label, recall) in enumerate(zip(report.labels, report.recall, strict=True)):
        counts = " ".join(f"{n:>5}" for n in report.confusion[row])
        lines.append(f"{label[:17]:<18}{recall:>8.1%}   {counts}")
    return "\n".join(lines)
