"""Answers of champion and candidate for the same pictures: the locked holdout, and older ones.

Not here: judging the answers (gate.py).
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np
from PIL import Image as Pillow

from biosight.errors import BadRequest
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.preprocess import to_pixels
from biosight.inference.reference import Reference
from biosight.learning.by_level import Truth, held_known, level_figures, side_of
from biosight.learning.gate_report.values import BEFORE, HERE, Answers, Ints, Trial
from biosight.learning.teaching.teach import answers_of

T = TypeVar("T")
BATCH = 8
ROUNDS = 12
COLUMNS = (
    "part",
    "actual",
    "champion",
    "champion_confidence",
    "candidate",
    "candidate_confidence",
)


@dataclass(frozen=True, slots=True)
class Sides:
    """Both models, opened; `names` are the candidate's labels, which begin with the champion's."""

    champion: Classifier
    candidate: Classifier

    @property
    def names(self) -> tuple[str, ...]:
        return self.candidate.card.label_names

    @property
    def known(self) -> int:
        """Number of labels that the champion knows."""
        return len(self.champion.card.labels)


def answers_of_verdicts(verdicts: Sequence[Verdict]) -> Answers:
    """Return the likeliest labels of a model's verdicts, and their confidences."""
    scores = np.array([v.confidences for v in verdicts], dtype=np.float64)
    return Answers(scores.argmax(axis=1), scores.max(axis=1))


def on_pictures(
    sides: Sides, part: str, shown: Iterable[tuple[Truth, Pillow.Image]], known: Sequence[str]
) -> Trial | None:
    """Run both sides on pictures with a known truth; pictures with labels outside `known` are left
    out.

    Return None if no picture is left.
    """
    truth: list[Truth] = []
    said: tuple[list[Verdict], list[Verdict]] = ([], [])
    wanted = ((is_it, picture) for is_it, picture in shown if is_it.label in known)
    for batch in batches_of(wanted):
        truth += [is_it for is_it, _ in batch]
        for side, classifier in zip(said, (sides.champion, sides.candidate), strict=True):
            framing = classifier.card.framing
            side += classifier.predict(np.stack([to_pixels(p, framing) for _, p in batch]))
    if not truth:
        return None
    number = {name: i for i, name in enumerate(sides.names)}
    return Trial(
        part,
        np.array([number[is_it.label] for is_it in truth], dtype=np.int64),
        answers_of_verdicts(said[0]),
        answers_of_verdicts(said[1]),
        figures_by_level(sides, truth, *said),
    )


def figures_by_level(
    sides: Sides, truth: Sequence[Truth], before: Sequence[Verdict], after: Sequence[Verdict]
) -> dict[str, float]:
    """Return figures of both sides' verdicts on the same pictures (n), by level of the tree."""
    lines = [is_it.line for is_it in truth]
    return level_figures(
        side_of(sides.champion, before, lines), side_of(sides.candidate, after, lines)
    )


def batches_of(shown: Iterable[tuple[T, Pillow.Image]]) -> Iterator[list[tuple[T, Pillow.Image]]]:
    rest = iter(shown)
    while batch := list(islice(rest, BATCH)):
        yield batch


def on_reference(sides: Sides, reference: Reference) -> Trial | None:
    """Run both sides on the embeddings of the champion's left-out pictures. Return None if the
    candidate reads other embeddings or has no head."""
    old, card = sides.champion, sides.candidate.card
    if card.space != old.card.space or sides.candidate.head is None:
        return None
    embeddings = reference.held_embeddings
    truth = held_known(old.card, reference)
    after = sides.candidate.judge(embeddings)
    before = old.judge(embeddings) if old.head is not None else ()
    levels = figures_by_level(sides, truth, before, after) if before else {}
    return Trial(
        BEFORE,
        reference.held_labels,
        answers_of(reference.held_logits, old.card.temperature),
        answers_of_verdicts(after),
        levels,
    )


def milliseconds(sides: Sides) -> tuple[float, float]:
    """Return both sides' time per picture in batches of eight: the best of some rounds, in
    turns."""
    best = [float("inf"), float("inf")]
    dice = np.random.default_rng(0)
    both = (sides.champion, sides.candidate)
    sizes = [c.card.input_size for c in both]
    pixels = [dice.integers(0, 255, (BATCH, s, s, 3), dtype=np.uint8) for s in sizes]
    for _ in range(ROUNDS):
        for side, classifier in enumerate(both):
            begin = perf_counter()
            classifier.logits(pixels[side])
            best[side] = min(best[side], perf_counter() - begin)
    return best[0] / BATCH * 1000, best[1] / BATCH * 1000


def write_answers(path: Path, trials: Sequence[Trial], names: Sequence[str]) -> None:
    """Write all answers as a table, one row per picture: `dvc plots` draws it, `read_answers` reads
    it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for t in trials:
            for n, actual in enumerate(t.truth):
                rows.writerow(
                    [
                        t.part,
                        names[actual],
                        names[t.champion.said[n]],
                        f"{t.champion.confidence[n]:.4f}",
                        names[t.candidate.said[n]],
                        f"{t.candidate.confidence[n]:.4f}",
                    ]
                )


def read_answers(
    path: Path, names: Sequence[str], levels: Mapping[str, Mapping[str, float]]
) -> list[Trial]:
    """Return the trials in a table, with each part's figures by level.

    Raises BadRequest if the table is missing or empty.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise BadRequest(f"There is no {path}; evaluate first.") from error
    index = {name: i for i, name in enumerate(names)}

    def numbers(part: list[dict[str, str]], column: str) -> Ints:
        return np.array([index[row[column]] for row in part], dtype=np.int64)

    def side(part: list[dict[str, str]], who: str) -> Answers:
        sure = np.array([float(row[f"{who}_confidence"]) for row in part])
        return Answers(numbers(part, who), sure)

    found = []
    for name in (HERE, BEFORE):
        part = [row for row in rows if row["part"] == name]
        if part:
            said = side(part, "champion"), side(part, "candidate")
            found.append(Trial(name, numbers(part, "actual"), *said, levels.get(name, {})))
    if not found:
        raise BadRequest("There is no picture to compare on: name pictures of more sessions.")
    return found
