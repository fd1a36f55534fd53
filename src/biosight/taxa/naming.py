"""Naming: what a model's names are called in one collection, and where each label hangs there.

Not here: changing either (own_names), or what a model says (inference/rollup.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from unicodedata import combining, decomposition, normalize
from unicodedata import name as character_name

from biosight.taxa.paths import as_path
from biosight.taxa.ranks import HIGHER
from biosight.taxa.tree import Taxon, Tree

EMPTY = Tree(())


@dataclass(frozen=True, slots=True, eq=False)
class Answerable:
    """The names that alone may be answered in a collection, each with the names above it from the
    top down, by the model's own names. It is compared by identity: each is made once for a
    collection's version."""

    lines: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Naming:
    """A collection's names: `renamed` maps a model's name to the one used here, `tree` says what
    hangs below what, by the names used here. Finer answers need `least` confidence, 0 to 1. Without
    `answerable`, any name may be answered.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    tree: Tree = field(default_factory=lambda: EMPTY)
    least: float = 0.0
    answerable: Answerable | None = None

    def shown(self, own: str) -> str:
        """Return the name used here for a model's name; "" where it was removed."""
        return self.renamed.get(own, own)

    def path(self, label: str) -> str:
        """Return the path of a label; a label that is in no tree hangs at the root, alone."""
        if not label:
            return ""
        return as_path(self.tree.line(label) or (label,))

    def published(self, label: str) -> Taxon | None:
        """Return the taxon to publish for a label: the nearest at or above it that has a scientific
        name. None where no taxon is above: a mere word is never published as a name."""
        line = (self.tree.taxa[id] for id in reversed(self.tree.line(label)))
        return next((t for t in line if t.scientific_name), None)

    def higher(self, label: str) -> dict[str, str]:
        """Return rank -> scientific name, for the ranks that Darwin Core has a term for, at or
        above a label."""
        line = (self.tree.taxa[id] for id in self.tree.line(label))
        return {t.taxon_rank: t.scientific_name for t in line if t.taxon_rank in HIGHER}

    def own_line(self, label: str) -> tuple[str, ...]:
        """Return a label's line from the top down, by the model's own names."""
        own = self.own
        return tuple(own.get(n, n) for n in self.tree.line(label) or (label,))

    @property
    def own(self) -> dict[str, str]:
        """Return the model's name for each name that was renamed."""
        return {shown: own for own, shown in self.renamed.items() if shown}


def renamed_tree(taxa: Iterable[Taxon], renamed: Mapping[str, str]) -> dict[str, Taxon]:
    """Return taxa under the names used in a collection. Two that became one keep the first's place,
    and the children of a removed one move up to its parent. The result has no cycles, even after
    merges."""
    found = {t.id: t for t in taxa}

    def shown(id: str) -> str:
        while id in found and renamed.get(id, id) == "":
            id = found[id].parent
        return renamed.get(id, id)

    kept: dict[str, Taxon] = {}
    for taxon in found.values():
        name = renamed.get(taxon.id, taxon.id)
        if name and name not in kept and shown(taxon.parent) != name:
            scientific = taxon.scientific_name or taxon.id
            parent = shown(taxon.parent)
            kept[name] = replace(taxon, id=name, scientific_name=scientific, parent=parent)
    return {t.id: t for t in rooted_taxa(kept)}


def rooted_taxa(taxa: Mapping[str, Taxon]) -> list[Taxon]:
    """Return taxa whose parents all exist. A taxon whose parent is missing hangs at the root. So
    does the last of a cycle, which another model's tree and people's own moves could form."""
    kept: dict[str, Taxon] = {}
    for taxon in taxa.values():
        trail = [taxon.id]
        while (parent := taxa[trail[-1]].parent) in taxa and parent not in trail:
            if parent in kept:
                break
            trail.append(parent)
        for id in reversed(trail):
            own = taxa[id]
            sound = own.parent in kept
            kept.setdefault(id, own if sound or not own.parent else as_root(own))
    return list(kept.values())


def as_root(taxon: Taxon) -> Taxon:
    """Return a taxon that hangs below nothing."""
    return replace(taxon, parent="")


def alike(name: str) -> str:
    """Return a name without case, accents and differences of Unicode form: what is typed without
    accents finds it. The marks of other scripts are no accents, and stay (`are_alike`)."""
    if name.isascii():
        return " ".join(name.casefold().split())
    apart = normalize("NFD", spelt(name))
    kept: list[str] = []
    base = ""
    for c in apart:
        if not combining(c):
            base = c
        elif base.isascii() or "GREEK" in character_name(base, ""):
            continue
        kept.append(c)
    return " ".join(normalize("NFC", "".join(kept)).split())


def spelt(name: str) -> str:
    """Return a name without case and compatibility forms, such as wide letters and ligatures; with
    all its marks, and with raised and lowered signs, which mean something else (H\u2082O)."""
    parts = (
        c if decomposition(c).startswith(("<sub>", "<super>")) else normalize("NFKC", c)
        for c in normalize("NFC", name).casefold()
    )
    return " ".join(normalize("NFC", "".join(parts)).split())


def are_alike(one: str, other: str) -> bool:
    """Return whether two ways of writing mean one name: the same without case and Unicode form, or
    also without accents where one of them was written without any. Two names whose accents differ
    are two names (d\u00ea, a goat; d\u1ebf, a cricket)."""
    first, second = spelt(one), spelt(other)
    bare = alike(one)
    return first == second or (bare == alike(other) and bare in {first, second})
