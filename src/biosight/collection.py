"""Collection: what is kept of one set of images that belong together, and how it may change.

Not here: who may see it (sharing.py), or what is in it (gallery).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from biosight.errors import BadRequest
from biosight.labels import clean_label

FIRST_NAME = "My images"
MAX_NAME = 120
MOST_FAVOURITES = 9
Names = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """Images that belong together.

    `threshold` in whole percent: below it a machine's label is unsure. `renamed` maps a
    model's label to the name people gave it here. `model` is a family of the registry, ""
    for the server's default. `unsettled` while pictures may have paths of an earlier tree of names
    (errands/settling.py).
    """

    table: ClassVar[str] = "collections"
    precious: ClassVar[bool] = True
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("trashed_at",),)

    id: str
    name: str
    created_by: str
    created_at: float
    threshold: int = 50
    favourites: tuple[str, ...] = ()
    renamed: Names = ()
    trashed_at: float = 0.0
    version: int = 1
    model: str = ""
    unsettled: bool = True


def clean_collection_name(name: str) -> str:
    """Single spaces. Raises BadRequest for a name that is empty or too long."""
    kept = " ".join(name.split())
    if not kept or len(kept) > MAX_NAME or not kept.isprintable():
        raise BadRequest(f"A collection's name has 1 to {MAX_NAME} characters.")
    return kept


def changed(
    collection: Collection,
    *,
    name: str | None = None,
    threshold: int | None = None,
    favourites: Sequence[str] | None = None,
    model: str | None = None,
) -> Collection:
    """The collection's next version with what is given, checked; `model` must be known to exist.

    Raises BadRequest.
    """
    new = replace(collection, version=collection.version + 1)
    if name is not None:
        new = replace(new, name=clean_collection_name(name))
    if threshold is not None:
        if not 0 <= threshold <= 100:
            raise BadRequest("The threshold is a whole percentage from 0 to 100.")
        new = replace(new, threshold=threshold)
    if favourites is not None:
        new = replace(new, favourites=clean_favourites(favourites))
    return new if model is None else replace(new, model=model, unsettled=True)


def clean_favourites(labels: Sequence[str]) -> tuple[str, ...]:
    """Each label once, in order. Raises BadRequest for too many."""
    cleaned = tuple(dict.fromkeys(clean_label(label) for label in labels))
    if len(cleaned) > MOST_FAVOURITES:
        raise BadRequest("Nine favourite labels are the most: they sit on the keys 1 to 9.")
    return cleaned
