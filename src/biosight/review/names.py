"""Renaming, merging and removing a label in one collection, as one act with undo.

A renamed label keeps who said it: a machine's guess stays a guess. Not here: relabelling
single pictures (acts.py).
"""

from collections.abc import Mapping

from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import clean_label
from biosight.review.acts import MOST_AT_ONCE, Change
from biosight.review.perform_acts import Done, perform
from biosight.storage.conditions import labelled
from biosight.storage.records import Records, Where


def checked_rename(old: str, new: str) -> Change:
    """Return the checked change from `old` to `new`, "" to remove the label. Raises BadRequest."""
    label = clean_label(new) if new.strip() else ""
    if label == old:
        raise BadRequest("The new name is the same as the old one.")
    words = f"Renamed {old} to {label}" if label else f"Removed the label {old}"
    return Change("rename", label=label, target_name=words, former=old)


def new_names(summary: str) -> set[str]:
    """Return the names to which an act may have renamed a label, by its words; "" for a removal.
    There may be several, since a name may hold the word between both."""
    if not summary.startswith("Renamed "):
        return {""}
    parts = summary.split(" to ")
    return {" to ".join(parts[n:]) for n in range(1, len(parts))}


def rename(
    records: Records, by: str, collection: str, old: str, change: Change, *, act: str = ""
) -> Done:
    """Give up to MOST_AT_ONCE images that show `old` the new name, those in the trash too."""
    where = [Where("collection", "=", collection), labelled(old)]
    images = records.find(Image, where, limit=MOST_AT_ONCE)
    return perform(records, by, collection, change, images, act=act)


def renamed_with(renamed: Mapping[str, str], old: str, new: str) -> tuple[tuple[str, str], ...]:
    """Return the collection's names for a model's labels after `old` became `new`."""
    names = {k: (new if v == old else v) for k, v in renamed.items()}
    names.setdefault(old, new)
    return tuple(sorted((k, v) for k, v in names.items() if k != v))
