"""The form with which an administrator sends a network, and the fields that say what it is.

Not here: what becomes of the network (workflows/models), or pictures (upload_form.py).
"""

from collections.abc import Callable
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

from anyio import to_thread
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from biosight.errors import BadRequest, NoSpace
from biosight.web.body_limits import up_to

Asked = TypeVar("Asked", bound=BaseModel)
Kept = TypeVar("Kept")
MOST_MODEL_MB = 500
OF_MODELS = up_to(
    MOST_MODEL_MB,
    f"This model is larger than {MOST_MODEL_MB} MB; add it with biosight model add.",
)
MOST_FIELD = 1_000_000  # bytes of one field of a form


def network_body(asked: type[BaseModel], *required: str) -> dict[str, Any]:
    """Return what OpenAPI says of a form with a network and the fields that are `asked`."""
    fields = asked.model_json_schema()["properties"]
    schema = {
        "type": "object",
        "required": ["file", *required],
        "properties": {"file": {"type": "string", "format": "binary"}, **fields},
    }
    body = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    return {"requestBody": body}


async def take_network(
    request: Request, what: str, asked: type[Asked], keep: Callable[[Path, str, Asked], Kept]
) -> Kept:
    """Return what `keep` makes of the network that was sent, of its name, and of the fields; `what`
    it is stands in errors. Raises BadRequest, NoSpace or RequestValidationError, and as `keep`."""
    try:
        form = await request.form(max_files=1, max_fields=8, max_part_size=MOST_FIELD)
    except OSError as error:  # large bodies wait in a temporary file
        raise NoSpace(f"There is no space for the {what}; nothing was kept.") from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise BadRequest("Send the network, an ONNX file, in the form field named file.")
        said = checked({k: v for k, v in form.items() if k != "file"}, asked)
        return await to_thread.run_sync(keep_sent, file, said, keep)
    finally:
        await form.close()


def checked(fields: dict[str, Any], asked: type[Asked]) -> Asked:
    """Return a form's fields, checked like any other body. Raises RequestValidationError."""
    try:
        return asked.model_validate(fields)
    except ValidationError as error:
        found = [{**e, "loc": ("body", *e["loc"])} for e in error.errors()]
        raise RequestValidationError(found) from error


def keep_sent(file: UploadFile, said: Asked, keep: Callable[[Path, str, Asked], Kept]) -> Kept:
    """Write a network that was sent to a file, and keep it."""
    with NamedTemporaryFile(suffix=".onnx") as kept:
        copyfileobj(file.file, kept)
        kept.flush()
        return keep(Path(kept.name), Path(file.filename or "model.onnx").name[:80], said)
