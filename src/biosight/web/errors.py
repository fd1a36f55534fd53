"""The one place where errors become HTTP responses: JSON in one form, or a page for people.

Not here: which errors there are (errors.py).
"""

import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from biosight import logs
from biosight.errors import (
    BadRequest,
    BioSightError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
    TooSlow,
)
from biosight.storage.causes import in_short

log = logging.getLogger(__name__)
LONGEST_FIELD = 40  # characters of a field's name that are told back
# Our errors for the status codes that Starlette and FastAPI raise. web/security.py raises two of
# them as HTTPException, because only that passes through the code that reads a body.
KINDS: dict[int, type[BioSightError]] = {
    kind.status: kind for kind in (BadRequest, NotFound, NotAllowed, TooSlow, TooLarge)
}
WORDS = {404: "There is nothing at this address.", 405: "This address does not answer that method."}


class ErrorOut(BaseModel):
    """The form of every error: its code, the reason in words, and the request's id."""

    error: str
    detail: str
    request_id: str


RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"model": ErrorOut, "description": words}
    for code, words in (
        ("4XX", "The request was refused; `detail` says why"),
        (422, "The input does not fit, or the picture can't be read"),
        ("5XX", "The server is busy or its disk is full"),
    )
}


PageOfError = Callable[[Request, BioSightError, dict[str, str]], Response]


def error_response(request: Request, error: BioSightError, page: PageOfError) -> Response:
    """Return JSON for the API, or a page for a browser that asks for one."""
    headers = {"Retry-After": str(math.ceil(error.retry_after))} if error.retry_after else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if wants_page(request):
        return page(request, error, headers)
    return JSONResponse(error_body(error.code, error.detail), error.status, headers)


def error_body(code: str, detail: str) -> dict[str, str]:
    """Return the JSON form of an error."""
    return {"error": code, "detail": detail, "request_id": logs.request_id.get()}


def wants_page(request: Request) -> bool:
    """Return whether a browser asks for a page, rather than a program for data."""
    asked = request.headers.get("accept", "")
    return "text/html" in asked and not request.url.path.startswith(("/api/", "/health", "/ready"))


def first_problem(error: RequestValidationError) -> str:
    """Return what is wrong with the input, without repeating more of it than a field's name."""
    problem = error.errors()[0]
    if problem["type"] == "extra_forbidden":
        name = " ".join(str(problem["loc"][-1]).split())[:LONGEST_FIELD]
        return f"The request has a field that BioSight doesn't know: {name}."
    where = ".".join(str(part) for part in problem["loc"][1:] if isinstance(part, str | int))
    return f"{where or 'The request'}: {problem['msg']}."


def install(app: FastAPI, page: PageOfError) -> None:
    """Add the error handlers to an app; `page` draws an error for people."""

    async def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, BioSightError)
        if error.status >= 500:
            log.error("failed", extra={"code": error.code, "cause": in_short(error)})
        elif isinstance(error, NotSignedIn) or error.status in {403, 413, 429}:
            log.info("refused", extra={"code": error.code, "status": error.status})
        return error_response(request, error, page)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        wrong = BadRequest(first_problem(error))
        wrong.status = 422
        return error_response(request, wrong, page)

    async def plain(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        kind = KINDS.get(error.status_code, BioSightError)
        made = kind(WORDS.get(error.status_code, str(error.detail)))
        made.status = error.status_code
        response = error_response(request, made, page)
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    async def gone(request: Request, error: Exception) -> Response:
        return Response(status_code=400)

    handlers: list[tuple[type[Exception], Callable[[Request, Exception], Awaitable[Response]]]] = [
        (BioSightError, known),
        (RequestValidationError, invalid),
        (HTTPException, plain),
        (ClientDisconnect, gone),
    ]
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)
