"""Races made to happen: stores that let somebody else act just before or after a chosen step.

The other one acts in a thread of their own, to the end, at the one moment that matters: no sleeping
and hoping.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast

from starlette.testclient import TestClient

from biosight.bootstrap import Archive, BioSight
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Insert, Record, Records, Write
from biosight.web.app import create_app
from tests.conftest import ORIGIN

Act = Callable[[], object]
T = TypeVar("T")


def elsewhere(act: Callable[[], T]) -> T:
    """Do it in another thread, to the end; what it gives or raises comes back here."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


class Between:
    """A store of which one method, `name`, is told of: `act` happens before its n-th call that
    `wanted` likes, or after it, or before each."""

    def __init__(
        self,
        store: object,
        name: str,
        act: Act,
        *,
        wanted: Callable[..., bool] = lambda *_, **__: True,
        after: bool = False,
        always: bool = False,
    ) -> None:
        self.store = store
        self.name = name
        self.act: Act | None = act
        self.wanted = wanted
        self.after = after
        self.always = always

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        if name != self.name:
            return method

        def told(*given: Any, **named: Any) -> Any:
            mine = self.act if self.wanted(*given, **named) else None
            if mine is not None and not self.always:
                self.act = None
            if mine is not None and not self.after:
                elsewhere(mine)
            found = method(*given, **named)
            if mine is not None and self.after:
                elsewhere(mine)
            return found

        return told


def inserts(kind: type[Record]) -> Callable[..., bool]:
    """Writes that bring a new record of a kind."""

    def wanted(*writes: Write) -> bool:
        return any(isinstance(w, Insert) and isinstance(w.record, kind) for w in writes)

    return wanted


def records_between(biosight: BioSight, name: str, act: Act, **how: Any) -> BioSight:
    """The same BioSight over records that somebody else meets at one moment."""
    records = cast(Records, Between(biosight.archive.records, name, act, **how))
    return replace(biosight, archive=Archive(records, biosight.archive.blobs))


def blobs_between(biosight: BioSight, name: str, act: Act, **how: Any) -> BioSight:
    """The same BioSight over blobs that somebody else meets at one moment."""
    blobs = cast(Blobs, Between(biosight.archive.blobs, name, act, **how))
    return replace(biosight, archive=Archive(biosight.archive.records, blobs))


@contextmanager
def served(biosight: BioSight, like: TestClient) -> Iterator[TestClient]:
    """A client of an app over this BioSight, signed in as another client is."""
    app = create_app(biosight, housekeeping=False)
    with TestClient(app, headers=ORIGIN, raise_server_exceptions=False) as client:
        client.cookies = like.cookies
        yield client
