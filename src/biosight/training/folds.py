"""Cross-validation by source: each source is left out of training once, and judged then.

For archives too small for a part that judges alone, and for figures of whole sources. The weights
of a fold are chosen on the sources that judge it, among few candidates, so its figures are slightly
too good. Not here: a single run (train.py).
"""

import json
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from pydantic import TypeAdapter

from biosight.errors import BadModel
from biosight.inference.quality import wilson
from biosight.training.data import dataset as ds
from biosight.training.measure.evaluate import Report
from biosight.training.params import TrainParams
from biosight.training.train import train

FILE = "folds.json"


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold: the sources that were left out, and the figures on them."""

    sources: tuple[str, ...]
    report: Report


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """All folds of a run. Every picture is judged once, by a network that never saw its source."""

    folds: tuple[Fold, ...]

    @property
    def pictures(self) -> int:
        """The number of pictures that were judged."""
        return sum(f.report.pictures for f in self.folds)

    @property
    def accuracy(self) -> float:
        """The share of all pictures that are right."""
        right = sum(f.report.accuracy * f.report.pictures for f in self.folds)
        return right / self.pictures

    @property
    def error(self) -> float:
        """The standard error of the accuracy, with folds as units."""
        return float(np.std([f.report.accuracy for f in self.folds], ddof=1)) / math.sqrt(
            len(self.folds)
        )

    @property
    def recall(self) -> dict[str, tuple[int, int]]:
        """For each label, how many pictures were right of how many."""
        right: Counter[str] = Counter()
        total: Counter[str] = Counter()
        for report in (f.report for f in self.folds):
            for number, label in enumerate(report.labels):
                right[label] += report.confusion[number][number]
                total[label] += sum(report.confusion[number])
        return {label: (right[label], total[label]) for label in total}


def cross_validate(
    params: TrainParams, count: int, *, resume: bool = False, quiet: bool = False
) -> CrossValidation:
    """Train `count` runs, each without a part of the sources, into fold-1, fold-2 ... below
    `params.out`; write folds.json and return the figures. To `resume` leaves folds that have ended
    as they are, and continues the one that has not.

    Raises BadModel where there are fewer sources than folds.
    """
    samples = ds.scan_tree(params.root, params.manifest, params.without)
    parts = parts_of_sources(samples, count, params.seed)
    found = []
    for number, sources in enumerate(parts, start=1):
        own = replace(params, hold=sources, out=params.out / f"fold-{number}")
        ended = ended_report(own) if resume else None
        found.append(Fold(sources, ended or train(own, resume=resume, quiet=quiet)))
    folds = CrossValidation(tuple(found))
    (params.out / FILE).write_text(json.dumps(asdict(folds), indent=1), encoding="utf-8")
    return folds


def ended_report(params: TrainParams) -> Report | None:
    """Return the report of a fold that ended with the same sources left out; None for others."""
    try:
        said = json.loads((params.out / "params.json").read_text(encoding="utf-8"))
        report = TypeAdapter(Report).validate_json((params.out / "report.json").read_bytes())
    except FileNotFoundError:
        return None
    asked = json.loads(json.dumps(asdict(params), default=str))
    return report if said == asked else None


def parts_of_sources(samples: Sequence[ds.Sample], count: int, seed: int) -> list[tuple[str, ...]]:
    """Return `count` parts of the sources with about as many pictures of each label: the largest
    source first, each to the part that has the fewest pictures of its labels. Raises BadModel."""
    labels: dict[str, Counter[str]] = {}
    for sample in samples:
        labels.setdefault(sample.source, Counter())[sample.label] += 1
    if len(labels) < count:
        raise BadModel(
            f"There are {len(labels)} sources, too few for {count} folds; say more in a manifest."
        )
    order = sorted(labels)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda source: -labels[source].total())
    parts: list[list[str]] = [[] for _ in range(count)]
    held: list[Counter[str]] = [Counter() for _ in range(count)]
    for source in order:

        def crowded(number: int, source: str = source) -> tuple[int, int]:
            own = sum(held[number][label] for label in labels[source])
            return (own, held[number].total()) if parts[number] else (-1, 0)

        number = min(range(count), key=crowded)
        parts[number].append(source)
        held[number].update(labels[source])
    return [tuple(sorted(part)) for part in parts]


def folds_as_text(folds: CrossValidation) -> str:
    """Return the figures of all folds for a terminal."""
    lines = [
        f"fold {number}: {f.report.accuracy:.1%} of {f.report.pictures} pictures, mean recall "
        f"{f.report.balanced_accuracy:.1%}, of {', '.join(f.sources[:6])}"
        + (f" and {len(f.sources) - 6} more" if len(f.sources) > 6 else "")
        for number, f in enumerate(folds.folds, start=1)
    ]
    whole = f"{folds.accuracy:.1%} of {folds.pictures} pictures"
    lines += ["", f"all: {whole} (standard error {folds.error:.1%}, with folds as units)"]
    for label, (right, total) in folds.recall.items():
        low, high = wilson(right, total)
        lines.append(f"{label[:30]:<30} {right / total:>6.1%} of {total} ({low:.1%} to {high:.1%})")
    return "\n".join(lines)
