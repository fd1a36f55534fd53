"""Classifier: one model folder; a batch of pixels -> calibrated scores, embeddings, novelty.

Not here: gathering batches (batching.py), which models are open (serving.py), or which one is asked
(registry).
"""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from biosight.errors import BadModel
from biosight.inference.expert import Beside
from biosight.inference.head import Head, read_head
from biosight.inference.model_files.card import ModelCard, card_rollup, file_sha256, read_card
from biosight.inference.network import open_network
from biosight.inference.preprocess import Pixels, to_batch
from biosight.inference.reference import Familiar, read_reference
from biosight.inference.rollup import Rollup, shares
from biosight.labels import Guess, LineLevel, Opinion
from biosight.taxa.paths import as_path

log = logging.getLogger(__name__)
Floats = npt.NDArray[np.float32]
TOP = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """A model's verdict on one picture: confidences per label, the embedding, and its distance from
    what the model knows (0 without a reference). With a tree, it also has probabilities of the
    leaves and nodes, and the opinions of the experts that were asked."""

    confidences: Floats
    embedding: Floats
    novelty: float
    leaves: Floats | None = None
    nodes: Floats | None = None
    opinions: tuple[Opinion, ...] = ()


def check_file(folder: Path, card: ModelCard) -> Path:
    """Return the model's file. Raises BadModel unless it is the one that its card describes."""
    model = folder / "model.onnx"
    if not model.is_file():
        raise BadModel(f"{folder} has no model.onnx.")
    if card.sha256 and file_sha256(model) != card.sha256:
        raise BadModel(f"{model} is not the file its card describes (SHA-256 differs).")
    return model


def rollup_of(card: ModelCard, head: Head | None) -> Rollup | None:
    """Return the roll-up of a card's tree, None without a tree. Raises BadModel for leaves without
    numbers."""
    if not card.leaves:
        return None
    if head is None or head.leaf_weight is None or len(head.leaf_weight) != len(card.leaves):
        raise BadModel(f"The head.npz of {card.key} does not hold the leaves of its card.")
    return card_rollup(card)


class Classifier:
    """A model folder opened for inference; not safe for two runs at once (see batching.py).

    `session` may be one that is already open for the same file. `beside` are the experts that it
    asks about pictures in their branches. Raises BadModel.
    """

    def __init__(
        self,
        folder: Path,
        threads: int | None = None,
        provider: str = "cpu",
        session: ort.InferenceSession | None = None,
    ) -> None:
        self.folder = folder
        self.card: ModelCard = read_card(folder)
        model = check_file(folder, self.card)
        self.session = session or open_network(model, threads, provider)
        self.input = self.session.get_inputs()[0].name
        self.outputs = {output.name for output in self.session.get_outputs()}
        self.head = read_head(folder, len(self.card.labels), self.card.embedding_size)
        if self.card.base and self.head is None:
            raise BadModel(f"{folder} has no head.npz, which its card promises.")
        self.rollup = rollup_of(self.card, self.head)
        reference = read_reference(folder)
        self.familiar = Familiar(reference) if reference else None
        self.beside: tuple[Beside, ...] = ()

    def logits(self, pixels: Pixels) -> tuple[Floats, Floats]:
        """Return raw logits (n, labels) and embeddings (n, d) for uint8 (n, side, side, 3)."""
        batch = to_batch(pixels, self.card)
        scores, embeddings = self.session.run(["logits", "embedding"], {self.input: batch})
        embeddings = np.asarray(embeddings, np.float32)
        if self.card.base and self.head:
            return self.head.logits(embeddings), embeddings
        return np.asarray(scores, np.float32), embeddings

    def predict(self, pixels: Pixels) -> list[Verdict]:
        """Return one Verdict per picture for uint8 (n, side, side, 3)."""
        verdicts = self.verdicts(*self.logits(pixels))
        for beside in self.beside:
            verdicts = self.with_expert(beside, pixels, verdicts)
        return verdicts

    def with_expert(self, beside: Beside, pixels: Pixels, verdicts: list[Verdict]) -> list[Verdict]:
        """Ask an expert about the pictures (n, side, side, 3) in its branch. Return the verdicts
        with its opinions."""
        groups = [self.top(v, 1)[0].label for v in verdicts]
        leaves_of = [v.leaves for v in verdicts if v.leaves is not None]
        try:
            heard = beside.consult(pixels, groups, leaves_of)
        except Exception:  # an expert may fail in any way; the model has already answered
            log.exception("an expert failed", extra={"model": beside.expert.card.key})
            return verdicts
        for i, (leaves, nodes, opinion) in heard.items():
            said = (*verdicts[i].opinions, opinion)
            verdicts[i] = replace(verdicts[i], leaves=leaves, nodes=nodes, opinions=said)
        return verdicts

    def judge(self, embeddings: Floats) -> list[Verdict]:
        """Return one Verdict for each embedding (n, d) of this model's space, without the network.

        Raises BadModel if the last layer is not available as numbers.
        """
        if self.head is None:
            raise BadModel(f"{self.card.key} has no head.npz.")
        return self.verdicts(self.head.logits(embeddings), embeddings)

    def verdicts(self, scores: Floats, embeddings: Floats) -> list[Verdict]:
        """Return one Verdict for each row of logits (n, labels) and embeddings (n, d)."""
        novelty = self.familiar.distances(embeddings) if self.familiar else np.zeros(len(scores))
        rounded = [round(float(n), 4) for n in novelty]
        if self.rollup is None or self.head is None:
            confidences = shares(scores, self.card.temperature)
            return [Verdict(*row) for row in zip(confidences, embeddings, rounded, strict=True)]
        found = self.rollup.scores(scores, self.head.leaf_scores(embeddings))
        rows = zip(found.groups, embeddings, rounded, found.leaves, found.nodes, strict=True)
        return [Verdict(*row) for row in rows]

    def top(self, verdict: Verdict, count: int = TOP) -> tuple[Guess, ...]:
        """Return the most likely labels, best first."""
        order = np.argsort(-verdict.confidences, kind="stable")[:count]
        names = self.card.label_names
        return tuple(Guess(names[i], round(float(verdict.confidences[i]), 4)) for i in order)

    def answer(self, verdict: Verdict, least: float = 0.0) -> Guess:
        """Return the model's answer: the deepest node of its tree that is sure enough, and at least
        `least` (0 to 1), otherwise the likeliest label."""
        if self.rollup is None or verdict.nodes is None:
            return self.top(verdict, 1)[0]
        said = self.rollup.answer(verdict.confidences, verdict.nodes, least)
        return Guess(said.node, round(said.confidence, 4))

    def finer(self, verdict: Verdict, count: int = TOP) -> tuple[Guess, ...]:
        """Return the most likely names with nothing below them, best first; none without a tree."""
        if verdict.leaves is None or self.rollup is None:
            return ()
        own = np.where(self.rollup.ends, verdict.leaves, -1)
        order = [i for i in np.argsort(-own, kind="stable")[:count] if own[i] >= 0]
        names = self.card.leaves
        return tuple(Guess(names[i], round(float(own[i]), 4)) for i in order)

    def every_score(self, verdict: Verdict) -> tuple[Guess, ...]:
        """Return every label or name of the tree with its probability, the likeliest first: for
        people who judge the model themselves."""
        if verdict.nodes is None or self.rollup is None:
            return self.top(verdict, len(self.card.labels))
        nodes = verdict.nodes
        order = np.argsort(-nodes, kind="stable")
        return tuple(Guess(self.rollup.nodes[i], round(float(nodes[i]), 4)) for i in order)

    def levels(self, verdict: Verdict, said: str, least: float = 0.0) -> tuple[LineLevel, ...]:
        """Return the names on the line through the answer `said`, from the top of the tree down,
        with their probabilities and what each needs; none without a tree."""
        if self.rollup is None or verdict.nodes is None:
            return ()
        nodes, number = verdict.nodes, self.rollup.number
        line = self.rollup.line_through(said, nodes)
        return tuple(
            LineLevel(x, round(float(nodes[number[x]]), 4), self.rollup.needs(x, least))
            for x in line
        )

    def at_depth(self, answer: Guess, group: Guess, depth: str) -> Guess:
        """Return an answer cut at a rank: "group" for the model's label, a rank, or "deepest"."""
        if self.rollup is None or depth == "deepest" or answer.label == group.label:
            return answer
        tree = self.rollup.tree
        if depth == "group":
            return group
        cut = tree.ranked(answer.label, depth)
        below = cut and tree.is_below(cut, group.label)
        return Guess(cut, answer.confidence) if below else answer

    def path(self, node: str) -> str:
        """Return the path of a name in the model's own tree; "" for a name outside it."""
        return as_path(self.rollup.tree.line(node)) if self.rollup else ""

    def rank(self, node: str) -> str:
        """Return the taxonRank of a name in the model's own tree; "" for a name outside it."""
        taxon = self.rollup.tree.taxa.get(node) if self.rollup else None
        return taxon.taxon_rank if taxon else ""

    def asks(self, verdict: Verdict) -> bool:
        """Return whether an expert will be asked about a picture, which needs its pixels."""
        group = self.top(verdict, 1)[0].label
        return any(beside.branch.asked(group) for beside in self.beside)

    def unfamiliar(self, verdict: Verdict) -> bool:
        """Return whether the picture lies beyond what the model knows."""
        return 0 < self.card.novelty_limit < verdict.novelty

    def knows(self, label: str) -> bool:
        """Return whether the model can answer with this label or name of its tree."""
        nodes = self.rollup.number if self.rollup else {}
        return label in self.card.label_names or label in nodes

    def slope(self, embedding: Floats, label: str) -> Floats:
        """Return the direction (d,) in which a label or a name of the tree gets likelier. This is
        its own row, or the mean of the leaves at or below it, minus the part that all leaves
        share."""
        assert self.head is not None
        if label in self.card.label_names:
            return self.head.direction(embedding, self.card.label_names.index(label))
        assert self.rollup is not None
        assert self.head.leaf_weight is not None
        below = self.rollup.incidence[:, self.rollup.number[label]] > 0
        own: Floats = self.head.leaf_weight[below].mean(axis=0)
        every: Floats = self.head.leaf_weight.mean(axis=0)
        return np.subtract(own, every)

    def activation(self, pixels: Pixels, label: str) -> Floats | None:
        """Return where in one picture (side, side, 3) the evidence for `label` lies: a
        class-activation map (h, w) in 0 to 1 (Zhou et al. 2016). Return None for networks without a
        last feature map."""
        if "features" not in self.outputs or self.head is None:
            return None
        batch = to_batch(pixels[None], self.card)
        features = np.asarray(self.session.run(["features"], {self.input: batch})[0][0], np.float32)
        weight = self.slope(features.mean((1, 2)), label)
        heat: Floats = np.maximum(np.tensordot(weight, features, axes=1), 0)
        return heat / max(float(heat.max()), 1e-9)
