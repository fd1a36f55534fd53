"""Taxon and Tree: ancestors, paths, what lies below, and trees made from trees.

A tree never changes: each method that edits it returns another tree, which shares its taxa. Not
here: reading a list of names (checklist.py), or where a collection keeps its tree (own_names).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from types import MappingProxyType

from biosight.errors import BadRequest

DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Taxon:
    """One name in a tree; the fields are Darwin Core's taxonID, scientificName, taxonRank,
    parentNameUsageID and vernacularName. `id` is the name people see; "" as parent means a root.
    """

    id: str
    scientific_name: str = ""
    taxon_rank: str = ""
    parent: str = ""
    vernacular_name: str = ""


# The fields that a record of a taxon also has; the id has another name there.
KEPT_FIELDS = tuple(f.name for f in fields(Taxon) if f.name != "id")


def kept_fields(record: object) -> dict[str, str]:
    """Return all fields except the id of a taxon, or of a record that keeps one, so that a new
    field of Taxon reaches every copy."""
    return {name: getattr(record, name) for name in KEPT_FIELDS}


class Tree:
    """Taxa by id, each parent among them. Raises BadRequest for a cycle or a missing parent.

    100,000 taxa are read in well under half a second (bench/taxa.py).
    """

    def __init__(self, taxa: Iterable[Taxon]) -> None:
        self.taxa: Mapping[str, Taxon] = MappingProxyType({t.id: t for t in taxa})
        self.check()

    def check(self) -> None:
        """Raise BadRequest unless every parent exists and no taxon is its own ancestor."""
        sound = {""}
        for taxon in self.taxa.values():
            trail: list[str] = []
            id = taxon.id
            while id not in sound:
                if id not in self.taxa:
                    raise BadRequest(f"{trail[-1]} has the parent {id}, which is not there.")
                trail.append(id)
                if len(trail) > DEEPEST:
                    raise BadRequest(f"{taxon.id} is below itself or over {DEEPEST} levels deep.")
                id = self.taxa[id].parent
            sound.update(trail)

    def __len__(self) -> int:
        return len(self.taxa)

    def __contains__(self, id: object) -> bool:
        return id in self.taxa

    def __iter__(self) -> Iterator[Taxon]:
        return iter(self.taxa.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and dict(self.taxa) == dict(other.taxa)

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def children(self) -> Mapping[str, Sequence[str]]:
        """Return the ids below each id, in the tree's order; the roots are below ""."""
        found: dict[str, list[str]] = {}
        for taxon in self:
            found.setdefault(taxon.parent, []).append(taxon.id)
        return found

    def line(self, id: str) -> tuple[str, ...]:
        """Return the ids from the root down to `id` itself; () for an id that is not in the
        tree."""
        found: list[str] = []
        while id in self.taxa:
            found.append(id)
            id = self.taxa[id].parent
        return tuple(reversed(found))

    def below(self, id: str) -> Iterator[str]:
        """Yield `id` and all that hangs below it, parents first."""
        waiting = [id]
        while waiting:
            here = waiting.pop()
            yield here
            waiting.extend(reversed(self.children.get(here, ())))

    def is_below(self, id: str, upper: str) -> bool:
        """Return whether `id` is the taxon `upper` or hangs below it."""
        return upper in self.line(id)

    def common(self, ids: Iterable[str]) -> str:
        """Return the lowest common ancestor of some taxa, "" where they share none."""
        lines = [self.line(id) for id in ids]
        shared = ""
        for level in zip(*lines, strict=False):
            if len(set(level)) > 1:
                break
            shared = level[0]
        return shared

    def ranked(self, id: str, rank: str) -> str:
        """Return the taxon of this rank at or above `id`, "" where the line has none."""
        return next((i for i in self.line(id) if self.taxa[i].taxon_rank == rank), "")

    def add(self, taxon: Taxon) -> "Tree":
        """Return the tree with one more taxon. Raises BadRequest where its id is taken or its
        parent is missing."""
        if taxon.id in self.taxa:
            raise BadRequest(f"{taxon.id} is in the tree already.")
        return Tree([*self, taxon])

    def move(self, id: str, parent: str) -> "Tree":
        """Return the tree with `id`, and all below it, below another parent ("" makes it a root).

        Raises BadRequest where it would hang below itself, or either is not in the tree.
        """
        self.need(id)
        if parent:
            self.need(parent)
            if self.is_below(parent, id):
                raise BadRequest(f"{id} can't move below {parent}: {parent} is below {id}.")
        return Tree(replace(t, parent=parent) if t.id == id else t for t in self)

    def rename(self, id: str, new: str) -> "Tree":
        """Return the tree with a taxon under another id; it keeps its scientific name and what
        hangs below it.

        Raises BadRequest where `id` is not in the tree or `new` already is.
        """
        self.need(id)
        if new in self.taxa:
            raise BadRequest(f"{new} is in the tree already: merge the two instead.")
        return Tree(self.renamed(t, id, new) for t in self)

    def renamed(self, taxon: Taxon, id: str, new: str) -> Taxon:
        """Return one taxon after `id` became `new`."""
        if taxon.id == id:
            return replace(taxon, id=new)
        return replace(taxon, parent=new) if taxon.parent == id else taxon

    def merge(self, gone: str, kept: str) -> "Tree":
        """Return the tree without `gone`; what hung below it hangs below `kept`.

        Raises BadRequest where they are one, either is not there, or `kept` hangs below `gone`.
        """
        self.need(gone)
        self.need(kept)
        if self.is_below(kept, gone):
            raise BadRequest(f"{gone} can't be merged into {kept}, which is the same or below it.")
        rest = (t for t in self if t.id != gone)
        return Tree(replace(t, parent=kept) if t.parent == gone else t for t in rest)

    def remove(self, id: str) -> "Tree":
        """Return the tree without `id`; what hung below it moves up to its parent. Raises
        BadRequest."""
        self.need(id)
        upper = self.taxa[id].parent
        rest = (t for t in self if t.id != id)
        return Tree(replace(t, parent=upper) if t.parent == id else t for t in rest)

    def need(self, id: str) -> None:
        """Raise BadRequest for an id that is not in the tree."""
        if id not in self.taxa:
            raise BadRequest(f"{id} is not in the tree of names.")
