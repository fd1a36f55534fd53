"""Talk about pictures: comments of members, and calls for somebody by name.

Not here: who may read them (membership), or what is kept of them (images/comments.py).
"""

import time
from collections.abc import Mapping

from biosight.errors import BadRequest, NotFound
from biosight.images import fold_text
from biosight.images.comments import Comment, Mention
from biosight.storage.records import Insert, Order, Records, Remove, Where, new_id

LONGEST = 2000
MOST = 200


def clean_comment(text: str) -> str:
    """Without blank ends. Raises BadRequest for nothing, or for more than LONGEST characters."""
    kept = text.strip()
    if not kept or len(kept) > LONGEST:
        raise BadRequest(f"A comment has 1 to {LONGEST:,} characters.")
    return kept


def mentioned_people(text: str, names: Mapping[str, str]) -> list[str]:
    """The ids of those whose name stands behind an @; `names` are people's by id. Of two names of
    which one begins with the other, the longer one is meant; of two alike, both are."""
    left, found = fold_text(text), list[str]()
    for name in sorted({fold_text(n) for n in names.values() if n}, key=len, reverse=True):
        if f"@{name}" in left:
            found += [user for user, n in names.items() if fold_text(n) == name]
            left = left.replace(f"@{name}", " ")
    return found


def add_comment(
    records: Records, image: str, by: str, text: str, names: Mapping[str, str]
) -> Comment:
    """Keep a comment, with a mention of each of `names` (by id) that it calls but its writer.
    Raises BadRequest."""
    kept = clean_comment(text)
    if records.count(Comment, [Where("image", "=", image)]) >= MOST:
        raise BadRequest(f"A picture can have up to {MOST} comments; remove some first.")
    made = Comment(new_id(), image, by, time.time(), kept)
    called = [u for u in mentioned_people(kept, names) if u != by]
    records.write(Insert(made), *(Insert(Mention(new_id(), u, made.id, image)) for u in called))
    return made


def comments_on(records: Records, image: str) -> list[Comment]:
    """All comments on a picture, the oldest first."""
    return records.find(Comment, [Where("image", "=", image)], limit=MOST)


def remove_comment(records: Records, image: str, comment: str, by: str, *, any_of: bool) -> None:
    """Remove one's own comment, or with `any_of` anybody's. Raises NotFound."""
    found = records.get(Comment, comment)
    if found is None or found.image != image or (found.by != by and not any_of):
        raise NotFound("There is no such comment, or it is somebody else's.")
    gone = records.find(Mention, [Where("comment", "=", comment)], limit=MOST)
    records.write(Remove(Comment, comment), *(Remove(Mention, m.id) for m in gone))


def mentions_of(records: Records, user: str) -> list[Mention]:
    """Where somebody called a person who has not looked since, the newest first."""
    newest = Order("id", descending=True)
    return records.find(Mention, [Where("user", "=", user)], order=newest, limit=MOST)


def looked_at(records: Records, user: str, image: str) -> None:
    """A person looked at a picture and what is said of it: its calls for them are answered."""
    mine = records.find(Mention, [Where("image", "=", image), Where("user", "=", user)])
    if mine:
        records.write(*(Remove(Mention, m.id) for m in mine))


def forget_calls(records: Records, user: str) -> None:
    """A person goes: nobody can call them any more."""
    records.remove(Mention, [Where("user", "=", user)])
