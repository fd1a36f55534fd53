"""Conditions for pictures and collections outside the trash, and for what pictures show: nearly
every query uses them, and every write into a collection requires the former.

Not here: other conditions (each verb), or what a picture is (images/record.py).
"""

from biosight.collection import Collection
from biosight.labels import PEOPLE
from biosight.storage.records import Require, Where
from biosight.taxa.paths import end_below

LIVING = Where("trashed", "=", False)


def living_images(collection: str) -> list[Where]:
    """Return conditions for the pictures of a collection that are not in its trash."""
    return [Where("collection", "=", collection), LIVING]


def named_by_people(collection: str, *, in_bulk: bool = False) -> list[Where]:
    """Return conditions for the living pictures that a person has looked at and named; with
    `in_bulk` also for those that somebody accepted unseen."""
    if in_bulk:
        return [*living_images(collection), Where("who", "in", PEOPLE)]
    return [*living_images(collection), Where("who", "=", "person")]


def unreviewed_images(collection: str) -> list[Where]:
    """Return conditions for the living pictures that only the machine has labelled."""
    return [*living_images(collection), Where("who", "=", "machine")]


def still_there(collection: str) -> Require:
    """Return what a write into a collection requires: that it still exists and is not in the
    trash."""
    return Require(Collection, collection, holds=(("trashed_at", 0.0),))


def labelled(*labels: str) -> Where:
    """Return the condition for pictures that show one of these labels on any of their subjects; ""
    is for those without a label."""
    first = Where("label", "=", labels[0]) if len(labels) == 1 else Where("label", "in", labels)
    return Where.any([first], *([Where("also_labels", "has", x)] for x in labels if x))


def showing_below(path: str) -> Where:
    """Return the condition for pictures with a subject whose label hangs at a path or below it."""
    return Where.any(at_or_below("label_path", path), [Where("also_paths", "has", path)])


def at_or_below(field: str, path: str) -> list[Where]:
    """Return conditions for what hangs at a path of a tree or below it: a range of the text."""
    return [Where(field, ">=", path), Where(field, "<", end_below(path))]
