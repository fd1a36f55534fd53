"""API: pictures out as a zip by label with a CSV inside, or the CSV alone."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import quote

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
    zip_chunks,
)
from biosight.publishing.file_names import clean_part
from biosight.publishing.standards import (
    Credits,
    Scope,
    camtrap_dp,
    coco,
    darwin_core,
    hidden_among,
    no_names,
    occurrences,
    survey_of,
)
from biosight.publishing.table import Telling
from biosight.storage.records import Records
from biosight.web.access.deps import Bytes, MayLook, Open, Signed, Store
from biosight.web.files.streaming import on_byte_threads, start_stream, stream_answer
from biosight.web.schemas.filters import Filtered, matching_images
from biosight.web.security import client_address
from biosight.workflows.collection_names import names_in
from biosight.workflows.exchange.publication import scope_of, telling_of
from biosight.workflows.pictures.derived import placeless_pieces

router = APIRouter(tags=["export"])
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {}}, "description": "A zip by label"}
}
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "One row a picture"}
}


def zip_headers(access: Access, suffix: str) -> dict[str, str]:
    """The headers of a file to save under the collection's name."""
    name = clean_part(access.collection.name, "pictures") + suffix
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return {"Content-Disposition": disposition, "X-Accel-Buffering": "no"}


def download(chunks: Iterator[bytes], access: Access, suffix: str, kind: str) -> Response:
    """A streamed file that needs the records alone."""
    return StreamingResponse(chunks, media_type=kind, headers=zip_headers(access, suffix))


async def zipped(request: Request, chunks: Iterator[bytes], access: Access) -> Response:
    """A streamed zip of pictures, begun before it is answered."""
    ready = await on_byte_threads(request, lambda: start_stream(chunks))
    return stream_answer(request, ready, "application/zip", zip_headers(access, ".zip"))


def note_download(
    request: Request, access: MayLook, person: Signed, biosight: Open, records: Store
) -> None:
    """A line in the logbook: who took a collection, or a part of it, along."""
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
    """A whole collection or what a filter matches, in a folder a label; `nested` puts folders into
    those of the names above, `placeless` takes coordinates out of the files. Places that the
    collection hides are out of the files for viewers, and coarse in the table for all."""
    pages = all_images(records, matching_images(access, chosen))
    how = teller_for(biosight, records, access, nested=nested, placeless=placeless)
    chunks = zip_chunks(records, blobs, pages, how, rebuild(biosight))
    return await zipped(request, chunks, access)


def rebuild(biosight: BioSight) -> Rebuild:
    """What gives files without their place."""
    return partial(placeless_pieces, biosight.archive.blobs, biosight.model.decoders)


def teller_for(
    biosight: BioSight, records: Records, access: Access, *, nested: bool, placeless: bool = False
) -> Telling:
    """How the pictures of a collection are told of."""
    c, address = access.collection, biosight.settings.public_url
    names = names_in(records, biosight.catalogue, c)
    made = telling_of(records, c, names, nested, address)
    if placeless:
        return replace(made, placeless=lambda _: True)
    return made if access.may("change") else replace(made, placeless=made.rule.hides)


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
    """A selection; `images` is a JSON list of ids, sent as a form so that browsers download."""
    pages = here(chosen_images(records, parse_ids(images)), access.collection.id)
    how = teller_for(biosight, records, access, nested=nested, placeless=placeless)
    chunks = zip_chunks(records, blobs, pages, how, rebuild(biosight))
    return await zipped(request, chunks, access)


def parse_ids(text: str) -> list[str]:
    """A JSON list of ids. Raises BadRequest."""
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
    """Only images of this collection: a foreign id is as good as absent."""
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
    """The CSV of a collection or of what a filter matches; its paths are those of the zip."""
    pages = all_images(records, matching_images(access, chosen))
    lines = csv_lines(records, pages, teller_for(biosight, records, access, nested=nested))
    return download(lines, access, ".csv", "text/csv; charset=utf-8")


class Publication(BaseModel):
    """What is said of an export; where nothing is, what was remembered for the collection counts.

    `coarse` is a grid for coordinates in degrees, one of those that are offered, 0 for exact ones;
    places that the collection's rule hides are cut to the rule's grid first. `utc_offset` that of
    clocks in minutes of which neither file nor deployment says one."""

    title: str | None = Field(None, max_length=200)
    license: Literal["", "CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0"] | None = None
    rights_holder: str | None = Field(None, max_length=200)
    coarse: float | None = Field(None, ge=0, le=WIDEST_GRID)
    utc_offset: int | None = Field(None, ge=-840, le=840)


Published = Annotated[Publication, Query()]


def asked_scope(
    records: Store, biosight: Open, access: MayLook, person: Signed, said: Published
) -> Scope:
    """What to export and how, as was said."""
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
    """The collection as a Darwin Core Archive; machine and human identifications are kept
    separate."""
    return download(darwin_core(records, scope), access, "-dwca.zip", "application/zip")


class PackageSeen(BaseModel):
    """How many pictures would be in an export, and how many not, by the reason; how many of them
    have a coarse place because of a sensitive name; and the labels that are no scientific names,
    with their pictures."""

    images: int
    hidden: int
    left_out: dict[str, int]
    no_names: dict[str, int]


@router.get("/collections/{collection}/camtrap-dp/preview")
def camtrap_preview(records: Store, scope: AskedScope) -> PackageSeen:
    """What a Camtrap DP package would hold; nothing is written."""
    survey = survey_of(records, scope)
    return PackageSeen(
        images=survey.fitting,
        hidden=survey.hidden,
        left_out=dict(survey.left_out),
        no_names=no_names(records, scope),
    )


@router.get("/collections/{collection}/darwin-core/preview")
def darwin_core_preview(records: Store, scope: AskedScope) -> PackageSeen:
    """What a Darwin Core Archive would hold; nothing is written."""
    shown, left = occurrences(records, scope)
    hidden = hidden_among(records, scope)
    names = no_names(records, scope)
    return PackageSeen(images=shown, hidden=hidden, left_out=left, no_names=names)


@router.get(
    "/collections/{collection}/camtrap-dp",
    response_class=StreamingResponse,
    responses=ZIP,
    dependencies=NOTED,
)
async def camtrap_package(access: MayLook, records: Store, scope: AskedScope) -> Response:
    """The collection as a Camtrap DP package: pictures with a place and a time."""
    return download(camtrap_dp(records, scope), access, "-camtrap-dp.zip", "application/zip")


@router.get(
    "/collections/{collection}/coco",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}, "description": "COCO Camera Traps"}},
    dependencies=NOTED,
)
async def coco_file(access: MayLook, records: Store, scope: AskedScope) -> Response:
    """The collection's labels as COCO Camera Traps JSON, to train others' models with."""
    return download(coco(records, scope), access, "-coco.json", "application/json")
