"""API: adding a detector that somebody else made.

Not here: listing, promoting and retiring it, which is as for any version (versions.py).
"""

from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from starlette.datastructures import UploadFile

from biosight.errors import BadRequest, NoSpace
from biosight.inference.model_files.detector_card import Form
from biosight.web.access.deps import Admin, Open, Person
from biosight.web.body_limits import body_limit
from biosight.web.schemas.body import Input
from biosight.web.schemas.versions import MOST_FIELD, OF_MODELS, VersionOut, version_out
from biosight.workflows.models.add_detector import add_detector, detector_card_for
from biosight.workflows.models.add_model import listed_labels

router = APIRouter(tags=["models"])


class DetectorAsked(Input):
    """The details of a detector to add.

    `classes` are separated by commas or stand one per line, in the order of the output; those that
    are no animal, person or vehicle are passed over. `form` is how its output is written, `size`
    the side of its input in pixels.
    """

    name: str = Field(max_length=64)
    classes: str = Field(max_length=50_000)
    form: Form
    version: str = Field("1", max_length=64)
    size: int = Field(640, ge=32, le=2048)


FIELDS = DetectorAsked.model_json_schema()["properties"]
DETECTOR_FORM = {
    "type": "object",
    "required": ["file", "name", "classes", "form"],
    "properties": {"file": {"type": "string", "format": "binary"}, **FIELDS},
}
DETECTOR_BODY = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": DETECTOR_FORM}},
    }
}


@router.post("/detectors", status_code=201, openapi_extra=DETECTOR_BODY)
@body_limit(OF_MODELS)
async def add(request: Request, person: Admin, biosight: Open) -> VersionOut:
    """Add a detector in ONNX for everybody; it waits as a candidate.

    It is checked and run on random input first. The detector that was promoted last looks at the
    new pictures of all collections of camera traps and photographs.
    """
    try:
        form = await request.form(max_files=1, max_fields=8, max_part_size=MOST_FIELD)
    except OSError as error:  # large bodies wait in a temporary file
        raise NoSpace("There is no space for the detector; nothing was kept.") from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise BadRequest("Send the network, an ONNX file, in the form field named file.")
        asked = asked_detector({k: v for k, v in form.items() if k != "file"})
        return await to_thread.run_sync(add_sent, biosight, person, file, asked)
    finally:
        await form.close()


def asked_detector(fields: dict[str, Any]) -> DetectorAsked:
    """Return the form's fields, checked like any other body. Raises RequestValidationError."""
    try:
        return DetectorAsked.model_validate(fields)
    except ValidationError as error:
        found = [{**e, "loc": ("body", *e["loc"])} for e in error.errors()]
        raise RequestValidationError(found) from error


def add_sent(biosight: Open, person: Person, file: UploadFile, asked: DetectorAsked) -> VersionOut:
    """Check and keep a file that was sent. Raises BadModel, Conflict or NoSpace."""
    classes = listed_labels(asked.classes)
    card = detector_card_for(asked.name, asked.version, classes, asked.form, asked.size)
    with NamedTemporaryFile(suffix=".onnx") as kept:
        copyfileobj(file.file, kept)
        kept.flush()
        made, _ = add_detector(biosight.archive, Path(kept.name), card, person.user.id)
    return version_out(biosight, person, made)
