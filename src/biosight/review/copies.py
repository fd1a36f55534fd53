"""Copying images to another collection: records of their own over the same bytes, with history.

Not here: moving, which is an act on the image itself (acts.py).
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from biosight.images import Embedding, Image
from biosight.labels import Annotation, Prediction
from biosight.review.acts import ActItem, Change, Done, close_act, open_act
from biosight.storage.records import (
    Insert,
    InUse,
    Order,
    Records,
    Require,
    Where,
    Write,
    new_id,
)


def copy(
    records: Records,
    by: str,
    collection: str,
    change: Change,
    images: Sequence[Image],
    *,
    act: str = "",
    rests_on: Sequence[Require] = (),
) -> Done:
    """Copy images into `change.target`; both collections' histories show the act.

    Images whose bytes are there already are skipped. Undoing puts the copies in the trash.
    """
    current = open_act(records, by, collection, change, act)
    made = [
        new
        for image in images
        if (new := copy_one(records, current.id, change, image, by, rests_on))
    ]
    close_act(records, current, len(made))
    return Done(current.id, made, len(images) - len(made))


def copy_one(
    records: Records,
    act: str,
    change: Change,
    image: Image,
    by: str,
    rests_on: Sequence[Require],
) -> Image | None:
    """One copy with what models and people said; None when the bytes are there already."""
    new = replace(
        image,
        id=new_id(),
        collection=change.target,
        uploaded_by=by,
        trashed=False,
        trashed_at=0.0,
        version=1,
    )
    undone = replace(new.standing, trashed_at=time.time())
    item = ActItem(new_id(), act, new.id, undone, new.standing)
    try:
        records.write(*rests_on, *sayings(records, image.id, new.id), Insert(item), Insert(new))
    except InUse:
        return None
    return new


def sayings(records: Records, old: str, new: str) -> list[Write]:
    """Predictions, annotations and the embedding, said again of the copy."""
    where = [Where("image", "=", old)]
    changes: list[Write] = [
        Insert(replace(p, id=new_id(), image=new))
        for p in records.find(Prediction, where, order=Order("at"), limit=1000)
    ]
    changes += [
        Insert(replace(a, id=new_id(), image=new))
        for a in records.find(Annotation, where, order=Order("at"), limit=1000)
    ]
    embedding = records.get(Embedding, old)
    return [*changes, Insert(replace(embedding, id=new))] if embedding else changes
