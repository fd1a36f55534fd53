"""The largest body of each request: a route declares its own limit, other routes have one megabyte.

The guard refuses a larger body before FastAPI knows the route, so the declared limits are collected
when the app is made. Not here: refusing (security.py), or the limits of a file's content.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import compile_path
from starlette.types import Scope

from biosight.images.file_types import MEGABYTE, too_large
from biosight.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
DECLARED = "body_limit"


@dataclass(frozen=True, slots=True)
class Limit:
    """The largest body in bytes, and the error message for a larger one."""

    most: int
    words: str


LimitOf = Callable[[Settings], Limit]
COMMON = Limit(MEGABYTE, "This request is larger than the 1 MB that is allowed.")


def in_megabytes(most_mb: int, words: str) -> Limit:
    """Return the limit of a file of `most_mb`, with a megabyte for the form around it."""
    return Limit((most_mb + 1) * MEGABYTE, words)


def of_files(settings: Settings) -> Limit:
    """Return the limit of a picture, or of anything that may be as large."""
    return in_megabytes(settings.max_file_mb, too_large(settings.max_file_mb))


def up_to(most_mb: int, words: str) -> LimitOf:
    """Return a limit that no setting changes."""
    return lambda _: in_megabytes(most_mb, words)


def body_limit(limit_of: LimitOf) -> Callable[[F], F]:
    """Declare the limit of a route; place the decorator below the route's `@router` line."""

    def mark(route: F) -> F:
        setattr(route, DECLARED, limit_of)
        return route

    return mark


class BodyLimits:
    """The limits that routes declared, found by method and path."""

    def __init__(self, routers: Iterable[APIRouter], prefix: str, settings: Settings) -> None:
        self.declared: list[tuple[set[str], re.Pattern[str], Limit]] = []
        for route in (r for router in routers for r in router.routes):
            if not isinstance(route, APIRoute):
                continue
            if limit_of := getattr(route.endpoint, DECLARED, None):
                pattern = compile_path(prefix + route.path)[0]
                self.declared.append((route.methods or set(), pattern, limit_of(settings)))

    def of(self, scope: Scope) -> Limit:
        """Return the limit of a request."""
        for methods, pattern, limit in self.declared:
            if scope["method"] in methods and pattern.match(scope["path"]):
                return limit
        return COMMON
