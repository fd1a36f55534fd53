"""API: send a zip or a table to import, look at what it would bring, and import it.

Not here: single pictures (uploads.py), or the import itself (workflows/parcels).
"""

from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from biosight.errors import BadRequest
from biosight.gallery.facets import facet
from biosight.images import Image
from biosight.storage.blobs.incoming import Incoming
from biosight.storage.records import pages
from biosight.web.access.deps import MayChange, Open, Sender, Signed, Store, task_of
from biosight.web.body_limits import body_limit, up_to
from biosight.web.files.upload_form import IncomingFile, file_form, upload_form
from biosight.web.schemas.body import Input
from biosight.web.schemas.filters import Filtered, matching_images
from biosight.web.schemas.pictures import JobOut, job_out
from biosight.web.thread_pools import pools
from biosight.workflows.parcels import brought_names, import_parcel, kept, looking
from biosight.workflows.results.named_folders import keyword_counts, meanings_in

router = APIRouter(tags=["images"])
MOST_TOLD, MOST_NAMES, MOST_LOOKED_AT = 50, 2000, 20_000
Labels = Annotated[
    dict[Annotated[str, Field(max_length=1100)], Annotated[str, Field(max_length=200)]],
    Field(max_length=2000),
]
Sha = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


class FolderOut(BaseModel):
    """A folder with pictures in it or below, and what its name means.

    `means` is known (a name of the tree), new (a name beside known ones), date, nothing (a camera's
    folder, or a word such as "photos") or other, perhaps a place. `label` is the label to give, ""
    for none.
    """

    folder: str
    name: str
    means: str
    label: str
    images: int


class ParcelOut(BaseModel):
    """What a file would bring; nothing has changed yet.

    `kind` is camtrap, table or pictures, and `program` who wrote it. `lines` say in words what
    would come in. `known` and `new` are names that the tree has or lacks, with their rows.
    `left_out` are the first rows and files that would not come in, with the reason, of
    `left_out_count`.
    """

    parcel: str
    kind: str
    program: str
    lines: list[str]
    known: dict[str, int]
    new: dict[str, int]
    left_out: list[str]
    left_out_count: int
    folders: list[FolderOut]


class ParcelWanted(Input):
    """How to import a file: its name, and whether the names of its folders become labels."""

    name: str = Field(max_length=255)
    folders: bool = False


class BroughtNames(BaseModel):
    """Names that pictures bring: of their folders, and of keywords in their files, which are shown
    like folders ("/Birds/Parus major/")."""

    folders: list[FolderOut]
    keywords: list[FolderOut]


class NamesChosen(Input):
    """The labels of folders and keywords, by their path, for the pictures of one upload session."""

    session: str = Field(max_length=64)
    folders: Labels = {}
    keywords: Labels = {}


@router.post("/collections/{collection}/parcels", status_code=201, openapi_extra=file_form())
@body_limit(up_to(kept.MOST_MB, kept.TOO_LARGE))
async def send_parcel(request: Request, sender: Sender, biosight: Open) -> ParcelOut:
    """Send a zip (a Camtrap DP package, or pictures with or without their biosight.csv) or another
    program's table or JSON of results, and see what it would bring.

    The file is removed after some hours unless it is imported.
    """
    pool = pools(request).uploads
    async with upload_form(request, biosight.archive.blobs, pool.limiter) as form:
        incoming = incoming_of(form)

        def flow() -> ParcelOut:
            task = task_of(biosight, sender.access, sender.person)
            received, settings = incoming.whole(), biosight.settings
            try:
                seen = looking.look_into_parcel(
                    task, received.path, settings.data_dir, settings.max_file_mb
                )
                parcel = kept.keep_parcel(biosight.archive.blobs, received)
            finally:
                received.path.unlink(missing_ok=True)
            return parcel_out(parcel, seen)

        return await pool.run(flow)


def incoming_of(form: Any) -> Incoming:
    """Return the file of a form. Raises BadRequest where there is none."""
    file = form.get("file")
    if not isinstance(file, IncomingFile) or not file.incoming.size:
        raise BadRequest("Send the file in the form field named file.")
    return file.incoming


def parcel_out(parcel: str, seen: looking.ParcelSeen) -> ParcelOut:
    """Return what was seen in a parcel as the API shows it."""
    said = asdict(seen) | {"left_out": seen.left_out[:MOST_TOLD]}
    return ParcelOut(parcel=parcel, left_out_count=len(seen.left_out), **said)


@router.post("/collections/{collection}/parcels/{parcel}", status_code=202)
def take_parcel(
    parcel: Sha, body: ParcelWanted, access: MayChange, person: Signed, biosight: Open
) -> JobOut:
    """Import a file that was sent: a job does it, and tells what was left out."""
    task = task_of(biosight, access, person)
    kept.check_there(biosight.archive.blobs, parcel)
    return job_out(import_parcel.ask(task, parcel, body.name, folders=body.folders))


@router.get("/collections/{collection}/brought-names")
def show_brought_names(
    access: MayChange, person: Signed, biosight: Open, records: Store, chosen: Filtered
) -> BroughtNames:
    """List the folders that the matching pictures came from, and the keywords in their files, up to
    2,000 of each, with what each name means."""
    where, task = matching_images(access, chosen), task_of(biosight, access, person)
    folders = {v.value: v.images for v in facet(records, where, "folder") if v.value != "/"}
    pictures = (i for page in pages(records, Image, where) for i in page)
    keywords = keyword_counts(islice(pictures, MOST_LOOKED_AT))
    words = meanings_in(task, keywords, keywords=True)
    return BroughtNames(
        folders=[FolderOut(**asdict(m)) for m in meanings_in(task, folders)[:MOST_NAMES]],
        keywords=[FolderOut(**asdict(m)) for m in words[:MOST_NAMES]],
    )


@router.post("/collections/{collection}/brought-names", status_code=202)
def give_brought_names(
    body: NamesChosen, access: MayChange, person: Signed, biosight: Open
) -> JobOut:
    """Give pictures of an upload the label of the lowest folder on their path that has one, else
    that of their keywords.

    Pictures that a person named stay as they are, and so do those whose keywords name several
    things of which none lies above the others.
    """
    task = task_of(biosight, access, person)
    return job_out(brought_names.ask(task, body.session, body.folders, body.keywords))
