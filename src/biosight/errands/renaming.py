"""A label gets another name in a collection: its pictures, and what its model says from then on.

Not here: the pictures' part alone (review/names.py), or single labels (review/acts.py).
"""

from dataclasses import replace

from biosight.bootstrap import Catalogue
from biosight.collection import Collection, Names
from biosight.errands import locating
from biosight.errands.names import former_naming, names_in, naming_of
from biosight.errors import NotFound, Stale
from biosight.images import Image
from biosight.review import names, undoing
from biosight.review.acts import Act, Change, Done, new_act
from biosight.review.undoing import Undone
from biosight.sharing import with_names
from biosight.storage.records import Insert, Records, Where, Write, one
from biosight.taxonomy import editing


def rename_label(
    records: Records,
    catalogue: Catalogue,
    by: str,
    collection: str,
    old: str,
    new: str,
    *,
    act: str = "",
    start: str = "",
) -> tuple[Done, str]:
    """Rename `old` to `new` ("" removes it), 500 pictures a call, trash included.

    The collection's names change with the act that remembers the former ones, in one write,
    before the first picture does. Returns what was done and where to go on ("" when finished).
    Raises BadRequest or NotFound.
    """
    change = names.renaming(old, new)
    here = [Where("collection", "=", collection), Where("label", "=", old)]
    tree = names_in(records, catalogue, collection_there(records, collection)).tree
    if not act and old not in tree and one(records, Image, *here) is None:
        return Done("", [], 0, 0), ""
    current = act or begin(records, catalogue, by, collection, old, change).id
    found = collection_there(records, collection)
    path = naming_of(records, catalogue, found).path(change.label)
    placed = replace(change, path=path)
    return names.rename(records, by, collection, old, placed, act=current, start=start)


def collection_there(records: Records, id: str) -> Collection:
    """A collection by id. Raises NotFound."""
    found = records.get(Collection, id)
    if found is None:
        raise NotFound("There is no such collection any more.")
    return found


def begin(
    records: Records, catalogue: Catalogue, by: str, collection: str, old: str, change: Change
) -> Act:
    """The act with the names until now, and the collection with the new ones, in one write.

    Tried again when somebody changes the collection at the same moment. Raises NotFound, or
    BadRequest where the new name hangs below the old one.
    """
    while (found := records.get(Collection, collection)) is not None:
        tree = names_in(records, catalogue, found).tree
        edit = editing.rename_edit(records, collection, tree, old, change.label)
        made = new_act(
            by, collection, change, renamed_before=found.renamed, taxa_before=edit.before
        )
        renamed = names.renamed_with(dict(found.renamed), old, change.label)
        favourites = renamed_favourites(found, old, change.label)
        try:
            records.write(with_names(found, renamed, favourites), Insert(made), *edit.writes)
            return made
        except Stale:
            continue
    raise NotFound("There is no such collection any more.")


def renamed_favourites(collection: Collection, old: str, new: str) -> tuple[str, ...]:
    """The favourites with `old` called `new`, each once; without it where the label went."""
    shown = (new if label == old else label for label in collection.favourites)
    return tuple(dict.fromkeys(label for label in shown if label))


def take_back(
    records: Records,
    catalogue: Catalogue,
    act: Act,
    by: str,
    collection: Collection,
    *,
    start: str = "",
) -> Undone:
    """Undo any act, 500 pictures a call; former names and their places come back with its mark.

    Raises Conflict when the act was undone already.
    """
    before = act.renamed_before
    if before is None or act.undone_at:
        naming = naming_of(records, catalogue, collection)
    else:
        naming = former_naming(records, catalogue, collection, before)
    done = undoing.undo(
        records, act, by, naming, start=start, along=lambda: names_back(records, act, before)
    )
    if act.places_before and not done.next:
        locating.align(records, act.places_before)
    return done


def names_back(records: Records, act: Act, before: Names | None) -> list[Write]:
    """The collection with the names before a rename or a move; nothing for other acts."""
    if act.places_before:
        return locating.places_back(records, act.places_before)
    found = records.get(Collection, act.collection) if before is not None else None
    if found is None or before is None:
        return []
    if act.kind == "tree" and not act.taxa_before:
        editing.drop_source(records, act.collection, act.id)
    writes = editing.taken_back(records, act.taxa_before)
    return [with_names(found, before, found.favourites), *writes]
