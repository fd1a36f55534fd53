"""uvicorn with what it lacks: a deadline for a request's head, and connections that wait.

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
    """Hangs up on a connection whose next request head is not complete in HEAD_SECONDS.

    Trickled headers would otherwise hold a connection for ever; between requests uvicorn's
    own keep-alive limit counts.
    """

    deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A new connection: its first head is awaited."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self.await_head()

    def await_head(self) -> None:
        self.deadline = self.loop.call_later(HEAD_SECONDS, self.hang_up)

    def hang_up(self) -> None:
        self.transport.close()

    def stop_clock(self) -> None:
        """The head came, or the connection went."""
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def data_received(self, data: bytes) -> None:
        """Bytes of a head start the clock when none runs."""
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
    """A server that stops within STOP_SECONDS."""
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
