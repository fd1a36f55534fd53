"""API: send pictures, and ask which are there already."""

import json
import time
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from biosight import accounts
from biosight.errors import BadPicture, BadRequest
from biosight.gallery.arrivals import arrivals
from biosight.images import Image
from biosight.images.file_types import check_size
from biosight.images.metadata.keywords import given_keywords
from biosight.intake import (
    Duplicate,
    Outcome,
    Rejected,
    Stored,
    Upload,
    session_key,
    take_in,
)
from biosight.membership import Access
from biosight.review.undo_acts import latest_prediction
from biosight.storage.records import Records, Where, parts
from biosight.taxa.naming import Naming
from biosight.web.access.deps import MayChange, MayLook, Open, Person, Sender, Store
from biosight.web.body_limits import body_limit, of_files
from biosight.web.files.upload_form import IncomingFile, file_form, upload_form
from biosight.web.schemas.body import Input
from biosight.web.schemas.guesses import GuessOut, guesses_out
from biosight.web.schemas.pictures import ImageOut, etag, image_out
from biosight.web.thread_pools import pools
from biosight.workflows.pictures.destinations import destination

router = APIRouter(tags=["images"])
FIELDS = {"file", "session", "path", "last_modified", "keywords"}
MOST_HASHES = 2000
MOST_UPLOADS = 50
HOUR = 3600
# Uploads have their own threads, so that slow pictures do not delay the pages.
UPLOAD_BODY = file_form(
    session={
        "type": "string",
        "maxLength": 64,
        "description": "Names one upload, such as a dropped folder; drift checks draw one picture "
        "per upload.",
    },
    keywords={
        "type": "string",
        "description": "A JSON list of the keywords in the picture's sidecar, with | between the "
        "levels of a tree.",
    },
    path={
        "type": "string",
        "maxLength": 1024,
        "description": "The file's path in the folder it came from.",
    },
)


class Uploaded(BaseModel):
    """What became of an upload.

    `outcome` is stored, duplicate, or trashed (a duplicate in the trash). For a duplicate, `image`
    is the one that is there already. `mended` means that the store had lost its bytes and has them
    again now.
    """

    outcome: str
    mended: bool
    label: str
    confidence: float
    model: str
    top: list[GuessOut]
    image: ImageOut


class ArrivalOut(BaseModel):
    """One upload session: who sent it, when its last picture came, and how many of its pictures are
    there."""

    session: str
    by: str
    at: float
    images: int
    newest: str


class Hashes(Input):
    """SHA-256 hashes of files that you might send."""

    sha256: list[Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = Field(max_length=MOST_HASHES)


class ThereAlready(BaseModel):
    """Which of the asked files are in this collection, and which are in its trash."""

    known: list[str]
    trashed: list[str]


@router.post(
    "/collections/{collection}/images",
    status_code=201,
    openapi_extra=UPLOAD_BODY,
    responses={200: {"model": Uploaded, "description": "A duplicate; nothing was stored"}},
)
@body_limit(of_files)
async def upload(request: Request, response: Response, sender: Sender, biosight: Open) -> Uploaded:
    """Upload one picture. The response has its label, the best five guesses and the model."""
    access, person = sender.access, sender.person
    pool = pools(request).uploads
    async with upload_form(request, biosight.archive.blobs, pool.limiter) as form:
        arriving = as_upload(form, person, biosight.settings.max_file_mb)

        def flow() -> Uploaded:
            records, catalogue = biosight.archive.records, biosight.catalogue
            target = destination(records, catalogue, access.collection, person.user)
            outcome = take_in(biosight.intake, target, arriving)
            return uploaded_out(outcome, target.naming, access, records, response)

        return await pool.run(flow)


def as_upload(form: Any, person: Person, most_mb: int) -> Upload:
    """Return the form as an Upload. Raises BadRequest, BadPicture or TooLarge."""
    file = form.get("file")
    if not isinstance(file, IncomingFile):
        raise BadRequest("Send the picture in the form field named file.")
    if unknown := set(form) - FIELDS:
        raise BadRequest(f"Unknown form fields: {len(unknown)}; send file, session and path.")
    if not file.incoming.size:
        raise BadPicture("The file is empty.")
    check_size(file.incoming.size, most_mb)
    session = str(form.get("session") or default_session(person))[:64]
    name = clean_text(unescaped_name(file.name or "picture"), 255)
    path = clean_text(str(form.get("path") or name), 1024)
    return Upload(
        file.incoming,
        name.rsplit("/", 1)[-1] or "picture",
        path,
        session_key(person.user.id, session),
        keywords_sent(str(form.get("keywords") or "[]")),
    )


def keywords_sent(text: str) -> tuple[str, ...]:
    """Return the keywords of a JSON list. Raises BadRequest."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, list) or not all(isinstance(word, str) for word in said):
        raise BadRequest("keywords is a JSON list of words.")
    return given_keywords(said)


def unescaped_name(name: str) -> str:
    """Return a file's name without the three escapes that browsers write in multipart forms."""
    for escape, character in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
        name = name.replace(escape, character)
    return name


def clean_text(text: str, longest: int) -> str:
    """Return a client's text as data: shortened, without control characters or lone surrogates."""
    kept = "".join(c for c in text.replace("\\", "/") if c.isprintable())
    return kept.encode("utf-8", "ignore").decode()[:longest]


def default_session(person: Person) -> str:
    """Return the session for one hour of one API token or sign-in."""
    return f"{person.token or person.session}/{int(time.time() // HOUR)}"


def uploaded_out(
    outcome: Outcome, naming: Naming, access: Access, records: Records, response: Response
) -> Uploaded:
    """Return an outcome as the response. Raises BadPicture for a rejected one."""
    if isinstance(outcome, Rejected):
        raise BadPicture(outcome.reason)
    if isinstance(outcome, Duplicate):
        response.status_code = 200
        image = outcome.of
        prediction = latest_prediction(records, image.id)
        word = "trashed" if image.trashed else "duplicate"
    else:
        assert isinstance(outcome, Stored)
        image, prediction, word = outcome.image, outcome.prediction, "stored"
        response.headers["ETag"] = etag(image)
    return Uploaded(
        outcome=word,
        mended=isinstance(outcome, Duplicate) and outcome.mended,
        label=image.label,
        confidence=image.confidence,
        model=image.model,
        top=guesses_out(prediction.top, naming) if prediction else [],
        image=image_out(image, access),
    )


@router.get("/collections/{collection}/uploads")
def list_uploads(access: MayLook, records: Store) -> list[ArrivalOut]:
    """List up to 50 upload sessions whose pictures are still there, the newest first."""
    name = accounts.names_of(records)
    return [
        ArrivalOut(
            session=a.newest.session,
            by=name(a.newest.uploaded_by),
            at=a.newest.created_at,
            images=a.images,
            newest=a.newest.id,
        )
        for a in arrivals(records, access.collection.id, MOST_UPLOADS)
    ]


@router.post("/collections/{collection}/known")
def known(body: Hashes, access: MayChange, records: Store) -> ThereAlready:
    """Return which files are in this collection already; other collections don't count."""
    here = Where("collection", "=", access.collection.id)
    found: list[Image] = []
    for part in parts(body.sha256):
        found += records.find(Image, [here, Where("sha256", "in", part)], limit=len(part))
    return ThereAlready(
        known=[i.sha256 for i in found if not i.trashed],
        trashed=[i.sha256 for i in found if i.trashed],
    )
