"""The tree of an exported model: its temperatures, and its figures by level.

Not here: the answers (inference/rollup.py), or the rest of the export (training/export.py).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from biosight.inference.head import read_head
from biosight.inference.model_files.card import ModelCard, card_rollup
from biosight.inference.rollup import SMALLEST, Answered, Rollup, Scores, shares
from biosight.training.data import dataset as ds
from biosight.training.data.leaves import Bools, leaves_of
from biosight.training.data.levels import LEVELS, level, said_finer, verdict
from biosight.training.measure.evaluate import (
    Report,
    ece_across_sources,
    evaluate,
    fit_temperature,
)

Floats = npt.NDArray[np.float32]
RAISED = 0.95
ENOUGH_SAID = 5
LEAST_RIGHT = 0.8


def fit_leaf_temperature(scores: Floats, allowed: Bools) -> float:
    """Return the temperature with the least loss of scores (n, leaves), given the leaves that each
    picture allows."""

    def loss(log_temperature: float) -> float:
        kept = (shares(scores, float(np.exp(log_temperature))) * allowed).sum(axis=1)
        return float(-np.log(kept + SMALLEST).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded")
    return float(np.exp(found.x))


def calibrated_card(
    card: ModelCard, logits: Floats, leaf_scores: Floats, held: Sequence[ds.Sample]
) -> ModelCard:
    """Return the card with both temperatures, fitted on left-out pictures: first that of the
    leaves, then that of the mean of both layers."""
    leaves = leaves_of(card)
    assert leaves is not None
    allowed = np.array([leaves.allowed(s.node or s.label, s.label) for s in held])
    warmth = round(fit_leaf_temperature(leaf_scores, allowed), 4)
    rollup = card_rollup(card.model_copy(update={"leaf_temperature": warmth}))
    both = rollup.both(logits, leaf_scores)
    truth = np.array([card.label_names.index(s.label) for s in held])
    fitted = {"leaf_temperature": warmth, "temperature": round(fit_temperature(both, truth), 4)}
    return card.model_copy(update=fitted)


def with_checked_offers(
    card: ModelCard, logits: Floats, leaf_scores: Floats, held: Sequence[ds.Sample]
) -> ModelCard:
    """Return the card with a higher threshold for names that were often wrong on left-out pictures,
    and without names that are still wrong with it.

    A name is checked if it was the answer for at least ENOUGH_SAID pictures and right for fewer
    than LEAST_RIGHT of them. A rare answer is no reason against a name.
    """
    taxa = {t.id: t for t in card.taxa}
    for threshold in (RAISED, 0.0):
        now = card.model_copy(update={"taxa": tuple(taxa.values())})
        rollup = card_rollup(now)
        answers = rollup.answers(rollup.scores(logits, leaf_scores))
        for node, (said, right) in said_of(rollup, answers, held).items():
            if said >= ENOUGH_SAID and right < LEAST_RIGHT * said:
                taxa[node] = taxa[node].model_copy(update={"threshold": threshold})
    return card.model_copy(update={"taxa": tuple(taxa.values())})


def said_of(
    rollup: Rollup, answers: Sequence[Answered], held: Sequence[ds.Sample]
) -> dict[str, tuple[int, int]]:
    """Return how often each finer name was the answer, and how often it was right."""
    found: dict[str, tuple[int, int]] = {}
    for answer, sample in zip(answers, held, strict=True):
        if answer.node == answer.group:
            continue
        right = verdict(rollup, answer.node, sample.node or sample.label, sample.label)
        if answer.group != sample.label:
            right = False
        if right is not None:
            said, hits = found.get(answer.node, (0, 0))
            found[answer.node] = (said + 1, hits + right)
    return found


def finished_tree(
    card: ModelCard, folder: Path, answers: tuple[Floats, Floats], held: Sequence[ds.Sample]
) -> tuple[ModelCard, Report, dict[str, float]]:
    """Return the calibrated card, the report on its groups, and the figures by level."""
    logits, embeddings = answers
    head = read_head(folder, len(card.labels), card.embedding_size)
    assert head is not None
    leaf_scores = head.leaf_scores(embeddings)
    card = with_checked_offers(
        calibrated_card(card, logits, leaf_scores, held), logits, leaf_scores, held
    )
    scores = card_rollup(card).scores(logits, leaf_scores)
    truth = np.array([card.label_names.index(s.label) for s in held])
    report = evaluate(scores.groups, truth, card.label_names)
    both = card_rollup(card).both(logits, leaf_scores)
    ece = ece_across_sources(both, truth, [s.source for s in held])
    return card, report, {"held_ece": round(ece, 4)} | figures(card, scores, held, "held")


def figures(
    card: ModelCard, scores: Scores, samples: Sequence[ds.Sample], name: str
) -> dict[str, float]:
    """Return the figures by level, with keys that start with `name`: top-1 at each level, the share
    of answers below the group, and the share of those that is right."""
    rollup = card_rollup(card)
    nodes = [s.node or s.label for s in samples]
    found: dict[str, float] = {}
    for rank in LEVELS:
        at = level(rollup, scores, nodes, rank)
        if at.pictures:
            found[f"{name}_{rank}_pictures"] = float(at.pictures)
            found[f"{name}_{rank}_accuracy"] = round(at.right, 4)
    said = said_finer(rollup, rollup.answers(scores), nodes, [s.label for s in samples])
    found[f"{name}_finer_share"] = round(said.finer, 4)
    if said.finer:
        found[f"{name}_finer_right"] = round(said.right, 4)
    return found
