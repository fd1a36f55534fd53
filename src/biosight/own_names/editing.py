"""Adding, moving, renaming and removing names of a collection, as writes that can be undone.

Not here: what pictures are called then (workflows/names/rename.py, workflows/names/label_paths.py),
or reading a checklist (importing.py).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from biosight.errors import BadRequest
from biosight.labels import clean_label
from biosight.own_names.collected import Names
from biosight.own_names.known import KnownTaxon, known_from, known_id
from biosight.storage.records import Insert, Records, Remove, Replace, Where, Write, find_all
from biosight.taxa.tree import Taxon, Tree

MOST_CHILDREN = 5000
Before = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """Writes to a collection's names, and each record's id with its JSON before, "" for none."""

    writes: tuple[Write, ...] = ()
    before: Before = ()


def edit_of(records: Records, old: Iterable[KnownTaxon], new: Iterable[KnownTaxon]) -> Edit:
    """Return the edit from the records `old` to the records `new`, in one write."""
    was, now = {t.id: t for t in old}, {t.id: t for t in new}
    for id in now.keys() - was.keys():
        if found := records.get(KnownTaxon, id):
            was[id] = found
    writes: list[Write] = []
    for id in sorted(was.keys() | now.keys()):
        if id in was and id in now:
            newer = replace(now[id], version=was[id].version + 1)
            writes.append(Replace(newer, was[id].version))
        elif id in was:
            writes.append(Remove(KnownTaxon, id, was[id].version))
        else:
            writes.append(Insert(now[id]))
    before = ((id, as_json(was[id]) if id in was else "") for id in sorted(was.keys() | now.keys()))
    return Edit(tuple(writes), tuple(before))


def as_json(taxon: KnownTaxon) -> str:
    return json.dumps(asdict(taxon), ensure_ascii=False)


def taken_back(records: Records, before: Before) -> list[Write]:
    """Return the writes that put names back as they were."""
    old = [t for id, _ in before if (t := records.get(KnownTaxon, id))]
    new = [KnownTaxon(**json.loads(text)) for _, text in before if text]
    return list(edit_of(records, old, new).writes)


def drop_source(records: Records, collection: str, source: str) -> int:
    """Remove the names that came with one checklist; return how many there were."""
    where = [Where("collection", "=", collection), Where("source", "=", source)]
    return records.remove(KnownTaxon, where)


def add_edit(records: Records, collection: str, names: Names, wanted: Taxon) -> tuple[str, Edit]:
    """Return a new label below its parent ("" for a root), as it is written, and the edit. Raises
    BadRequest where it is already in the tree, or its parent is not."""
    new = clean_label(wanted.id)
    known = names.accepted(new)
    if known in names.tree:
        raise BadRequest(f"{known} is already in the tree of names.")
    upper = parent_in(names.tree, names.accepted(wanted.parent))
    made = known_from(collection, replace(wanted, id=new, parent=upper))
    return new, edit_of(records, [], [made])


def parent_in(tree: Tree, parent: str) -> str:
    """Return a parent that exists, or "" for none. Raises BadRequest."""
    if parent:
        tree.need(parent)
    return parent


def move_edit(records: Records, collection: str, tree: Tree, label: str, parent: str) -> Edit:
    """Return the edit that moves a label, with everything below it, below another one. Raises
    BadRequest for a cycle."""
    tree = tree if label in tree else tree.add(Taxon(label))
    taxon = tree.move(label, parent).taxa[label]
    own = records.get(KnownTaxon, known_id(collection, label))
    if own and not own.accepted:
        return edit_of(records, [own], [replace(own, parent=parent)])
    made = known_from(collection, replace(taxon, parent=parent))
    return edit_of(records, [own] if own else [], [made])


def rename_edit(records: Records, collection: str, tree: Tree, old: str, new: str) -> Edit:
    """Return the edit of people's own names when `old` becomes `new`. "" removes it; its children
    move up to its parent. The old name stays as a synonym of the new one.

    What the model brings is renamed with the collection's `renamed`. Raises BadRequest for a cycle.
    """
    if new in tree and old in tree and tree.is_below(new, old):
        raise BadRequest(f"{new} is below {old} in the tree; move it first, or pick another name.")
    found = records.get(KnownTaxon, known_id(collection, old))
    own = found if found and found.label == old else None  # not the one of an alike label
    upper = new or (tree.taxa[old].parent if old in tree else "")
    children = children_of(records, collection, old)
    after = [replace(child, parent=upper) for child in children]
    there = new in tree
    if own and not own.accepted and new and not there:
        kept = own.scientific_name or own.label
        after.append(replace(own, id=known_id(collection, new), label=new, scientific_name=kept))
    if new and known_id(collection, new) != known_id(collection, old):
        after.append(KnownTaxon(known_id(collection, old), collection, old, accepted=new))
    return edit_of(records, [*children, *([own] if own else [])], after)


def children_of(records: Records, collection: str, label: str) -> Sequence[KnownTaxon]:
    """Return people's own names directly below a label, without synonyms."""
    where = [Where("collection", "=", collection), Where("parent", "=", label)]
    return [t for t in find_all(records, KnownTaxon, where) if not t.accepted]
