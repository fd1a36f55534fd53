"""API: comments on pictures, and the comments that mention the person."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from biosight import accounts, membership
from biosight.accounts import User
from biosight.errors import Conflict
from biosight.images.comments import Comment
from biosight.membership import Access
from biosight.review import picture_comments
from biosight.storage.records import among
from biosight.web.access.deps import ImageToSee, Open, Signed, Store
from biosight.web.access.rights import seen_rule
from biosight.web.schemas.body import Input
from biosight.workflows.people.mentions import Call, calls_for

router = APIRouter(tags=["pictures"])


class CommentOut(BaseModel):
    """A member's comment on a picture; `yours` says whether you may remove it."""

    id: str
    by: str
    at: float
    text: str
    yours: bool


class CommentAsked(Input):
    """A comment; @ and a member's name mentions that member."""

    text: str = Field(max_length=picture_comments.LONGEST)


class MentionOut(BaseModel):
    """A comment that mentions the person, and the picture that it is on."""

    image: str
    name: str
    collection: str
    by: str
    at: float
    text: str


def comment_out(comment: Comment, by: str, person: Signed, access: Access) -> CommentOut:
    """Return a comment as this person sees it."""
    own = comment.by == person.user.id or access.may("own")
    return CommentOut(id=comment.id, by=by, at=comment.at, text=comment.text, yours=own)


@router.get("/images/{image}/comments")
def comments(seen: ImageToSee, person: Signed, biosight: Open, records: Store) -> list[CommentOut]:
    """List the comments on a picture, the oldest first.

    Where the picture's place is shown exactly, viewers don't see other people's comments with
    sensitive names.
    """
    name, rule = accounts.names_of(records), seen_rule(seen.access, biosight, records)
    return [
        comment_out(c, name(c.by), person, seen.access)
        for c in picture_comments.comments_on(records, seen.image.id)
        if c.by == person.user.id or not rule.tells(seen.image, c.text)
    ]


@router.post("/images/{image}/comments", status_code=201)
def say(body: CommentAsked, seen: ImageToSee, person: Signed, records: Store) -> CommentOut:
    """Comment on a picture; every member may. Refused where comments are off."""
    if not seen.access.collection.comments:
        raise Conflict("Comments are off in this collection: see its settings.")
    members = membership.members_of(records, seen.access.collection.id)
    names = {u.id: u.name for u in among(records, User, [m.user for m in members])}
    made = picture_comments.add_comment(records, seen.image.id, person.user.id, body.text, names)
    return comment_out(made, person.user.name, person, seen.access)


@router.delete("/images/{image}/comments/{comment}", status_code=204)
def remove(comment: str, seen: ImageToSee, person: Signed, records: Store) -> None:
    """Remove your own comment; an owner can remove any."""
    every = seen.access.may("own")
    picture_comments.remove_comment(records, seen.image.id, comment, person.user.id, any_of=every)


@router.delete("/images/{image}/mentions", status_code=204)
def looked(seen: ImageToSee, person: Signed, records: Store) -> None:
    """Mark the comments on a picture as read: its mentions of you are removed."""
    picture_comments.looked_at(records, person.user.id, seen.image.id)


@router.get("/mentions")
def mentions(person: Signed, biosight: Open, records: Store) -> list[MentionOut]:
    """List the comments that mention you, on pictures that you may see, the newest first.

    Comments that you don't see beside their picture are left out here too.
    """
    name = accounts.names_of(records)
    found = calls_for(records, person.user.id)
    rules = {
        c: seen_rule(membership.access(records, person.user.id, c), biosight, records)
        for c in {call.image.collection for call in found}
    }
    return [
        mention_out(c, name(c.comment.by))
        for c in found
        if not rules[c.image.collection].tells(c.image, c.comment.text)
    ]


def mention_out(call: Call, by: str) -> MentionOut:
    """Return a comment as it is shown away from its picture."""
    return MentionOut(
        image=call.image.id,
        name=call.image.name,
        collection=call.image.collection,
        by=by,
        at=call.comment.at,
        text=call.comment.text,
    )
