"""The two halves of single sign-on: away to the provider, and back with its answer.

Not here: what is asked and trusted (oidc.py).
"""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from biosight import accounts, logbook, metrics
from biosight.bootstrap import BioSight
from biosight.errors import BioSightError, Forbidden
from biosight.web.access.deps import Open
from biosight.web.security import client_address
from biosight.web.sign_in import proxy
from biosight.web.sign_in.oidc import BACK, Begun, Provider
from biosight.web.sign_in.sessions import start_session
from biosight.web.thread_pools import pools
from biosight.workflows.people import joining_and_leaving

router = APIRouter(include_in_schema=False)
KEPT_SECONDS = 600


def cookie_of(biosight: BioSight) -> str:
    """Return the name of the cookie that lives between the two halves."""
    return "__Host-biosight-sign-on" if biosight.settings.secure else "biosight-sign-on"


@router.get("/sign-on")
async def begin(request: Request, biosight: Open, next: str = "/") -> Response:
    """Send a person to the provider."""
    return await pools(request).sign_on.run(lambda: sent_off(request, biosight, next))


def sent_off(request: Request, biosight: BioSight, next: str) -> Response:
    """Return the redirect to the provider, with the cookie to come back with. Raises
    Unavailable."""
    provider: Provider = request.app.state.provider
    begun = Begun.new(proxy.inside(next))
    answer = RedirectResponse(provider.address(begun), 303)
    answer.set_cookie(
        cookie_of(biosight),
        begun.written(),
        max_age=KEPT_SECONDS,
        secure=biosight.settings.secure,
        httponly=True,
        samesite="lax",  # the person comes back from another site
    )
    return answer


@router.get(BACK)
async def back(request: Request, biosight: Open) -> Response:
    """Sign in the person whom the provider names."""
    return await pools(request).sign_on.run(lambda: signed_in(request, biosight))


def signed_in(request: Request, biosight: BioSight) -> Response:
    """Start a session for the person whom the provider names. Raises what `Provider.person`
    raises."""
    records = biosight.archive.records
    provider: Provider = request.app.state.provider
    address = client_address(request, biosight.settings)
    if not accounts.has_users(records):
        raise Forbidden("The first account needs a password and the one-time code: sign up.")
    try:
        begun = Begun.read(request.cookies.get(cookie_of(biosight), ""))
        known = provider.person(begun, f"{provider.redirect}?{request.url.query}")
        user = joining_and_leaving.signed_on(records, known, biosight.settings.registration)
    except BioSightError as error:
        metrics.sign_ins.labels("wrong").inc()
        detail = f"by {provider.name}: {error.detail}"
        logbook.note(records, "sign-in failed", detail=detail, address=address)
        raise
    answer = RedirectResponse(begun.next, 303)
    answer.delete_cookie(cookie_of(biosight), secure=biosight.settings.secure, httponly=True)
    start_session(request, answer, biosight, user)
    metrics.sign_ins.labels("ok").inc()
    logbook.note(records, "signed in", by=user.id, detail=f"by {provider.name}", address=address)
    return answer
