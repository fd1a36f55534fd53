"""Pictures and collections outside the trash, as conditions: nearly every question is of them, and
every write into a collection rests on it.

Not here: what else is asked (each verb), or what a picture is (images/record.py).
"""

from biosight.collection import Collection
from biosight.labels import PEOPLE
from biosight.storage.records import Require, Where
from biosight.taxa.paths import end_below

LIVING = Where("trashed", "=", False)


def living_images(collection: str) -> list[Where]:
    """The pictures of a collection that are not in its trash."""
    return [Where("collection", "=", collection), LIVING]


def named_by_people(collection: str, *, in_bulk: bool = False) -> list[Where]:
    """The living pictures whose label a person said who looked at them; with `in_bulk` also those
    that somebody accepted unseen."""
    if in_bulk:
        return [*living_images(collection), Where("who", "in", PEOPLE)]
    return [*living_images(collection), Where("who", "=", "person")]


def unreviewed_images(collection: str) -> list[Where]:
    """The living pictures whose label the machine alone said."""
    return [*living_images(collection), Where("who", "=", "machine")]


def still_there(collection: str) -> Require:
    """What a write into a collection rests on: that nobody removed it or put it into the trash."""
    return Require(Collection, collection, holds=(("trashed_at", 0.0),))


def at_or_below(field: str, path: str) -> list[Where]:
    """What hangs at a path of a tree or below it: a range of the text."""
    return [Where(field, ">=", path), Where(field, "<", end_below(path))]
