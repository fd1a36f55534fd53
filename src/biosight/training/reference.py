"""Measuring an exported model on left-out pictures, and writing its reference.

Not here: writing the network (export.py).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from biosight.errors import BadModel
from biosight.images.measures import statistics
from biosight.inference.classifier import Classifier
from biosight.inference.head import read_head
from biosight.inference.model_files.card import ModelCard, card_rollup, write_card
from biosight.inference.preprocess import Pixels, to_pixels
from biosight.inference.reference import held_distances, pack_embeddings
from biosight.training.data import dataset as ds
from biosight.training.data.leaves import (
    read_names,
    with_nodes,
)
from biosight.training.measure.answer_tables import write_answer_tables
from biosight.training.measure.evaluate import (
    Ints,
    Report,
    evaluate,
)
from biosight.training.measure.tree_figures import figures as figures_of


def pixels_of(samples: Sequence[ds.Sample], card: ModelCard) -> Pixels:
    """Return all samples as the model sees them, uint8 (n, side, side, 3)."""
    return np.stack([to_pixels(ds.open_rgb(s.path), card.framing) for s in samples])


Floats = npt.NDArray[np.float32]


def logits_of(classifier: Classifier, samples: Sequence[ds.Sample]) -> tuple[Floats, Floats]:
    """Return logits and embeddings of the served file on samples."""
    logits, embeddings = [], []
    for start in tqdm(range(0, len(samples), 8), "measuring", disable=None):
        part = classifier.logits(pixels_of(samples[start : start + 8], classifier.card))
        logits.append(part[0])
        embeddings.append(part[1])
    return np.concatenate(logits), np.concatenate(embeddings)


def numbers(samples: Sequence[ds.Sample], card: ModelCard) -> Ints:
    index = {name: i for i, name in enumerate(card.label_names)}
    return np.array([index[s.label] for s in samples], dtype=np.int64)


def write_reference(
    card: ModelCard,
    target: Path,
    measured: tuple[Floats, Floats, Ints],
    held: list[ds.Sample],
    train: list[ds.Sample],
    replay: int,
) -> None:
    """Write reference.npz: `held_*` for drift, novelty and calibration, `replay_*` for refitting
    heads. Embeddings are stored in bytes, and there are no pixels."""
    logits, embeddings, truth = measured
    dice = np.random.default_rng(0)
    weights = ds.sample_weights(train, 0.2, 0.6).numpy()
    count = min(replay, len(train))
    picks = dice.choice(len(train), count, replace=False, p=weights / weights.sum())
    kept = [train[i] for i in sorted(picks)]
    _, replayed = logits_of(Classifier(target), kept)
    sources = sorted({s.source for s in held})
    source_numbers = np.array([sources.index(s.source) for s in held])
    limit = novelty_limit(embeddings, source_numbers, replayed)
    write_card(card.model_copy(update={"novelty_limit": round(limit, 4)}), target)
    measures = np.array([statistics(ds.open_rgb(s.path)) for s in held], np.float32)
    np.savez_compressed(
        target / "reference.npz",
        allow_pickle=False,
        model_sha256=np.array(card.sha256),
        **pack_embeddings("held_embeddings", embeddings),
        held_logits=weigh_labels(card, target, logits, embeddings).astype(np.float16),
        held_labels=truth.astype(np.int16),
        held_sources=source_numbers.astype(np.int16),
        held_statistics=measures,
        **pack_embeddings("replay_embeddings", replayed),
        replay_labels=numbers(kept, card).astype(np.int16),
        held_nodes=node_numbers(held, card),
        replay_nodes=node_numbers(kept, card),
    )


def weigh_labels(card: ModelCard, folder: Path, logits: Floats, embeddings: Floats) -> Floats:
    """Return a model's scores for its labels (n, labels) before the temperature; with a tree, of
    both layers together."""
    head = read_head(folder, len(card.labels), card.embedding_size)
    if not card.leaves or head is None:
        return logits
    return card_rollup(card).both(logits, head.leaf_scores(embeddings))


def node_numbers(samples: Sequence[ds.Sample], card: ModelCard) -> npt.NDArray[np.int16]:
    """Return the finest known name of each sample, as its number among the card's taxa; -1 for
    none."""
    index = {taxon.id: i for i, taxon in enumerate(card.taxa)}
    return np.array([index.get(s.node, -1) for s in samples], dtype=np.int16)


def novelty_limit(held: Floats, sources: Ints, replay: Floats, share: float = 0.97) -> float:
    """Return the distance within which `share` of the held pictures (n, d) lie. Each is measured
    without the pictures of its own source."""
    return float(np.quantile(held_distances(held, sources, replay), share))


def measure(
    folder: Path,
    root: Path,
    record: str = "",
    *,
    manifest: Path | None = None,
    taxa: Path | None = None,
    tables: Path | None = None,
) -> tuple[Report, dict[str, float]]:
    """Measure the exported model in `folder` on a folder-per-label tree. Return the report on its
    labels, and the figures. They include levels if the model has a tree and `taxa` is a folder of
    names.

    With `record`, the figures are written into the card under that name. With `tables`, the answers
    are written into that folder. Raises BadModel.
    """
    classifier = Classifier(folder)
    known = set(classifier.card.label_names)
    samples = [s for s in ds.scan_tree(root, manifest) if s.label in known]
    if not samples:
        raise BadModel(f"None of the folders in {root} is one of the model's labels.")
    if taxa:
        samples = with_nodes(samples, read_names(taxa), manifest, root)
    logits, embeddings = logits_of(classifier, samples)
    verdicts = classifier.verdicts(logits, embeddings)
    scores = np.array([v.confidences for v in verdicts])
    truth, labels = numbers(samples, classifier.card), classifier.card.label_names
    report = evaluate(scores, truth, labels)
    if tables:
        write_answer_tables(tables, [s.path for s in samples], scores, truth, labels)
    name = record or "these"
    figures = {
        f"{name}_pictures": float(report.pictures),
        f"{name}_accuracy": round(report.accuracy, 4),
        f"{name}_mean_recall": round(report.balanced_accuracy, 4),
        f"{name}_ece": round(report.ece, 4),
    }
    if taxa and classifier.rollup and classifier.head:
        leaf_scores = classifier.head.leaf_scores(embeddings)
        found = classifier.rollup.scores(logits, leaf_scores)
        figures |= figures_of(classifier.card, found, samples, name)
    if record:
        measured = {**classifier.card.measured, **figures}
        write_card(classifier.card.model_copy(update={"measured": measured}), folder)
    return report, figures
