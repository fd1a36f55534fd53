"""API: exports as a zip by label with a CSV inside, as the CSV alone, or in the standards'
formats."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from biosight import logbook
from biosight.bootstrap import BioSight
from biosight.collection import WIDEST_GRID
from biosight.errors import BadRequest
from biosight.images import Image
from biosight.membership import Access
from biosight.publishing.export import (
    Rebuild,
    all_images,
    chosen_images,
    csv_lines,
    rebuilds_nothing,
    zip_chunks,
)
from biosight.publishing.file_names import clean_part
from biosight.publishing.frozen import frozen_zip
from biosight.publishing.standards import (
    Credits,
    Scope,
    camtrap_dp,
    coco,
    darwin_core,
    formulas_among,
    hidden_among,
    megadetector,
    no_names,
    occurring,
    survey_of,
)
from biosight.publishing.table import Telling
from biosight.storage.records import Records
from biosight.web.access.deps import Bytes, MayLook, Open, Signed, Store
from biosight.web.files.streaming import on_byte_threads, start_stream, stream_answer
from biosight.web.schemas.filters import Filtered, matching_images
from biosight.web.security import client_address
from biosight.workflows.collection_names import names_in
from biosight.workflows.exchange.freezing import Frozen, files_of, frozen
from biosight.workflows.exchange.publication import scope_of, telling_of
from biosight.workflows.pictures.derived import placeless_pieces
from biosight.workflows.pictures.people import blurred_pieces, is_drawn, people_in

router = APIRouter(tags=["export"])
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {}}, "description": "A zip by label"}
}
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "A CSV table with one row per picture"}
}


def zip_headers(access: Access, suffix: str) -> dict[str, str]:
    """Return the headers of a file that is saved under the collection's name."""
    name = clean_part(access.collection.name, "pictures") + suffix
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return {"Content-Disposition": disposition, "X-Accel-Buffering": "no"}


def download(chunks: Iterator[bytes], access: Access, suffix: str, kind: str) -> Response:
    """Return a streamed file that needs the records alone."""
    return StreamingResponse(chunks, media_type=kind, headers=zip_headers(access, suffix))


async def zipped(request: Request, chunks: Iterator[bytes], access: Access) -> Response:
    """Return a streamed zip of pictures; it begins before the response does."""
    ready = await on_byte_threads(request, lambda: start_stream(chunks))
    return stream_answer(request, ready, "application/zip", zip_headers(access, ".zip"))


def note_download(
    request: Request, access: MayLook, person: Signed, biosight: Open, records: Store
) -> None:
    """Note in the logbook who downloaded a collection or a part of it."""
    form = request.url.path.rpartition("/")[2]
    chosen = request.method == "POST"
    filtered = bool(request.url.query) and form in {"zip", "csv"}
    address = client_address(request, biosight.settings)
    logbook.note(
        records,
        "downloaded",
        by=person.user.id,
        about=access.collection.id,
        detail=form + (", chosen pictures" if chosen else ", filtered" if filtered else ""),
        address=address,
    )


NOTED = [Depends(note_download)]


@router.get(
    "/collections/{collection}/zip",
    response_class=StreamingResponse,
    responses=ZIP,
    dependencies=NOTED,
)
async def zip_all(
    request: Request,
    access: MayLook,
    biosight: Open,
    records: Store,
    blobs: Bytes,
    chosen: Filtered,
    nested: bool = False,
    placeless: bool = False,
) -> Response:
    """Download a collection, or what a filter matches, as a zip with one folder per label.

    `nested` puts each folder into those of the names above it. `placeless` takes coordinates out of
    the files.

    Where the collection hides places, viewers get files without these places, and the table shows
    them coarsely to everyone.
    """
    pages = all_images(records, matching_images(access, chosen))
    how = teller_for(biosight, records, access, nested=nested, placeless=placeless)
    chunks = zip_chunks(records, blobs, pages, how, rebuild(biosight, how))
    return await zipped(request, chunks, access)


def rebuild(biosight: BioSight, telling: Telling) -> Rebuild:
    """Return what gives files without their place, or with people blurred."""
    records, blobs = biosight.archive.records, biosight.archive.blobs
    decoders = biosight.model.decoders

    def rebuilt(image: Image) -> Callable[[], Iterator[bytes]]:
        if telling.blurred(image):
            return blurred_pieces(blobs, decoders, image, people_in(records, image))
        return placeless_pieces(blobs, decoders, image)

    return rebuilt


def teller_for(
    biosight: BioSight, records: Records, access: Access, *, nested: bool, placeless: bool = False
) -> Telling:
    """Return how an export describes the pictures of a collection."""
    c, address = access.collection, biosight.settings.public_url
    names = names_in(records, biosight.catalogue, c)
    made = telling_of(records, c, names, nested, address)
    if not access.may("change"):
        made = replace(made, placeless=made.rule.hides)
        if c.blur_people:
            drawn = lru_cache(maxsize=1000)(lambda i: is_drawn(i, people_in(records, i)))
            made = replace(made, blurred=drawn, placeless=lambda _: True)
    return replace(made, placeless=lambda _: True) if placeless else made


@router.post(
    "/collections/{collection}/zip",
    response_class=StreamingResponse,
    responses=ZIP,
    dependencies=NOTED,
)
async def zip_selected(
    request: Request,
    access: MayLook,
    biosight: Open,
    records: Store,
    blobs: Bytes,
    images: Annotated[str, Form(max_length=900_000)],
    nested: Annotated[bool, Form()] = False,
    placeless: Annotated[bool, Form()] = False,
) -> Response:
    """Download selected pictures as a zip.

    `images` is a JSON list of ids, sent as a form so that browsers download the response.
    """
    pages = here(chosen_images(records, parse_ids(images)), access.collection.id)
    how = teller_for(biosight, records, access, nested=nested, placeless=placeless)
    chunks = zip_chunks(records, blobs, pages, how, rebuild(biosight, how))
    return await zipped(request, chunks, access)


def parse_ids(text: str) -> list[str]:
    """Return the ids of a JSON list. Raises BadRequest."""
    try:
        ids = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest("images is a JSON list of ids.") from error
    fine = isinstance(ids, list) and all(
        isinstance(i, str) and i.isascii() and len(i) <= 64 for i in ids
    )
    if not fine:
        raise BadRequest("images is a JSON list of ids.")
    return list(dict.fromkeys(ids))


def here(pages: Iterator[list[Image]], collection: str) -> Iterator[list[Image]]:
    """Yield only the images of this collection: an id from elsewhere counts as absent."""
    for images in pages:
        yield [i for i in images if i.collection == collection]


@router.get(
    "/collections/{collection}/csv",
    response_class=StreamingResponse,
    responses=CSV,
    dependencies=NOTED,
)
def csv_all(
    access: MayLook, biosight: Open, records: Store, chosen: Filtered, nested: bool = False
) -> Response:
    """Download the CSV of a collection, or of what a filter matches.

    Its paths are those of the zip.
    """
    pages = all_images(records, matching_images(access, chosen))
    lines = csv_lines(records, pages, teller_for(biosight, records, access, nested=nested))
    return download(lines, access, ".csv", "text/csv; charset=utf-8")


class Publication(BaseModel):
    """What an export says of itself; for a field that is left out, the collection's remembered
    value counts.

    `coarse` is a grid for coordinates, in degrees: one of the grids on offer, or 0 for exact ones.
    Places that the collection's rule hides are cut to the rule's grid first. `utc_offset`, in
    minutes, is for clocks whose offset neither file nor deployment gives.
    """

    title: str | None = Field(None, max_length=200)
    license: Literal["", "CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0"] | None = None
    rights_holder: str | None = Field(None, max_length=200)
    coarse: float | None = Field(None, ge=0, le=WIDEST_GRID)
    utc_offset: int | None = Field(None, ge=-840, le=840)


Published = Annotated[Publication, Query()]


def asked_scope(
    records: Store, biosight: Open, access: MayLook, person: Signed, said: Published
) -> Scope:
    """Return what to export and how, as the request says."""
    told = {name: str(value) for name, value in said.model_dump().items() if value is not None}
    who = Credits(person.user.name, person.user.email)
    address = biosight.settings.public_url
    return scope_of(records, biosight.catalogue, access.collection, who, told, address)


AskedScope = Annotated[Scope, Depends(asked_scope)]


@router.get(
    "/collections/{collection}/darwin-core",
    response_class=StreamingResponse,
    responses=ZIP,
    dependencies=NOTED,
)
async def darwin_core_archive(access: MayLook, records: Store, scope: AskedScope) -> Response:
    """Download the collection as a Darwin Core Archive.

    Identifications by machine and by people are kept separate.
    """
    return download(darwin_core(records, scope), access, "-dwca.zip", "application/zip")


class PackageSeen(BaseModel):
    """What an export would contain.

    `images` is how many pictures it would contain, and `left_out` how many not, by the reason.
    `hidden` is how many of the pictures have a coarse place because of a sensitive name. `no_names`
    are the labels that are no scientific names, with their numbers of pictures. `formulas` counts
    names and notes that a spreadsheet would run as a formula: packages keep them as they are.
    """

    images: int
    hidden: int
    left_out: dict[str, int]
    no_names: dict[str, int]
    formulas: int


@router.get("/collections/{collection}/camtrap-dp/preview")
def camtrap_preview(records: Store, scope: AskedScope) -> PackageSeen:
    """Show what a Camtrap DP package would contain; nothing is written."""
    survey = survey_of(records, scope)
    return PackageSeen(
        images=survey.fitting,
        hidden=survey.hidden,
        left_out=dict(survey.left_out),
        no_names=no_names(records, scope),
        formulas=formulas_among(records, scope),
    )


@router.get("/collections/{collection}/darwin-core/preview")
def darwin_core_preview(records: Store, scope: AskedScope) -> PackageSeen:
    """Show what a Darwin Core Archive would contain; nothing is written."""
    shown, left = occurring(records, scope)
    hidden = hidden_among(records, scope)
    names = no_names(records, scope)
    formulas = formulas_among(records, scope)
    return PackageSeen(
        images=shown, hidden=hidden, left_out=left, no_names=names, formulas=formulas
    )


@router.get(
    "/collections/{collection}/camtrap-dp",
    response_class=StreamingResponse,
    responses=ZIP,
    dependencies=NOTED,
)
async def camtrap_package(access: MayLook, records: Store, scope: AskedScope) -> Response:
    """Download the collection as a Camtrap DP package: pictures with a place and a time."""
    return download(camtrap_dp(records, scope), access, "-camtrap-dp.zip", "application/zip")


@router.get(
    "/collections/{collection}/coco",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}, "description": "COCO Camera Traps"}},
    dependencies=NOTED,
)
async def coco_file(access: MayLook, records: Store, scope: AskedScope) -> Response:
    """Download the labels as COCO Camera Traps JSON, to train other people's models."""
    return download(coco(records, scope), access, "-coco.json", "application/json")


@router.get(
    "/collections/{collection}/megadetector",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}, "description": "MegaDetector's JSON"}},
    dependencies=NOTED,
)
async def megadetector_file(access: MayLook, records: Store, scope: AskedScope) -> Response:
    """Download boxes and labels as MegaDetector's batch JSON, which AddaxAI and Timelapse read."""
    chunks = megadetector(records, scope)
    return download(chunks, access, "-megadetector.json", "application/json")


@router.get(
    "/collections/{collection}/frozen",
    response_class=StreamingResponse,
    responses=ZIP,
    dependencies=NOTED,
)
async def freeze(request: Request, access: MayLook, biosight: Open, records: Store) -> Response:
    """Freeze a collection: download its figures as a report that can be checked years later.

    It has names, rates, hours, each picture's SHA-256, the models' cards, methods and a citation.
    Hidden places are coarse in it, whoever asks. `biosight verify FILE` checks it.
    """
    c, address = access.collection, biosight.settings.public_url

    def made() -> Frozen:
        found = frozen(records, biosight.catalogue, c, rebuilds_nothing, address)
        return replace(found, rebuild=rebuild(biosight, found.telling))

    report = await to_thread.run_sync(made)
    ready = await on_byte_threads(request, lambda: start_stream(frozen_zip(files_of(report))))
    return stream_answer(request, ready, "application/zip", zip_headers(access, "-frozen.zip"))
