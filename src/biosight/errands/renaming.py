"""A label gets another name in a collection: its pictures, and what its model says from then on.

Not here: the pictures' part alone (review/names.py), or single labels (review/acts.py).
"""

from biosight.collection import Collection, Names
from biosight.errors import NotFound, Stale
from biosight.images import Image
from biosight.review import names, undoing
from biosight.review.acts import Act, Change, Done, new_act
from biosight.review.undoing import Undone
from biosight.sharing import with_names
from biosight.storage.records import Insert, Records, Where, Write, one


def rename_label(
    records: Records,
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
    if not act and one(records, Image, *here) is None:
        return Done("", [], 0, 0), ""
    current = act or begin(records, by, collection, old, change).id
    return names.rename(records, by, collection, old, change, act=current, start=start)


def begin(records: Records, by: str, collection: str, old: str, change: Change) -> Act:
    """The act with the names until now, and the collection with the new ones, in one write.

    Tried again when somebody changes the collection at the same moment. Raises NotFound.
    """
    while (found := records.get(Collection, collection)) is not None:
        made = new_act(by, collection, change, renamed_before=found.renamed)
        renamed = names.renamed_with(dict(found.renamed), old, change.label)
        try:
            records.write(with_names(found, renamed), Insert(made))
            return made
        except Stale:
            continue
    raise NotFound("There is no such collection any more.")


def take_back(
    records: Records, act: Act, by: str, collection: Collection, *, start: str = ""
) -> Undone:
    """Undo any act, 500 pictures a call; a rename's former names come back with its mark.

    Raises Conflict when the act was undone already.
    """
    before = act.renamed_before
    renamed = dict(collection.renamed if before is None else before)
    return undoing.undo(
        records, act, by, renamed, start=start, along=lambda: names_back(records, act, before)
    )


def names_back(records: Records, act: Act, before: Names | None) -> list[Write]:
    """The collection with the names before a rename; nothing for other acts."""
    found = records.get(Collection, act.collection) if before is not None else None
    return [with_names(found, before)] if found is not None and before is not None else []
