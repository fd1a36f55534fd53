"""Sensitive names stay protected through renames, merges, moves in the tree, and undo.

Not here: what a sensitive name hides (field/coarse_places.py).
"""

from dataclasses import replace
from difflib import get_close_matches

from biosight.collection import Collection
from biosight.errors import BadRequest, NeedsAnswer
from biosight.field.coarse_places import SensitiveNames
from biosight.labels import clean_label
from biosight.own_names.collected import Names
from biosight.storage.label_use import pictures_by_label
from biosight.storage.records import Records, Where
from biosight.taxa.naming import alike, are_alike
from biosight.taxa.tree import Taxon

SensitiveChange = tuple[tuple[str, str], ...]
ADDED, REMOVED = "added", "removed"
MOST_SUGGESTED = 3


def known_sensitive(
    records: Records, collection: Collection, names: Names, asked: list[str]
) -> list[str]:
    """Return the names to make sensitive, as the collection writes them. Raises BadRequest for an
    unknown name, and suggests similar ones."""
    here = [Where("collection", "=", collection.id)]
    used = [label for label in pictures_by_label(records, here) if label]
    kept = set(collection.sensitive)
    return [a if a in kept else as_written(used, clean_label(a), names) for a in asked]


def as_written(used: list[str], asked: str, names: Names) -> str:
    """Return a name as the collection writes it, in its tree or on pictures (`used`). Raises
    BadRequest."""
    on_pictures = next((u for u in used if are_alike(u, asked)), "")
    if found := names.find(asked) or on_pictures or by_other_name(names, asked):
        return found
    every = {alike(n): n for n in (*names.tree.taxa, *used)}
    close = [every[c] for c in get_close_matches(alike(asked), every, MOST_SUGGESTED)]
    hint = f"Did you mean {' or '.join(close)}?" if close else "Add it to the names first."
    raise BadRequest(f"This collection does not know the name {asked}. {hint}")


def by_other_name(names: Names, asked: str) -> str:
    """Return the label that has this scientific or common name, "" if there is none."""
    found = (e for e in names.finder.find(asked) if are_alike(e.name, asked))
    return next((e.label for e in found), "")


def renamed_sensitive(
    collection: Collection,
    names: Names,
    old: str,
    new: str,
    answer: bool | None,
    *,
    joins: bool,
) -> SensitiveChange:
    """Return how a rename of `old` to `new` changes the sensitive names. `joins` is true if
    pictures or the tree know `new` already. A removed label stays sensitive.

    Raises NeedsAnswer if a sensitive name would be merged into one that is not, and `answer` is
    None.
    """
    rule = SensitiveNames(collection.sensitive, names.naming, names.accepted)
    listed = [s for s in collection.sensitive if are_alike(names.accepted(s), old)]
    children = tuple((child, ADDED) for child in names.tree.children.get(old, ()))
    removed = tuple((label, REMOVED) for label in listed)
    if not rule.cover(old):
        return ()
    if not new:
        return children if listed else ()
    if not joins:
        return ((new, ADDED), *removed) if listed else ()  # it stays below the sensitive name
    if rule.cover(new):
        return removed
    if answer is None:
        raise NeedsAnswer(
            f"{old} is sensitive and {new} is not. Say whether {new} is sensitive from now on."
        )
    return (*(((new, ADDED),) if answer else children), *removed)


def moved_sensitive(
    collection: Collection, names: Names, label: str, parent: str
) -> SensitiveChange:
    """Return the change that keeps a name sensitive when it moves out from below a sensitive
    one."""
    was = SensitiveNames(collection.sensitive, names.naming, names.accepted)
    tree = names.tree if label in names.tree else names.tree.add(Taxon(label))
    moved = replace(names.naming, tree=tree.move(label, parent))
    is_now = SensitiveNames(collection.sensitive, moved, names.accepted)
    return ((label, ADDED),) if was.cover(label) and not is_now.cover(label) else ()


def with_sensitive(collection: Collection, change: SensitiveChange) -> Collection:
    """Return the collection after a change of its sensitive names. Removed names are remembered,
    since pictures and their histories may still use them."""
    added = [label for label, what in change if what == ADDED]
    removed = [label for label, what in change if what == REMOVED]
    kept = [s for s in collection.sensitive if s not in removed]
    former = [f for f in (*collection.formerly_sensitive, *removed) if f not in added]
    return replace(
        collection,
        sensitive=tuple(dict.fromkeys([*kept, *added])),
        formerly_sensitive=tuple(dict.fromkeys(former)),
    )


def sensitive_back(collection: Collection, change: SensitiveChange) -> Collection:
    """Return the collection with a change of its sensitive names undone. Names that leave the list
    stay hidden until the pictures are restored (`forget_former`)."""
    turned = {ADDED: REMOVED, REMOVED: ADDED}
    return with_sensitive(collection, tuple((label, turned[what]) for label, what in change))


def forget_former(collection: Collection, change: SensitiveChange) -> Collection:
    """Return the collection without the names that an undone change had added, as all pictures are
    restored."""
    gone = {label for label, what in change if what == ADDED}
    left = tuple(f for f in collection.formerly_sensitive if f not in gone)
    return replace(collection, formerly_sensitive=left)
