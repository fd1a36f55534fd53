"""Threads apart from the common ones, for what may hang: whoever waits for a store, a provider or a
mail server keeps nobody from lists and pages.

Not here: what is done on them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request

from biosight.errors import Unavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lane:
    """So many threads, how many may wait for one, and the words for those beyond."""

    limiter: CapacityLimiter
    most_waiting: int
    busy: str

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` gives, done on a thread of this lane. Raises Unavailable when too many
        wait."""
        if self.limiter.statistics().tasks_waiting >= self.most_waiting:
            raise Unavailable(self.busy)
        return await to_thread.run_sync(work, limiter=self.limiter)


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes of an app."""

    uploads: Lane  # pictures on their way in
    pictures: Lane  # bytes on their way out
    sign_on: Lane  # questions to a provider
    letters: Lane  # talks with a mail server


def with_lanes(app: FastAPI) -> None:
    """Give an app its lanes."""
    app.state.lanes = Lanes(
        uploads=Lane(
            CapacityLimiter(16), 200, "Too many uploads wait just now; try again in a moment."
        ),
        pictures=Lane(
            CapacityLimiter(32),
            400,
            "Too many pictures are asked for just now; try again in a moment.",
        ),
        sign_on=Lane(
            CapacityLimiter(4), 40, "Too many people sign in just now; try again in a moment."
        ),
        letters=Lane(CapacityLimiter(4), 200, "Too many letters wait just now."),
    )


def lanes(request: Request) -> Lanes:
    """The lanes of the app that a request came to."""
    found: Lanes = request.app.state.lanes
    return found
