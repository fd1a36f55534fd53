"""Teaching a name that hangs below one the model knows: a new leaf, and nothing else moves.

The existing leaves keep their numbers. A "Spider" taught below Arachnida takes probability from
Arachnida's leaves, and their sum, the group, stays nearly the same. Not here: labels that hang
nowhere (teach.py), or the comparison (learning/gate.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from biosight.errors import BadModel
from biosight.inference.head import Head
from biosight.inference.model_files.card import CardLabel, CardTaxon, ModelCard
from biosight.inference.reference import Reference
from biosight.taxa.tree import Tree

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
PULL = 1e-4
ROUNDS = 200
# A new name is the answer from this probability on where none was measured (thresholds.py).
THRESHOLD = 0.85


@dataclass(frozen=True, slots=True)
class Grown:
    """A model's tree with taught leaves: the new parts of the card, the label of each `new` leaf,
    and all `taught` names below the groups, new or not."""

    labels: tuple[CardLabel, ...]
    taxa: tuple[CardTaxon, ...]
    leaves: tuple[str, ...]
    new: tuple[str, ...]
    taught: tuple[str, ...] = ()

    @property
    def fitted(self) -> list[int]:
        """The numbers of the leaves to fit: new ones, and taught ones that were there."""
        return [i for i, x in enumerate(self.leaves) if x in self.new or x in self.taught]

    @property
    def tree(self) -> Tree:
        return Tree(t.taxon for t in self.taxa)

    @property
    def groups(self) -> Mapping[str, str]:
        """Group of each name, "" for names above the groups."""
        return {t.id: t.group for t in self.taxa}


def grown(card: ModelCard, wanted: Sequence[str], lines: Mapping[str, Sequence[str]]) -> Grown:
    """Return the card's tree with the `wanted` labels in it. `lines` gives the names above each
    label, as the model calls them, from the top down.

    A label below a name that is in a group becomes a leaf of that group. A label that hangs nowhere
    becomes a label of its own.
    """
    taxa = {t.id: t for t in card.taxa}
    labels: list[CardLabel] = list(card.labels)
    new: list[str] = []
    if not card.leaves:
        own = (CardLabel(name=name) for name in wanted if name not in card.label_names)
        return Grown((*labels, *own), (), (), ())
    for label in sorted((w for w in wanted if w not in card.leaves), key=lambda w: len(lines[w])):
        if label in taxa and any(n in card.tree.below(label) for n in card.leaves):
            continue  # the model knows it already, by the leaves below it
        upper = next((n for n in reversed(lines[label][:-1]) if n in taxa and taxa[n].group), "")
        group = taxa[upper].group if upper else label
        if not upper and label not in {x.name for x in labels}:
            labels.append(CardLabel(name=label))
        old = taxa.get(label) or CardTaxon(id=label, parent=upper, group=group)
        taxa[label] = old.model_copy(update={"group": group, "threshold": THRESHOLD})
        new.append(label)
    taught = tuple(w for w in dict.fromkeys(wanted) if w in taxa and taxa[w].group not in {"", w})
    leaves = (*card.leaves, *new)
    return Grown(tuple(labels), tuple(taxa.values()), leaves, tuple(new), taught)


def with_thresholds(made: Grown, measured: Mapping[str, float]) -> Grown:
    """Return the tree in which taught names are said from the `measured` probabilities on. A name
    that could be said before keeps its threshold where nothing was measured."""

    def changed(taxon: CardTaxon) -> CardTaxon:
        fresh = taxon.id in made.new
        least = measured.get(taxon.id, 0.0) or (0.0 if fresh else taxon.threshold)
        return taxon.model_copy(update={"threshold": least}) if taxon.id in measured else taxon

    return replace(made, taxa=tuple(changed(t) for t in made.taxa))


def place_in(made: Grown, line: Sequence[str]) -> tuple[str, str] | None:
    """Return the group and the deepest name of a line that a model knows; None if it knows none."""
    groups = made.groups
    return next(((groups[n], n) for n in reversed(line) if groups.get(n)), None)


@dataclass(frozen=True, slots=True)
class LeafExamples:
    """Embeddings (n, d), and the leaves that each allows (n, leaves)."""

    embeddings: Floats
    allowed: Bools

    def only(self, which: Bools) -> "LeafExamples":
        return LeafExamples(self.embeddings[which], self.allowed[which])


def allows(made: Grown, nodes: Sequence[str], groups: Sequence[str]) -> Bools:
    """Return the leaves that pictures of these groups, known as `nodes` ("" for unknown), allow."""
    tree, group_of = made.tree, made.groups
    rows: dict[tuple[str, str], Bools] = {}
    for pair in set(zip(nodes, groups, strict=True)):
        node, group = pair
        own = np.array([group_of[leaf] == group for leaf in made.leaves])
        below = np.array([tree.is_below(leaf, node) for leaf in made.leaves])
        row = own & below if node else own
        near = row if row.any() else own
        rows[pair] = near if near.any() else np.ones(len(made.leaves), dtype=bool)
    return np.array([rows[pair] for pair in zip(nodes, groups, strict=True)])


def replay_examples(card: ModelCard, reference: Reference, made: Grown) -> LeafExamples:
    """Return the examples that the model learnt from before, with the leaves that each picture
    allows now."""
    names = card.label_names
    groups = [names[n] for n in reference.replay_labels]
    numbers = reference.replay_nodes if len(reference.replay_nodes) else [-1] * len(groups)
    nodes = [card.taxa[n].id if n >= 0 else "" for n in numbers]
    return LeafExamples(reference.replay_embeddings.astype(np.float64), allows(made, nodes, groups))


def fit_new_leaves(old: Head, made: Grown, replay: LeafExamples, taught: LeafExamples) -> Head:
    """Return the head with rows for the new leaves, and with those of taught leaves that it had
    fitted again; all other rows stay as they are.

    The loss is that of the leaves (training/lesson.py). The taught pictures have the same total
    weight as the replayed ones. Each new row is pulled towards the mean of its group's rows, each
    old one towards what it was.
    """
    if old.leaf_weight is None or old.leaf_bias is None:
        raise BadModel("This model has no leaves, so it can't learn new ones.")
    rows, known = made.fitted, len(old.leaf_weight)
    if not rows:
        return old
    others = [i for i in range(len(made.leaves)) if i not in set(rows)]
    inputs = np.concatenate([replay.embeddings, taught.embeddings])
    allowed = np.concatenate([replay.allowed, taught.allowed])[:, [*others, *rows]]
    scores = old.leaf_scores(inputs.astype(np.float32)).astype(np.float64)
    prior = scores - (inputs @ old.leaf_weight.T + old.leaf_bias)
    offset = np.hstack([prior, np.zeros((len(inputs), len(made.leaves) - known))])[:, rows]
    parts = (len(replay.embeddings), len(taught.embeddings))
    weights = np.concatenate([np.full(n, 0.5 / max(1, n)) for n in parts])
    scale = float(np.sqrt((inputs**2).mean() * inputs.shape[1])) or 1.0
    start = first_rows(old, made, scale)
    fixed = (scores[:, others], offset)
    found = minimise_rows(start, inputs / scale, fixed, allowed, weights)
    weight = np.zeros((len(made.leaves), inputs.shape[1]), np.float32)
    bias = np.zeros(len(made.leaves), np.float32)
    weight[:known], bias[:known] = old.leaf_weight, old.leaf_bias
    weight[rows], bias[rows] = found[:, :-1] / scale, found[:, -1]
    return replace(old, leaf_weight=weight, leaf_bias=bias)


def first_rows(old: Head, made: Grown, scale: float) -> Floats:
    """Return what the fitted rows (k, d + 1) begin as: an old leaf as it is, a new one as the mean
    of its group's, 0 in a group of its own."""
    assert old.leaf_weight is not None
    assert old.leaf_bias is not None
    known, group_of = len(old.leaf_weight), made.groups
    start = np.zeros((len(made.fitted), old.leaf_weight.shape[1] + 1))
    for row, number in enumerate(made.fitted):
        group = group_of[made.leaves[number]]
        same = [i for i, x in enumerate(made.leaves[:known]) if group_of[x] == group]
        like = [number] if number < known else same
        if like:
            start[row, :-1] = old.leaf_weight[like].mean(axis=0) * scale
            start[row, -1] = old.leaf_bias[like].mean()
    return start


def minimise_rows(
    start: Floats,
    inputs: Floats,
    fixed: tuple[Floats, Floats],
    allowed: Bools,
    weights: Floats,
) -> Floats:
    """Return the rows (k, d + 1). `fixed` are the scores of the other leaves (n, others) and what
    the prior adds to those of the rows (n, k); `allowed` has the others first."""
    many = len(start)
    ones = np.hstack([inputs, np.ones((len(inputs), 1))])

    def loss(flat: Floats) -> tuple[float, Floats]:
        rows = flat.reshape(start.shape)
        scores = np.hstack([fixed[0], ones @ rows.T + fixed[1]])
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        every = powers / powers.sum(axis=1, keepdims=True)
        mine = powers * allowed
        own = mine / np.maximum(mine.sum(axis=1, keepdims=True), 1e-300)
        kept = (every * allowed).sum(axis=1)
        moved = rows - start
        fit = -(weights * np.log(kept + 1e-12)).sum() + PULL * (moved[:, :-1] ** 2).sum()
        slope = (weights[:, None] * (every - own))[:, -many:].T @ ones
        slope[:, :-1] += 2 * PULL * moved[:, :-1]
        return float(fit), slope.ravel()

    from scipy.optimize import minimize  # seldom needed, and slow to load

    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    rows: Floats = found.x.reshape(start.shape)
    return rows
