"""API: links that show a collection, a label or a picture, and what a visitor sees by such a link.

A visitor needs no account, changes nothing, and sees places coarsely at most.
"""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from biosight import accounts, gallery, logbook
from biosight.accounts import Share
from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.errors import BadRequest, NotFound
from biosight.field.grid import shown_at
from biosight.gallery.facets import facet
from biosight.images import Image
from biosight.storage.conditions import living_images, showing_below
from biosight.storage.records import Records, Where
from biosight.web.access.deps import Bytes, MayOwn, Open, Signed, Store
from biosight.web.files.picture_bytes import answer_blurred, answer_with, form_tag
from biosight.web.files.streaming import on_byte_threads
from biosight.web.schemas.body import Input
from biosight.web.security import client_address, visit_cookie
from biosight.workflows.collection_names import names_in, naming_of
from biosight.workflows.people.link_makers import check_share, stands
from biosight.workflows.pictures import derived
from biosight.workflows.pictures.people import PictureForm, is_drawn, people_in

router = APIRouter(tags=["links"])
PAGE = 60
HIDDEN = {"X-Robots-Tag": "noindex, nofollow"}


class NewShare(Input):
    """What a link shows: all of the collection, a label with all below it, or one image.

    `days` is how long the link works, `password` is "" for none, and `download` says whether
    originals may be downloaded.
    """

    label: str = Field("", max_length=200)
    image: str = Field("", max_length=64)
    days: int = Field(30, ge=1, le=365)
    password: str = Field("", max_length=200)
    download: bool = False


class ShareOut(BaseModel):
    """A link that shows pictures; its secret is not kept."""

    id: str
    label: str
    image: str
    ends_at: float
    password: bool
    download: bool


class ShareMade(ShareOut):
    """A new link; put the server's address before `path`, which is shown only this once."""

    path: str


class Followed(Input):
    """The part of a link after the #, and its password."""

    secret: str = Field(max_length=200)
    password: str = Field("", max_length=200)


class Shown(BaseModel):
    """What a link shows: by whom, of which collection, how many pictures, until when."""

    by: str
    collection: str
    label: str
    images: int
    download: bool
    ends_at: float


class SeenImage(BaseModel):
    """A picture as a visitor sees it.

    Its place is given in whole cells of the collection's grid, null if it is unknown. `confidence`
    is the machine's where it gave the label, null otherwise; who named it is never told.
    """

    id: str
    name: str
    label: str
    who: str
    confidence: float | None
    unsure: bool
    taken: str
    width: int
    height: int
    latitude: float | None
    longitude: float | None


class SeenLabel(BaseModel):
    """A label of the pictures that a link shows, "" for none, and how many of them have it."""

    label: str
    images: int


class SeenPage(BaseModel):
    """A page of such pictures, and the cursor of the next page ("" at the end)."""

    images: list[SeenImage]
    next: str


def share_out(share: Share) -> ShareOut:
    """Return a link as its owner sees it."""
    return ShareOut(
        id=share.id,
        label=share.label,
        image=share.image,
        ends_at=share.ends_at,
        password=bool(share.password),
        download=share.download,
    )


@router.get("/collections/{collection}/shares")
def list_shares(access: MayOwn, records: Store) -> list[ShareOut]:
    """List the links that show this collection or parts of it."""
    found = accounts.shares_of(records, access.collection.id)
    return [share_out(s) for s in found if stands(records, s)]


@router.post("/collections/{collection}/shares", status_code=201)
def share(
    body: NewShare, access: MayOwn, person: Signed, biosight: Open, records: Store
) -> ShareMade:
    """Make a link for people without an account; they can look, but change nothing."""
    c = access.collection
    if body.label and body.image:
        raise BadRequest("A link shows a label or a picture, not both.")
    if body.image and gallery.get_image(records, body.image).collection != c.id:
        raise NotFound("There is no such picture in this collection.")
    label = names_in(records, biosight.catalogue, c).accepted(body.label) if body.label else ""
    secret, made = accounts.show_by_link(
        records,
        person.user.id,
        c.id,
        days=body.days,
        label=label,
        image=body.image,
        password=body.password,
        download=body.download,
    )
    logbook.note(records, "link made", by=person.user.id, about=c.id)
    return ShareMade(**share_out(made).model_dump(), path=f"/shared#{secret}")


@router.delete("/collections/{collection}/shares/{share}", status_code=204)
def end_share(share: str, access: MayOwn, records: Store) -> None:
    """Withdraw a link: people who followed it see nothing more."""
    accounts.end_share(records, access.collection.id, share)


def by_link(request: Request, records: Store) -> tuple[Share, Collection]:
    """Return the link that this visitor followed, and its collection. Raises NotFound."""
    secret = request.cookies.get(visit_cookie(request.app.state.biosight.settings), "")
    return with_collection(records, accounts.share_of_visit(records, secret))


def with_collection(records: Records, share: Share) -> tuple[Share, Collection]:
    """Return a link and its collection.

    Raises NotFound if the collection is gone or in the trash, or if the link's maker may no longer
    share it.
    """
    found = records.get(Collection, share.collection)
    if found is None or found.trashed_at:
        raise NotFound("The pictures of this link no longer exist.")
    return check_share(records, share), found


Visiting = Annotated[tuple[Share, Collection], Depends(by_link)]


def what_it_shows(
    share: Share, collection: Collection, records: Records, biosight: BioSight
) -> list[Where]:
    """Return the pictures of a link as conditions; a label is looked up in the tree as it is
    today."""
    here = living_images(share.collection)
    if share.image:
        return [*here, Where("id", "=", share.image)]
    if not share.label:
        return here
    naming = naming_of(records, biosight.catalogue, collection)
    return [*here, showing_below(naming.path(share.label))]


@router.post("/shared")
def follow(
    body: Followed, request: Request, response: Response, biosight: Open, records: Store
) -> Shown:
    """Follow a link; the cookie in the response shows its pictures."""
    address = client_address(request, biosight.settings)
    visit = request.cookies.get(visit_cookie(biosight.settings), "")
    found = accounts.visits_still(records, visit, body.secret)
    if found is None:
        visit, found = accounts.follow_link(records, body.secret, body.password, address)
    share, c = with_collection(records, found)
    response.set_cookie(
        visit_cookie(biosight.settings),
        visit,
        path="/api/v1/shared",
        secure=biosight.settings.secure,
        httponly=True,
        samesite="lax",
    )
    response.headers.update(HIDDEN)
    return Shown(
        by=accounts.names_of(records)(share.by),
        collection=c.name,
        label=share.label,
        images=records.count(Image, what_it_shows(share, c, records, biosight)),
        download=share.download,
        ends_at=share.ends_at,
    )


@router.get("/shared/images")
def list_shared(
    response: Response,
    visiting: Visiting,
    biosight: Open,
    records: Store,
    cursor: Annotated[str, Query(max_length=2000)] = "",
    label: Annotated[str | None, Query(max_length=200)] = None,
) -> SeenPage:
    """List what the visitor's link shows, or its pictures of one label, the newest first."""
    share, c = visiting
    where = what_it_shows(share, c, records, biosight)
    if label is not None:
        where.append(Where("label", "=", label))
    page = gallery.page(records, where, "newest", cursor, PAGE)
    response.headers.update(HIDDEN)
    return SeenPage(images=[seen_image(i, c) for i in page.images], next=page.next)


@router.get("/shared/labels")
def list_shared_labels(
    response: Response, visiting: Visiting, biosight: Open, records: Store
) -> list[SeenLabel]:
    """List the labels of the pictures that the visitor's link shows, the most frequent first."""
    share, c = visiting
    found = facet(records, what_it_shows(share, c, records, biosight), "label")
    response.headers.update(HIDDEN)
    return [SeenLabel(label=v.value, images=v.images) for v in found]


def seen_image(image: Image, collection: Collection) -> SeenImage:
    """Return a picture as a visitor sees it."""
    place = shown_at(image.latitude, image.longitude, collection.coarse)
    return SeenImage(
        id=image.id,
        name=image.name,
        label=image.label,
        who=image.who,
        confidence=image.confidence if image.who == "machine" else None,
        unsure=image.who == "machine" and image.percent < collection.threshold,
        taken=image.taken_at,
        width=image.width,
        height=image.height,
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
    )


def note_original(request: Request, records: Records, collection: Collection) -> None:
    """Note in the logbook, once a day and address, that originals were downloaded by a link."""
    logbook.note_once_a_day(
        records,
        "downloaded",
        by="",
        about=collection.id,
        detail="originals, by a link",
        address=client_address(request, request.app.state.biosight.settings),
    )


@router.get("/shared/images/{image}/{kind}", response_class=FileResponse)
async def shared_bytes(
    request: Request,
    image: str,
    kind: Literal["thumbnail", "view", "original"],
    blobs: Bytes,
    biosight: Open,
    records: Store,
) -> Response:
    """Return a picture of the visitor's link.

    Originals are returned only if the link allows it, and without their place. Where the collection
    blurs people, they are blurred.
    """

    def work() -> Response:
        share, c = by_link(request, records)
        where = [*what_it_shows(share, c, records, biosight), Where("id", "=", image)]
        found = records.find(Image, where, limit=1)
        if not found or (kind == "original" and not share.download):
            raise NotFound("This link does not show that.")
        if kind == "original":
            note_original(request, records, c)
        finds = {
            "thumbnail": partial(derived.thumbnail, blobs, biosight.model.decoders, found[0]),
            "view": partial(derived.view, blobs, biosight.model.decoders, found[0]),
            "original": partial(derived.placeless_file, blobs, biosight.model.decoders, found[0]),
        }
        inline = kind != "original"
        form: PictureForm = "whole" if kind == "original" else kind
        people = people_in(records, found[0]) if c.blur_people else ()
        if c.blur_people and is_drawn(found[0], people, form):
            answer = answer_blurred(biosight, found[0], people, form, inline=inline)
        else:
            tag = form_tag(f"shared-{kind}", found[0])
            answer = answer_with(request, blobs, finds[kind], inline=inline, tag=tag)
        answer.headers.update(HIDDEN)
        answer.headers["Cache-Control"] = "no-store"  # a withdrawn link shows nothing
        return answer

    return await on_byte_threads(request, work)
