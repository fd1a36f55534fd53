"""The ASGI app: routes, guards and lifespan around an open BioSight.

Not here: opening it (bootstrap.py) or serving it (server.py).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI

from biosight import __version__
from biosight.bootstrap import BioSight
from biosight.errors import BadRequest
from biosight.settings import Settings
from biosight.web import errors, health, map_assets, pages
from biosight.web.api.collections import (
    cameras,
    collections,
    invitations,
    map_layers,
    maps_and_times,
    names,
    picture_kind,
    places,
    rates,
    shares,
)
from biosight.web.api.models import detectors, drift, jobs, versions
from biosight.web.api.people import accounts, admin, notices, server
from biosight.web.api.pictures import (
    acts,
    comments,
    examples,
    exports,
    facets,
    images,
    likeness,
    parcels,
    picture_files,
    subjects,
    uploads,
)
from biosight.web.api.review import identifications, likely_counts, queue, verified_names
from biosight.web.background.housekeeping import Housekeeping
from biosight.web.background.notice_thread import NoticeThread
from biosight.web.body_limits import BodyLimits
from biosight.web.files.compression import Compression
from biosight.web.files.static_tree import StaticTree
from biosight.web.gauges import Gauges
from biosight.web.security import API, Guard
from biosight.web.thread_pools import with_pools

if TYPE_CHECKING:
    from biosight.web.sign_in.oidc import Provider

HERE = Path(__file__).parent
PARTS = (
    uploads,  # first: routes are tried in this order, and uploads are frequent
    parcels,
    accounts,
    collections,
    picture_kind,
    invitations,
    names,
    places,
    cameras,
    map_layers,
    maps_and_times,
    rates,
    images,
    picture_files,
    examples,
    subjects,
    facets,
    acts,
    queue,
    likely_counts,
    verified_names,
    identifications,
    comments,
    shares,
    exports,
    versions,
    detectors,
    jobs,
    likeness,
    drift,
    notices,
    admin,
    server,
)
DESCRIPTION = (
    "The API does everything that the pages do. Sign in with a session cookie, or send a token as "
    "`Authorization: Bearer …`. Errors are `{error, detail, request_id}`."
)


def include(app: FastAPI) -> None:
    """Add all routes of the OpenAPI document to an app; docs/reference/api.md lists the same
    routes."""
    for part in PARTS:
        app.include_router(part.router, prefix=API)
    app.include_router(health.router)


def provider_of(settings: Settings) -> "Provider":
    """Return the provider that the settings name. Raises BadRequest if its client is not
    installed."""
    try:
        from biosight.web.sign_in.oidc import Provider
    except ImportError as error:
        raise BadRequest("BIOSIGHT_OIDC_ISSUER needs authlib: make server-env.") from error
    return Provider(settings)


def with_sign_on(app: FastAPI, settings: Settings) -> None:
    """Add sign-in by a provider to an app. Raises BadRequest if its client is not installed."""
    app.state.provider = provider_of(settings)
    from biosight.web.sign_in import oidc_routes

    app.include_router(oidc_routes.router)


def create_app(biosight: BioSight, *, housekeeping: bool = True) -> FastAPI:
    """Return the ASGI app; the caller opens and closes `biosight`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        threads: tuple[Housekeeping | NoticeThread, ...] = ()
        if housekeeping:
            noticing = NoticeThread(biosight)
            app.state.notices_asked = noticing.asked
            threads = (Housekeeping(biosight), noticing)
        yield
        for thread in threads:
            thread.close()

    app = FastAPI(
        title="BioSight",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        responses=errors.RESPONSES,
    )
    app.state.biosight = biosight
    with_pools(app)
    app.state.gauges = Gauges(biosight, app.state.pools)
    errors.install(app, pages.error_page)
    include(app)
    app.include_router(pages.router)
    if biosight.settings.oidc_issuer:
        with_sign_on(app, biosight.settings)
    app.state.static = StaticTree.of(HERE / "static", "/static")
    app.mount("/static", app.state.static, name="static")
    map_assets.mount(app, biosight.settings)
    app.include_router(map_assets.router)
    app.add_middleware(Compression)
    limits = BodyLimits((part.router for part in PARTS), API, biosight.settings)
    app.add_middleware(Guard, settings=biosight.settings, limits=limits)
    return app
