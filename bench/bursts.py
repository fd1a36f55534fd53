"""One answer for a burst: is it better than an answer for each of its pictures?

    python -m bench.bursts --data ../shared/data/camera-traps

A burst is a run of files of one folder whose numbers follow each other. Every picture is looked at
as serving does. Then a burst's pictures share their evidence: the mean of their log probabilities
(Dussert et al. 2025, Remote Sensing in Ecology and Conservation) and of how empty they are, over
the pictures with an animal where there are any. Both ways are judged by the truth of each picture.
"""

import argparse
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from bench.subjects import Case, auroc, looked, share
from biosight.bootstrap import DEFAULT_MODEL, SUBJECTS
from biosight.inference.classifier import Classifier
from biosight.inference.detection.camera_trap import pooled
from biosight.inference.detection.detector import Detector
from biosight.training.detector.album import rows_of

Row = dict[str, str]
NUMBERED = re.compile(r"^(.*?)(\d+)(\D*)$")


def bursts_of(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the runs of at least two files whose numbers follow each other."""
    numbered = []
    for row in rows:
        if found := NUMBERED.match(row["path"]):
            numbered.append(((row["source"], found[1], found[3]), int(found[2]), row))
    numbered.sort(key=lambda one: one[:2])
    runs = groupby(enumerate(numbered), key=lambda pair: (pair[1][0], pair[1][1] - pair[0]))
    every = [[row for _, (_, _, row) in run] for _, run in runs]
    return [run for run in every if len(run) > 1]


def together(burst: Sequence[Case], classifier: Classifier) -> list[Case]:
    """Return the pictures of a burst with the answer of all."""
    seen = [case.found for case in burst if case.found.closely] or [case.found for case in burst]
    alike = np.ones(len(classifier.card.label_names), np.float32)
    verdict = pooled([one.verdict for one in seen], classifier.rollup, alike)
    empty = float(np.mean([case.found.emptiness for case in burst]))
    group = classifier.top(verdict, 1)[0].label
    finer = classifier.answer(verdict).label
    return [
        replace(
            case,
            found=replace(case.found, verdict=verdict, emptiness=empty),
            group=group,
            finer=finer,
        )
        for case in burst
    ]


def calibration_error(cases: Sequence[Case], classifier: Classifier) -> float:
    """Return the expected calibration error of the group in ten equal bins (Guo et al. 2017)."""
    sure = np.array([classifier.top(c.found.verdict, 1)[0].confidence for c in cases])
    right = np.array([c.group == c.row["group"] for c in cases])
    bins = np.minimum((sure * 10).astype(int), 9)
    gaps = [
        abs(sure[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in set(bins)
    ]
    return float(sum(gaps))


def told(name: str, cases: Sequence[Case], classifier: Classifier) -> Iterable[str]:
    """Yield the figures of one way to answer."""
    named = [
        c
        for c in cases
        if c.row["truth"] == "animal" and c.row["group"] in classifier.card.label_names
    ]
    empty = [c for c in cases if c.row["truth"] == "empty"]
    below = [c for c in named if c.finer != c.group]
    yield f"{name}: group {share(named, lambda c: c.group == c.row['group'])}"
    yield f"    calibration error {calibration_error(named, classifier):.3f}"
    right = share(below, lambda c: c.group == c.row["group"])
    yield f"    named finer {len(below)} of {len(named)}, in the right group {right}"
    scores = [-c.found.emptiness for c in named], [-c.found.emptiness for c in empty]
    yield f"    animal against empty AUROC {auroc(*scores):.3f} ({len(empty)} empty)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    classifier, detector = Classifier(DEFAULT_MODEL, 2), Detector(SUBJECTS, 2)
    every = rows_of(options.data)
    for split in ("measure", "train"):
        bursts = bursts_of([r for r in every if r["split"] == split])
        alone = [
            [looked(r, options.data / r["file"], detector, classifier) for r in b] for b in bursts
        ]
        shared = [together(burst, classifier) for burst in alone]
        print(f"\nsplit {split}: {len(bursts)} bursts")
        for name, found in (("each alone", alone), ("one answer", shared)):
            cases = [case for burst in found for case in burst]
            print("\n".join(told(name, cases, classifier)), flush=True)


if __name__ == "__main__":
    main()
