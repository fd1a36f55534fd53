"""The form of an upload; its file is written straight to where the store takes pictures in.

Starlette's own parser would keep the file in a spool, from which it would be copied once more. Not
here: what becomes of the picture (web/api/pictures/uploads.py, intake/upload.py).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from anyio import CapacityLimiter, to_thread
from fastapi import HTTPException, Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from biosight.storage.blobs.incoming import Incoming
from biosight.storage.blobs.port import Blobs

MOST_IN_MEMORY = 1 << 20
MOST_FIELDS, LONGEST_FIELD = 5, 8192


def file_form(**more: dict[str, Any]) -> dict[str, Any]:
    """Return what OpenAPI says of a form with a file, and `more` fields by name."""
    fields = {"file": {"type": "string", "format": "binary"}, **more}
    schema = {"type": "object", "required": ["file"], "properties": fields}
    body = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    return {"requestBody": body}


class IncomingFile:
    """A form's file that fills an Incoming; it has the methods that the parser needs of an
    UploadFile.

    After every MOST_IN_MEMORY bytes, a thread writes them.
    """

    def __init__(self, incoming: Incoming, name: str, threads: CapacityLimiter) -> None:
        self.incoming = incoming
        self.name = name
        self.threads = threads

    async def write(self, data: bytes) -> None:
        """Add the next bytes. Raises NoSpace or Unavailable."""
        self.incoming.add(data)
        if self.incoming.bytes_waiting >= MOST_IN_MEMORY:
            await to_thread.run_sync(self.incoming.write, limiter=self.threads)

    async def seek(self, offset: int) -> None:
        """Do nothing: the parser rewinds at the end, but here there is nothing to rewind."""


class StraightParser(MultiPartParser):
    """Starlette's form parser; the one file goes to `incoming`, written on `threads`."""

    incoming: Incoming
    threads: CapacityLimiter

    def on_headers_finished(self) -> None:
        """Send the bytes of a part to `incoming` if the part is a file."""
        super().on_headers_finished()
        part = self._current_part
        if part.file is not None:
            part.file.file.close()  # the spool, which is empty
            straight = IncomingFile(self.incoming, part.file.filename or "", self.threads)
            part.file = cast(UploadFile, straight)


@asynccontextmanager
async def upload_form(
    request: Request, blobs: Blobs, threads: CapacityLimiter
) -> AsyncIterator[FormData]:
    """Yield the form of a request; a file that was not completed is removed afterwards.

    Raises HTTPException for a body that is no form, NoSpace or Unavailable.
    """
    incoming = blobs.begin()
    try:
        yield await parse_form(request, incoming, threads)
    finally:
        incoming.let_go()


async def parse_form(request: Request, incoming: Incoming, threads: CapacityLimiter) -> FormData:
    """Return the fields of a form, with its file in `incoming`."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return FormData()
    parser = StraightParser(
        request.headers,
        request.stream(),
        max_files=1,
        max_fields=MOST_FIELDS,
        max_part_size=LONGEST_FIELD,
    )
    parser.incoming, parser.threads = incoming, threads
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message) from error
