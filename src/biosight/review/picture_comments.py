"""Comments of members on pictures, and mentions of members by name.

Not here: who may read them (membership), or their records (images/comments.py).
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
    """Return the text without blank ends. Raises BadRequest for no text, or for more than LONGEST
    characters."""
    kept = text.strip()
    if not kept or len(kept) > LONGEST:
        raise BadRequest(f"A comment has 1 to {LONGEST:,} characters.")
    return kept


def mentioned_people(text: str, names: Mapping[str, str]) -> list[str]:
    """Return the ids of the people whose name follows an @; `names` are people's by id. Where one
    name begins with another, the longer one is meant; of two equal ones, both are."""
    left, found = fold_text(text), list[str]()
    for name in sorted({fold_text(n) for n in names.values() if n}, key=len, reverse=True):
        if f"@{name}" in left:
            found += [user for user, n in names.items() if fold_text(n) == name]
            left = left.replace(f"@{name}", " ")
    return found


def add_comment(
    records: Records, image: str, by: str, text: str, names: Mapping[str, str]
) -> Comment:
    """Store a comment, with a mention of each person it calls except its writer; `names` are
    people's by id. Raises BadRequest."""
    kept = clean_comment(text)
    if records.count(Comment, [Where("image", "=", image)]) >= MOST:
        raise BadRequest(f"A picture can have up to {MOST} comments; remove some first.")
    made = Comment(new_id(), image, by, time.time(), kept)
    called = [u for u in mentioned_people(kept, names) if u != by]
    records.write(Insert(made), *(Insert(Mention(new_id(), u, made.id, image)) for u in called))
    return made


def comments_on(records: Records, image: str) -> list[Comment]:
    """Return all comments on a picture, the oldest first."""
    return records.find(Comment, [Where("image", "=", image)], limit=MOST)


def remove_comment(records: Records, image: str, comment: str, by: str, *, any_of: bool) -> None:
    """Remove a person's own comment, or with `any_of` anybody's. Raises NotFound."""
    found = records.get(Comment, comment)
    if found is None or found.image != image or (found.by != by and not any_of):
        raise NotFound("There is no such comment, or it is somebody else's.")
    gone = records.find(Mention, [Where("comment", "=", comment)], limit=MOST)
    records.write(Remove(Comment, comment), *(Remove(Mention, m.id) for m in gone))


def mentions_of(records: Records, user: str) -> list[Mention]:
    """Return the mentions of a person that they have not looked at yet, the newest first."""
    newest = Order("id", descending=True)
    return records.find(Mention, [Where("user", "=", user)], order=newest, limit=MOST)


def looked_at(records: Records, user: str, image: str) -> None:
    """Remove the mentions of a person on a picture that they have looked at."""
    mine = records.find(Mention, [Where("image", "=", image), Where("user", "=", user)])
    if mine:
        records.write(*(Remove(Mention, m.id) for m in mine))


def forget_calls(records: Records, user: str) -> None:
    """Remove all mentions of a person who leaves."""
    records.remove(Mention, [Where("user", "=", user)])
