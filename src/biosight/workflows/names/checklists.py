"""Import of a checklist into a collection: previewed, then added in batches as one act with undo.

Not here: reading the file (taxa/checklist.py), or finding what is new in it
(own_names/importing.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from biosight.errors import NotFound, Stale
from biosight.membership import with_names
from biosight.own_names import importing
from biosight.own_names.importing import Preview
from biosight.review.acts import Act, Change, new_act
from biosight.storage.records import Insert, Replace
from biosight.taxa.checklist import Listed, parents_first
from biosight.workflows.collection_names import names_in
from biosight.workflows.task import Task

BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Taken:
    """Progress of a checklist import: the act, the names added by this call, and the names still to
    add."""

    act: str
    added: int
    left: int


def preview(task: Task, listed: Sequence[Listed]) -> Preview:
    """Return the effect of a list on a collection's names; nothing changes."""
    names = names_in(task.records, task.catalogue, task.collection_now())
    return importing.looked_through(names, parents_first(listed))[0]


def take_names(task: Task, listed: Sequence[Listed], title: str, *, act: str = "") -> Taken:
    """Add up to BATCH names of a list; call again with the act until none is left.

    Raises NotFound if the collection was removed, or the act can't be continued.
    """
    names = names_in(task.records, task.catalogue, task.collection_now())
    fresh = importing.looked_through(names, parents_first(listed))[1]
    if not fresh:
        return Taken(act, 0, 0)
    current = begun_act(task, title, act)
    piece = fresh[:BATCH]
    added = importing.add_listed(task.records, task.id, names, piece, current)
    counted_in(task, current, added)
    return Taken(current, added, len(fresh) - len(piece))


def begun_act(task: Task, title: str, act: str) -> str:
    """Return the act to add names to, a new one if there is none yet. Raises NotFound."""
    if act:
        found = task.records.get(Act, act)
        if found is None or (found.by, found.collection) != (task.by, task.id) or found.undone_at:
            raise NotFound("There is no such import to go on with.")
        return act
    change = Change("tree", target_name=f"Imported the checklist {title}")
    made = new_act(task.by, task.id, change, renamed_before=task.collection_now().renamed)
    task.records.write(Insert(made))
    return made.id


def counted_in(task: Task, act: str, added: int) -> None:
    """Write the collection's next version, so that the names take effect, and add them to the act's
    count."""
    while True:
        found, now = task.collection_now(), task.records.get(Act, act)
        again = with_names(found)
        counted = (
            [Replace(replace(now, count=now.count + added, version=now.version + 1), now.version)]
            if now
            else []
        )
        try:
            task.records.write(again, *counted)
            return
        except Stale:
            continue
