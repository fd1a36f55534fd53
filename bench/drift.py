"""The drift check on the bundled model's own vectors: false alarms and power, beside the scheme of
the first BioSight.

    python -m bench.drift --data ../shared/data [--repeats 60] [--extra MODEL]

The base is organisms of `test`, shuffled. The shifts are the eight camera shifts of learning.md,
made on pictures of 64 px, and blood cells among organisms (novel). With `--extra`, an exported
model that never saw ten kinds (see docs/guide/models.md), they include a tenth and a half of those
kinds (near-novel).
"""

import argparse
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageFilter

from bench.model import NEAR, TAUGHT
from biosight.bootstrap import BUNDLED
from biosight.drift.comparisons import ALPHA, COMPARISONS, Side, compare_sides
from biosight.drift.draws import counts_apart
from biosight.drift.kindred import Known, known_of
from biosight.images.measures import statistics
from biosight.inference.classifier import Classifier
from biosight.inference.preprocess import to_pixels
from biosight.inference.reference import Familiar, Reference, read_reference, unit

SIDE = 64
SIZES = (20, 50, 100, 200, 500)
POOL = 1300
RUN = 20
FOLDERS = 5
LAB = 200
Picture = Pillow.Image
Which = Sequence[int] | range | npt.NDArray[np.int64]


def jpeg(picture: Picture, quality: int) -> Picture:
    """Return the picture after JPEG compression."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Pillow.open(buffer).convert("RGB")


def array_shift(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Picture], Picture]:
    """Make a shift from a change of values between 0 and 1."""

    def shift(picture: Picture) -> Picture:
        values = change(np.asarray(picture, dtype=np.float64) / 255)
        return Pillow.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8))

    return shift


def enlarged(picture: Picture) -> Picture:
    """Return the centre at twice its size."""
    w, h = picture.size
    return picture.crop((w // 4, h // 4, w - w // 4, h - h // 4)).resize((w, h))


NOISE = np.random.default_rng(5)
SHIFTS: dict[str, Callable[[Picture], Picture]] = {
    "blur 1.0": lambda p: p.filter(ImageFilter.GaussianBlur(1.0)),
    "blur 0.5": lambda p: p.filter(ImageFilter.GaussianBlur(0.5)),
    "noise .08": array_shift(lambda v: v + NOISE.normal(0, 0.08, v.shape)),
    "JPEG 10": lambda p: jpeg(p, 10),
    "gain 1.5": array_shift(lambda v: v * 1.5),
    "gain 1.2": array_shift(lambda v: v * 1.2),
    "white balance": array_shift(lambda v: v * np.array([1.15, 1.0, 0.85])),
    "crop x 2": enlarged,
}


def small(file: Path) -> Picture:
    """Return a picture with its short side at SIDE."""
    with Pillow.open(file) as opened:
        picture = opened.convert("RGB")
    scale = SIDE / min(picture.size)
    return picture.resize(
        (max(SIDE, round(picture.width * scale)), max(SIDE, round(picture.height * scale)))
    )


def side_of(classifier: Classifier, pictures: Sequence[Picture], limit: float) -> Side:
    """Return pictures as the check sees them."""
    logits, vectors, measures = [], [], []
    for start in range(0, len(pictures), 8):
        part = pictures[start : start + 8]
        pixels = np.stack([to_pixels(p, classifier.card.framing) for p in part])
        answer = classifier.logits(pixels)
        logits.append(answer[0])
        vectors.append(answer[1])
        measures += [statistics(p) for p in part]
    embeddings = np.concatenate(vectors)
    assert classifier.familiar is not None
    names = classifier.card.label_names
    return Side(
        embeddings=unit(embeddings).astype(float),
        statistics=np.array(measures),
        novelty=classifier.familiar.distances(embeddings).astype(float),
        limit=limit,
        labels=tuple(names[i] for i in np.concatenate(logits).argmax(axis=1)),
    )


def picked(side: Side, which: Which) -> Side:
    """Return some pictures of a side."""
    rows = np.asarray(which)
    return Side(
        side.embeddings[rows],
        side.statistics[rows],
        side.novelty[rows],
        side.limit,
        tuple(side.labels[i] for i in rows),
    )


def joined(first: Side, second: Side) -> Side:
    """Return both sides as one."""
    return Side(
        np.concatenate([first.embeddings, second.embeddings]),
        np.concatenate([first.statistics, second.statistics]),
        np.concatenate([first.novelty, second.novelty]),
        first.limit,
        first.labels + second.labels,
    )


def fires(base: Side, new: Side, known: Known, alpha: float, seed: int) -> bool:
    """Return whether the check goes amber."""
    return bool(compare_sides(base, new, known, seed=seed, alpha=alpha).firing)


def mmd_of_four(base: Side, new: Side, dice: np.random.Generator) -> float:
    """Return the share of batches that fire in the first BioSight: MMD with an RBF kernel at the
    median distance, on consecutive batches of four, 100 permutations, p < .01."""
    reference = base.embeddings
    width = float(np.median(np.linalg.norm(reference[:200, None] - reference[None, :200], axis=2)))
    fired = []
    for start in range(0, len(new.embeddings) - 3, 4):
        both = np.concatenate([reference, new.embeddings[start : start + 4]])
        distances = np.maximum(2 - 2 * both @ both.T, 0)
        kernel = np.exp(-distances / (2 * width**2))
        members = np.zeros((101, len(both)))
        members[0, len(reference) :] = 1
        for row in range(1, 101):
            members[row, dice.permutation(len(both))[:4]] = 1
        others = 1 - members
        n = len(reference)
        value = (
            ((members @ kernel) * members).sum(1) / 16
            + ((others @ kernel) * others).sum(1) / n**2
            - 2 * ((members @ kernel) * others).sum(1) / (4 * n)
        )
        fired.append(float((value >= value[0] - 1e-12).mean()) < 0.01)
    return float(np.mean(fired))


def false_alarms(clean: Side, known: Known, size: int, repeats: int, alpha: float) -> float:
    """Return how often undrifted windows of one picture per session fire, against 100 others."""
    dice = np.random.default_rng(size)
    count = 0
    for n in range(repeats):
        order = dice.permutation(len(clean.labels))
        window = picked(clean, order[100 : 100 + size])
        count += fires(picked(clean, order[:100]), window, known, alpha, n)
    return count / repeats


def runs(clean: Side, known: Known, repeats: int, *, one_each: bool) -> float:
    """Return how often uploads in runs of 20 similar pictures (neighbours in embedding) fire:
    either 60 sessions with one picture each (`one_each`), or all pictures of three."""
    dice = np.random.default_rng(1)
    count = 0
    for n in range(repeats):
        order = dice.permutation(len(clean.labels))
        base, rest = picked(clean, order[:100]), order[100:]
        sessions = list(alike(clean, rest, dice))
        chosen = (
            [int(dice.choice(s)) for s in sessions]
            if one_each
            else [int(i) for s in sessions[:3] for i in s]
        )
        count += fires(base, picked(clean, chosen), known, 0.05, n)
    return count / repeats


def folders(clean: Side, known: Known, repeats: int, uploads: int, near: int) -> str:
    """Return false alarms at alpha .05 where uploads hold FOLDERS folders of six similar pictures
    each, `near` of them the most similar to the first. Three ways are compared: one picture per
    upload, one per folder, and the rule that chooses between them (drift/draws.py)."""
    fired, apart = [0, 0, 0], 0
    for n in range(repeats):
        dice = np.random.default_rng(n)
        every = np.arange(len(clean.labels))
        cards = list(cards_of(clean, list(alike(clean, every, dice, 6)), near, dice))
        order = dice.permutation(len(cards))[: 2 * uploads]
        drawn = [int(dice.choice(folder)) for card in order for folder in cards[card]]
        half = uploads * FOLDERS
        each = fires(picked(clean, drawn[:half]), picked(clean, drawn[half:]), known, 0.05, n)
        first = [drawn[i] for i in range(0, len(drawn), FOLDERS)]
        one = fires(picked(clean, first[:uploads]), picked(clean, first[uploads:]), known, 0.05, n)
        names = [str(i // FOLDERS) for i in range(len(drawn))]
        ruled = counts_apart(clean.embeddings[drawn], names)
        apart += ruled
        fired = [fired[0] + one, fired[1] + each, fired[2] + (each if ruled else one)]
    shares = " / ".join(f"{x / repeats:.2f}" for x in fired)
    return f"{shares} (folders count in {apart / repeats:.0%})"


def cards_of(
    side: Side, runs: list[npt.NDArray[np.int64]], near: int, dice: np.random.Generator
) -> Iterator[list[npt.NDArray[np.int64]]]:
    """Group runs into uploads of FOLDERS folders each, `near` of which are the most similar to the
    first."""
    centre = np.stack([side.embeddings[run].mean(axis=0) for run in runs])
    left = list(dice.permutation(len(runs)))
    while len(left) >= FOLDERS:
        first = left.pop(0)
        order = np.argsort(-(centre[left] @ centre[first]))[:near]
        card = [first, *(left[i] for i in order)]
        left = [i for i in left if i not in card]
        card += [left.pop(0) for _ in range(FOLDERS - len(card))]
        yield [runs[i] for i in card]


def left_out_labs(reference: Reference, names: Sequence[str], repeats: int) -> Iterator[str]:
    """Yield the false alarms of collections that each consist of one source that the model never
    saw. Windows have 50 and 100 undrifted pictures, and that source is removed from the
    reference."""
    for source in np.unique(reference.held_sources):
        mine = reference.held_sources == source
        if mine.sum() < LAB:
            continue
        rest = replace(
            reference,
            held_embeddings=reference.held_embeddings[~mine],
            held_sources=reference.held_sources[~mine],
        )
        known = known_of(rest)
        vectors = reference.held_embeddings[mine]
        lab = Side(
            embeddings=unit(vectors).astype(float),
            statistics=reference.held_statistics[mine],
            novelty=Familiar(rest).distances(vectors).astype(float),
            limit=known.limit,
            labels=tuple(names[i] for i in reference.held_logits[mine].argmax(axis=1)),
        )
        alarms = [false_alarms(lab, known, size, repeats, ALPHA) for size in (50, 100)]
        yield f"{alarms[0]:.2f} / {alarms[1]:.2f}"


def alike(
    side: Side, pictures: npt.NDArray[np.int64], dice: np.random.Generator, run: int = RUN
) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the pictures in runs of `run` similar ones; each picture is in one run."""
    left = dice.permutation(pictures)
    while len(left) >= run:
        likeness = side.embeddings[left] @ side.embeddings[left[0]]
        order = np.argsort(-likeness)
        yield left[order[:run]]
        left = left[order[run:]]
        dice.shuffle(left)


def power(
    clean: Side, shifted: Side, known: Known, size: int, repeats: int, share: float = 1.0
) -> float:
    """Return how often windows with `share` shifted pictures fire."""
    dice = np.random.default_rng(size)
    count = 0
    for n in range(repeats):
        order = dice.permutation(len(clean.labels))
        drawn = max(1, round(share * size))
        new = picked(
            shifted, dice.choice(len(shifted.labels), drawn, replace=drawn > len(shifted.labels))
        )
        if drawn < size:
            new = joined(new, picked(clean, order[100 : 100 + size - drawn]))
        count += fires(picked(clean, order[:100]), new, known, ALPHA, n)
    return count / repeats


def rows(
    clean: Side, known: Known, shifts: dict[str, tuple[Side, float]], repeats: int
) -> Iterator[list[str]]:
    """Yield one line per shift: the power at every size, and the result of the first BioSight's
    batches."""
    dice = np.random.default_rng(0)
    for name, (side, share) in shifts.items():
        most = [
            power(clean, side, known, size, repeats, share)
            if size <= len(clean.labels) - 100
            else float("nan")
            for size in SIZES
        ]
        old = mmd_of_four(
            picked(clean, range(min(400, len(clean.labels)))), picked(side, range(40)), dice
        )
        yield [name, *(f"{p:.2f}" for p in most), f"{old:.2f}" if share == 1.0 else "-"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--extra", type=Path)
    given = parser.parse_args()
    classifier, reference = Classifier(BUNDLED / "organisms"), read_reference(BUNDLED / "organisms")
    assert reference is not None
    known = known_of(reference)
    files = sorted((given.data / "organisms" / "test").glob("*/*"))
    dice = np.random.default_rng(0)
    files = [files[i] for i in dice.permutation(len(files))[: POOL * 2]]
    clean = side_of(classifier, [small(f) for f in files[:POOL]], known.limit)
    source = [small(f) for f in files[POOL : POOL + 250]]
    shifts: dict[str, tuple[Side, float]] = {
        name: (side_of(classifier, [shift(p) for p in source], known.limit), 1.0)
        for name, shift in SHIFTS.items()
    }
    cells = sorted((given.data / "cells" / "bccd6" / "test").glob("*/*"))[:250]
    shifts["10 % cells"] = (side_of(classifier, [small(f) for f in cells], known.limit), 0.1)
    alarms = [false_alarms(clean, known, size, given.repeats, ALPHA) for size in (60, 200)]
    print(f"false alarm per check at alpha .01: n=60 {alarms[0]:.3f}, n=200 {alarms[1]:.3f}")
    alone, every = (runs(clean, known, given.repeats, one_each=one) for one in (True, False))
    print(f"in runs of 20, alpha .05: one a session {alone:.2f}, every picture {every:.2f}")
    for uploads in (7, 20):
        for near in (0, 1, 2):
            said = folders(clean, known, given.repeats, uploads, near)
            print(f"{uploads} + {uploads} uploads, {near} of {FOLDERS} folders alike: {said}")
    labs = ", ".join(left_out_labs(reference, classifier.card.label_names, given.repeats))
    print(f"in single left-out sources, n=50 / 100: {labs}")
    old = mmd_of_four(picked(clean, range(400)), picked(clean, range(400, 600)), dice)
    print(
        f"the first BioSight, undrifted: {old:.3f} of batches of four; a check of 1,000 pictures "
        f"alarms {1 - (1 - old) ** 250:.0%} of the time"
    )
    print(f"real effects, for red: { {c.name: c.least_effect for c in COMPARISONS} }")
    print("| shift | " + " | ".join(f"n={s}" for s in SIZES) + " | first BioSight, per batch |")
    print("| --- | " + "--- | " * (len(SIZES) + 1))
    for row in rows(clean, known, shifts, given.repeats):
        print("| " + " | ".join(row) + " |")
    if given.extra:
        for row in near_novel(given.data, given.extra, given.repeats):
            print("| " + " | ".join(row) + " |")


def near_novel(data: Path, model: Path, repeats: int) -> Iterator[list[str]]:
    """Yield the power for mixtures with kinds that a model never saw, among other kinds of the same
    sources."""
    classifier = Classifier(model)
    reference = read_reference(model)
    assert reference is not None
    learnt = known_of(reference)
    near, known = [], []
    with (data / "organisms" / "MANIFEST.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            path = data / "organisms" / row["file"]
            if row["kind"] in NEAR:
                near.append((path, row["source"]))
            elif row["split"] == "test" and row["kind"] not in TAUGHT:
                known.append((path, row["source"]))
    sources = {source for _, source in near}
    dice = np.random.default_rng(0)
    fellows = [path for path, source in known if source in sources]
    fellows = [fellows[i] for i in dice.permutation(len(fellows))[:POOL]]
    others = [near[i][0] for i in dice.permutation(len(near))[:600]]
    print(f"(near-novel: {len(others)} pictures, among {len(fellows)} known ones of their sources)")
    clean = side_of(classifier, [small(f) for f in fellows], learnt.limit)
    strange = side_of(classifier, [small(f) for f in others], learnt.limit)
    yield from rows(
        clean,
        learnt,
        {"10 % near-novel": (strange, 0.1), "50 % near-novel": (strange, 0.5)},
        repeats,
    )


if __name__ == "__main__":
    main()
