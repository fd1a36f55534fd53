"""What a detector and the closer look are worth on camera traps, on frames that chose nothing.

python -m bench.subjects --data ../shared/data/camera-traps [--detector DIR ...]: split `measure`
by the manifest, sources as units. Prints one table a detector; costs are ratios of one run.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.stats import rankdata

from biosight.bootstrap import DEFAULT_MODEL, SUBJECTS
from biosight.images.reading import open_picture
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.detection.camera_trap import LONGEST_SHORT_SIDE, Sighting, look_at
from biosight.inference.detection.detector import Detector
from biosight.inference.detection.photograph import is_worth_a_closer_look, look_at_photograph
from biosight.inference.preprocess import Pixels, pixels_in, short_to_read, to_pixels
from biosight.inference.sandbox.worker import reading_of
from biosight.subjects import Box
from biosight.subjects.box import iou, surest
from biosight.training.detector.album import rows_of


@dataclass(frozen=True, slots=True)
class Case:
    """One frame: what its source says of it, what the whole is called, and what is seen in it."""

    row: dict[str, str]
    whole: str
    found: Sighting
    group: str
    finer: str


def looked(row: dict[str, str], file: Path, d: Detector, c: Classifier) -> Case:
    """Look at one file as serving does: small first, larger where the animal is small."""
    full = open_picture(file, LONGEST_SHORT_SIDE).picture

    def read(short: int) -> Pixels:
        return np.asarray(reading_of(full, short))

    picture = read(short_to_read(c.card.framing))
    found = look_at(picture, d.detect(picture), d.card, c, lambda p: c.predict(p[None])[0], read)
    whole = c.predict(pixels_in(picture, None, c.card.framing)[None])[0]
    said = c.answer(found.verdict).label
    return Case(row, c.top(whole, 1)[0].label, found, c.top(found.verdict, 1)[0].label, said)


def share(cases: Sequence[Case], right: Callable[[Case], bool]) -> str:
    """A percentage with its count; the mean of the sources behind it."""
    if not cases:
        return "-"
    by: dict[str, list[bool]] = {}
    for case in cases:
        by.setdefault(case.row["source"], []).append(right(case))
    every = [r for rows in by.values() for r in rows]
    of_sources = np.mean([np.mean(rows) for rows in by.values()])
    return f"{100 * np.mean(every):.1f} % of {len(every)} (sources {100 * of_sources:.1f})"


def auroc(yes: Sequence[float], no: Sequence[float]) -> float:
    ranks = rankdata([*yes, *no])[: len(yes)].sum()
    return float((ranks - len(yes) * (len(yes) + 1) / 2) / (len(yes) * len(no)))


def told(cases: Sequence[Case], c: Classifier) -> Iterable[str]:
    """The figures, one line each."""
    groups = c.card.label_names
    animals = [k for k in cases if k.row["truth"] == "animal"]
    named = [k for k in animals if k.row["group"] in groups]
    empty = [k for k in cases if k.row["truth"] == "empty"]
    people = [k for k in cases if k.row["truth"] == "human"]
    yield f"group, whole frame      {share(named, lambda k: k.whole == k.row['group'])}"
    yield f"group, closer look      {share(named, lambda k: k.group == k.row['group'])}"
    for size in "SML":
        own = [k for k in named if k.row["size"] == size]
        yield f"  subjects of size {size}    {share(own, lambda k: k.group == k.row['group'])}"
    birds = [k for k in named if k.row["group"] == "Aves"]
    yield f"  Aves                  {share(birds, lambda k: k.group == 'Aves')}"
    finer = [k for k in named if k.finer != k.group]
    yield f"named finer             {len(finer)} of {len(named)}"
    proposed = [k for k in cases if k.found.proposal == "empty"]
    yield f"proposed empty, right   {share(proposed, lambda k: k.row['truth'] == 'empty')}"
    yield f"empty, found            {share(empty, lambda k: k.found.proposal == 'empty')}"
    yield f"animals called empty    {share(animals, lambda k: k.found.proposal == 'empty')}"
    yield f"people found            {share(people, lambda k: k.found.proposal == 'human')}"
    yield f"animals called people   {share(animals, lambda k: k.found.proposal == 'human')}"
    sure = [score(k) for k in animals], [score(k) for k in empty]
    yield f"animal against empty    AUROC {auroc(*sure):.3f} (detector alone)"
    odds = [-k.found.emptiness for k in animals], [-k.found.emptiness for k in empty]
    yield f"                        AUROC {auroc(*odds):.3f} (with scenery)"
    yield f"animals found           {found_at(animals, empty):.1f} % at 95 % precision"
    yield f"boxes                   IoU {np.mean([*overlaps(animals)]):.2f}, mean of the surest"


def score(case: Case) -> float:
    best = surest(case.found.boxes, "animal")
    return best.score if best else 0.0


def found_at(animals: Sequence[Case], empty: Sequence[Case], precision: float = 0.95) -> float:
    """The percentage of animals found at the lowest score that keeps this precision."""
    order = sorted([(score(k), True) for k in animals] + [(score(k), False) for k in empty])[::-1]
    best = right = 0
    for number, (_, is_animal) in enumerate(order, start=1):
        right += is_animal
        if right >= precision * number:
            best = right
    return 100 * best / len(animals)


def overlaps(animals: Sequence[Case]) -> Iterable[float]:
    for case in animals:
        if case.row["boxes"]:
            said = json.loads(case.row["boxes"])
            known = [Box(b["x"], b["y"], b["w"], b["h"], "animal", 1) for b in said]
            best = surest(case.found.boxes, "animal")
            yield max((iou(best, k) for k in known), default=0.0) if best else 0.0


def cost(files: Sequence[Path], d: Detector, c: Classifier) -> Iterable[str]:
    """Processor time of one picture, decoding included, by what a collection's pictures are: beside
    "as they are", in the same run."""
    framing = c.card.framing

    def classify(pixels: Pixels) -> Verdict:
        return c.predict(pixels[None])[0]

    def alone(file: Path) -> None:
        classify(to_pixels(open_picture(file, short_to_read(framing)).picture, framing))

    def read(file: Path, short: int) -> Pixels:
        return np.asarray(reading_of(open_picture(file, short).picture, short))

    def photograph(file: Path) -> None:
        reading = read(file, short_to_read(framing))
        if is_worth_a_closer_look(reading, framing):
            look_at_photograph(reading, d.detect(reading), c, classify, partial(read, file))
        else:
            classify(pixels_in(reading, None, framing))

    def frame(file: Path) -> None:
        reading = read(file, short_to_read(framing))
        look_at(reading, d.detect(reading), d.card, c, classify, partial(read, file))

    base = spent(files, alone)
    for name, work in (("photographs", photograph), ("camera traps", frame)):
        more = spent(files, work)
        yield f"cost, {name:<14} {more / base:.1f} x as they are (+{more - base:.0f} ms a picture)"


def spent(files: Sequence[Path], work: Callable[[Path], None]) -> float:
    """Milliseconds of processor time a picture."""
    work(files[0])
    begin = time.process_time()
    for file in files:
        work(file)
    return 1000 * (time.process_time() - begin) / len(files)


def as_cameras_write(files: Sequence[Path], folder: Path) -> list[Path]:
    """The same pictures as JPEGs of 2,560 px, as a camera trap writes them."""
    made = []
    for file in files:
        picture = open_picture(file, LONGEST_SHORT_SIDE).picture
        scale = 2560 / max(picture.size)
        size = round(picture.width * scale), round(picture.height * scale)
        made.append(folder / f"{file.stem}.jpg")
        picture.resize(size).save(made[-1], quality=90)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--detector", type=Path, action="append", default=[])
    options = parser.parse_args()
    rows = [r for r in rows_of(options.data) if r["split"] == "measure"]
    files = [options.data / r["file"] for r in rows]
    classifier = Classifier(DEFAULT_MODEL, 2)
    for folder in options.detector or [SUBJECTS]:
        detector = Detector(folder, 2)
        print(f"\n{detector.card.key} ({folder}), {classifier.card.key}")
        pairs = zip(rows, files, strict=True)
        print("\n".join(told([looked(r, p, detector, classifier) for r, p in pairs], classifier)))
        with TemporaryDirectory() as folder:
            large = as_cameras_write(files[:40], Path(folder))
            print("\n".join(cost(large, detector, classifier)))


if __name__ == "__main__":
    main()
