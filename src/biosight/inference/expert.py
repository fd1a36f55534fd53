"""An expert: a model that knows one branch of the tree, asked only if the answer lies in it.

Its names are mapped to those of the tree (card.taxa). Its opinion moves probability only among the
leaves of its branch, by as much as its weight allows: a logarithmic opinion pool (Genest and Zidek
1986). Weight 0 moves nothing, but the opinion is still reported. Not here: fitting the weight
(learning/weighing.py), or which experts serve (registry).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from biosight.errors import BadModel
from biosight.inference.model_files.card import ModelCard, file_sha256, read_card
from biosight.inference.network import open_network
from biosight.inference.preprocess import FILTERS, Pixels, to_batch
from biosight.inference.rollup import SMALLEST, Floats, Rollup, shares
from biosight.labels import Guess, Opinion
from biosight.taxa.ranks import RANKS

FILES = ("model.onnx", "model.tflite")
TOP = 5
# The model's share in an expert's opinion. A name without probability may be a kind that the expert
# does not know, and the logarithm of zero would decide everything.
DOUBT = np.float32(0.05)
# A parameter in the card of a network that ends in a softmax.
OUTPUTS, PROBABILITIES = "outputs", "probabilities"
# From this rank down, a name is an answer only if expert and model agree: an expert gives a wrong
# name with confidence to a kind that it does not know.
AGREED_FROM = RANKS.index("family")


class Network(Protocol):
    """A network as a function: uint8 (n, side, side, 3) -> scores or probabilities (n, labels)."""

    def __call__(self, pixels: Pixels) -> Floats: ...


class OnnxNetwork:
    """An expert in ONNX, as `biosight model add` prepared it."""

    def __init__(self, path: Path, card: ModelCard, threads: int | None) -> None:
        self.session = open_network(path, threads)
        self.input = self.session.get_inputs()[0].name
        self.card = card

    def __call__(self, pixels: Pixels) -> Floats:
        batch = to_batch(pixels, self.card)
        return np.asarray(self.session.run(["logits"], {self.input: batch})[0], np.float32)


class TfliteNetwork:
    """An expert in TensorFlow Lite; its input is 8-bit pixels, or floats as the card says."""

    def __init__(self, path: Path, card: ModelCard, threads: int | None) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise BadModel(
                "A TFLite model needs ai-edge-litert: .venv/bin/pip install ai-edge-litert."
            ) from error
        try:
            self.interpreter = Interpreter(model_path=str(path), num_threads=threads or 1)
            self.interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise BadModel(f"{path} can't be opened as a TFLite model.") from error
        self.input = self.interpreter.get_input_details()[0]
        self.output = self.interpreter.get_output_details()[0]
        self.card = card

    def __call__(self, pixels: Pixels) -> Floats:
        whole = self.input["dtype"] == np.uint8
        batch = pixels if whole else to_batch(pixels, self.card).transpose(0, 2, 3, 1)
        found = []
        for one in batch:
            self.interpreter.set_tensor(self.input["index"], np.ascontiguousarray(one[None]))
            self.interpreter.invoke()
            found.append(self.interpreter.get_tensor(self.output["index"])[0])
        scale, zero = self.output["quantization"]
        answers = np.array(found, np.float32)
        return (answers - zero) * np.float32(scale) if scale else answers


class Expert:
    """An expert's folder, opened; not safe for two runs at once. Raises BadModel."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self.card = read_card(folder)
        path = next((folder / name for name in FILES if (folder / name).is_file()), None)
        if path is None:
            raise BadModel(f"{folder} has no {' or '.join(FILES)}.")
        if self.card.sha256 and file_sha256(path) != self.card.sha256:
            raise BadModel(f"{path} is not the file its card describes (SHA-256 differs).")
        kind = TfliteNetwork if path.suffix == ".tflite" else OnnxNetwork
        self.network: Network = kind(path, self.card, threads)

    def shares(self, pixels: Pixels) -> Floats:
        """Return probabilities (n, labels) for uint8 (n, side, side, 3) of any side."""
        scores = self.network(resize_squares(pixels, self.card))
        if self.card.parameters.get(OUTPUTS) != PROBABILITIES:
            return shares(scores, self.card.temperature)
        scores += SMALLEST  # in 8 bits all of them may have been rounded to zero
        scores /= scores.sum(axis=1, keepdims=True)
        return scores


def resize_squares(pixels: Pixels, card: ModelCard) -> Pixels:
    """Return square pictures with the side that a card requires."""
    side = card.input_size
    if pixels.shape[1] == side:
        return pixels
    way = FILTERS[card.interpolation]
    return np.stack([np.asarray(Pillow.fromarray(p).resize((side, side), way)) for p in pixels])


class Branch:
    """An expert's branch in the tree of the model that it is asked beside.

    Raises BadModel if the model does not have that name, or no leaves there that the expert can
    tell apart.
    """

    def __init__(self, rollup: Rollup, card: ModelCard) -> None:
        if card.under not in rollup.number:
            raise BadModel(f"{card.key} knows {card.under}, which the model has no name for.")
        tree, self.rollup, self.card = rollup.tree, rollup, card
        own = rollup.incidence[:, rollup.number[card.under]] > 0
        self.members = np.flatnonzero(own)
        self.groups = {rollup.groups[g] for g in rollup.leaf_group[self.members]}
        self.reach = np.zeros((len(card.labels), len(self.members)), np.float32)
        place = {t.id: t.parent for t in card.taxa}
        leaves = [rollup.leaves[i] for i in self.members]
        for row, label in enumerate(card.labels):
            node = place.get(label.name, "")
            self.reach[row] = [
                bool(node) and (tree.is_below(x, node) or tree.is_below(node, x)) for x in leaves
            ]
        self.covered: npt.NDArray[np.bool_] = np.asarray(self.reach.any(axis=0))
        if self.covered.sum() < 2:
            raise BadModel(f"{card.key} can't tell any two of the model's names apart.")
        ranks = [tree.taxa[n].taxon_rank for n in rollup.nodes]
        self.to_agree = np.array([r in RANKS and RANKS.index(r) >= AGREED_FROM for r in ranks])

    def asked(self, group: str) -> bool:
        """Return whether the expert is asked if the model's answer is this group."""
        return group in self.groups

    def translated(self, own: Floats, head: Floats) -> Floats:
        """Return the expert's labels (labels,) as the model's leaves of the branch (members,); they
        add up to 1.

        A name above several leaves is shared among them as the model does. Leaves that the expert
        has no name for keep their share from the model (members,).
        """
        weight = self.reach * head
        total = weight.sum(axis=1)
        spread = weight * (own * (total > 0) / np.maximum(total, SMALLEST))[:, None]
        found: Floats = spread.sum(axis=0)
        sure = np.float32(head[self.covered].sum())
        scaled = found * sure / max(float(found.sum()), float(SMALLEST))
        return np.where(self.covered, scaled, head).astype(np.float32)

    def pooled(self, leaves: Floats, own: Floats, weight: float) -> tuple[Floats, Floats]:
        """Return all leaves (leaves,), those of the branch pooled at a weight, and their nodes
        (nodes,).

        Names from the family down have 0 if the two do not agree on them.
        """
        mass = leaves[self.members].sum()
        head = leaves[self.members] / max(float(mass), float(SMALLEST))
        said = (1 - DOUBT) * self.translated(own, head) + DOUBT * head
        logs = (1 - weight) * np.log(head + SMALLEST) + weight * np.log(said + SMALLEST)
        pooled = leaves.copy()
        pooled[self.members] = mass * shares(logs[None])[0]
        nodes: Floats = pooled @ self.rollup.incidence
        if weight:
            both = [self.rollup.incidence[self.members[x.argmax()]] > 0 for x in (head, said)]
            inside = self.rollup.incidence[self.members].any(axis=0)
            nodes[inside & self.to_agree & ~(both[0] & both[1])] = 0
        return pooled, nodes

    def opinion(self, own: Floats) -> Opinion:
        """Return the expert's guesses, the likeliest first, without labels that have no taxon."""
        known = {t.id for t in self.card.taxa}
        order = [i for i in np.argsort(-own, kind="stable") if self.card.labels[i].name in known]
        top = tuple(
            Guess(self.card.labels[i].name, round(float(own[i]), 4)) for i in order[:TOP] if own[i]
        )
        return Opinion(self.card.key, top, self.card.weight)


@dataclass(frozen=True, slots=True)
class Beside:
    """An expert beside a model, and its branch."""

    expert: Expert
    branch: Branch

    def consult(
        self, pixels: Pixels, groups: Sequence[str], leaves: Sequence[Floats]
    ) -> dict[int, tuple[Floats, Floats, Opinion]]:
        """Ask the expert about the pictures (n, side, side, 3) that the model puts into the branch.
        Return their new leaves and nodes and the expert's opinion, by number."""
        mine = [i for i, group in enumerate(groups) if self.branch.asked(group)]
        if not mine:
            return {}
        weight = self.expert.card.weight
        own = self.expert.shares(pixels[mine])
        return {
            i: (*self.branch.pooled(leaves[i], said, weight), self.branch.opinion(said))
            for i, said in zip(mine, own, strict=True)
        }
