"""Separate threads for work that may hang: a request that waits for a store, a provider or a mail
server does not delay lists and pages.

Not here: the work itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request

from biosight.errors import Unavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ThreadPool:
    """Threads for one thing that may hang: how many run, how many requests may wait, and the error
    message for more."""

    limiter: CapacityLimiter
    most_waiting: int
    busy: str

    @property
    def waiting(self) -> int:
        """How many tasks wait for a thread."""
        return self.limiter.statistics().tasks_waiting

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` on a thread of this pool and return its result.

        Raises Unavailable when too many wait.
        """
        if self.waiting >= self.most_waiting:
            raise Unavailable(self.busy)
        return await to_thread.run_sync(work, limiter=self.limiter)


@dataclass(frozen=True, slots=True)
class ThreadPools:
    """The thread pools of an app."""

    uploads: ThreadPool  # pictures on their way in
    pictures: ThreadPool  # bytes on their way out
    sign_on: ThreadPool  # questions to a provider
    letters: ThreadPool  # talks with a mail server
    metrics: ThreadPool  # what Prometheus asks, whatever the others wait for


def with_pools(app: FastAPI) -> None:
    """Give an app its thread pools."""
    app.state.pools = ThreadPools(
        uploads=ThreadPool(
            CapacityLimiter(16), 200, "Too many uploads wait just now; try again in a moment."
        ),
        pictures=ThreadPool(
            CapacityLimiter(32),
            400,
            "Too many pictures are asked for just now; try again in a moment.",
        ),
        sign_on=ThreadPool(
            CapacityLimiter(4), 40, "Too many people sign in just now; try again in a moment."
        ),
        letters=ThreadPool(CapacityLimiter(4), 200, "Too many letters wait just now."),
        metrics=ThreadPool(CapacityLimiter(2), 20, "Too many ask for the metrics just now."),
    )


def pools(request: Request) -> ThreadPools:
    """Return the thread pools of the app that a request came to."""
    found: ThreadPools = request.app.state.pools
    return found
