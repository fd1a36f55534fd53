"""uvicorn with what it lacks: a deadline for each request head, also on a connection that sends
nothing.

Not here: the app (app.py).
"""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from biosight.settings import Settings

HEAD_SECONDS = 15.0
STOP_SECONDS = 25


class DeadlineProtocol(HttpToolsProtocol):
    """A protocol that closes a connection whose next request head is not complete in HEAD_SECONDS.

    Otherwise a client that trickles headers could hold a connection for ever. Between requests,
    uvicorn's own keep-alive limit applies.
    """

    deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the deadline for the first head of a new connection."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self.await_head()

    def await_head(self) -> None:
        self.deadline = self.loop.call_later(HEAD_SECONDS, self.hang_up)

    def hang_up(self) -> None:
        self.transport.close()

    def stop_clock(self) -> None:
        """Cancel the deadline: the head is complete, or the connection is closed."""
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def data_received(self, data: bytes) -> None:
        """Start the deadline with the first bytes of a head, unless one runs already."""
        idle = self.cycle is None or self.cycle.response_complete
        if self.deadline is None and idle:
            self.await_head()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self.stop_clock()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_clock()
        super().connection_lost(exc)


def server(app: Any, settings: Settings) -> uvicorn.Server:
    """Return a server that stops within STOP_SECONDS."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=DeadlineProtocol,
        ws="none",
        loop="auto",
        backlog=2048,
        limit_concurrency=settings.max_connections,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=STOP_SECONDS,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        access_log=False,
        log_config=None,
        h11_max_incomplete_event_size=16_384,
    )
    return uvicorn.Server(config)
