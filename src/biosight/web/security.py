"""The guard of every request: size, deadline, same origin and headers; also cookies and the client
address.

Not here: how large each route's body may be (body_limits.py), who is signed in (web/access/deps.py)
or what they may see (membership).
"""

import asyncio
import logging
import re
import secrets
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from biosight import logs, metrics
from biosight.images.file_types import MEGABYTE
from biosight.settings import LOOPBACK, Settings
from biosight.web.body_limits import BodyLimits, Limit
from biosight.web.errors import error_body

log = logging.getLogger(__name__)
API = "/api/v1"
MOUNTS = ("/static", "/leaflet", "/leaflet-clusters")
# What a browser never keeps: downloads, and all about accounts, invitations and links.
SECRET = re.compile(
    rf"({API})?/(me|admin|account|notices|shared|join|reset|register|forgotten|sign-in|oidc)(/|$)"
    r"|.*/(settings|shares|invitations|offers)(/|$)|/metrics$"
    r"|.*/(zip|csv|darwin-core|camtrap-dp|coco|megadetector)$"
)
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
KNOWN_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
IDLE_SECONDS = 15.0
GRACE_SECONDS = 30.0
SEND_SECONDS = 60.0
SLOWEST_BYTES_PER_SECOND = 20_000
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
FILE_POLICY = "default-src 'none'; sandbox"
FORWARDING = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)
LAST_ANSWER = {"Connection": "close"}  # the rest of the request is not read


class ReaderGone(Exception):
    """Raised when the client does not take a piece of the response within SEND_SECONDS."""


class Guard:
    """The outermost middleware, in plain ASGI so that it costs little and can stream."""

    def __init__(self, app: ASGIApp, settings: Settings, limits: BodyLimits) -> None:
        self.app = app
        self.settings = settings
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin, answered = time.perf_counter(), [0]
        with logs.of_request(request_id_of(scope, self.settings)):
            try:
                await self.caught(scope, receive, self.sender(scope, send, answered), answered)
            finally:
                self.count(scope, answered[0], time.perf_counter() - begin)

    async def caught(self, scope: Scope, receive: Receive, send: Send, answered: list[int]) -> None:
        """Log an unforeseen error once with its traceback, and send a plain 500 without details."""
        try:
            await self.guarded(scope, receive, send)
        except ReaderGone:
            log.info("a client stopped reading")
        except Exception:
            log.exception("unforeseen")
            if answered[0]:
                raise
            words = "Something went wrong here; it was logged."
            await refusal(500, "error", words)(scope, receive, send)

    async def guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what the headers alone rule out; pass the rest on with a limited body."""
        headers = Headers(scope=scope)
        limit = self.limits.of(scope)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > limit.most:
            await refusal(413, "too_large", limit.words)(scope, receive, send)
            return
        if not same_origin(scope, headers, self.settings):
            log.info("refused", extra={"code": "cross_origin"})
            words = (
                "This request came from another site; open BioSight's own page and try again. "
                "A script sends Origin with its cookie, or uses an API token."
            )
            await refusal(403, "cross_origin", words)(scope, receive, send)
            return
        await self.app(scope, limit_body(receive, limit), send)

    def sender(self, scope: Scope, send: Send, answered: list[int]) -> Send:
        """Return a `send` that adds the headers of every response. It raises ReaderGone."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered[0] = message["status"]
                add_headers(MutableHeaders(scope=message), scope, self.settings)
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await send(message)
            except TimeoutError:
                raise ReaderGone from None

        return sending

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request in the metrics, by route template and known method only."""
        route = template(scope)
        kind = kind_of(scope, route, self.limits)
        method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
        metrics.requests.labels(method, route, str(status)).inc()
        metrics.request_seconds.labels(route, kind).observe(seconds)
        if status >= 500 and kind != "probe":
            code = str(status) if status in FAILURES else "other"
            metrics.failed_requests.labels(code).inc()


REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
PROBES = ("/health", "/ready", "/metrics")
FAILURES = (500, 503, 507)


def kind_of(scope: Scope, route: str, limits: BodyLimits) -> str:
    """Return the kind of a request for the metrics: "probe", "transfer", "page" or "api".

    A transfer carries a file in or out, so its time depends on the client's connection.
    """
    if route in PROBES:
        return "probe"
    answers = getattr(scope.get("route"), "response_class", None)
    files = isinstance(answers, type) and issubclass(answers, FileResponse | StreamingResponse)
    if files or limits.of(scope).most > MEGABYTE:
        return "transfer"
    return "api" if route.startswith(API) else "page"


def request_id_of(scope: Scope, settings: Settings) -> str:
    """Return the id that a trusted proxy gave the request, or a new one."""
    request = HTTPConnection(scope)
    given = request.headers.get("x-request-id", "")
    address = request.client.host if request.client else ""
    if REQUEST_ID.fullmatch(given) and settings.trusts(address):
        return given
    return secrets.token_hex(8)


def template(scope: Scope) -> str:
    """Return the route's template as OpenAPI writes it, a mount's path, or "unknown" for no
    match."""
    path: str = getattr(scope.get("route"), "path", "")
    if path and scope["path"].startswith(API) and not path.startswith(API):
        return API + path
    mount = next((m for m in MOUNTS if scope["path"].startswith(f"{m}/")), "unknown")
    return path or mount


def refusal(status: int, code: str, words: str) -> Response:
    """Return a response that is sent before the body is read; it closes the connection."""
    return JSONResponse(error_body(code, words), status, LAST_ANSWER)


def limit_body(receive: Receive, limit: Limit) -> Receive:
    """Return a `receive` that counts the body, stops it at its limit, and requires it to keep
    coming.

    It raises HTTPException: 408 for a body that is too slow, 413 for one that is too large.
    """
    begin, got = time.monotonic(), 0

    async def receiving() -> Message:
        nonlocal got
        allowed = GRACE_SECONDS + got / SLOWEST_BYTES_PER_SECOND
        left = begin + allowed - time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, min(IDLE_SECONDS, left))):
                message = await receive()
        except TimeoutError:
            raise HTTPException(
                408, "The upload came too slowly and was cut off.", LAST_ANSWER
            ) from None
        got += len(message.get("body", b""))
        if got > limit.most:
            raise HTTPException(413, limit.words, LAST_ANSWER)
        return message

    whole = False

    async def until_whole() -> Message:
        # After the body the server only waits for the client to disconnect: no deadline applies.
        nonlocal whole
        if whole:
            return await receive()
        message = await receiving()
        whole = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    return until_whole


def same_origin(scope: Scope, headers: Headers, settings: Settings) -> bool:
    """Return whether a request may pass: an unsafe method with a cookie must be same-origin.

    Sec-Fetch-Site or Origin shows the origin: a browser sends at least one of them with every such
    request. A request without cookies has nothing that another site could abuse; a foreign Origin
    is refused all the same.
    """
    if scope["method"] in SAFE or headers.get("authorization", "").startswith("Bearer "):
        return True
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    if origin is not None:
        return origin_matches(origin, headers, settings)
    return site is not None or cookie_name(settings) not in headers.get("cookie", "")


def origin_matches(origin: str, headers: Headers, settings: Settings) -> bool:
    """Return whether `origin` is the address that this request was sent to."""
    if settings.public_url and origin == settings.public_url.rstrip("/"):
        return True
    return urlsplit(origin).netloc == headers.get("host", "") != ""


def add_headers(headers: MutableHeaders, scope: Scope, settings: Settings) -> None:
    """Add the headers of every response; a route's own policy stays."""
    headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(self)")
    headers.setdefault(
        "Cache-Control", "private, no-cache" if may_come_back(scope, settings) else "no-store"
    )
    headers["X-Request-Id"] = logs.request_id.get()
    if settings.secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def may_come_back(scope: Scope, settings: Settings) -> bool:
    """Return whether a browser may keep an answer for its own way back: pages and what they read,
    but nothing of accounts and links, which hold secrets. It forgets them when somebody signs out,
    if it obeys: over HTTPS, and on this machine itself."""
    path: str = scope["path"]
    host = urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname
    obeys = settings.secure or host in LOOPBACK
    return scope["method"] == "GET" and obeys and not SECRET.match(path)


def cookie_name(settings: Settings) -> str:
    """Return the name of the session cookie.

    Over HTTPS its prefix binds it to HTTPS and to this host.
    """
    return "__Host-biosight" if settings.secure else "biosight"


def visit_cookie(settings: Settings) -> str:
    """Return the name of the cookie of a visitor who followed a share link."""
    return "__Secure-biosight-visit" if settings.secure else "biosight-visit"


def set_cookie(response: Response, settings: Settings, secret: str) -> None:
    """Set the session cookie in a browser."""
    response.set_cookie(
        cookie_name(settings),
        secret,
        max_age=settings.session_days * 86_400,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(response: Response, settings: Settings) -> None:
    """Remove the session cookie from a browser, and the pages that it kept for its way back."""
    response.headers["Clear-Site-Data"] = '"cache"'
    response.delete_cookie(
        cookie_name(settings), path="/", secure=settings.secure, httponly=True, samesite="lax"
    )


def needs_first_code(request: HTTPConnection, settings: Settings) -> bool:
    """Return whether somebody other than the person who started the server could be asking.

    If so, the first account needs the server's one-time code.
    """
    return not settings.private or any(name in request.headers for name in FORWARDING)


def client_address(request: HTTPConnection, settings: Settings) -> str:
    """Return where a request comes from; X-Forwarded-For counts only from configured proxies."""
    address = request.client.host if request.client else "unknown"
    hops = request.headers.get("x-forwarded-for", "").split(",")
    for hop in reversed([h.strip() for h in hops if h.strip()]):
        if not settings.trusts(address):
            break
        address = hop[:64]
    return address
