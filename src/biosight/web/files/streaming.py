"""Sending the bytes of pictures on their own threads, so that a store that hangs does not delay
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
    """Run `work` on a thread for bytes and return its result.

    Raises Unavailable when too many wait.
    """
    return await pools(request).pictures.run(work)


def start_stream(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Return the same pieces, with the first one read already.

    A source that can't begin is thus refused before the response begins.
    """
    first = next(pieces, b"")
    return chain([first], pieces)


async def piece_by_piece(request: Request, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield each piece, read on a byte thread.

    The source is closed at the end, or when the client stops reading.
    """
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
    """Return a response made of pieces.

    A piece that fails midway breaks the connection, so that the client notices.
    """
    body = piece_by_piece(request, pieces)
    return StreamingResponse(body, media_type=media_type, headers=headers)


class OpenFile(FileResponse):
    """A file that was opened before the response began, so that a purge meanwhile takes nothing
    away.

    FileResponse answers ranges, through the path of the open file.
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
