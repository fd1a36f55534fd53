"""Collection: the record of one set of images that belong together, and how it may change.

Not here: who may see it (membership), or what is in it (gallery).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypedDict, Unpack

from biosight.errors import BadRequest
from biosight.labels import clean_label
from biosight.subjects.picture_kind import KINDS_OF_PICTURES, PictureKind

FIRST_NAME = "My images"
MAX_NAME = 120
MOST_FAVOURITES = 9
MOST_ANSWERABLE = 2000
LONGEST_GAP = 600
# The grids that places are coarsened to: cell size in degrees -> words for people.
GRIDS: Mapping[float, str] = {
    0.001: "0.001°, about 100 m",
    0.01: "0.01°, about 1 km",
    0.1: "0.1°, about 11 km",
    1.0: "1°, about 111 km",
}
FINEST_GRID, WIDEST_GRID = min(GRIDS), max(GRIDS)
NamePairs = tuple[tuple[str, str], ...]


def kind_before(camera_traps: bool | None) -> PictureKind:
    """Return what the pictures are in a collection of form 11, which knew camera traps alone."""
    return "camera traps" if camera_traps else ""


@dataclass(frozen=True, slots=True)
class Collection:
    """Images that belong together.

    `threshold` in whole percent: below it a machine's label is unsure. `renamed` maps a model's
    label to the name people gave it here. `model` is a family of the registry, "" for the server's
    default. `unsettled` is true while pictures may still have paths of an earlier tree of names
    (workflows/names/label_paths.py). Pictures of a deployment that follow each other within
    `event_gap` seconds are one event.

    `sensitive` lists labels whose places are hidden, together with those of all names below them:
    viewers and exports see these places only to `coarse` degrees. `formerly_sensitive` are earlier
    names of sensitive labels that pictures and their histories may still use. `published` holds the
    entries of the last export: title, licence, rights holder and the like. With `second_reader`,
    two people read each picture. With `comments`, members can comment on pictures. `quota` is the
    storage limit for its pictures in bytes, 0 for no limit of its own. `answerable` lists the names
    that alone may be answered here; () allows all. `picture_kind` says what the pictures are, ""
    until somebody says so: animals and people are sought in camera traps and photographs, and empty
    frames among camera traps. With `blur_people`, viewers and visitors see people blurred. An
    `example` holds drawn pictures for trying things out.
    """

    table: ClassVar[str] = "collections"
    precious: ClassVar[bool] = True
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("trashed_at",),)
    leaned_on: ClassVar[bool] = True
    derived: ClassVar[dict[str, tuple[tuple[str, ...], Callable[..., Any]]]] = {
        "picture_kind": (("camera_traps",), kind_before),
    }

    id: str
    name: str
    created_by: str
    created_at: float
    threshold: int = 50
    favourites: tuple[str, ...] = ()
    renamed: NamePairs = ()
    trashed_at: float = 0.0
    version: int = 1
    model: str = ""
    unsettled: bool = True
    event_gap: int = 60
    sensitive: tuple[str, ...] = ()
    coarse: float = 0.1
    published: NamePairs = ()
    second_reader: bool = False
    comments: bool = False
    quota: int = 0
    formerly_sensitive: tuple[str, ...] = ()
    answerable: tuple[str, ...] = ()
    picture_kind: PictureKind = ""
    blur_people: bool = False
    example: bool = False

    @property
    def hiding(self) -> tuple[str, ...]:
        """The names whose places are coarse, former ones included; () where all places are
        exact."""
        return (*self.sensitive, *self.formerly_sensitive)


def clean_collection_name(name: str) -> str:
    """Return the name with single spaces. Raises BadRequest for a name that is empty, too long or
    not printable."""
    kept = " ".join(name.split())
    if not kept or len(kept) > MAX_NAME or not kept.isprintable():
        raise BadRequest(f"A collection's name has 1 to {MAX_NAME} characters.")
    return kept


class Wanted(TypedDict, total=False):
    """The fields of a collection that can be changed; a field that is None or absent keeps its
    value."""

    name: str | None
    threshold: int | None
    favourites: Sequence[str] | None
    model: str | None
    event_gap: int | None
    sensitive: Sequence[str] | None
    coarse: float | None
    published: Mapping[str, str] | None
    second_reader: bool | None
    comments: bool | None
    answerable: Sequence[str] | None
    picture_kind: PictureKind | None
    blur_people: bool | None


def changed_collection(collection: Collection, **wanted: Unpack[Wanted]) -> Collection:
    """Return the collection's next version with the wanted values, after checking them. The caller
    makes sure that `model` exists.

    Raises BadRequest.
    """
    said = {name: CLEANED[name](value) for name, value in wanted.items() if value is not None}
    new = replace(collection, version=collection.version + 1, **said)
    return replace(new, unsettled=True) if "model" in said else new


def whole_number(low: int, high: int, words: str) -> Callable[[int], int]:
    """Return a check that a number lies in a range. The check raises BadRequest with `words`."""

    def check(value: int) -> int:
        if not low <= value <= high:
            raise BadRequest(words)
        return value

    return check


def clean_grid(degrees: float) -> float:
    """Return the cell size if it is one of GRIDS. Raises BadRequest."""
    if degrees not in GRIDS:
        raise BadRequest(f"Places are coarsened to {', '.join(map(str, GRIDS))} degrees.")
    return degrees


def clean_asked_grid(degrees: float) -> float:
    """Return the cell size if it is one of GRIDS, or 0 for none. Raises BadRequest."""
    return clean_grid(degrees) if degrees else 0.0


def clean_sensitive(labels: Sequence[str]) -> tuple[str, ...]:
    """Return each label once, in order."""
    return tuple(dict.fromkeys(clean_label(label) for label in labels))


def clean_answerable(labels: Sequence[str]) -> tuple[str, ...]:
    """Return each name once, in order. Raises BadRequest for too many."""
    cleaned = clean_sensitive(labels)
    if len(cleaned) > MOST_ANSWERABLE:
        raise BadRequest(f"A list of names to answer with has up to {MOST_ANSWERABLE:,} names.")
    return cleaned


def clean_picture_kind(kind: PictureKind) -> PictureKind:
    """Return the kind if it is one of KINDS_OF_PICTURES. Raises BadRequest."""
    if kind not in KINDS_OF_PICTURES:
        raise BadRequest("Pictures are camera traps, photographs, or as they are.")
    return kind


def clean_published(said: Mapping[str, str]) -> NamePairs:
    """Return the entries of an export, without the empty ones."""
    return tuple(sorted((name, value) for name, value in said.items() if value))


def clean_favourites(labels: Sequence[str]) -> tuple[str, ...]:
    """Return each label once, in order. Raises BadRequest for too many."""
    cleaned = tuple(dict.fromkeys(clean_label(label) for label in labels))
    if len(cleaned) > MOST_FAVOURITES:
        raise BadRequest("You can have up to nine favourite labels, for the keys 1 to 9.")
    return cleaned


CLEANED: Mapping[str, Callable[..., Any]] = {
    "name": clean_collection_name,
    "threshold": whole_number(0, 100, "The threshold is a whole percentage from 0 to 100."),
    "favourites": clean_favourites,
    "model": str,
    "event_gap": whole_number(0, LONGEST_GAP, f"The gap of events is 0 to {LONGEST_GAP} seconds."),
    "sensitive": clean_sensitive,
    "coarse": clean_grid,
    "published": clean_published,
    "second_reader": bool,
    "comments": bool,
    "answerable": clean_answerable,
    "picture_kind": clean_picture_kind,
    "blur_people": bool,
}
