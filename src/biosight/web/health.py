"""Probes and metrics: /health says alive, /ready says able to work, /metrics is for Prometheus."""

import secrets

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from biosight import metrics
from biosight.errors import NotFound
from biosight.web.access.deps import Bytes, Open, Store
from biosight.web.thread_pools import pools

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> dict[str, str]:
    """Report that the server is alive."""
    return {"status": "alive"}


@router.get("/ready")
def ready(records: Store, blobs: Bytes, pictures: bool = True) -> dict[str, str]:
    """Report that the server can work: its stores answer. Otherwise the status is 503.

    With `pictures=false` only the database is asked. A load balancer asks so: while the picture
    store is away, lists, pages and corrections still work.
    """
    records.ping()
    if pictures:
        blobs.ping()
    return {"status": "ready"}


@router.get("/metrics", include_in_schema=False)
async def show_metrics(request: Request, biosight: Open) -> Response:
    """Return the metrics in Prometheus's text format.

    The request needs the token of the settings. Without a token, only this machine may ask.
    """
    token = biosight.settings.metrics_token
    given = request.headers.get("authorization", "")
    if token:
        allowed = secrets.compare_digest(given.encode(), f"Bearer {token}".encode())
    else:
        address = request.client.host if request.client else ""
        proxied = "x-forwarded-for" in request.headers or "forwarded" in request.headers
        allowed = address in {"127.0.0.1", "::1", "testclient"} and not proxied
    if not allowed:
        raise NotFound("There is nothing at this address.")
    await pools(request).metrics.run(request.app.state.gauges.refresh)
    return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_LATEST)
