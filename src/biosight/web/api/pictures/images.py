"""API: list, look at and change single images, and get their bytes."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field

from biosight import accounts, gallery
from biosight.errors import BadRequest, NotFound
from biosight.field.events import events_of
from biosight.field.gaps import gaps_of
from biosight.images import Image
from biosight.inference.name_list import limited_by
from biosight.intake import look_again
from biosight.labels import Annotation, Prediction, speaker_of
from biosight.review.acts import MAX_NOTE, Change, change_of
from biosight.review.perform_acts import perform
from biosight.storage.records import Order, Where
from biosight.web.access.deps import (
    ImageToChange,
    ImageToSee,
    MayLook,
    Open,
    Signed,
    Store,
)
from biosight.web.access.rights import seen_rule
from biosight.web.schemas.body import Input
from biosight.web.schemas.filters import Filtered, matching_images
from biosight.web.schemas.guesses import (
    GuessOut,
)
from biosight.web.schemas.picture_detail import (
    EventOut,
    ImageDetail,
    answer_change,
    detail,
    parse_etag,
    shown_event,
)
from biosight.web.schemas.pictures import ImageOut, etag, image_out
from biosight.workflows.collection_names import naming_of, with_path
from biosight.workflows.pictures import groups
from biosight.workflows.pictures.groups import ALIKE

router = APIRouter(tags=["images"])
LINK_SECONDS = 300


class ImagePage(BaseModel):
    """A page of images, and the cursor of the next page ("" at the end).

    If asked for, `events` holds the event of each image that is part of one, by the image's id.
    """

    images: list[ImageOut]
    next: str
    events: dict[str, EventOut] | None = None


class ImageChange(Input):
    """One change to one image: a label, a confirmation, undecided, a note, or the trash."""

    label: str | None = Field(None, max_length=200)
    confirm: bool = False
    undecided: bool = False
    note: str | None = Field(None, json_schema_extra={"maxLength": MAX_NOTE})
    trashed: bool | None = None
    via: str = Field("", pattern="^(random|margin|names|count|group)?$")


class SayingOut(BaseModel):
    """One line of an image's history: what a model or a person said, and when."""

    by: str
    kind: str
    label: str
    confidence: float | None
    at: float


@router.get("/collections/{collection}/images")
def list_images(
    access: MayLook,
    biosight: Open,
    records: Store,
    chosen: Filtered,
    sort: str = "newest",
    cursor: Annotated[str, Query(max_length=2000)] = "",
    limit: int = 100,
    events: bool = False,
) -> ImagePage:
    """List images that a filter matches, page by page.

    With `events`, the answer has the event of each image. With `sort` "alike", look-alikes are next
    to each other; this works for up to 10,000 pictures.
    """
    c = access.collection
    where = matching_images(access, chosen)
    if sort == ALIKE:
        page = groups.alike_page(biosight, c.id, where, cursor, limit)
    else:
        page = gallery.page(records, where, sort, cursor, limit)
    gaps = gaps_of(records, c, (i.deployment for i in page.images)) if events else None
    found = events_of(records, page.images, gaps) if gaps else {}
    return ImagePage(
        images=[image_out(i, access) for i in page.images],
        next=page.next,
        events={id: shown_event(e) for id, e in found.items()} if events else None,
    )


@router.get("/collections/{collection}/count")
def count_images(access: MayLook, records: Store, chosen: Filtered) -> dict[str, int]:
    """Count the images that a filter matches."""
    return {"images": records.count(Image, matching_images(access, chosen))}


@router.get("/images/{image}")
def show(seen: ImageToSee, biosight: Open, records: Store, response: Response) -> ImageDetail:
    """Show one image in full; send its ETag as If-Match to change it."""
    response.headers["ETag"] = etag(seen.image)
    return detail(biosight, seen.image, seen.access, records)


class ScoresOut(BaseModel):
    """The probability of every label or name of a model's tree for a picture, the likeliest first.

    The names are the model's own. Names that this person may not learn are left out.
    """

    model: str
    scores: list[GuessOut]


@router.get("/images/{image}/scores")
def scores(seen: ImageToSee, biosight: Open, records: Store) -> ScoresOut:
    """Show all probabilities that the model gave a picture, for those who judge it themselves."""
    image, collection = seen.image, seen.access.collection
    if not image.model:
        raise NotFound("No model has looked at this picture yet.")
    classifier = biosight.model.classifiers.get(image.model)
    looked = look_again(biosight.intake, classifier, image, collection.picture_kind)
    naming = naming_of(records, biosight.catalogue, collection)
    verdict = limited_by(classifier, naming, looked.verdict) or looked.verdict
    rule = seen_rule(seen.access, biosight, records)
    told = [
        GuessOut(label=g.label, confidence=g.confidence)
        for g in classifier.every_score(verdict)
        if not rule.tells(image, g.label) and not rule.tells(image, naming.shown(g.label))
    ]
    return ScoresOut(model=image.model, scores=told)


@router.patch("/images/{image}")
def change(
    body: ImageChange,
    seen: ImageToChange,
    person: Signed,
    biosight: Open,
    records: Store,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> ImageDetail:
    """Change one image.

    With If-Match, the status is 412 if somebody else was faster. Without it, the change is made on
    top of theirs, or the status is 503 if others keep changing the picture.
    """
    act = with_path(records, biosight.catalogue, seen.access.collection, as_change(body))
    expected = parse_etag(if_match)
    image, collection = seen.image, seen.access.collection.id
    done = perform(records, person.user.id, collection, act, [image], expected=expected)
    return answer_change(biosight, records, seen, done, response)


@router.get("/images/{image}/neighbours")
def neighbours(
    seen: ImageToSee, biosight: Open, records: Store, chosen: Filtered, sort: str = "newest"
) -> dict[str, str]:
    """Return the pictures before and after this one under a filter; "" at the ends."""
    where = matching_images(seen.access, chosen)
    if sort == ALIKE:
        collection = seen.access.collection.id
        previous, following = groups.next_alike(biosight, collection, where, seen.image.id)
    else:
        previous, following = gallery.neighbours(records, where, sort, seen.image)
    return {"previous": previous, "next": following}


def as_change(body: ImageChange) -> Change:
    """Return the body as a Change. Raises BadRequest unless it says exactly one thing."""
    wanted = [
        ("relabel", body.label is not None),
        ("confirm", body.confirm),
        ("undecided", body.undecided),
        ("note", body.note is not None),
        ("trash", body.trashed is True),
        ("restore", body.trashed is False),
    ]
    kinds = [kind for kind, asked in wanted if asked]
    if len(kinds) != 1:
        raise BadRequest("Change one thing at a time: label, confirm, undecided, note or trashed.")
    return change_of(kinds[0], label=body.label or "", note=body.note or "", via=body.via)


@router.get("/images/{image}/history")
def history(seen: ImageToSee, biosight: Open, records: Store) -> list[SayingOut]:
    """List who said what of an image, in order of time.

    The labels of models appear under the names used in the collection. Where the picture's place is
    shown exactly, viewers don't see sensitive names.
    """
    rule = seen_rule(seen.access, biosight, records)
    where = [Where("image", "=", seen.image.id)]
    naming = naming_of(records, biosight.catalogue, seen.access.collection)
    said = [
        SayingOut(
            by=p.model,
            kind="predicted",
            label=naming.shown(p.best.label),
            confidence=p.best.confidence,
            at=p.at,
        )
        for p in records.find(Prediction, where, order=Order("at"), limit=500)
    ]
    name = accounts.names_of(records)
    for a in records.find(Annotation, where, order=Order("at"), limit=500):
        by = speaker_of(a, name)
        said.append(SayingOut(by=by, kind=a.kind, label=a.label, confidence=None, at=a.at))
    told = (s for s in said if not rule.tells(seen.image, s.label))
    return sorted(told, key=lambda s: s.at)
