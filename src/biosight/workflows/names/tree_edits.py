"""Names added to a collection's tree, or moved in it: one act each, with undo.

Not here: renaming and removing, which change the labels of pictures (rename.py).
"""

from collections.abc import Callable
from dataclasses import replace

from biosight.collection import Collection
from biosight.errors import Stale
from biosight.membership import with_names
from biosight.own_names import editing
from biosight.own_names.collected import Names
from biosight.own_names.editing import Edit
from biosight.review.acts import Act, Change, new_act
from biosight.storage.records import Insert
from biosight.taxa.tree import Taxon
from biosight.workflows.collection_names import names_in
from biosight.workflows.names.sensitivity import SensitiveChange, moved_sensitive, with_sensitive
from biosight.workflows.task import Task

Editing = Callable[[Names], Edit]


def add_name(task: Task, wanted: Taxon) -> tuple[str, Act]:
    """Add a name below its parent; return its spelling and the act. Raises BadRequest or
    NotFound."""
    written = ""

    def edit(names: Names) -> Edit:
        nonlocal written
        written, made = editing.add_edit(task.records, task.id, names, wanted)
        return made

    below = f" below {wanted.parent}" if wanted.parent else ""
    words = f"Added {wanted.id.strip()}{below}"
    act = write_edit(task, words, edit)
    return written, act


def move_name(task: Task, label: str, parent: str) -> Act:
    """Move a label and everything below it to another parent; return the act. Raises BadRequest or
    NotFound."""
    words = f"Moved {label} below {parent}" if parent else f"Moved {label} to the top"

    def edit(names: Names) -> Edit:
        return editing.move_edit(task.records, task.id, names.tree, label, parent)

    def hiding(found: Collection, names: Names) -> SensitiveChange:
        return moved_sensitive(found, names, label, parent)

    return write_edit(task, words, edit, hiding)


def hides_nothing(_: Collection, __: Names) -> SensitiveChange:
    """Return no change of the sensitive names, as for most edits."""
    return ()


def write_edit(
    task: Task,
    words: str,
    edit: Editing,
    hiding: Callable[[Collection, Names], SensitiveChange] = hides_nothing,
) -> Act:
    """Write an edit, its act and the collection's next version in one write; return the act. Try
    again when somebody changes the collection at the same moment."""
    while True:
        found = task.collection_now()
        names = names_in(task.records, task.catalogue, found)
        made, hidden = edit(names), hiding(found, names)
        change = Change("tree", target_name=words)
        act = new_act(
            task.by, task.id, change, renamed_before=found.renamed, taxa_before=made.before
        )
        act = replace(act, sensitive_change=hidden)
        try:
            again = with_names(with_sensitive(found, hidden))
            task.records.write(again, Insert(act), *made.writes)
            return act
        except Stale:
            continue
