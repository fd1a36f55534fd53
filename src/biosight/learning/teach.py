"""Teach labels from a collection's confirmed pictures: a refitted head as a candidate version.

Not here: the fit (head.py), the comparison (gate.py), or that this runs as a
Job (cli/worker.py).
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copy2

import numpy as np
import numpy.typing as npt

from biosight.errors import BadModel, BadRequest
from biosight.images import Embedding, Image
from biosight.inference.card import CardLabel, ModelCard, read_card, write_card
from biosight.inference.head import Head, read_head, write_head
from biosight.inference.quality import softmax
from biosight.inference.reference import Reference, read_reference
from biosight.labels import NOT_SURE, OPENS_AT
from biosight.learning import gate
from biosight.learning.head import Examples, answers_by_group, examples_of, joined, refit
from biosight.storage.living import named_by_people
from biosight.storage.records import Records, pages

Floats = npt.NDArray[np.float32]
PIECE = 500


@dataclass(frozen=True, slots=True)
class Example:
    """A picture that a person named, with its embedding (d,) and its upload session."""

    image: str
    label: str
    group: str
    embedding: Floats


@dataclass(frozen=True, slots=True)
class Assignment:
    """What to teach: a base version opened as a folder, labels to add, and the family's name."""

    folder: Path
    labels: tuple[str, ...]
    name: str
    release: str


def named_pictures(records: Records, collection: str) -> Iterator[Image]:
    """A collection's pictures that a person named, in order of id."""
    for found in pages(records, Image, named_by_people(collection), size=PIECE):
        yield from found


def named_examples(
    records: Records,
    collection: str,
    space: str,
    renamed: Mapping[str, str],
    embed: Callable[[Image], Floats],
    step: Callable[[int], None],
) -> list[Example]:
    """Every named picture with its embedding in `space`; `embed` makes those that are missing.

    `renamed` maps a model's label to its name in the collection; examples carry the model's.
    """
    back = {shown: own for own, shown in renamed.items()}
    found = []
    for number, image in enumerate(named_pictures(records, collection), 1):
        if image.label in {"", NOT_SURE}:
            continue
        kept = records.get(Embedding, image.id)
        vector = kept.floats() if kept and kept.space == space else embed(image)
        group = image.session or image.id
        found.append(Example(image.id, back.get(image.label, image.label), group, vector))
        step(number)
    return found


def choose(found: Sequence[Example], known: Sequence[str], wanted: Sequence[str]) -> list[Example]:
    """The examples of labels that the model knows or is to learn.

    Raises BadRequest for a new label with fewer than OPENS_AT examples.
    """
    counts = Counter(e.label for e in found)
    for label in wanted:
        if label not in known and counts[label] < OPENS_AT:
            raise BadRequest(
                f"{label} has {counts[label]} confirmed pictures; a new label opens at {OPENS_AT}."
            )
    return [e for e in found if e.label in {*known, *wanted}]


def teach(lesson: Assignment, found: Sequence[Example], target: Path) -> gate.GateReport:
    """Write the candidate's folder; returns how it compares. Raises BadModel or BadRequest."""
    card = read_card(lesson.folder)
    old = read_head(lesson.folder, len(card.labels), card.embedding_size)
    reference = read_reference(lesson.folder)
    if old is None or reference is None:
        raise BadModel(f"{card.key} has no head or reference to teach from.")
    names = [*card.label_names, *(x for x in lesson.labels if x not in card.label_names)]
    chosen = choose(found, card.label_names, lesson.labels)
    if not chosen:
        raise BadRequest("No confirmed picture has one of these labels.")
    taught, groups = as_examples(chosen, names)
    replay = examples_of(reference.replay_embeddings, reference.replay_labels)
    head = refit(old, joined(replay, taught), len(names))
    said = answers_by_group(old, taught, replay, len(names), groups)
    report = against_base(card, old, head, reference, names, taught, said)
    write_candidate(lesson, card, head, names, chosen, report, target)
    write_reference_for(lesson.folder, reference, head, target)
    return report


def as_examples(
    chosen: Sequence[Example], names: Sequence[str]
) -> tuple[Examples, npt.NDArray[np.int64]]:
    """Examples and their groups as numbers."""
    number = {name: i for i, name in enumerate(names)}
    groups = {group: i for i, group in enumerate(sorted({e.group for e in chosen}))}
    if len(groups) < 5:  # one or two sessions: leave out single pictures instead
        groups = {}
    taught = Examples(
        np.stack([e.embedding for e in chosen]).astype(np.float64),
        np.array([number[e.label] for e in chosen]),
    )
    return taught, np.array([groups.get(e.group, i) for i, e in enumerate(chosen)])


def against_base(
    card: ModelCard,
    old: Head,
    head: Head,
    reference: Reference,
    names: Sequence[str],
    taught: Examples,
    said: npt.NDArray[np.int64],
) -> gate.GateReport:
    """The candidate against its base on `held`, and its new labels cross-validated."""
    known = len(card.labels)
    before = answers_of(reference.held_logits, card.temperature)
    after = answers_of(head.logits(reference.held_embeddings), card.temperature)
    report = gate.compare(
        reference.held_labels, before, after, names, old_labels_only=len(names) > known
    )
    new = tuple(
        gate.new_label(name, number, taught.labels, said)
        for number, name in enumerate(names)
        if (taught.labels == number).any()
    )
    return replace(
        report,
        new_labels=new,
        measured_on="sources that taught neither",
        champion=card.key,
    )


def answers_of(logits: npt.NDArray[np.floating], temperature: float) -> gate.Answers:
    scores = softmax(logits, temperature)
    return gate.Answers(scores.argmax(axis=1), scores.max(axis=1))


def write_candidate(
    lesson: Assignment,
    base: ModelCard,
    head: Head,
    names: Sequence[str],
    chosen: Sequence[Example],
    report: gate.GateReport,
    target: Path,
) -> None:
    """The folder: the base's network, the new head, card, and what taught it."""
    target.mkdir(parents=True, exist_ok=True)
    copy2(lesson.folder / "model.onnx", target / "model.onnx")
    write_head(head, target)
    known = {label.name: label for label in base.labels}
    counts = Counter(e.label for e in chosen)
    words = ", ".join(f"{n} {label}" for label, n in counts.most_common())
    card = base.model_copy(
        update={
            "name": lesson.name,
            "version": lesson.release,
            "labels": tuple(known.get(name) or CardLabel(name=name) for name in names),
            "base": base.space,
            "trained_on": f"The head of {base.key}, refitted here on confirmed pictures: {words}; "
            f"and on a sample of what {base.key} learnt. {base.trained_on}",
            "measured": {
                "held_pictures": float(report.pictures),
                "held_accuracy": round(report.candidate_accuracy, 4),
                "held_ece": round(report.candidate_ece, 4),
            },
        }
    )
    write_card(card, target)
    (target / "training.json").write_text(json.dumps([[e.image, e.label] for e in chosen]))


def write_reference_for(folder: Path, reference: Reference, head: Head, target: Path) -> None:
    """The base's reference with this head's logits."""
    with np.load(folder / "reference.npz", allow_pickle=False) as arrays:
        kept = {name: arrays[name] for name in arrays.files}
    kept["held_logits"] = head.logits(reference.held_embeddings).astype(np.float16)
    np.savez_compressed(target / "reference.npz", allow_pickle=False, **kept)
