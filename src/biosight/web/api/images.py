"""API: upload, list, look at and change single images, and their bytes."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import FileResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel, Field

from biosight import accounts, gallery
from biosight.errors import BadRequest, NotFound
from biosight.images import SHOWN_AS_IS, Image
from biosight.intake import ANY_FRAMING
from biosight.labels import Annotation as Said
from biosight.labels import Guess, Prediction
from biosight.review.acts import Change, change_of, perform
from biosight.review.undoing import latest_prediction
from biosight.sharing import Access
from biosight.storage import blobs as keys
from biosight.storage.records import Order, Where
from biosight.web.api.people import Input
from biosight.web.deps import (
    Bytes,
    ImageToChange,
    ImageToSee,
    Open,
    Signed,
    Store,
    Viewer,
)
from biosight.web.security import FILE_POLICY

router = APIRouter(tags=["images"])
LINK_SECONDS = 300


class GuessOut(BaseModel):
    """A label and its confidence, 0 to 1."""

    label: str
    confidence: float


class ImageOut(BaseModel):
    """An image; `who` is machine, person or nobody; `unsure` by the collection's threshold."""

    id: str
    collection: str
    name: str
    path: str
    label: str
    who: str
    unsure: bool
    machine_label: str
    confidence: float
    model: str
    novelty: float
    unfamiliar: bool
    width: int
    height: int
    size: int
    media_type: str
    sha256: str
    created_at: float
    taken: str
    day: str
    note: str
    trashed: bool
    session: str
    version: int


class ImageDetail(ImageOut):
    """An image with the model's guesses and the file's metadata; after a change, its act."""

    top: list[GuessOut]
    camera: str
    latitude: float | None
    longitude: float | None
    uploaded_by: str
    act: str = ""


class ImagePage(BaseModel):
    """Images, and the cursor of the next page ("" at the end)."""

    images: list[ImageOut]
    next: str


class ImageChange(Input):
    """One change to one image: a label, a confirmation, a note, or the trash."""

    label: str | None = Field(None, max_length=200)
    confirm: bool = False
    note: str | None = Field(None, max_length=4000)
    trashed: bool | None = None
    via: str = Field("", pattern="^(random|margin)?$")


class SayingOut(BaseModel):
    """One line of an image's history: what a model or person said, when."""

    by: str
    kind: str
    label: str
    confidence: float | None
    at: float


def image_filter(
    label: str | None = None,
    who: Annotated[str | None, Query(pattern="^(machine|person|nobody)$")] = None,
    unsure: bool = False,
    above: Annotated[int | None, Query(ge=0, le=101)] = None,
    below: Annotated[int | None, Query(ge=0, le=101)] = None,
    since: Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")] = "",
    until: Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")] = "",
    text: Annotated[str, Query(max_length=200)] = "",
    session: Annotated[str, Query(max_length=64)] = "",
    trash: bool = False,
    unfamiliar: bool = False,
) -> gallery.Filter:
    """The filter as it stands in the address."""
    return gallery.Filter(
        label=label,
        who=who,
        unsure=unsure,
        above=above,
        below=below,
        since=since,
        until=until,
        text=text,
        session=session,
        trash=trash,
        unfamiliar=unfamiliar,
    )


Filtered = Annotated[gallery.Filter, Depends(image_filter)]


def image_out(image: Image, threshold: int) -> ImageOut:
    """An image as the API shows it."""
    unsure = image.who == "machine" and image.percent < threshold
    return ImageOut.model_construct(
        **{name: getattr(image, name) for name in ImageOut.model_fields if name != "unsure"},
        unsure=unsure,
    )


def guesses(top: tuple[Guess, ...]) -> list[GuessOut]:
    """Guesses as the API shows them."""
    return [GuessOut(label=g.label, confidence=g.confidence) for g in top]


@router.get("/collections/{collection}/images")
def list_images(
    access: Viewer,
    records: Store,
    chosen: Filtered,
    sort: str = "newest",
    cursor: Annotated[str, Query(max_length=2000)] = "",
    limit: int = 100,
) -> ImagePage:
    """A page of images under a filter."""
    c = access.collection
    where = gallery.conditions(c.id, c.threshold, chosen)
    page = gallery.page(records, where, sort, cursor, limit)
    return ImagePage(images=[image_out(i, c.threshold) for i in page.images], next=page.next)


@router.get("/collections/{collection}/count")
def count_images(access: Viewer, records: Store, chosen: Filtered) -> dict[str, int]:
    """How many images a filter matches."""
    c = access.collection
    return {"images": records.count(Image, gallery.conditions(c.id, c.threshold, chosen))}


def etag(image: Image) -> str:
    """The version as an entity tag."""
    return f'"{image.version}"'


@router.get("/images/{image}")
def show(seen: ImageToSee, records: Store, response: Response) -> ImageDetail:
    """One image in full; its ETag is for If-Match."""
    response.headers["ETag"] = etag(seen.image)
    return detail(seen.image, seen.access, records)


def detail(image: Image, access: Access, records: Store) -> ImageDetail:
    """An image with guesses and metadata."""
    prediction = latest_prediction(records, image.id)
    return ImageDetail(
        **image_out(image, access.collection.threshold).model_dump(),
        top=guesses(prediction.top) if prediction else [],
        camera=image.camera,
        latitude=image.latitude,
        longitude=image.longitude,
        uploaded_by=accounts.names_of(records)(image.uploaded_by),
    )


@router.patch("/images/{image}")
def change(
    body: ImageChange,
    seen: ImageToChange,
    person: Signed,
    records: Store,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> ImageDetail:
    """Change one image. With If-Match, 412 when somebody was faster."""
    act = as_change(body)
    expected = parse_etag(if_match)
    image, collection = seen.image, seen.access.collection.id
    done = perform(records, person.user.id, collection, act, [image], expected=expected)
    new = done.changed[0] if done.changed else gallery.get_image(records, image.id)
    response.headers["ETag"] = etag(new)
    shown = detail(new, seen.access, records)
    return shown.model_copy(update={"act": done.act if done.changed else ""})


@router.get("/images/{image}/neighbours")
def neighbours(
    seen: ImageToSee, records: Store, chosen: Filtered, sort: str = "newest"
) -> dict[str, str]:
    """The pictures before and behind this one under a filter; "" at the ends."""
    c = seen.access.collection
    where = gallery.conditions(c.id, c.threshold, chosen)
    previous, following = gallery.neighbours(records, where, sort, seen.image)
    return {"previous": previous, "next": following}


def as_change(body: ImageChange) -> Change:
    """The body as a Change. Raises BadRequest unless it says exactly one thing."""
    wanted = [
        ("relabel", body.label is not None),
        ("confirm", body.confirm),
        ("note", body.note is not None),
        ("trash", body.trashed is True),
        ("restore", body.trashed is False),
    ]
    kinds = [kind for kind, asked in wanted if asked]
    if len(kinds) != 1:
        raise BadRequest("Change one thing at a time: label, confirm, note or trashed.")
    return change_of(kinds[0], label=body.label or "", note=body.note or "", via=body.via)


def parse_etag(header: str | None) -> int | None:
    """The version in an If-Match header. Raises BadRequest."""
    if header is None or header.strip() == "*":
        return None
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 15:
        raise BadRequest("If-Match holds the ETag that BioSight gave.")
    return int(text)


@router.get("/images/{image}/history")
def history(seen: ImageToSee, records: Store) -> list[SayingOut]:
    """Who said what of an image, in order."""
    where = [Where("image", "=", seen.image.id)]
    said = [
        SayingOut(
            by=p.model, kind="predicted", label=p.best.label, confidence=p.best.confidence, at=p.at
        )
        for p in records.find(Prediction, where, order=Order("at"), limit=500)
    ]
    name = accounts.names_of(records)
    for a in records.find(Said, where, order=Order("at"), limit=500):
        said.append(SayingOut(by=name(a.by), kind=a.kind, label=a.label, confidence=None, at=a.at))
    return sorted(said, key=lambda s: s.at)


def file_response(blobs: Bytes, key: str, media_type: str, name: str, *, inline: bool) -> Response:
    """Stored bytes with a policy that lets them do nothing. Raises NotFound."""
    headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "private, max-age=86400"}
    kind = "inline" if inline else "attachment"
    check_there(blobs, key)
    path = blobs.file(key)
    if path is not None:
        return FileResponse(
            path,
            media_type=media_type,
            filename=name,
            content_disposition_type=kind,
            headers=headers,
        )
    headers["Content-Disposition"] = f"{kind}; filename*=utf-8''{quote(name)}"
    return StreamingResponse(blobs.stream(key), media_type=media_type, headers=headers)


def check_there(blobs: Bytes, key: str) -> None:
    """Raise NotFound unless a key's bytes are stored."""
    if not blobs.has(key):
        raise NotFound("The bytes of this picture are missing; run biosight doctor.")


@router.get("/images/{image}/original", response_class=FileResponse)
def original(seen: ImageToSee, blobs: Bytes, biosight: Open, download: bool = False) -> Response:
    """The upload, byte for byte; a download may be a redirect to the bucket."""
    image, key = seen.image, keys.original(seen.image.sha256)
    if download and biosight.settings.presigned and (link := blobs.link(key, LINK_SECONDS)):
        check_there(blobs, key)
        return RedirectResponse(link, status_code=307)
    inline = not download and image.media_type in SHOWN_AS_IS
    return file_response(blobs, key, image.media_type, image.name, inline=inline)


@router.get("/images/{image}/thumbnail", response_class=FileResponse)
def thumbnail(seen: ImageToSee, blobs: Bytes, biosight: Open) -> Response:
    """A small JPEG without metadata."""
    key = keys.thumbnail(seen.image.sha256)
    if not blobs.has(key):
        source = keys.original(seen.image.sha256)
        check_there(blobs, source)
        with blobs.local(source) as path:
            decoded = biosight.model.decoders.decode(path, ANY_FRAMING)
        blobs.put_derived(key, decoded.thumbnail)
    return file_response(blobs, key, "image/jpeg", "thumbnail.jpg", inline=True)


@router.get("/images/{image}/view", response_class=FileResponse)
def view(seen: ImageToSee, blobs: Bytes, biosight: Open) -> Response:
    """The picture as any browser can show it: the original, or a JPEG of a TIFF or HEIC."""
    image, source = seen.image, keys.original(seen.image.sha256)
    if image.media_type in SHOWN_AS_IS:
        return file_response(blobs, source, image.media_type, image.name, inline=True)
    key = keys.view(image.sha256)
    if not blobs.has(key):
        check_there(blobs, source)
        with blobs.local(source) as path:
            blobs.put_derived(key, biosight.model.decoders.render(path))
    return file_response(blobs, key, "image/jpeg", "view.jpg", inline=True)
