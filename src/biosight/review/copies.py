"""Copying images to another collection: new records over the same bytes, with history.

Not here: moving, which is an act on the image itself (perform_acts.py).
"""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from biosight.images import ActItem, Embedding, Image
from biosight.labels import Annotation, Prediction
from biosight.review.acts import Act, Change
from biosight.review.perform_acts import Done, already_there, history_line, in_pieces
from biosight.storage.batches import BATCH, Make
from biosight.storage.blobs.disk_space import RoomLimit, check_limits, metered_writes
from biosight.storage.records import (
    Insert,
    Order,
    Records,
    Require,
    Where,
    Write,
    among,
    new_id,
    parts,
)

MOST_SAID = 100
Saying = Prediction | Annotation | Embedding


def copy(
    records: Records,
    by: str,
    collection: str,
    change: Change,
    images: Sequence[Image],
    *,
    act: str = "",
    rests_on: Sequence[Require] = (),
    under: Sequence[RoomLimit] = (),
) -> Done:
    """Copy images into `change.target`, within the storage limits `under`; the histories of both
    collections show the act.

    Images whose bytes are already there are skipped. An undo puts the copies into the trash. Raises
    TooLarge before anything is copied.
    """
    there = already_there(records, images, [change])
    check_limits(records, sum(i.size for i in images if i.sha256 not in there), under)
    line = history_line(records, by, collection, change, act, rests_on)
    return in_pieces(line, to_copy(records, line.act, by, change, under), images)


def to_copy(
    records: Records, act: Act, by: str, change: Change, under: Sequence[RoomLimit] = ()
) -> Make[Image]:
    """Return a function that makes the writes to copy images as they are when it is called. It
    raises TooLarge where they would exceed a limit.

    A copy requires the picture it is made from. Either the copy exists before a purge asks for the
    bytes, or the purge comes first and nothing is copied.
    """

    def make(images: Sequence[Image]) -> list[list[Write] | None]:
        there = already_there(records, images, [change])
        wanted = [i for i in images if i.collection == act.collection and i.sha256 not in there]
        said = sayings(records, [i.id for i in wanted])
        made = {i.id: copy_writes(act, change, i, by, said) for i in wanted}
        if wanted and under:
            # A write raises a meter once, so they go with the first copy: all or none are written.
            along = metered_writes(records, sum(i.size for i in wanted), under)
            made[wanted[0].id] = [*along, *made[wanted[0].id]]
        return [made.get(i.id, []) if i.collection == act.collection else None for i in images]

    return make


def copy_writes(
    act: Act, change: Change, image: Image, by: str, said: Mapping[str, list[Saying]]
) -> list[Write]:
    """Return the writes for one copy with what models and people said."""
    new = replace(
        image,
        id=new_id(),
        collection=change.target,
        uploaded_by=by,
        trashed=False,
        trashed_at=0.0,
        deployment="",
        site="",
        shift=0,
        lottery=random.random(),  # a lot counts in one collection
        version=1,
    ).in_step
    undone = replace(new.standing, trashed_at=time.time())
    item = ActItem(new_id(), act.id, new.id, undone, new.standing)
    again = [Insert(said_again(s, new.id)) for s in said[image.id]]
    return [Require(Image, image.id, image.version), *again, Insert(item), Insert(new)]


def said_again(said: Saying, image: str) -> Saying:
    """Return what was said of one image, for another image."""
    if isinstance(said, Embedding):
        return replace(said, id=image)
    return replace(said, id=new_id(), image=image)


def sayings(records: Records, images: Sequence[str]) -> dict[str, list[Saying]]:
    """Return predictions, annotations in order of time, and the embedding of each image."""
    found: dict[str, list[Saying]] = {id: [] for id in images}
    kinds: tuple[type[Prediction], type[Annotation]] = (Prediction, Annotation)
    for kind in kinds:
        for part in parts(images, BATCH):
            where = [Where("image", "in", part)]
            for said in records.find(kind, where, order=Order("at"), limit=MOST_SAID * len(part)):
                found[said.image].append(said)
    for vector in among(records, Embedding, images):
        found[vector.id].append(vector)
    return found
