"""Calls for a person by name, as far as they can follow them: on pictures that they may see.

Not here: saying them (review/picture_comments.py), or who may see what (membership).
"""

from dataclasses import dataclass

from biosight import membership
from biosight.images import Image
from biosight.images.comments import Comment
from biosight.review import picture_comments
from biosight.storage.records import Records, among


@dataclass(frozen=True, slots=True)
class Call:
    """A comment that calls somebody who has not looked since, and the picture it is on."""

    comment: Comment
    image: Image


def calls_for(records: Records, user: str) -> list[Call]:
    """A person's open calls, the newest first. What lies in the trash or in a collection that is
    not shared with them any more is left out until it comes back."""
    found = picture_comments.mentions_of(records, user)
    if not found:
        return []
    seen = {a.collection.id for a in membership.collections_of(records, user)}
    images = {i.id: i for i in among(records, Image, [m.image for m in found])}
    said = {c.id: c for c in among(records, Comment, [m.comment for m in found])}
    return [
        Call(said[m.comment], image)
        for m in found
        if m.comment in said
        and (image := images.get(m.image))
        and image.collection in seen
        and not image.trashed
    ]
