"""Drift check: whether incoming pictures drift away from what the model learnt, or from how the
collection began.

It works on stored embeddings, statistics and labels; no network runs. Method and thresholds: see
docs/guide/drift.md. Not here: retraining (learning), or who may see a collection (membership).
"""

from biosight.drift.check import KINDS, check
from biosight.drift.comparisons import Findings, Side
from biosight.drift.reports import (
    DriftBaseline,
    DriftReport,
    accept_baseline,
    accept_latest,
    forget,
    reports,
)
from biosight.drift.weekly import Week, weeks
from biosight.drift.window import Window

__all__ = [
    "KINDS",
    "DriftBaseline",
    "DriftReport",
    "Findings",
    "Side",
    "Week",
    "Window",
    "accept_baseline",
    "accept_latest",
    "check",
    "forget",
    "reports",
    "weeks",
]
