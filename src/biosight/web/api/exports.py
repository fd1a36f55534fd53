"""API: pictures out as a zip by label with a CSV inside, or the CSV alone."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from biosight import accounts, gallery, logbook
from biosight.bootstrap import BioSight
from biosight.errands.names import naming_of
from biosight.errands.publishing import scope_of
from biosight.errors import BadRequest
from biosight.gallery.export import all_images, chosen_images, csv_lines, zip_chunks
from biosight.gallery.naming import clean_part
from biosight.gallery.standards import Credits, camtrap_dp, darwin_core, survey_of
from biosight.gallery.standards.facts import NOBODY
from biosight.gallery.table import Telling
from biosight.images import Image
from biosight.sharing import Access
from biosight.storage.records import Records
from biosight.web.deps import Bytes, Open, Signed, Store, Viewer
from biosight.web.filtering import Filtered
from biosight.web.security import client_address
from biosight.web.sending import begun, on_byte_threads, streamed

router = APIRouter(tags=["export"])
# A grid for coordinates in degrees, 0 for exact ones; the offset from UTC in minutes of clocks of
# which the file says none.
License = Annotated[Literal["", "CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0"], Query()]
Coarse = Annotated[float, Query(ge=0, le=10)]
Offset = Annotated[int | None, Query(ge=-840, le=840)]
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {}}, "description": "A zip by label"}
}
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "One row a picture"}
}


def named(access: Access, suffix: str) -> dict[str, str]:
    """The headers of a file to save under the collection's name."""
    name = clean_part(access.collection.name, "pictures") + suffix
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return {"Content-Disposition": disposition, "X-Accel-Buffering": "no"}


def download(chunks: Iterator[bytes], access: Access, suffix: str, kind: str) -> Response:
    """A streamed file that needs the records alone."""
    return StreamingResponse(chunks, media_type=kind, headers=named(access, suffix))


async def zipped(request: Request, chunks: Iterator[bytes], access: Access) -> Response:
    """A streamed zip of pictures, begun before it is answered."""
    ready = await on_byte_threads(request, lambda: begun(chunks))
    return streamed(request, ready, "application/zip", named(access, ".zip"))


def note_download(
    request: Request, access: Viewer, person: Signed, biosight: Open, records: Store
) -> None:
    """A line in the logbook: who took a collection, or a filter's part of it, along."""
    form = request.url.path.rpartition("/")[2]
    address = client_address(request, biosight.settings)
    logbook.note(
        records,
        "downloaded",
        by=person.user.id,
        about=access.collection.id,
        detail=f"{form}, filtered" if request.url.query and form in {"zip", "csv"} else form,
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
    access: Viewer,
    biosight: Open,
    records: Store,
    blobs: Bytes,
    chosen: Filtered,
    nested: bool = False,
) -> Response:
    """A whole collection or what a filter matches, in a folder a label; `nested` puts folders into
    those of the names above."""
    c = access.collection
    pages = all_images(records, gallery.conditions(c.id, c.threshold, chosen))
    chunks = zip_chunks(records, blobs, pages, telling(biosight, records, access, nested=nested))
    return await zipped(request, chunks, access)


def telling(biosight: BioSight, records: Records, access: Access, *, nested: bool) -> Telling:
    """How the pictures of a collection are told of."""
    naming = naming_of(records, biosight.catalogue, access.collection)
    return Telling(accounts.names_of(records), naming, nested)


@router.post("/collections/{collection}/zip", response_class=StreamingResponse, responses=ZIP)
async def zip_selected(
    request: Request,
    access: Viewer,
    biosight: Open,
    records: Store,
    blobs: Bytes,
    images: Annotated[str, Form(max_length=900_000)],
    nested: Annotated[bool, Form()] = False,
) -> Response:
    """A selection; `images` is a JSON list of ids, sent as a form so that browsers download."""
    pages = here(chosen_images(records, parse_ids(images)), access.collection.id)
    chunks = zip_chunks(records, blobs, pages, telling(biosight, records, access, nested=nested))
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
    access: Viewer, biosight: Open, records: Store, chosen: Filtered, nested: bool = False
) -> Response:
    """The CSV of a collection or of what a filter matches; its paths are those of the zip."""
    c = access.collection
    pages = all_images(records, gallery.conditions(c.id, c.threshold, chosen))
    lines = csv_lines(records, pages, telling(biosight, records, access, nested=nested))
    return download(lines, access, ".csv", "text/csv; charset=utf-8")


@router.get(
    "/collections/{collection}/darwin-core",
    response_class=StreamingResponse,
    responses=ZIP,
    dependencies=NOTED,
)
async def darwin_core_archive(
    request: Request,
    access: Viewer,
    biosight: Open,
    records: Store,
    person: Signed,
    coarse: Coarse = 0,
    utc_offset: Offset = None,
    license: License = "",
) -> Response:
    """The collection as a Darwin Core Archive; machine and human identifications are told apart."""
    credit = Credits(person.user.name, person.user.email, license)
    scope = scope_of(records, biosight.catalogue, access.collection, credit, coarse, utc_offset)
    return download(darwin_core(records, scope), access, "-dwca.zip", "application/zip")


class PackageSeen(BaseModel):
    """How many pictures would be in a Camtrap DP package, and how many not, by the reason."""

    images: int
    left_out: dict[str, int]


@router.get("/collections/{collection}/camtrap-dp/preview")
def camtrap_preview(
    access: Viewer, biosight: Open, records: Store, utc_offset: Offset = None
) -> PackageSeen:
    """What the package would hold; nothing is written."""
    c = access.collection
    scope = scope_of(records, biosight.catalogue, c, NOBODY, utc_offset=utc_offset)
    survey = survey_of(records, scope)
    return PackageSeen(images=survey.fitting, left_out=dict(survey.left_out))


@router.get(
    "/collections/{collection}/camtrap-dp",
    response_class=StreamingResponse,
    responses=ZIP,
    dependencies=NOTED,
)
async def camtrap_package(
    request: Request,
    access: Viewer,
    biosight: Open,
    records: Store,
    person: Signed,
    coarse: Coarse = 0,
    utc_offset: Offset = None,
    license: License = "",
) -> Response:
    """The collection as a Camtrap DP package: pictures with a place and a time."""
    credit = Credits(person.user.name, person.user.email, license)
    scope = scope_of(records, biosight.catalogue, access.collection, credit, coarse, utc_offset)
    return download(camtrap_dp(records, scope), access, "-camtrap-dp.zip", "application/zip")
