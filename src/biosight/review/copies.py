"""Copying images to another collection: records of their own over the same bytes, with history.

Not here: moving, which is an act on the image itself (acts.py).
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from biosight.errors import Stale
from biosight.images import ActItem, Embedding, Image
from biosight.labels import Annotation, Prediction
from biosight.review.acts import (
    TRIES,
    Change,
    Done,
    Left,
    each,
    met_again,
    open_act,
)
from biosight.storage.records import (
    Gone,
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

    Images whose bytes are there already are left. Undoing puts the copies in the trash.
    """
    current = open_act(records, by, collection, change, act)
    return each(
        records,
        current,
        images,
        lambda image: copy_one(records, current.id, change, image, by, rests_on),
    )


def copy_one(
    records: Records,
    act: str,
    change: Change,
    image: Image,
    by: str,
    rests_on: Sequence[Require],
) -> Image | Left:
    """One copy with what models and people said, or why there is none.

    The copy rests on the picture it is made from: either it is there before the bytes are asked
    for by a purge, or the purge comes first and nothing is copied.
    """
    for _ in range(TRIES):
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
            version=1,
        ).in_step
        undone = replace(new.standing, trashed_at=time.time())
        item = ActItem(new_id(), act, new.id, undone, new.standing)
        source = Require(Image, image.id, image.version)
        said = sayings(records, image.id, new.id)
        try:
            records.write(*rests_on, source, *said, Insert(item), Insert(new))
            return new
        except InUse:
            return Left.UNCHANGED
        except Gone as error:
            if error.kind is not Image:
                raise
            break
        except Stale:
            pass  # read it as it is now
        found = met_again(records, image)
        if found is None:
            break
        image = found
    return Left.CONFLICT


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
