"""Teaching a name that hangs below one the model knows: a new leaf, and nothing else moves.

The existing leaves keep their numbers. A "Spider" taught below Arachnida takes probability from
Arachnida's leaves, and their sum, the group, stays nearly the same. Not here: labels that hang
nowhere (teach.py), or the comparison (gate.py).
"""

from collections.abc import Callable, Mapping, Sequence
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
# A taught name is the answer from this probability on, like an order (docs/guide/models.md).
THRESHOLD = 0.85


@dataclass(frozen=True, slots=True)
class Grown:
    """A model's tree with taught leaves: the new parts of the card, and the label of each new
    leaf."""

    labels: tuple[CardLabel, ...]
    taxa: tuple[CardTaxon, ...]
    leaves: tuple[str, ...]
    new: tuple[str, ...]

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
    return Grown(tuple(labels), tuple(taxa.values()), (*card.leaves, *new), tuple(new))


Answering = Callable[[Head, Floats], Sequence[str]]


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
    """Return the head with rows for the new leaves; the other rows stay unchanged.

    The loss is that of the leaves (training/lesson.py). The taught pictures have the same total
    weight as the replayed ones, and each new row is pulled towards the mean of its group's rows.
    Raises BadModel.
    """
    if old.leaf_weight is None or old.leaf_bias is None:
        raise BadModel("This model has no leaves, so it can't learn new ones.")
    known, group_of = len(old.leaf_weight), made.groups
    if not made.new:
        return old
    inputs = np.concatenate([replay.embeddings, taught.embeddings])
    allowed = np.concatenate([replay.allowed, taught.allowed])
    fixed = old.leaf_scores(inputs.astype(np.float32)).astype(np.float64)
    parts = (len(replay.embeddings), len(taught.embeddings))
    weights = np.concatenate([np.full(n, 0.5 / max(1, n)) for n in parts])
    scale = float(np.sqrt((inputs**2).mean() * inputs.shape[1])) or 1.0
    start = np.zeros((len(made.new), inputs.shape[1] + 1))
    for row, label in enumerate(made.new):
        same = [i for i, x in enumerate(made.leaves[:known]) if group_of[x] == group_of[label]]
        if same:
            start[row, :-1] = old.leaf_weight[same].mean(axis=0) * scale
            start[row, -1] = old.leaf_bias[same].mean()
    rows = minimise_rows(start, inputs / scale, fixed, allowed, weights)
    return replace(
        old,
        leaf_weight=np.vstack([old.leaf_weight, rows[:, :-1] / scale]).astype(np.float32),
        leaf_bias=np.concatenate([old.leaf_bias, rows[:, -1]]).astype(np.float32),
        prior=old.prior,
    )


def minimise_rows(
    start: Floats, inputs: Floats, fixed: Floats, allowed: Bools, weights: Floats
) -> Floats:
    """Return the new rows (k, d + 1), given the scores of the old leaves (n, leaves)."""
    many = len(start)
    ones = np.hstack([inputs, np.ones((len(inputs), 1))])

    def loss(flat: Floats) -> tuple[float, Floats]:
        rows = flat.reshape(start.shape)
        scores = np.hstack([fixed, ones @ rows.T])
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        every = powers / powers.sum(axis=1, keepdims=True)
        mine = powers * allowed
        own = mine / mine.sum(axis=1, keepdims=True)
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


def said_by_fold(
    old: Head,
    made: Grown,
    replay: LeafExamples,
    taught: LeafExamples,
    folds_of: Ints,
    answer: Answering,
    folds: int = 5,
) -> list[str]:
    """Return the model's answer for each taught picture when its group did not teach it (n,)."""
    said = [""] * len(taught.embeddings)
    fold = folds_of % folds
    for number in range(folds):
        out = fold == number
        if not out.any() or out.all():
            continue
        head = fit_new_leaves(old, made, replay, taught.only(~out))
        for place, node in zip(
            np.flatnonzero(out), answer(head, taught.embeddings[out]), strict=True
        ):
            said[place] = node
    return said
