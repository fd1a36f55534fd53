"""The installation that a picture store belongs to, so that no other BioSight overwrites or sweeps
it.

The records hold the installation's key. The picture store holds it too, outside of its pictures.
Not here: copying a store (storage/moving.py), or sweeping one (gallery/sweeping.py).
"""

import time
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from biosight.errors import Conflict
from biosight.images import Image
from biosight.storage.blobs import keys
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Insert, InUse, Records, Where, new_id

HERE = "here"
LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Installation:
    """Installation of a store, one each, under the id HERE; `key` is drawn once and moves with the
    records."""

    table: ClassVar[str] = "installations"

    id: str
    key: str
    since: float


def installation(records: Records) -> Installation:
    """Return the store's own installation; create it where there is none yet."""
    found = records.get(Installation, HERE)
    while found is None:
        try:
            records.write(Insert(Installation(HERE, new_id(), time.time())))
        except InUse:
            pass  # another process was faster
        found = records.get(Installation, HERE)
    return found


def stranger(records: Records, blobs: Blobs) -> str:
    """Return in words why these pictures do not belong to this database; "" where they do. Raises
    Unavailable."""
    return why_stranger(records, blobs, blobs.owner())


def why_stranger(records: Records, blobs: Blobs, owner: str) -> str:
    """Return the same as `stranger`, for an owner that was already read.

    A store that names no installation is new, or was written by an earlier BioSight. It belongs to
    this database if it has no pictures, or if the database names some of them. Raises Unavailable.
    """
    key = installation(records).key
    if owner == key:
        return ""
    if owner:
        return f"The picture store belongs to another BioSight ({owner}) than the database ({key})."
    if (some := list(islice(blobs.keys("original"), LOOKED_AT))) and not names_any(records, some):
        return "The picture store holds pictures, and the database names none of them."
    return ""


def names_any(records: Records, some: list[str]) -> bool:
    """Return whether any picture names one of these originals."""
    hashes = tuple(keys.sha256_of(key) for key in some)
    return bool(records.find(Image, [Where("sha256", "in", hashes)], limit=1))


def check_owner(records: Records, blobs: Blobs) -> str:
    """Return the owner that the store names, "" for none yet. Raises Conflict unless the store
    belongs to this database, and Unavailable."""
    owner = blobs.owner()
    if words := why_stranger(records, blobs, owner):
        raise Conflict(
            f"{words} Nothing was changed. Look at BIOSIGHT_DATABASE_URL and BIOSIGHT_STORAGE_URL; "
            "biosight store show says what is there, biosight store adopt takes it over."
        )
    return owner


def claim_store(records: Records, blobs: Blobs) -> None:
    """Check the picture store's owner, and set it where none is set. Raises Conflict or
    Unavailable."""
    if not check_owner(records, blobs):
        adopt_store(records, blobs)


def adopt_store(records: Records, blobs: Blobs) -> None:
    """Make the picture store belong to this database, whoever owned it before. Raises
    Unavailable."""
    blobs.set_owner(installation(records).key)
