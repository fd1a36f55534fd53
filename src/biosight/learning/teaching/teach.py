"""Teaching labels from a collection's confirmed pictures: a refitted head as a candidate version.

Not here: the fit (learning/head.py), the comparison (learning/gate.py), or the job that runs this
(workflows/models/teaching.py).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from biosight.errors import BadModel, BadRequest
from biosight.inference.head import Head, read_head
from biosight.inference.model_files.card import (
    ModelCard,
    read_card,
)
from biosight.inference.quality import softmax
from biosight.inference.reference import Reference, read_reference
from biosight.learning import gate
from biosight.learning.gate_report import measures, values
from biosight.learning.head import Examples, answers_by_group, examples_of, joined_examples, refit
from biosight.learning.teaching.candidate import (
    Assignment,
    Example,
    write_candidate,
    write_reference_for,
)
from biosight.learning.teaching.examples import choose
from biosight.learning.teaching.tree import teach_leaves


def teach(lesson: Assignment, found: Sequence[Example], target: Path) -> values.GateReport:
    """Write the candidate's folder. Return the comparison with its base. Raises BadModel or
    BadRequest."""
    card = read_card(lesson.folder)
    old = read_head(lesson.folder, len(card.labels), card.embedding_size)
    reference = read_reference(lesson.folder)
    if old is None or reference is None:
        raise BadModel(f"{card.key} has no head or reference to teach from.")
    if card.leaves:
        return teach_leaves(lesson, card, old, reference, found, target)
    names = [*card.label_names, *(x for x in lesson.labels if x not in card.label_names)]
    chosen = choose(found, card.label_names, lesson.labels)
    if not chosen:
        raise BadRequest("No confirmed picture has one of these labels.")
    taught, groups = as_examples(chosen, names)
    replay = examples_of(reference.replay_embeddings, reference.replay_labels)
    head = refit(old, joined_examples(replay, taught), len(names))
    said = answers_by_group(old, taught, replay, len(names), groups)
    report = against_base(card, old, head, reference, names, taught, said)
    write_candidate(lesson, card, head, names, chosen, report, target)
    write_reference_for(lesson.folder, head.logits(reference.held_embeddings), target)
    return report


def as_examples(
    chosen: Sequence[Example], names: Sequence[str]
) -> tuple[Examples, npt.NDArray[np.int64]]:
    """Return the examples, and their groups as numbers."""
    number = {name: i for i, name in enumerate(names)}
    groups = {group: i for i, group in enumerate(sorted({e.group for e in chosen}))}
    if len(groups) < 5:  # too few sessions for five folds: leave out single pictures instead
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
) -> values.GateReport:
    """Compare the candidate with its base on `held`; its new labels are cross-validated."""
    known = len(card.labels)
    before = answers_of(reference.held_logits, card.temperature)
    after = answers_of(head.logits(reference.held_embeddings), card.temperature)
    report = gate.compare(
        reference.held_labels, before, after, names, old_labels_only=len(names) > known
    )
    new = tuple(
        measures.new_label(name, number, taught.labels, said)
        for number, name in enumerate(names)
        if (taught.labels == number).any()
    )
    return replace(
        report,
        new_labels=new,
        measured_on="sources that taught neither",
        champion=card.key,
    )


def answers_of(logits: npt.NDArray[np.floating], temperature: float) -> values.Answers:
    scores = softmax(logits, temperature)
    return values.Answers(scores.argmax(axis=1), scores.max(axis=1))
