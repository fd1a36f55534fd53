"""Pages and the API's answers as gzip, for clients on slow lines.

Only answers that are sent in one piece are packed: pictures, zips and tables are streamed, and most
are packed already. No page or answer holds a secret beside words that a link can bring along, so
how well one shrinks tells nothing (BREACH, Gluck et al. 2013). Not here: scripts and styles, which
are packed once (static_tree.py).
"""

import gzip
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES = 1_000
LEVEL = 1  # of 9: an answer of 100 kB takes a millisecond and has a sixth of its size
PACKED = {"text/html", "application/json", "application/geo+json"}
REFUSED = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)")


def takes_gzip(headers: Headers) -> bool:
    """Return whether a client takes gzip (RFC 9110, 12.5.3)."""
    said = headers.get("accept-encoding", "").lower()
    return "gzip" in said and not REFUSED.search(said)


class Compression:
    """Middleware that packs answers of one piece."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not takes_gzip(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, Packer(send).send)


class Packer:
    """Holds back the head of an answer until its first piece shows whether there are more."""

    def __init__(self, send: Send) -> None:
        self.onward = send
        self.head: Message | None = None

    async def send(self, message: Message) -> None:
        """Pass a message on, packed if it is the whole of an answer that shrinks."""
        if message["type"] == "http.response.start":
            self.head = message
            return
        if self.head is not None:
            head, self.head = self.head, None
            message = packed(head, message)
            await self.onward(head)
        await self.onward(message)


def packed(head: Message, body: Message) -> Message:
    """Return the body of an answer as gzip, after changing its head; as it is where it has more
    pieces, is small, or is of another kind."""
    headers = MutableHeaders(raw=head["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    content: bytes = body.get("body", b"")
    whole = not body.get("more_body", False) and "content-encoding" not in headers
    if kind not in PACKED or not whole or len(content) < LEAST_BYTES:
        return body
    small = gzip.compress(content, LEVEL, mtime=0)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(small))
    headers.add_vary_header("Accept-Encoding")
    return {**body, "body": small}
