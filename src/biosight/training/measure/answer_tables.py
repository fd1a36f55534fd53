"""What a model answers on labelled pictures, as tables: by picture, by label, and the confusion
matrix with the labels' names.

Not here: the figures over all pictures (evaluate.py).
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from biosight.inference.quality import confusion, wilson

TOP = 5
Ints = npt.NDArray[np.int64]


def write_answer_tables(
    folder: Path,
    files: Sequence[Path],
    scores: npt.NDArray[np.floating],
    truth: Ints,
    labels: Sequence[str],
) -> None:
    """Write answers.csv, labels.csv and confusion.csv into `folder`, from probabilities (n, labels)
    of pictures and the numbers of their labels (n,)."""
    folder.mkdir(parents=True, exist_ok=True)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    write_rows(folder / "answers.csv", answer_rows(files, scores, truth, labels, order))
    write_rows(folder / "labels.csv", label_rows(truth, labels, order))
    counts = confusion(truth, order[:, 0], len(labels))
    matrix = [[label, *map(int, row)] for label, row in zip(labels, counts, strict=True)]
    write_rows(folder / "confusion.csv", [["true label", *labels], *matrix])


def write_rows(file: Path, rows: Iterable[Sequence[object]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows(rows)


def answer_rows(
    files: Sequence[Path],
    scores: npt.NDArray[np.floating],
    truth: Ints,
    labels: Sequence[str],
    order: Ints,
) -> Iterable[Sequence[object]]:
    """Yield a row for each picture: its true label, the answer, and the likeliest labels."""
    many = order.shape[1]
    yield [
        "file",
        "true_label",
        "label",
        "confidence",
        "right",
        *(f"{what}_{n}" for n in range(2, many + 1) for what in ("label", "confidence")),
    ]
    for file, own, said, known in zip(files, scores, order, truth, strict=True):
        first, *rest = ((labels[i], round(float(own[i]), 4)) for i in said)
        right = labels[known] == first[0]
        yield [file, labels[known], *first, right, *(value for pair in rest for value in pair)]


def label_rows(truth: Ints, labels: Sequence[str], order: Ints) -> Iterable[Sequence[object]]:
    """Yield a row for each label: recall with its 95 % interval (Wilson), precision, F1, and how
    often the label is among the likeliest five. Empty cells are those of labels without
    pictures."""
    yield [
        "label",
        "pictures",
        "answered",
        "recall",
        "recall_low",
        "recall_high",
        "precision",
        "f1",
        f"recall_top{TOP}",
    ]
    for number, label in enumerate(labels):
        own, answered = truth == number, order[:, 0] == number
        hits, pictures, said = int((own & answered).sum()), int(own.sum()), int(answered.sum())
        among = int((order[own] == number).any(axis=1).sum())
        low, high = wilson(hits, pictures)
        yield [
            label,
            pictures,
            said,
            share_or_blank(hits, pictures),
            *((round(low, 4), round(high, 4)) if pictures else ("", "")),
            share_or_blank(hits, said),
            share_or_blank(2 * hits, pictures + said),
            share_or_blank(among, pictures),
        ]


def share_or_blank(part: int, whole: int) -> float | str:
    """Return a share to four digits; "" of nothing."""
    return round(part / whole, 4) if whole else ""
