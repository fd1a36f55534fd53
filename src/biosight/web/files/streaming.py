"""Bytes of pictures on their way out, on threads of their own: a store that hangs keeps nobody from
lists and pages.

Not here: which bytes, and whether they are there (workflows/pictures/derived.py,
publishing/export.py).
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import chain
from typing import BinaryIO, TypeVar

from anyio import to_thread
from fastapi import Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from biosight.web.thread_pools import pools

T = TypeVar("T")


async def on_byte_threads(request: Request, work: Callable[[], T]) -> T:
    """What `work` gives, done on a thread for bytes. Raises Unavailable when too many wait."""
    return await pools(request).pictures.run(work)


def start_stream(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, the first of which is there: what can't begin is refused before it does."""
    first = next(pieces, b"")
    return chain([first], pieces)


async def piece_by_piece(request: Request, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece read on a byte thread, and the source let go at the end, or when nobody reads."""
    limiter = pools(request).pictures.limiter
    try:
        while piece := await to_thread.run_sync(next, pieces, b"", limiter=limiter):
            yield piece
    finally:
        if close := getattr(pieces, "close", None):
            close()


def stream_answer(
    request: Request, pieces: Iterator[bytes], media_type: str, headers: dict[str, str]
) -> Response:
    """An answer of pieces; one that fails midway breaks the connection, so that it is seen."""
    body = piece_by_piece(request, pieces)
    return StreamingResponse(body, media_type=media_type, headers=headers)


class OpenFile(FileResponse):
    """A file that was opened before the answer began: a purge beside it takes nothing away.

    Ranges are answered as FileResponse does, through the open file's own name.
    """

    def __init__(self, file: BinaryIO, **how: object) -> None:
        self.file = file
        path = f"/dev/fd/{file.fileno()}"
        super().__init__(path, stat_result=os.fstat(file.fileno()), **how)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.file.close()
