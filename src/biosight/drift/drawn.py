"""Data that the drift page draws: medians, histograms, label mix, the most similar earlier
pictures.

Not here: the verdict (check.py).
"""

import numpy as np

from biosight.drift.comparisons import Side
from biosight.drift.window import Window
from biosight.images.measures import STATISTICS

STRANGEST = 12


def medians(base: Side, new: Side) -> dict[str, tuple[float, float]]:
    """Return the median of every statistic before and now."""
    return {
        name: (float(np.nanmedian(a)), float(np.nanmedian(b)))
        for name, a, b in zip(STATISTICS, base.statistics.T, new.statistics.T, strict=True)
        if np.isfinite(a).any() and np.isfinite(b).any()
    }


def histograms(base: Side, new: Side, bins: int = 16) -> dict[str, dict[str, list[float]]]:
    """Return the shares of pictures per bin of every statistic, before and now, over both
    ranges."""
    found = {}
    for name, a, b in zip(STATISTICS, base.statistics.T, new.statistics.T, strict=True):
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        if len(a) and len(b):
            edges = np.histogram_bin_edges(np.concatenate([a, b]), bins)
            shares = [np.histogram(x, edges)[0] / len(x) for x in (a, b)]
            found[name] = {
                "edges": [round(float(e), 4) for e in (edges[0], edges[-1])],
                "before": [round(float(s), 4) for s in shares[0]],
                "now": [round(float(s), 4) for s in shares[1]],
            }
    return found


def label_mix(base: Side, new: Side) -> dict[str, tuple[float, float]]:
    """Return every label's share before and now, the most frequent first."""
    names = sorted({*base.labels, *new.labels}, key=lambda n: -new.labels.count(n))
    return {
        n: (
            round(base.labels.count(n) / len(base.labels), 4),
            round(new.labels.count(n) / len(new.labels), 4),
        )
        for n in names
    }


def nearest(window: Window, before: Window) -> dict[str, str]:
    """Return the most similar picture of the baseline for each of the strangest."""
    ids = [i.id for i in before.images]
    order = np.argsort([-i.novelty for i in window.images])[:STRANGEST]
    likeness = window.side.embeddings[order] @ before.side.embeddings.T
    return {
        window.images[n].id: ids[best]
        for n, best in zip(order, likeness.argmax(axis=1), strict=True)
    }
