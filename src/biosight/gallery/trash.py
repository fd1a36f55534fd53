"""Emptying the trash: records and bytes are removed for good.

The record is removed first and the bytes last, and only bytes that no record names. Not here: bytes
that nobody removed and no picture names (sweeping.py), or moving pictures into the trash and out of
it, which are acts with undo (review).
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from biosight.errors import Stale
from biosight.images import ActItem, Embedding, Image
from biosight.images.comments import Comment, Mention
from biosight.labels import Annotation, Identifications, Prediction
from biosight.storage.blobs import keys
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Insert, InUse, Records, Remove, Where, among, one, pages

PAGE = 200


@dataclass(frozen=True, slots=True)
class LeftBytes:
    """Bytes that a person removed for good and that could not be removed at once; the id is their
    SHA-256."""

    table: ClassVar[str] = "left_bytes"

    id: str
    at: float


def purge(records: Records, blobs: Blobs, where: Sequence[Where], limit: int = 0) -> int:
    """Remove for good what matches, up to `limit` (0: all); return how many."""
    removed = 0
    while not limit or removed < limit:
        images = records.find(Image, where, limit=PAGE)
        if not images:
            break
        gone = sum(purge_one(records, blobs, image) for image in images)
        removed += gone
        if not gone:
            break  # all of them were restored meanwhile
    return removed


def purge_one(records: Records, blobs: Blobs, image: Image) -> bool:
    """Remove one image, its record first; return False where it changed since it was read."""
    along = [Remove(kind, image.id) for kind in (Embedding, Identifications)]
    try:
        records.write(Remove(Image, image.id, image.version), *along)
    except Stale:
        return False
    for kind in (Prediction, Annotation, Comment, Mention):
        records.remove(kind, [Where("image", "=", image.id)])
    forget_history(records, image.id)
    drop_bytes(records, blobs, image.sha256)
    return True


def forget_history(records: Records, image: str) -> None:
    """Empty what acts keep of an image: labels, notes, places."""
    for items in pages(records, ActItem, [Where("image", "=", image)]):
        empty(records, items)


def forget_histories(records: Records) -> int:
    """Empty the histories of all images that were removed before histories were removed with them;
    return how many parts of a history that were."""
    forgotten = 0
    for items in pages(records, ActItem):
        told = [item for item in items if item != item.emptied]
        there = {i.id for i in among(records, Image, sorted({item.image for item in told}))}
        forgotten += empty(records, [item for item in told if item.image not in there])
    return forgotten


def empty(records: Records, items: Sequence[ActItem]) -> int:
    """Empty the items that are not yet empty, in one write; return how many."""
    told = [item for item in items if item != item.emptied]
    records.write(*(w for i in told for w in (Remove(ActItem, i.id), Insert(i.emptied))))
    return len(told)


def purge_homeless(records: Records, blobs: Blobs, exists: Callable[[str], bool]) -> int:
    """Remove images whose collection is gone, after a removal that a crash cut short."""
    collections = [str(c) for c in records.count_by(Image, [], "collection")]
    homeless = [c for c in collections if not exists(c)]
    return sum(purge(records, blobs, [Where("collection", "=", c)]) for c in homeless)


def drop_bytes(records: Records, blobs: Blobs, sha256: str) -> None:
    """Remove bytes that no record names. Where uploads hold the lock, leave them to the sweep, with
    a note that a person removed them."""
    with blobs.removal(keys.original(sha256)) as held:
        if one(records, Image, Where("sha256", "=", sha256)) is not None:
            return
        if held:
            remove_bytes(blobs, sha256)
            return
    with suppress(InUse):
        records.write(Insert(LeftBytes(sha256, time.time())))


def remove_bytes(blobs: Blobs, sha256: str) -> None:
    """Remove an original and all that was made from it."""
    for key in (keys.original, *keys.DERIVED):
        blobs.remove(key(sha256))


def purge_old(records: Records, blobs: Blobs, days: int) -> int:
    """Remove for good what has been in the trash for `days`."""
    before = time.time() - days * 86_400
    where = [Where("trashed", "=", True), Where("trashed_at", "<", before)]
    return purge(records, blobs, where)
