"""Comment and Mention: the records of what members write about a picture.

Not here: writing comments (review/picture_comments.py), or notes, which are part of the picture
(record.py).
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Comment:
    """Comment of one person on one picture."""

    table: ClassVar[str] = "comments"
    precious: ClassVar[bool] = True
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("image", "id"), ("by", "id"))

    id: str
    image: str
    by: str
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Mention of a person in a comment, kept until they have looked at the picture."""

    table: ClassVar[str] = "mentions"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("user", "id"),
        ("image", "id"),
        ("comment", "id"),
    )

    id: str
    user: str
    comment: str
    image: str
