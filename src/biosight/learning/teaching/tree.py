"""Teach a model with a tree: new leaves below the names they hang under, said once they are right.

Not here: labels of a model without a tree (teach.py), the fit of a leaf (leaves.py), or from which
probability on a taught name is said (thresholds.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from biosight.errors import BadRequest
from biosight.inference.head import Head
from biosight.inference.model_files.card import ModelCard, card_rollup
from biosight.inference.reference import Reference
from biosight.inference.rollup import Rollup, Scores
from biosight.labels import OPENS_AT, PROPOSED_AT
from biosight.learning import gate
from biosight.learning.by_level import (
    held_known,
    known_side,
    level_figures,
    level_lines,
)
from biosight.learning.gate_report import values
from biosight.learning.head import Examples, examples_of, joined_examples, picked_examples, refit
from biosight.learning.teaching.candidate import (
    Assignment,
    Example,
    write_candidate,
    write_reference_for,
)
from biosight.learning.teaching.examples import choose
from biosight.learning.teaching.folds import FOLDS, Folds, folds_of
from biosight.learning.teaching.leaves import (
    Grown,
    LeafExamples,
    allows,
    fit_new_leaves,
    grown,
    place_in,
    replay_examples,
    with_thresholds,
)
from biosight.learning.teaching.thresholds import JudgedNames, said_names, taught_line, threshold_of

ONE_UPLOAD = (
    "A label comes from fewer than three uploads or deployments, so pictures of one upload judged "
    "each other: expect less of new uploads."
)


@dataclass(frozen=True, slots=True)
class TreeLesson:
    """All that a fit needs: the base's card and head, the tree as it grows, what the model learnt
    before (leaves and groups), and the taught pictures (n) in both forms."""

    card: ModelCard
    old: Head
    made: Grown
    replay: LeafExamples
    groups: Examples
    leaves: LeafExamples
    taught: Examples

    def fit(self, which: npt.NDArray[np.bool_] | None = None) -> Head:
        """Return the head that all taught pictures, or `which` of them (n,), have taught."""
        leaves = self.leaves if which is None else self.leaves.only(which)
        taught = self.taught if which is None else picked_examples(self.taught, which)
        head = fit_new_leaves(self.old, self.made, self.replay, leaves)
        rows = refit(self.old, joined_examples(self.groups, taught), len(self.made.labels))
        return replace(head, weight=rows.weight, bias=rows.bias)

    def card_with(self, made: Grown) -> ModelCard:
        """Return the base's card with a grown tree."""
        parts = {"labels": made.labels, "taxa": made.taxa, "leaves": made.leaves}
        return self.card.model_copy(update=parts)

    def scores_by_fold(self, rollup: Rollup, folds: Folds) -> Scores:
        """Return the scores of each taught picture (n) by a head that its fold did not teach."""
        size = len(self.taught.labels)
        groups = np.zeros((size, len(rollup.groups)), np.float32)
        leaves = np.zeros((size, len(rollup.leaves)), np.float32)
        nodes = np.zeros((size, len(rollup.nodes)), np.float32)
        for number in range(FOLDS):
            out = folds.number == number
            if not out.any() or out.all():
                continue
            found = scores_of(rollup, self.fit(~out), self.taught.embeddings[out])
            groups[out], leaves[out], nodes[out] = found.groups, found.leaves, found.nodes
        return Scores(groups, leaves, nodes)


def scores_of(rollup: Rollup, head: Head, embeddings: npt.NDArray[np.floating]) -> Scores:
    """Return what a head and a tree make of embeddings (n, d)."""
    return rollup.scores(head.logits(embeddings), head.leaf_scores(embeddings))


def teach_leaves(
    assignment: Assignment,
    card: ModelCard,
    old: Head,
    reference: Reference,
    found: Sequence[Example],
    target: Path,
) -> values.GateReport:
    """Write the candidate's folder and return its comparison with the base.

    New names become leaves below the names they hang under; names that are leaves already are
    fitted again. Labels that are finer than the model's names teach the names above them. A taught
    name is said from the probability on that thresholds.py measures, also where the base never said
    it. Raises BadRequest.
    """
    lines = {e.label: e.line or (e.label,) for e in found}
    made, chosen, places = place_examples(assignment, card, found, lines)
    lesson = lesson_of(card, old, reference, made, chosen, places)
    folds = folds_of([e.label for e in chosen], [e.keys for e in chosen])
    rollup, head = card_rollup(lesson.card_with(made)), lesson.fit()
    held = reference.held_embeddings
    judged = JudgedNames(lesson.scores_by_fold(rollup, folds), [lines[e.label] for e in chosen])
    others = JudgedNames(
        scores_of(rollup, head, held), [k.line for k in held_known(card, reference)]
    )
    least = {x: threshold_of(rollup, x, made.groups[x], judged, others) for x in made.taught}
    made = with_thresholds(made, least)
    after = lesson.card_with(made)
    report = compare_trees(lesson, after, reference, others)
    report = with_taught_names(report, lesson, after, judged, whole=folds.whole)
    names = [label.name for label in made.labels]
    write_candidate(assignment, card, head, names, chosen, report, target, made)
    joint = rollup.both(head.logits(held), head.leaf_scores(held))
    write_reference_for(assignment.folder, joint, target)
    return report


def place_examples(
    assignment: Assignment,
    card: ModelCard,
    found: Sequence[Example],
    lines: dict[str, tuple[str, ...]],
) -> tuple[Grown, list[Example], list[tuple[str, str]]]:
    """Return the grown tree, the examples that teach it, and the group and deepest known name of
    each. Raises BadRequest where a label has too few examples, or none teaches."""
    known = {t.id for t in card.taxa} | set(card.label_names)

    def needs(label: str) -> int:
        below_a_group = any(x in known for x in lines.get(label, ())[:-1])
        return PROPOSED_AT if below_a_group else OPENS_AT

    choose(found, sorted(known), assignment.labels, needs)
    made = grown(card, [w for w in assignment.labels if w in lines], lines)
    free = [e for e in found if not e.locked]
    placed = [(e, place) for e in free if (place := place_in(made, lines[e.label]))]
    if not placed:
        raise BadRequest("No confirmed picture has one of these labels.")
    return made, [e for e, _ in placed], [place for _, place in placed]


def lesson_of(
    card: ModelCard,
    old: Head,
    reference: Reference,
    made: Grown,
    chosen: Sequence[Example],
    places: Sequence[tuple[str, str]],
) -> TreeLesson:
    """Return the examples in the forms that the fits need."""
    number = {label.name: i for i, label in enumerate(made.labels)}
    embeddings = np.stack([e.embedding for e in chosen]).astype(np.float64)
    allowed = allows(made, [node for _, node in places], [group for group, _ in places])
    return TreeLesson(
        card,
        old,
        made,
        replay_examples(card, reference, made),
        examples_of(reference.replay_embeddings, reference.replay_labels),
        LeafExamples(embeddings, allowed),
        Examples(embeddings, np.array([number[group] for group, _ in places])),
    )


def compare_trees(
    lesson: TreeLesson, after: ModelCard, reference: Reference, held: JudgedNames
) -> values.GateReport:
    """Compare the candidate, as it judged the base's left-out pictures, with its base: their
    groups, and each level of the tree."""
    base, rollup = card_rollup(lesson.card), card_rollup(after)
    was = scores_of(base, lesson.old, reference.held_embeddings)
    figures = level_figures(
        known_side(base, lesson.card, was, held.lines),
        known_side(rollup, after, held.scores, held.lines),
    )
    return gate.compare(
        reference.held_labels,
        group_answers(was),
        group_answers(held.scores),
        rollup.groups,
        old_labels_only=bool(lesson.made.new or lesson.made.taught),
        levels=level_lines(values.PARTS[values.BEFORE], figures),
    )


def with_taught_names(
    report: values.GateReport,
    lesson: TreeLesson,
    after: ModelCard,
    judged: JudgedNames,
    *,
    whole: bool,
) -> values.GateReport:
    """Return the report with a line per taught name, first among its reasons; `whole` says that no
    upload was split to measure them."""
    base, rollup = card_rollup(lesson.card), card_rollup(after)
    before = said_names(base, scores_of(base, lesson.old, lesson.taught.embeddings))
    now = said_names(rollup, judged.scores)
    threshold = {t.id: t.threshold for t in after.taxa}
    own = [x for x in lesson.made.new if x in rollup.groups]
    names = [x for x in (*lesson.made.taught, *own) if judged.is_it(x).any()]
    lines = tuple(
        taught_line(x, judged, before, now, threshold[x], known=x not in lesson.made.new)
        for x in names
    )
    remark = (ONE_UPLOAD,) if names and not whole else ()
    return replace(
        report,
        new_labels=lines,
        reasons=(*(x.in_words for x in lines), *remark, *report.reasons),
        measured_on=values.PARTS[values.BEFORE],
        champion=lesson.card.key,
    )


def group_answers(scores: Scores) -> values.Answers:
    """Return the winning group of each picture, and its probability."""
    best, sure = scores.groups.argmax(axis=1), scores.groups.max(axis=1)
    return values.Answers(best.astype(np.int64), sure.astype(np.float64))
