"""API: the bytes of a picture, as the person who asks may see them.

Not here: the bytes that visitors with a link see (web/api/collections/shares.py).
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from biosight import logbook
from biosight.bootstrap import BioSight
from biosight.errors import Forbidden
from biosight.images import SHOWN_AS_IS, Image
from biosight.images.stack import MOST_PLANES
from biosight.inference.sandbox.decoding import Decoders
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records
from biosight.subjects import Region
from biosight.web.access.deps import Bytes, ImageToSee, Open, Seen, Signed, Store
from biosight.web.access.rights import seen_rule
from biosight.web.files.picture_bytes import (
    answer_blurred,
    answer_drawn,
    answer_with,
    form_tag,
    saved_as,
)
from biosight.web.files.streaming import on_byte_threads
from biosight.web.security import client_address
from biosight.workflows.pictures import derived
from biosight.workflows.pictures.closer import draw_closer, main_region
from biosight.workflows.pictures.people import PictureForm, is_drawn, people_in

router = APIRouter(tags=["images"])
LINK_SECONDS = 300
FINDERS: Mapping[PictureForm, Callable[[Blobs, Decoders, Image], derived.Derived]] = {
    "thumbnail": derived.thumbnail,
    "view": derived.view,
    "whole": derived.whole,
}
HIDDEN_PLANES = "This collection blurs people, so planes of stacks are for its editors."


def people_hidden(seen: Seen, records: Records) -> tuple[Region, ...] | None:
    """Return where people are blurred for the person who sees a picture, () for nowhere; None for
    editors, and where the collection blurs nobody."""
    if not seen.access.collection.blur_people or seen.access.may("change"):
        return None
    return people_in(records, seen.image)


def for_this_person(answer: Response, people: tuple[Region, ...] | None) -> Response:
    """Return an answer that no browser keeps where the collection blurs people: who sees whom may
    change."""
    if people is not None:
        answer.headers["Cache-Control"] = "private, no-store"
    return answer


def in_form(
    form: PictureForm,
    request: Request,
    seen: Seen,
    blobs: Blobs,
    biosight: BioSight,
    records: Records,
) -> Response:
    """Return a form of a picture as the person who asks may see it."""
    people = people_hidden(seen, records)
    if people is not None and is_drawn(seen.image, people, form):
        return answer_blurred(biosight, seen.image, people, form, inline=True)
    find = partial(FINDERS[form], blobs, biosight.model.decoders, seen.image)
    tag = form_tag(form, seen.image)
    return for_this_person(answer_with(request, blobs, find, inline=True, tag=tag), people)


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
    and nothing else: it has no date, place or comment, and a HEIC or AVIF becomes a JPEG. Where the
    collection blurs people, viewers get a JPEG in which they are blurred, of a file with several
    pictures the first.
    """

    def work() -> Response:
        inline = not download and seen.image.media_type in SHOWN_AS_IS
        people = people_hidden(seen, records)
        if people is not None and is_drawn(seen.image, people):
            return answer_blurred(biosight, seen.image, people, "whole", inline=inline)
        coarse = seen_rule(seen.access, biosight, records).of(seen.image) > 0
        hidden = placeless or coarse or people is not None
        if download and biosight.settings.presigned and not hidden:
            found = derived.original(blobs, seen.image)
            disposition = saved_as("attachment", found.name)
            if link := blobs.link(found.key, LINK_SECONDS, found.media_type, disposition):
                return RedirectResponse(link, status_code=307)
        find = partial(derived.original, blobs, seen.image)
        if hidden:
            find = partial(derived.placeless_file, blobs, biosight.model.decoders, seen.image)
        tag = form_tag("placeless" if hidden else "original", seen.image)
        return for_this_person(answer_with(request, blobs, find, inline=inline, tag=tag), people)

    return await on_byte_threads(request, work)


@router.get("/images/{image}/thumbnail", response_class=FileResponse)
async def thumbnail(
    request: Request, seen: ImageToSee, blobs: Bytes, biosight: Open, records: Store
) -> Response:
    """Return a small JPEG without metadata."""
    work = partial(in_form, "thumbnail", request, seen, blobs, biosight, records)
    return await on_byte_threads(request, work)


@router.get("/images/{image}/closer", response_class=FileResponse)
async def closer_look(
    request: Request, seen: ImageToSee, blobs: Bytes, biosight: Open, records: Store
) -> Response:
    """Return a small JPEG of what the picture is about; of all of it where no box is known."""

    def work() -> Response:
        region = main_region(records, seen.image)
        if region is None:
            return in_form("thumbnail", request, seen, blobs, biosight, records)
        hidden = people_hidden(seen, records)
        drawn = draw_closer(blobs, biosight.model.decoders, seen.image, region, hidden or ())
        return for_this_person(answer_drawn(drawn, "private, max-age=86400"), hidden)

    return await on_byte_threads(request, work)


@router.get("/images/{image}/view", response_class=FileResponse)
async def view(
    request: Request, seen: ImageToSee, blobs: Bytes, biosight: Open, records: Store
) -> Response:
    """Return the picture as any browser can show it, without its place.

    It has every pixel, but a TIFF, HEIC or AVIF becomes a JPEG of at most 2,400 pixels a side.
    """
    work = partial(in_form, "view", request, seen, blobs, biosight, records)
    return await on_byte_threads(request, work)


@router.get("/images/{image}/planes/{number}", response_class=Response)
async def plane(
    number: Annotated[int, Path(ge=0, lt=MOST_PLANES)],
    request: Request,
    seen: ImageToSee,
    blobs: Bytes,
    biosight: Open,
    records: Store,
) -> Response:
    """Return a plane of a microscope's stack as a JPEG of at most 2,400 pixels a side."""

    def work() -> Response:
        if people_hidden(seen, records) is not None:
            raise Forbidden(HIDDEN_PLANES)
        drawn = derived.plane(blobs, biosight.model.decoders, seen.image, number)
        headers = {"Cache-Control": "private, max-age=86400"}
        return Response(drawn, media_type=derived.JPEG, headers=headers)

    return await on_byte_threads(request, work)


@router.get("/images/{image}/whole", response_class=FileResponse)
async def whole(
    request: Request, seen: ImageToSee, blobs: Bytes, biosight: Open, records: Store
) -> Response:
    """Return every pixel of the picture as any browser can show it, to look at details."""
    work = partial(in_form, "whole", request, seen, blobs, biosight, records)
    return await on_byte_threads(request, work)
