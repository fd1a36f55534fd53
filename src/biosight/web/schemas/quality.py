"""The quality of a version, as the pages draw it.

Not here: the routes (web/api/models/versions.py).
"""

from collections.abc import Sequence

from pydantic import BaseModel

from biosight.errors import NotFound
from biosight.inference import quality
from biosight.inference.reference import read_reference
from biosight.registry import ModelVersion
from biosight.web.access.deps import Open


class RecallOut(BaseModel):
    """A label's recall with its 95 % interval."""

    label: str
    pictures: int
    recall: float
    low: float
    high: float


class Quality(BaseModel):
    """Answers compared with the truth: accuracy with its 95 % interval, calibration, risk and
    coverage.

    `accepted[t]` counts the pictures of at least t % confidence, and `wrong[t]` the wrong ones
    among them. `confusion` has the true labels in its rows.
    """

    pictures: int
    accuracy: float
    low: float
    high: float
    ece: float
    bins: list[quality.Bin]
    accepted: list[int]
    wrong: list[int]
    labels: list[str]
    confusion: list[list[int]]
    recall: list[RecallOut]


def held_quality(biosight: Open, version: ModelVersion) -> Quality | None:
    """Return the quality of a version on the sources left out of training.

    Returns None if there is no reference, or if the version came with another release of BioSight
    and its files are gone.
    """
    try:
        reference = read_reference(biosight.catalogue.locate(version.id))
    except NotFound:
        return None
    if reference is None:
        return None
    card = version.card
    scores = quality.softmax(reference.held_logits, card.temperature)
    return measured_quality(
        reference.held_labels, scores.argmax(axis=1), scores.max(axis=1), card.label_names
    )


def measured_quality(
    truth: quality.Ints, said: quality.Ints, confidence: quality.Floats, labels: Sequence[str]
) -> Quality:
    """Return the quality of answers as the pages draw it, from label numbers (n,) and confidences
    (n,)."""
    right = said == truth
    low, high = quality.wilson(int(right.sum()), len(truth))
    curve = quality.coverage(confidence, right)
    counts = quality.confusion(truth, said, len(labels))
    return Quality(
        pictures=len(truth),
        accuracy=float(right.mean()),
        low=low,
        high=high,
        ece=quality.expected_calibration_error(confidence, right),
        bins=quality.calibration_bins(confidence, right),
        accepted=list(curve.accepted),
        wrong=list(curve.wrong),
        labels=list(labels),
        confusion=counts.tolist(),
        recall=[recall_out(name, counts[i], i) for i, name in enumerate(labels)],
    )


def recall_out(label: str, row: quality.Ints, number: int) -> RecallOut:
    """Return one row of a confusion matrix as a recall."""
    hits, total = int(row[number]), int(row.sum())
    low, high = quality.wilson(hits, total)
    share = hits / total if total else 0.0
    return RecallOut(label=label, pictures=total, recall=share, low=low, high=high)
