"""Mentions of a person, limited to pictures that they may see.

Not here: making them (review/picture_comments.py), or who may see what (membership).
"""

from dataclasses import dataclass

from biosight import membership
from biosight.images import Image
from biosight.images.comments import Comment
from biosight.review import picture_comments
from biosight.storage.records import Records, among


@dataclass(frozen=True, slots=True)
class Call:
    """A comment that mentions a person who has not looked since, and its picture."""

    comment: Comment
    image: Image


def calls_for(records: Records, user: str) -> list[Call]:
    """Return a person's open mentions, newest first. Pictures in the trash, or in a collection no
    longer shared with them, are left out until they come back."""
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
