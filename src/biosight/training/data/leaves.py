"""The leaves that a network with a tree learns, and the leaves that each picture allows.

A picture may be known to its species, or only to its order. It allows all leaves at or below the
known name. Not here: the loss over them (training/lesson.py), or the answer made from them
(inference/rollup.py).
"""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from biosight.errors import BadModel
from biosight.inference.model_files.card import CardTaxon, ModelCard
from biosight.inference.rollup import Rollup
from biosight.taxa.tree import Taxon, Tree
from biosight.training.data.dataset import Sample, read_manifest

Bools = npt.NDArray[np.bool_]
# A node is told apart from its siblings once it has this many pictures; fewer are enough if
# ImageNet has classes for it.
ENOUGH = 20
ENOUGH_WITH_EVIDENCE = 5
MOST_UNTOLD = 0.1


@dataclass(frozen=True, slots=True)
class NameFolder:
    """A folder of names: the tree, each node's group, the nodes of (kind, group, source) and of
    single files, and the node of each ImageNet class."""

    tree: Tree
    groups: Mapping[str, str]
    kinds: Mapping[tuple[str, str, str], str]
    files: Mapping[str, str]
    classes: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Leaves:
    """The nodes that a network gives scores for, in order, and their tree. Every node of the tree
    belongs to a group or, above the groups, to none ("").

    An inner node among the leaves stands for everything below it that is no other leaf.
    """

    tree: Tree
    names: tuple[str, ...]
    group_of: Mapping[str, str]

    @property
    def groups(self) -> tuple[str, ...]:
        """Group of each leaf, in order."""
        return tuple(self.group_of[name] for name in self.names)

    def allowed(self, node: str, group: str) -> Bools:
        """Return the leaves (leaves,) that a picture of this group, known as `node`, allows."""
        own = [g == group for g in self.groups]
        known = self.near(node)
        below = [self.tree.is_below(name, known) if known else True for name in self.names]
        both = np.array(own) & np.array(below)
        return both if both.any() else np.array(own)

    def near(self, node: str) -> str:
        """Return the lowest node at or above `node` that has leaves at or below it, "" for none."""
        lines = {n for name in self.names for n in self.tree.line(name)}
        return next((n for n in reversed(self.tree.line(node)) if n in lines), "")


def read_names(folder: Path) -> NameFolder:
    """Read nodes.csv and, where they exist, kinds.csv, relabel.csv and imagenet.csv.

    Raises BadModel for a folder without nodes.csv, or for missing columns.
    """
    try:
        nodes = csv_rows(folder / "nodes.csv")
        tree = Tree(
            Taxon(r["id"], r["scientificName"], r["taxonRank"], r["parent"], r["vernacularName"])
            for r in nodes
        )
        return NameFolder(
            tree,
            {r["id"]: r["group"] for r in nodes},
            {
                (r["kind"] or "-", r["group"], r["source"]): r["node"]
                for r in csv_rows(folder / "kinds.csv")
            },
            {r["file"]: r["node"] for r in csv_rows(folder / "relabel.csv")},
            {int(r["class"]): r["node"] for r in csv_rows(folder / "imagenet.csv")},
        )
    except KeyError as error:
        raise BadModel(f"A file in {folder} has no column {error}.") from error


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV, none if the file does not exist. Raises BadModel if nodes.csv is
    missing."""
    if not path.is_file():
        if path.name == "nodes.csv":
            raise BadModel(f"{path.parent} has no nodes.csv.")
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def with_nodes(
    samples: Sequence[Sample], names: NameFolder, manifest: Path | None, root: Path
) -> list[Sample]:
    """Return each sample with its finest known node: by its file, its kind, or its folder."""
    rows = read_manifest(manifest, root) if manifest else {}
    base = manifest.parent if manifest else root
    found = []
    for sample in samples:
        source, kind = rows.get(sample.path, (sample.source, "-"))
        file = sample.path.relative_to(base).as_posix() if sample.path.is_relative_to(base) else ""
        node = names.files.get(file) or names.kinds.get((kind, sample.label, source), "")
        found.append(replace(sample, node=node if node in names.tree else sample.label))
    return found


def choose_leaves(names: NameFolder, samples: Sequence[Sample]) -> Leaves:
    """Return the nodes that pictures or ImageNet's classes can tell apart.

    A node is kept with ENOUGH pictures at or below it (ENOUGH_WITH_EVIDENCE if ImageNet has classes
    there). Kept nodes without kept nodes below them are leaves. So is a kept node with pictures, or
    classes, that belong to none of its kept children.
    """
    tree = names.tree
    counts: Counter[str] = Counter(n for s in samples for n in tree.line(s.node))
    evidence: Counter[str] = Counter(n for c in names.classes.values() for n in tree.line(c))
    least = {n: ENOUGH_WITH_EVIDENCE if evidence[n] else ENOUGH for n in counts}
    kept = {n for n, count in counts.items() if count >= least[n]}
    inner = {tree.taxa[n].parent for n in kept}
    rest = left_over(names, samples, kept)
    leaves = sorted(n for n in kept if names.groups[n] and (n not in inner or n in rest))
    return Leaves(tree, tuple(leaves), names.groups)


def left_over(names: NameFolder, samples: Sequence[Sample], kept: set[str]) -> set[str]:
    """Return the kept nodes with classes, or enough pictures, from nodes below that were not kept.
    Also return those with one kept child and pictures that are known no further: those pictures may
    be something else."""
    tree = names.tree
    children = Counter(tree.taxa[n].parent for n in kept)
    pictures = Counter(
        lowest(tree, s.node, kept) for s in samples if s.node not in kept or children[s.node] == 1
    )
    found = {n for n, count in pictures.items() if count >= ENOUGH_WITH_EVIDENCE}
    return found | {lowest(tree, n, kept) for n in names.classes.values() if n not in kept}


def untold_names(leaves: Leaves, samples: Sequence[Sample]) -> set[str]:
    """Return names that have all leaves of their parent, while many pictures are known only as the
    parent. Otherwise every house cat would be a Panthera, if that is the only leaf below the
    cats."""
    tree = leaves.tree
    exact = Counter(s.node for s in samples)
    counts = Counter(n for s in samples for n in tree.line(s.node))
    below = Counter(n for leaf in leaves.names for n in tree.line(leaf))
    return {
        t.id
        for t in tree
        if t.parent and below[t.id] == below[t.parent] > 0
        if exact[t.parent] > MOST_UNTOLD * counts[t.parent]
    }


def lowest(tree: Tree, node: str, kept: set[str]) -> str:
    """Return the lowest kept node at or above `node`, "" for none."""
    return next((n for n in reversed(tree.line(node)) if n in kept), "")


@dataclass(frozen=True, slots=True)
class Meanings:
    """Meanings of the pictures of a run: `number` of each (group, node), and for each number its
    group's number (m,) and the leaves it allows (m, leaves)."""

    number: Mapping[tuple[str, str], int]
    groups: npt.NDArray[np.int64]
    allowed: Bools


def meanings_of(
    samples: Sequence[Sample], labels: Sequence[str], leaves: Leaves | None
) -> Meanings:
    """Return all meanings that occur among the samples, in order; without a tree, the labels
    alone."""
    pairs = sorted({(s.label, s.node if leaves else "") for s in samples})
    groups = np.array([labels.index(label) for label, _ in pairs], dtype=np.int64)
    rows = [leaves.allowed(node, label) for label, node in pairs] if leaves else []
    allowed = np.array(rows) if rows else np.zeros((len(pairs), 0), dtype=bool)
    return Meanings({pair: i for i, pair in enumerate(pairs)}, groups, allowed)


def save_leaves(leaves: Leaves, path: Path) -> None:
    """Save the leaves of a run, and their tree."""
    said = {
        "taxa": [asdict(taxon) for taxon in leaves.tree],
        "leaves": leaves.names,
        "groups": dict(leaves.group_of),
    }
    path.write_text(json.dumps(said, indent=1), encoding="utf-8")


def read_leaves(path: Path) -> Leaves | None:
    """Return the leaves that `save_leaves` wrote, None if there is no such file."""
    if not path.is_file():
        return None
    said = json.loads(path.read_bytes())
    tree = Tree(Taxon(**taxon) for taxon in said["taxa"])
    return Leaves(tree, tuple(said["leaves"]), said["groups"])


def read_offered(path: Path) -> dict[str, float]:
    """Return the least probability of each node that may be an answer, from a CSV with the columns
    node and threshold. Raises BadModel."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {row["node"]: float(row["threshold"]) for row in csv.DictReader(file)}
    except (KeyError, ValueError) as error:
        raise BadModel(f"{path} needs the columns node and threshold, a number.") from error


def card_taxa(leaves: Leaves, offered: Mapping[str, float]) -> tuple[CardTaxon, ...]:
    """Return the tree as a card writes it; `offered` maps the nodes that may be answers to their
    least probability."""
    return tuple(
        CardTaxon(
            id=taxon.id,
            scientific_name=taxon.scientific_name,
            taxon_rank=taxon.taxon_rank,
            parent=taxon.parent,
            vernacular_name=taxon.vernacular_name,
            group=leaves.group_of[taxon.id],
            threshold=offered.get(taxon.id, 0.0),
        )
        for taxon in leaves.tree
    )


def leaves_of(card: ModelCard) -> Leaves | None:
    """Return the leaves of a card's tree, None without one."""
    if not card.leaves:
        return None
    return Leaves(card.tree, card.leaves, {t.id: t.group for t in card.taxa})


def draft_rollup(leaves: Leaves, labels: Sequence[str]) -> Rollup:
    """Return the roll-up of these leaves while no node is offered yet."""
    return Rollup(leaves.tree, leaves.names, labels, leaves.group_of, {})
