"""A checklist for a collection: previewed, then taken in piece by piece as one act with undo.

Not here: reading the file (taxa/checklist.py), or what is new in it (own_names/importing.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from biosight.bootstrap import Catalogue
from biosight.errors import NotFound, Stale
from biosight.membership import with_names
from biosight.own_names import importing
from biosight.own_names.importing import Preview
from biosight.review.acts import Act, Change, new_act
from biosight.storage.records import Insert, Records, Replace
from biosight.taxa.checklist import Listed, parents_first
from biosight.workflows.collection_names import names_in
from biosight.workflows.names.rename import collection_there

BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Taken:
    """How far a checklist is: the act, names added by this call, and names still to add."""

    act: str
    added: int
    left: int


def preview(
    records: Records, catalogue: Catalogue, collection: str, listed: Sequence[Listed]
) -> Preview:
    """What a list would do to a collection's names; nothing changes."""
    names = names_in(records, catalogue, collection_there(records, collection))
    return importing.looked_through(names, parents_first(listed))[0]


def take_names(
    records: Records,
    catalogue: Catalogue,
    by: str,
    collection: str,
    listed: Sequence[Listed],
    title: str,
    *,
    act: str = "",
) -> Taken:
    """Add up to BATCH names of a list; call again with the act until none is left.

    Raises NotFound where the collection went, or the act is not one to go on with.
    """
    found = collection_there(records, collection)
    names = names_in(records, catalogue, found)
    fresh = importing.looked_through(names, parents_first(listed))[1]
    if not fresh:
        return Taken(act, 0, 0)
    current = begun(records, by, collection, title, act)
    piece = fresh[:BATCH]
    added = importing.add_listed(records, collection, names, piece, current)
    counted_in(records, collection, current, added)
    return Taken(current, added, len(fresh) - len(piece))


def begun(records: Records, by: str, collection: str, title: str, act: str) -> str:
    """The act to add to; made where there is none yet. Raises NotFound."""
    if act:
        found = records.get(Act, act)
        if found is None or (found.by, found.collection) != (by, collection) or found.undone_at:
            raise NotFound("There is no such import to go on with.")
        return act
    was = collection_there(records, collection)
    change = Change("tree", target_name=f"Took in the checklist {title}")
    made = new_act(by, collection, change, renamed_before=was.renamed)
    records.write(Insert(made))
    return made.id


def counted_in(records: Records, collection: str, act: str, added: int) -> None:
    """The collection's next version, so that the names count, and the act's number of names."""
    while True:
        found, now = collection_there(records, collection), records.get(Act, act)
        again = with_names(found)
        counted = (
            [Replace(replace(now, count=now.count + added, version=now.version + 1), now.version)]
            if now
            else []
        )
        try:
            records.write(again, *counted)
            return
        except Stale:
            continue
