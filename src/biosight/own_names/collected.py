"""Names of a collection as they are now: its model's under the names used here, and its own.

They are read again only when the collection has changed: each change of its names raises its
version. Not here: changing them (editing.py), or how names are found while typing
(taxa/finding.py).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from biosight.collection import Collection
from biosight.own_names.known import known_taxa
from biosight.storage.records import Records
from biosight.taxa.finding import Findable, Finder
from biosight.taxa.naming import Answerable, Naming, alike, are_alike, renamed_tree, rooted_taxa
from biosight.taxa.tree import Taxon, Tree

MOST_KEPT = 16


@dataclass(frozen=True)
class Names:
    """Names of a collection: its tree, the label that each synonym stands for, and for each name in
    its `alike` form the name as it is written, and its label."""

    naming: Naming
    synonyms: Mapping[str, str]
    twins: Mapping[str, tuple[str, str]]

    @property
    def tree(self) -> Tree:
        return self.naming.tree

    @cached_property
    def finder(self) -> Finder:
        """Return the finder of all names: labels, their scientific and common names, synonyms."""
        entries = [Findable(label, shown) for label, shown in self.synonyms.items()]
        for taxon in self.tree:
            spoken = {taxon.id, taxon.scientific_name, *taxon.vernacular_name.split("; ")}
            entries += [Findable(name, taxon.id) for name in sorted(spoken) if name]
        return Finder(entries)

    def accepted(self, label: str) -> str:
        """Return the label that is meant: spelt as in the tree, and for a synonym the accepted
        name. An unknown label is returned unchanged."""
        return self.find(label) or label

    def find(self, name: str) -> str:
        """Return the label that a name stands for, however it is spelt; "" for an unknown name."""
        if name in self.tree:
            return name
        written, label = self.twins.get(alike(name), ("", ""))
        return label if label and are_alike(written, name) else ""


def collect_names(records: Records, collection: Collection, base: Sequence[Taxon]) -> Names:
    """Return the names of a collection whose model brings `base`."""
    renamed = dict(collection.renamed)
    taxa = renamed_tree(base, renamed)
    synonyms: dict[str, str] = {}
    for known in known_taxa(records, collection.id):
        if known.accepted:
            synonyms[known.label] = known.accepted
        else:
            taxa[known.label] = known.taxon
    twins = {alike(s): (s, accepted) for s, accepted in synonyms.items() if accepted in taxa}
    twins |= {alike(own): (own, shown) for own, shown in renamed.items() if shown}
    twins |= {alike(label): (label, label) for label in taxa}
    naming = Naming(renamed, Tree(rooted_taxa(taxa)), collection.threshold / 100)
    names = Names(naming, synonyms, twins)
    if not collection.answerable:
        return names
    return replace(names, naming=replace(naming, answerable=answerable_names(collection, names)))


def answerable_names(collection: Collection, names: Names) -> Answerable:
    """Return the names that alone may be answered in a collection, by its model's own names. Names
    that the tree has no more, such as those from before a rename, do not count."""
    accepted = [x for n in collection.answerable if (x := names.accepted(n)) in names.tree]
    lines = [names.naming.own_line(label) for label in dict.fromkeys(accepted)]
    return Answerable({line[-1]: line[:-1] for line in lines})


class Collected:
    """Cache of names that any thread may use; beyond MOST_KEPT, the least recently used are
    dropped."""

    def __init__(self) -> None:
        self.kept: OrderedDict[tuple[str, int, str], Names] = OrderedDict()
        self.lock = threading.Lock()

    def get(
        self,
        records: Records,
        collection: Collection,
        model: str,
        base: Callable[[], Sequence[Taxon]],
    ) -> Names:
        """Return the names of a collection at its version. `base` gathers the taxa that `model`
        brings; it is called only where they are not cached, since every upload calls this."""
        key = (collection.id, collection.version, model)
        with self.lock:
            if found := self.kept.get(key):
                self.kept.move_to_end(key)
                return found
        made = collect_names(records, collection, base())
        with self.lock:
            self.kept[key] = made
            while len(self.kept) > MOST_KEPT:
                self.kept.popitem(last=False)
        return made
