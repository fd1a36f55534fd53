"""API: list, look at and change single images, and get their bytes."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from pydantic import BaseModel, Field

from biosight import accounts, gallery, logbook
from biosight.bootstrap import BioSight
from biosight.errors import BadRequest, NotFound, Unavailable
from biosight.field.coarse_places import Coarsening
from biosight.field.events import Event, event_of, events_of
from biosight.field.gaps import gap_of, gaps_of
from biosight.field.grid import shown_at
from biosight.images import SHOWN_AS_IS, Capture, Image
from biosight.images.stack import MOST_PLANES, plane_names
from biosight.inference.name_list import limited_by
from biosight.intake import look_again
from biosight.labels import Annotation, Prediction, speaker_of
from biosight.membership import Access
from biosight.places import Deployment, Site
from biosight.review.acts import MAX_NOTE, Change, change_of
from biosight.review.perform_acts import Done, perform
from biosight.review.undo_acts import latest_prediction
from biosight.storage.records import Order, Where
from biosight.taxa.naming import Naming
from biosight.web.access.deps import (
    Bytes,
    ImageToChange,
    ImageToSee,
    MayLook,
    Open,
    Seen,
    Signed,
    Store,
)
from biosight.web.access.rights import seen_rule
from biosight.web.files.picture_bytes import answer_with
from biosight.web.files.streaming import on_byte_threads
from biosight.web.schemas.body import Input
from biosight.web.schemas.filters import Filtered, matching_images
from biosight.web.schemas.guesses import (
    BoxOut,
    GuessOut,
    LevelOut,
    OpinionOut,
    finer_out,
    guesses_out,
    levels_out,
    opinions_out,
    why_no_finer,
)
from biosight.web.schemas.pictures import ImageOut, TaxonOut, etag, image_out, taxon_out
from biosight.web.schemas.subjects import SubjectOut, subjects_out
from biosight.web.security import client_address
from biosight.workflows.collection_names import naming_of, with_path
from biosight.workflows.pictures import derived, groups
from biosight.workflows.pictures.groups import ALIKE

router = APIRouter(tags=["images"])
LINK_SECONDS = 300


class EventOut(BaseModel):
    """An event: pictures of one deployment that follow each other within a gap.

    The gap is the collection's or the deployment's own. `start` and `end` are the first and last
    local time, and `images` is the number of pictures.
    """

    id: str
    start: str
    end: str
    images: int


class ImageDetail(ImageOut):
    """An image with the model's guesses and the file's metadata; after a change, also its act.

    `top` are the model's labels. With a tree of names, there is more: `levels` are the names on the
    line through its answer, with the probability of each, and `stops` says why the answer goes no
    further down. `finer` are the likeliest of its finest names, `opinions` are what experts say,
    and `taxon` describes the current label.

    In collections of camera traps, `boxes` are what the version `detector` found, the surest first;
    `trouble` says in words why it could not look.

    Where the collection hides the place from viewers, the coordinates are the middle of a cell of
    `coarse` degrees. They are exact where `coarse` is 0.

    `planes` are the names of a stack's planes (`/images/{image}/planes/{number}`, counted from 0),
    none for a single picture. `microns` is the width of a pixel in micrometres, 0 for unknown.
    """

    top: list[GuessOut]
    finer: list[GuessOut]
    levels: list[LevelOut]
    stops: str
    detector: str
    boxes: list[BoxOut]
    trouble: str
    opinions: list[OpinionOut]
    taxon: TaxonOut | None
    latitude: float | None
    longitude: float | None
    coarse: float
    subseconds: str
    capture: Capture
    uploaded_by: str
    event: EventOut | None
    deployment_name: str
    site_name: str
    planes: list[str]
    microns: float
    subjects: list[SubjectOut]
    act: str = ""


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
    via: str = Field("", pattern="^(random|margin|group)?$")


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
    looked = look_again(biosight.intake, classifier, image, camera_traps=collection.camera_traps)
    naming = naming_of(records, biosight.catalogue, collection)
    verdict = limited_by(classifier, naming, looked.verdict) or looked.verdict
    rule = seen_rule(seen.access, biosight, records)
    told = [
        GuessOut(label=g.label, confidence=g.confidence)
        for g in classifier.every_score(verdict)
        if not rule.tells(image, g.label) and not rule.tells(image, naming.shown(g.label))
    ]
    return ScoresOut(model=image.model, scores=told)


def detail(biosight: BioSight, image: Image, access: Access, records: Store) -> ImageDetail:
    """Return an image with its guesses and metadata."""
    prediction = latest_prediction(records, image.id)
    naming = naming_of(records, biosight.catalogue, access.collection)
    deployment = records.get(Deployment, image.deployment) if image.deployment else None
    zone = deployment.zone if deployment else ""
    event = event_of(records, image, gap_of(access.collection, deployment), zone)
    site = records.get(Site, image.site) if image.site else None
    rule = seen_rule(access, biosight, records)
    return ImageDetail(
        **image_out(image, access).model_dump(),
        **said_by_models(prediction, naming, image, rule),
        taxon=taxon_out(naming.tree, image.label),
        **place_seen(image, rule),
        subseconds=image.taken[20:],
        uploaded_by=accounts.names_of(records)(image.uploaded_by),
        event=shown_event(event) if event else None,
        deployment_name=deployment.name if deployment else "",
        site_name=site.name if site else "",
        planes=plane_names(image.planes, image.channels),
        microns=image.microns,
        subjects=subjects_out(image),
    )


def said_by_models(
    prediction: Prediction | None, naming: Naming, image: Image, rule: Coarsening
) -> dict[str, Any]:
    """Return what the models say of a picture, without names that would reveal to this person what
    was seen at a place that is shown exactly."""
    if prediction is None:
        nothing: dict[str, Any] = {
            "top": [],
            "finer": [],
            "levels": [],
            "opinions": [],
            "boxes": [],
        }
        return {**nothing, "stops": "", "detector": "", "trouble": ""}
    levels = levels_out(prediction, naming)
    told = [x for x in levels if not rule.tells(image, x.label)]
    return {
        "top": [g for g in guesses_out(prediction.top, naming) if not rule.tells(image, g.label)],
        "finer": [g for g in finer_out(prediction, naming) if not rule.tells(image, g.label)],
        "levels": told,
        "stops": why_no_finer(prediction, naming) if told == levels else "",
        "opinions": opinions_out(prediction.opinions),
        "detector": prediction.detector,
        "boxes": [BoxOut(**box.plain) for box in prediction.boxes],
        "trouble": prediction.trouble,
    }


def place_seen(image: Image, rule: Coarsening) -> dict[str, Any]:
    """Return a picture's own coordinates as this person may see them."""
    degrees = rule.of(image)
    place = shown_at(image.latitude, image.longitude, degrees)
    capture = image.capture
    return {
        "latitude": place.latitude if place else None,
        "longitude": place.longitude if place else None,
        "coarse": degrees,
        "capture": replace(capture, altitude=None) if place and degrees else capture,
    }


def shown_event(event: Event) -> EventOut:
    """Return an event as the API shows it."""
    return EventOut(id=event.id, start=event.start, end=event.end, images=event.images)


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


def answer_change(
    biosight: BioSight, records: Store, seen: Seen, done: Done, response: Response
) -> ImageDetail:
    """Return a picture after a change of it, with its new ETag. Raises NotFound where it is gone,
    and Unavailable where others kept changing it."""
    image = seen.image
    if done.conflicts:
        gallery.get_image(records, image.id)
        raise Unavailable("Others change this picture at the same moment; try again.")
    new = done.changed[0] if done.changed else gallery.get_image(records, image.id)
    response.headers["ETag"] = etag(new)
    shown = detail(biosight, new, seen.access, records)
    return shown.model_copy(update={"act": done.act if done.changed else ""})


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


def parse_etag(header: str | None) -> int | None:
    """Return the version in an If-Match header; None for any version. Raises BadRequest."""
    if header is None or header.strip() == "*":
        return None
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 15:
        raise BadRequest("If-Match holds the ETag that BioSight gave.")
    return int(text)


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


def note_original(
    request: Request, seen: ImageToSee, person: Signed, biosight: Open, records: Store
) -> None:
    """Note in the logbook, once a day, who downloaded originals of a collection."""
    logbook.note_once_a_day(
        records,
        "downloaded",
        by=person.user.id,
        about=seen.image.collection,
        detail="originals, one by one",
        address=client_address(request, biosight.settings),
    )


@router.get(
    "/images/{image}/original",
    response_class=FileResponse,
    dependencies=[Depends(note_original)],
)
async def original(
    request: Request,
    seen: ImageToSee,
    blobs: Bytes,
    biosight: Open,
    records: Store,
    download: bool = False,
    placeless: bool = False,
) -> Response:
    """Download the upload, byte for byte; a download may be a redirect to the bucket.

    With `placeless`, and for viewers where the collection hides the place, the file is the picture
    and nothing else: it has no date, place or comment, and a HEIC or AVIF becomes a JPEG.
    """

    def work() -> Response:
        hidden = placeless or seen_rule(seen.access, biosight, records).of(seen.image) > 0
        if download and biosight.settings.presigned and not hidden:
            found = derived.original(blobs, seen.image)
            if link := blobs.link(found.key, LINK_SECONDS):
                return RedirectResponse(link, status_code=307)
        inline = not download and seen.image.media_type in SHOWN_AS_IS
        find = partial(derived.original, blobs, seen.image)
        if hidden:
            find = partial(derived.placeless_file, blobs, biosight.model.decoders, seen.image)
        return answer_with(request, blobs, find, inline=inline)

    return await on_byte_threads(request, work)


@router.get("/images/{image}/thumbnail", response_class=FileResponse)
async def thumbnail(request: Request, seen: ImageToSee, blobs: Bytes, biosight: Open) -> Response:
    """Return a small JPEG without metadata."""
    find = partial(derived.thumbnail, blobs, biosight.model.decoders, seen.image)
    work = partial(answer_with, request, blobs, find, inline=True)
    return await on_byte_threads(request, work)


@router.get("/images/{image}/view", response_class=FileResponse)
async def view(request: Request, seen: ImageToSee, blobs: Bytes, biosight: Open) -> Response:
    """Return the picture as any browser can show it, without its place.

    It has every pixel, but a TIFF, HEIC or AVIF becomes a JPEG of at most 2,400 pixels a side.
    """
    find = partial(derived.view, blobs, biosight.model.decoders, seen.image)
    work = partial(answer_with, request, blobs, find, inline=True)
    return await on_byte_threads(request, work)


@router.get("/images/{image}/planes/{number}", response_class=Response)
async def plane(
    number: Annotated[int, Path(ge=0, lt=MOST_PLANES)],
    request: Request,
    seen: ImageToSee,
    blobs: Bytes,
    biosight: Open,
) -> Response:
    """Return a plane of a microscope's stack as a JPEG of at most 2,400 pixels a side."""

    def work() -> Response:
        drawn = derived.plane(blobs, biosight.model.decoders, seen.image, number)
        headers = {"Cache-Control": "private, max-age=86400"}
        return Response(drawn, media_type=derived.JPEG, headers=headers)

    return await on_byte_threads(request, work)


@router.get("/images/{image}/whole", response_class=FileResponse)
async def whole(request: Request, seen: ImageToSee, blobs: Bytes, biosight: Open) -> Response:
    """Return every pixel of the picture as any browser can show it, to look at details."""
    find = partial(derived.whole, blobs, biosight.model.decoders, seen.image)
    work = partial(answer_with, request, blobs, find, inline=True)
    return await on_byte_threads(request, work)
