"""How good are scores: accuracy, recall per label, confusion matrix, calibration (numpy only).

Not here: where the scores come from (train.py, export.py), or which model may serve (gate.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Report:
    """What one model does on one list of labelled pictures; recalls are NaN for absent labels."""

    pictures: int
    accuracy: float
    balanced_accuracy: float
    ece: float
    labels: tuple[str, ...]
    recall: tuple[float, ...]
    confusion: tuple[tuple[int, ...], ...]  # rows: true label, columns: predicted


def softmax(logits: npt.NDArray[np.floating], temperature: float = 1.0) -> Floats:
    """(n, labels) logits -> probabilities that sum to 1 per row."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    result: Floats = powers / powers.sum(axis=1, keepdims=True)
    return result


def expected_calibration_error(
    confidence: Floats, correct: npt.NDArray[np.bool_], bins: int = 15
) -> float:
    """ECE over equal-mass bins (Naeini et al. 2015; Nguyen & O'Connor 2015 for equal mass).

    `confidence` (n,) of the top label and `correct` (n,); the mean gap weighted by bin size.
    """
    order = np.argsort(confidence, kind="stable")
    parts = [p for p in np.array_split(order, bins) if len(p)]
    gaps = [len(p) * abs(confidence[p].mean() - correct[p].mean()) for p in parts]
    return float(sum(gaps) / len(confidence))


def fit_temperature(logits: npt.NDArray[np.floating], truth: Ints) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017)."""

    def loss(log_temperature: float) -> float:
        scores = softmax(logits, float(np.exp(log_temperature)))
        return float(-np.log(scores[np.arange(len(truth)), truth] + 1e-12).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(found.x))


def ece_across_sources(
    logits: npt.NDArray[np.floating], truth: Ints, sources: Sequence[str]
) -> float:
    """ECE with each source's temperature fitted on the other sources, pooled.

    So no picture is judged with a temperature that saw its own source.
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
    confusion = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(confusion, (truth, said), 1)
    totals = confusion.sum(axis=1)
    recall = np.where(totals > 0, confusion.diagonal() / np.maximum(totals, 1), np.nan)
    correct = said == truth
    return Report(
        pictures=len(truth),
        accuracy=float(correct.mean()),
        balanced_accuracy=float(np.nanmean(recall)),
        ece=expected_calibration_error(scores.max(axis=1).astype(np.float64), correct),
        labels=tuple(labels),
        recall=tuple(float(r) for r in recall),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
    )


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Wilson 1927); (0, 1) for no trials."""
    if total == 0:
        return 0.0, 1.0
    share, spread = hits / total, z * z / total
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * (share * (1 - share) / total + spread / (4 * total)) ** 0.5
    return centre - half, centre + half


def as_text(report: Report) -> str:
    """The report as a person reads it in a terminal."""
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
