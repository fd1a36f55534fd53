"""Teaching labels from a collection's confirmed pictures: a refitted head as a candidate version.

Not here: the fit (head.py), the comparison (gate.py), or the job that runs this
(workflows/models/teaching.py).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from biosight.errors import BadModel, BadRequest
from biosight.images import Embedding, Image
from biosight.inference.head import Head, read_head
from biosight.inference.model_files.card import (
    ModelCard,
    card_rollup,
    read_card,
)
from biosight.inference.quality import softmax
from biosight.inference.reference import Reference, read_reference
from biosight.inference.rollup import Rollup
from biosight.labels import OPENS_AT
from biosight.learning import gate
from biosight.learning.by_level import (
    LevelLine,
    held_known,
    level_figures,
    level_lines,
    side_with,
)
from biosight.learning.gate_report import measures, values
from biosight.learning.head import Examples, answers_by_group, examples_of, joined_examples, refit
from biosight.learning.locking import locked_pictures
from biosight.learning.taught_model import (
    Assignment,
    Example,
    Floats,
    write_candidate,
    write_reference_for,
)
from biosight.learning.teach_tree import (
    LeafExamples,
    allows,
    fit_new_leaves,
    grown,
    place_in,
    replay_examples,
    said_by_fold,
)
from biosight.storage.conditions import named_by_people
from biosight.storage.records import Records, pages
from biosight.taxa.naming import Naming

BATCH = 500


def named_pictures(records: Records, collection: str, *, in_bulk: bool = False) -> Iterator[Image]:
    """Yield a collection's pictures that a person named, in order of id."""
    where = named_by_people(collection, in_bulk=in_bulk)
    for found in pages(records, Image, where, size=BATCH):
        yield from found


def named_examples(
    records: Records,
    collection: str,
    space: str,
    naming: Naming,
    embed: Callable[[Image], Floats],
    step: Callable[[int], None],
    *,
    in_bulk: bool = False,
) -> list[Example]:
    """Return every named picture with its embedding in `space`; `embed` makes missing embeddings.

    Examples have the model's names.
    """
    back = naming.own
    named = list(named_pictures(records, collection, in_bulk=in_bulk))
    locked = locked_pictures([i for i in named if i.label])
    found = []
    for number, image in enumerate(named, 1):
        if not image.label:
            continue
        kept = records.get(Embedding, image.id)
        vector = kept.floats() if kept and kept.space == space else embed(image)
        group = image.session or image.id
        label, line = back.get(image.label, image.label), naming.own_line(image.label)
        found.append(Example(image.id, label, group, vector, line, image.id in locked))
        step(number)
    return found


def choose(found: Sequence[Example], known: Sequence[str], wanted: Sequence[str]) -> list[Example]:
    """Return the examples of labels that the model knows or is to learn, without locked ones.

    Raises BadRequest for a new label with fewer than OPENS_AT examples, including locked ones.
    """
    counts = Counter(e.label for e in found)
    for label in wanted:
        if label not in known and counts[label] < OPENS_AT:
            raise BadRequest(
                f"{label} has {counts[label]} confirmed pictures; a new label needs {OPENS_AT}."
            )
    return [e for e in found if e.label in {*known, *wanted} and not e.locked]


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


def teach_leaves(
    lesson: Assignment,
    card: ModelCard,
    old: Head,
    reference: Reference,
    found: Sequence[Example],
    target: Path,
) -> values.GateReport:
    """Do the work of `teach` for a model with a tree. New names become leaves below the names they
    hang under. Labels that are finer than the model's names teach the names above them. Raises
    BadRequest."""
    every = {t.id for t in card.taxa} | set(card.label_names)
    choose(found, sorted(every), lesson.labels)
    lines = {e.label: e.line or (e.label,) for e in found}
    made = grown(card, [w for w in lesson.labels if w in lines], lines)
    free = [e for e in found if not e.locked]
    placed = [(e, place) for e in free if (place := place_in(made, lines[e.label]))]
    if not placed:
        raise BadRequest("No confirmed picture has one of these labels.")
    chosen = [e for e, _ in placed]
    names = [label.name for label in made.labels]
    taught, folds = as_examples([replace(e, label=group) for e, (group, _) in placed], names)
    at = [place for _, place in placed]
    allowed = allows(made, [node for _, node in at], [group for group, _ in at])
    leaves = LeafExamples(taught.embeddings, allowed)
    replay = replay_examples(card, reference, made)
    groups = examples_of(reference.replay_embeddings, reference.replay_labels)
    head = fit_new_leaves(old, made, replay, leaves)
    rows = refit(old, joined_examples(groups, taught), len(names))
    head = replace(head, weight=rows.weight, bias=rows.bias)
    after = card.model_copy(
        update={"labels": made.labels, "taxa": made.taxa, "leaves": made.leaves}
    )
    sides = Weighed(card_rollup(after))

    def answer(one: Head, embeddings: npt.NDArray[np.float64]) -> Sequence[str]:
        return sides.nodes(replace(one, weight=rows.weight, bias=rows.bias), embeddings)

    said = said_by_fold(old, made, replay, leaves, folds, answer)
    truth = [node for _, (_, node) in placed]
    levels = levels_of(card, old, after, head, reference)
    report = tree_report(card, old, head, reference, sides, made.new, truth, said, levels)
    write_candidate(lesson, card, head, names, chosen, report, target, made)
    logits = sides.joint(head, reference.held_embeddings)
    write_reference_for(lesson.folder, logits, target)
    return report


@dataclass(frozen=True, slots=True)
class Weighed:
    """Answers of a tree with one head or another."""

    rollup: Rollup

    def groups(self, head: Head, embeddings: npt.NDArray[np.floating]) -> values.Answers:
        """Return a head's answers for the groups, with its leaves."""
        scores = self.rollup.scores(head.logits(embeddings), head.leaf_scores(embeddings))
        best, sure = scores.groups.argmax(axis=1), scores.groups.max(axis=1)
        return values.Answers(best.astype(np.int64), sure.astype(np.float64))

    def joint(self, head: Head, embeddings: npt.NDArray[np.floating]) -> Floats:
        """Return the scores of both layers for the groups, before the temperature."""
        return self.rollup.both(head.logits(embeddings), head.leaf_scores(embeddings))

    def nodes(self, head: Head, embeddings: npt.NDArray[np.floating]) -> list[str]:
        """Return the likeliest leaf of each picture, whatever its threshold."""
        scores = self.rollup.scores(head.logits(embeddings), head.leaf_scores(embeddings))
        return [self.rollup.leaves[int(row.argmax())] for row in scores.leaves]


def tree_report(
    card: ModelCard,
    old: Head,
    head: Head,
    reference: Reference,
    sides: Weighed,
    taught: Sequence[str],
    truth: Sequence[str],
    said: Sequence[str],
    levels: tuple[LevelLine, ...],
) -> values.GateReport:
    """Compare the candidate with its base on the groups of `held`, and measure its new names on
    their own."""
    before = Weighed(card_rollup(card)).groups(old, reference.held_embeddings)
    after = sides.groups(head, reference.held_embeddings)
    report = gate.compare(
        reference.held_labels,
        before,
        after,
        sides.rollup.groups,
        old_labels_only=len(taught) > 0,
        levels=levels,
    )
    number = {name: i for i, name in enumerate(taught)}
    is_it = np.array([number.get(node, -1) for node in truth], dtype=np.int64)
    called = np.array([number.get(node, -1) for node in said], dtype=np.int64)
    new = tuple(measures.new_label(name, i, is_it, called) for name, i in number.items())
    return replace(
        report,
        new_labels=new,
        measured_on=values.PARTS[values.BEFORE],
        champion=card.key,
    )


def levels_of(
    card: ModelCard, old: Head, after: ModelCard, head: Head, reference: Reference
) -> tuple[LevelLine, ...]:
    """Return base and candidate by level, on the base's left-out pictures."""
    lines = [known.line for known in held_known(card, reference)]
    held = reference.held_embeddings
    before = side_with(card, card_rollup(card), old, held, lines)
    now = side_with(after, card_rollup(after), head, held, lines)
    return level_lines(values.PARTS[values.BEFORE], level_figures(before, now))


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
