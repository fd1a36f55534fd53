"""API: sign up and sign in; the person's own account, its sessions and tokens.

Not here: other people's accounts (admin.py).
"""

from dataclasses import replace
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from biosight import accounts, logbook, metrics
from biosight.accounts import User
from biosight.errors import BadRequest, BioSightError, Forbidden, NotSignedIn, TooMany
from biosight.storage.records import Records
from biosight.web.access.deps import Browser, Open, Signed, Store
from biosight.web.files.streaming import on_byte_threads, start_stream, stream_answer
from biosight.web.outbox import Letters
from biosight.web.schemas.body import Input
from biosight.web.security import clear_cookie, client_address, needs_first_code
from biosight.web.sign_in.sessions import start_session
from biosight.workflows.exchange import own_data
from biosight.workflows.people import joining_and_leaving, mails

router = APIRouter(tags=["people"])
FREE_LETTERS = 3  # further ones to the same address have to wait
OWN_DATA: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {}}, "description": "Tables of JSON lines, and originals"}
}


class Credentials(Input):
    """Email address and password."""

    email: str = Field(max_length=260)
    password: str = Field(max_length=1024)


class Registration(Credentials):
    """A new account; `invitation` is a link's secret, or the one-time code of a new server."""

    name: str = Field("", max_length=200)
    invitation: str = Field("", max_length=200)


class NewPassword(Input):
    """The old password and the new one."""

    old: str = Field(max_length=1024)
    new: str = Field(max_length=1024)


class Reset(Input):
    """A reset link's secret and the new password."""

    link: str = Field(max_length=200)
    password: str = Field(max_length=1024)


class Forgotten(Input):
    """The address of an account whose password is forgotten."""

    email: str = Field(max_length=260)


class MeChange(Input):
    """A person's name, and how labels are shown to them: as written, by common names, or by
    both."""

    name: str = Field("", max_length=80)
    names: Literal["", "written", "common", "both"] = ""


class Password(Input):
    """The password, to be sure it is you."""

    password: str = Field(max_length=1024)


class NewToken(Input):
    """What a token is for and what it may do."""

    name: str = Field("", max_length=80)
    scopes: list[Literal["read", "write"]] = Field(min_length=1, max_length=2)
    days: int = Field(0, ge=0, le=3650, description="Days until it ends; 0 means never.")


class Me(BaseModel):
    """The signed-in person; `names` is how labels are shown to them."""

    id: str
    email: str
    name: str
    role: str
    names: str


class SessionOut(BaseModel):
    """One sign-in."""

    id: str
    device: str
    created_at: float
    seen_at: float
    current: bool


class TokenOut(BaseModel):
    """One API token, without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: float
    used_at: float
    ends_at: float


class TokenMade(TokenOut):
    """A new token; `secret` is shown only this once."""

    secret: str


def me(user: User) -> Me:
    """Return a user as the API shows them."""
    return Me(id=user.id, email=user.email, name=user.name, role=user.role, names=user.names)


@router.post("/register", status_code=201)
def sign_up(
    body: Registration, request: Request, response: Response, biosight: Open, records: Store
) -> Me:
    """Sign up, and be signed in. The first account becomes an administrator."""
    settings = biosight.settings
    coded = accounts.find_link(records, body.invitation, "first")
    first = not accounts.has_users(records)  # looked up once: code and role depend on it
    if first and needs_first_code(request, settings) and not coded:
        raise Forbidden("The first account needs the one-time code that the server printed.")
    user = joining_and_leaving.sign_up_by(
        records,
        settings.registration,
        body.email,
        body.password,
        body.name,
        body.invitation,
        first=first,
    )
    start_session(request, response, biosight, user)
    address = client_address(request, settings)
    accounts.know(records, user.email, address)
    logbook.note(records, "signed up", by=user.id, address=address)
    return me(user)


@router.post("/sign-in")
def sign_in(
    body: Credentials, request: Request, response: Response, biosight: Open, records: Store
) -> Me:
    """Sign in; the cookie in the response is the session."""
    address = client_address(request, biosight.settings)
    try:
        user = accounts.sign_in(records, body.email, body.password, address)
    except BioSightError as error:
        outcome = "limited" if isinstance(error, TooMany) else "wrong"
        metrics.sign_ins.labels(outcome).inc()
        note_failure(records, body.email, outcome, address)
        raise
    metrics.sign_ins.labels("ok").inc()
    start_session(request, response, biosight, user)
    logbook.note(records, "signed in", by=user.id, address=address)
    return me(user)


def note_failure(records: Records, email: str, outcome: str, address: str) -> None:
    """Note a failed sign-in in the logbook, without what was typed: it may be a password."""
    user = accounts.find_user(records, email)
    about, detail = (user.id, "") if user else ("", "no such account")
    if outcome == "wrong":  # a line for each try that is refused unchecked would fill the log
        logbook.note(records, "sign-in failed", about=about, detail=detail, address=address)


@router.post("/sign-out", status_code=204)
def sign_out(person: Browser, response: Response, biosight: Open, records: Store) -> None:
    """End this session."""
    accounts.end_session(records, person.user, person.session)
    clear_cookie(response, biosight.settings)


@router.post("/forgotten", status_code=204)
def forgotten(
    body: Forgotten, request: Request, biosight: Open, records: Store, outbox: Letters
) -> None:
    """Ask for a mail with a link for a new password.

    The response is the same whether there is such an account or not. It is sent before the account
    is looked up.
    """
    if not biosight.settings.smtp_url:
        raise BadRequest("This server sends no mail; ask an administrator for a link.")
    place = accounts.network_of(client_address(request, biosight.settings))
    about = f"forgotten:{body.email.strip().casefold()}"
    accounts.count_tries(records, {about: FREE_LETTERS, f"forgotten from:{place}": accounts.FREE})
    outbox.put(lambda post: mails.forgotten(records, post, body.email))


@router.post("/reset", status_code=204)
def reset(body: Reset, request: Request, biosight: Open, records: Store) -> None:
    """Set a new password by a reset link; all sessions end."""
    place = accounts.network_of(client_address(request, biosight.settings))
    with accounts.limited_try(records, {f"reset:{place}": accounts.FREE_PER_ADDRESS}):
        accounts.use_reset(records, body.link, body.password)


@router.get("/me")
def show_me(person: Signed) -> Me:
    """Show who is signed in."""
    return me(person.user)


@router.patch("/me")
def change_me(body: MeChange, person: Browser, records: Store) -> Me:
    """Change your own name, or how labels are shown to you."""
    name = accounts.clean_name(body.name) or person.user.name
    changed = replace(person.user, name=name, names=body.names or person.user.names)
    return me(accounts.change_user(records, person.user, changed))


@router.post("/me/password", status_code=204)
def change_password(body: NewPassword, person: Browser, biosight: Open, records: Store) -> None:
    """Change your own password; all your other sessions end."""
    with accounts.limited_try(records, {f"password:{person.user.id}": accounts.FREE}):
        accounts.change_password(records, person.user, body.old, body.new, person.session)


@router.delete("/me", status_code=204)
def delete_me(
    body: Password,
    person: Browser,
    request: Request,
    response: Response,
    biosight: Open,
    records: Store,
) -> None:
    """Delete your own account: shared collections are handed over, others go to the trash."""
    address = client_address(request, biosight.settings)
    try:
        accounts.sign_in(records, person.user.email, body.password, address)
    except NotSignedIn:
        raise Forbidden("The password is wrong.") from None
    joining_and_leaving.leave(records, person.user)
    clear_cookie(response, biosight.settings)


@router.get("/me/export", response_class=StreamingResponse, responses=OWN_DATA)
async def export_me(request: Request, person: Browser, biosight: Open) -> Response:
    """Download all that is kept about you, and the pictures that you uploaded, as a zip."""
    chunks = own_data.export_chunks(biosight.archive, person.user)
    ready = await on_byte_threads(request, lambda: start_stream(chunks))
    headers = {"Content-Disposition": 'attachment; filename="biosight-own-data.zip"'}
    return stream_answer(request, ready, "application/zip", headers)


@router.get("/me/sessions")
def list_sessions(person: Browser, biosight: Open, records: Store) -> list[SessionOut]:
    """List where you are signed in."""
    idle = biosight.settings.session_idle_days
    return [
        SessionOut(
            id=s.id,
            device=s.device,
            created_at=s.created_at,
            seen_at=s.seen_at,
            current=s.id == person.session,
        )
        for s in accounts.sessions_of(records, person.user, idle)
    ]


@router.delete("/me/sessions", status_code=204)
def sign_out_everywhere(
    person: Browser, response: Response, biosight: Open, records: Store
) -> None:
    """End all your sessions, this one too; API tokens stay."""
    accounts.end_sessions(records, person.user)
    logbook.note(records, "signed out everywhere", by=person.user.id)
    clear_cookie(response, biosight.settings)


@router.delete("/me/sessions/{session}", status_code=204)
def end_session(session: str, person: Browser, records: Store) -> None:
    """End one of your sessions."""
    accounts.end_session(records, person.user, session)


@router.get("/me/tokens")
def list_tokens(person: Browser, records: Store) -> list[TokenOut]:
    """List your API tokens."""
    return [token_out(t) for t in accounts.tokens_of(records, person.user)]


def token_out(token: accounts.Token) -> TokenOut:
    """Return a token as the API shows it."""
    return TokenOut(
        id=token.id,
        name=token.name,
        scopes=list(token.scopes),
        created_at=token.created_at,
        used_at=token.used_at,
        ends_at=token.ends_at,
    )


@router.post("/me/tokens", status_code=201)
def create_token(body: NewToken, person: Browser, records: Store) -> TokenMade:
    """Create an API token; only this response has its secret."""
    token, secret = accounts.create_token(
        records, person.user, body.name, list(body.scopes), body.days
    )
    return TokenMade(**token_out(token).model_dump(), secret=secret)


@router.delete("/me/tokens/{token}", status_code=204)
def revoke_token(token: str, person: Browser, records: Store) -> None:
    """Revoke one of your tokens."""
    accounts.revoke_token(records, person.user, token)
