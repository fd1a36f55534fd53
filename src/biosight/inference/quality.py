"""Quality of answers: confusion, calibration, risk against coverage, intervals (numpy only).

Not here: the origin of the answers, or comparing two models (learning/gate.py).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """Pictures of similar confidence: their mean confidence and the share that is right."""

    confidence: float
    accuracy: float
    pictures: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """For every threshold of 0 to 100 %: the pictures at or above it, and the wrong ones among
    those."""

    accepted: tuple[int, ...]
    wrong: tuple[int, ...]


def softmax(logits: npt.NDArray[np.floating], temperature: float = 1.0) -> Floats:
    """Convert logits (n, labels) to probabilities that sum to 1 per row."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    result: Floats = powers / powers.sum(axis=1, keepdims=True)
    return result


def calibration_bins(confidence: Floats, correct: Bools, bins: int = BINS) -> list[Bin]:
    """Return equal-mass bins over confidence (n,) and correctness (n,), the least sure first."""
    order = np.argsort(confidence, kind="stable")
    parts = [p for p in np.array_split(order, bins) if len(p)]
    return [Bin(float(confidence[p].mean()), float(correct[p].mean()), len(p)) for p in parts]


def expected_calibration_error(confidence: Floats, correct: Bools, bins: int = BINS) -> float:
    """Return the ECE over equal-mass bins (Naeini et al. 2015; Nguyen & O'Connor 2015 for equal
    mass).

    `confidence` (n,) is that of the top label, with `correct` (n,). The ECE is the mean gap
    weighted by bin size.
    """
    found = calibration_bins(confidence, correct, bins)
    return sum(b.pictures * abs(b.confidence - b.accuracy) for b in found) / len(confidence)


def coverage(confidence: Floats, correct: Bools) -> Coverage:
    """Return the number of pictures that each threshold accepts, and the number of wrong ones among
    them (El-Yaniv and Wiener 2010, risk against coverage). A picture's confidence counts in whole
    percent."""
    percent = np.floor(confidence * 100).astype(np.int64)
    all_of = np.bincount(percent, minlength=101)
    wrong = np.bincount(percent[~correct], minlength=101)
    return Coverage(
        tuple(int(n) for n in all_of[::-1].cumsum()[::-1]),
        tuple(int(n) for n in wrong[::-1].cumsum()[::-1]),
    )


def confusion(truth: Ints, said: Ints, labels: int) -> Ints:
    """Return counts (labels, labels): rows are true labels, columns are answers."""
    counts = np.zeros((labels, labels), dtype=np.int64)
    np.add.at(counts, (truth, said), 1)
    return counts


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion (Wilson 1927); (0, 1) for no trials."""
    if total == 0:
        return 0.0, 1.0
    share, spread = hits / total, z * z / total
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * (share * (1 - share) / total + spread / (4 * total)) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)
