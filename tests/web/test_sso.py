"""Single sign-on by a trusted proxy's header."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from biosight import accounts, logbook
from biosight.accounts import create_user, find_user, first_code, prove
from biosight.bootstrap import BioSight, open_archive, open_biosight
from biosight.errors import Unavailable
from biosight.settings import Settings
from biosight.web.app import create_app
from tests.conftest import ORIGIN, PASSWORD, Run, first_collection, sign_up
from tests.web.test_invitations import link
from tests.web.test_sharing import share

HEADER = "X-Forwarded-Email"
Make = Callable[..., TestClient]


def first_account(client: TestClient) -> None:
    """Ada, with the code that the server printed."""
    opened: BioSight = client.app.state.biosight  # type: ignore[attr-defined]
    sign_up(client, "ada@example.org", first_code(opened.archive.records))


@pytest.fixture
def behind(settings: Settings) -> Iterator[Make]:
    """Makes clients of a server with single sign-on; the proxy is 127.0.0.1."""
    opened: list[BioSight] = []

    def make(**changes: str) -> TestClient:
        for one in opened:
            one.close()
        opened.clear()
        given = {"sso_header": HEADER, "trusted_proxies": "127.0.0.0/8", **changes}
        opened.append(open_biosight(settings.model_copy(update=given)))
        app = create_app(opened[0], housekeeping=False)
        return TestClient(app, headers=ORIGIN, follow_redirects=False, client=("127.0.0.1", 4711))

    yield make
    for one in opened:
        one.close()


def test_the_proxy_says_who_it_is(behind: Make) -> None:
    client = behind()
    first_account(client)
    client.cookies.clear()
    answer = client.get("/sign-in?next=/model", headers={HEADER: "Ada@example.org"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/model")
    me = client.get("/api/v1/me").json()
    assert (me["email"], me["role"]) == ("ada@example.org", "admin")


def test_who_comes_first_gets_an_account_as_a_member(behind: Make) -> None:
    client = behind()
    first_account(client)
    client.cookies.clear()
    assert client.get("/sign-in", headers={HEADER: "ben@example.org"}).status_code == 303
    assert client.get("/api/v1/me").json()["role"] == "member"
    assert len(client.get("/api/v1/collections").json()) == 1


def test_the_header_counts_from_the_proxy_only(behind: Make) -> None:
    client = behind()
    first_account(client)
    for changes in ({"trusted_proxies": "10.0.0.1"}, {"sso_header": ""}):
        client = behind(**changes)
        answer = client.get("/sign-in", headers={HEADER: "ada@example.org"})
        assert answer.status_code == 200
        assert client.get("/api/v1/me").status_code == 401


def test_refusals(behind: Make) -> None:
    client = behind()
    assert client.get("/sign-in", headers={HEADER: "eve@example.org"}).headers["location"] == (
        "/register"
    )
    first_account(client)
    two = [(HEADER, "ada@example.org"), (HEADER, "ben@example.org")]
    assert client.get("/sign-in", headers=two).status_code == 400
    closed = behind(registration="closed")
    answer = closed.get("/sign-in", headers={HEADER: "new@example.org"})
    assert answer.status_code == 403
    assert "ask an administrator" in answer.text


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example", "/\\\\evil", "\\\\evil"]
)
def test_nobody_is_sent_elsewhere(behind: Make, next: str) -> None:
    client = behind()
    first_account(client)
    answer = client.get("/sign-in", params={"next": next}, headers={HEADER: "ada@example.org"})
    assert answer.headers["location"] == "/"


def test_a_header_without_a_proxy_is_refused_at_start() -> None:
    with pytest.raises(ValidationError, match="TRUSTED_PROXIES"):
        Settings(sso_header=HEADER)


@dataclass
class Occupied:
    """An account that somebody made under Ben's address, and what they set up in it."""

    maker: TestClient
    token: str
    reset: str
    pond: str
    accomplice: TestClient
    invitation: str
    shown: str


def occupied(client: TestClient) -> Occupied:
    """Everything by which whoever made the account could go on using it."""
    first_account(client)
    ada, app = client, client.app
    maker, accomplice = (TestClient(app, headers=ORIGIN) for _ in range(2))
    for one, email in ((maker, "ben@example.org"), (accomplice, "eve@example.org")):
        made = ada.post("/api/v1/admin/invitations", json={}).json()["path"].split("#")[1]
        sign_up(one, email, made)
    pond = first_collection(maker)
    share(maker, accomplice, pond, "owner")
    user = maker.get("/api/v1/me").json()["id"]
    token = maker.post("/api/v1/me/tokens", json={"scopes": ["read"]}).json()["secret"]
    reset = ada.post(f"/api/v1/admin/users/{user}/reset-link").json()["path"].split("#")[1]
    invitation = link(maker, pond, role="owner", uses=20)
    shown = maker.post(f"/api/v1/collections/{pond}/shares", json={}).json()["path"].split("#")[1]
    ada.cookies.clear()
    return Occupied(maker, token, reset, pond, accomplice, invitation, shown)


def works(there: Occupied) -> dict[str, bool]:
    """Which ways in are still open."""
    app = there.maker.app

    def fresh() -> TestClient:
        return TestClient(app, headers=ORIGIN)

    password = {"email": "ben@example.org", "password": PASSWORD}
    bearer = {"Authorization": f"Bearer {there.token}"}
    visit = {"secret": there.shown, "password": ""}
    return {
        "session": there.maker.get("/api/v1/me").status_code == 200,
        "token": fresh().get("/api/v1/me", headers=bearer).status_code == 200,
        "password": fresh().post("/api/v1/sign-in", json=password).status_code == 200,
        "member": there.accomplice.get(f"/api/v1/collections/{there.pond}").status_code == 200,
        "invitation": fresh()
        .post("/api/v1/invitation", json={"secret": there.invitation})
        .status_code
        == 200,
        "link": fresh().post("/api/v1/shared", json=visit).status_code == 200,
    }


def test_what_somebody_set_up_under_an_address_ends_when_its_owner_comes(behind: Make) -> None:
    """The old session, token and password all went on (G9)."""
    client = behind()
    there = occupied(client)
    assert all(works(there).values())
    assert client.get("/sign-in", headers={HEADER: "Ben@example.org"}).status_code == 303
    assert not any(works(there).values())
    body = {"link": there.reset, "password": "another good password"}
    assert client.post("/api/v1/reset", json=body).status_code == 404
    # The collection stays, and is Ben's alone.
    assert first_collection(client) == there.pond
    members = client.get(f"/api/v1/collections/{there.pond}/members").json()
    assert [m["email"] for m in members] == ["ben@example.org"]
    # Only the first time: what Ben sets up himself stays.
    mine = link(client, there.pond)
    client.cookies.clear()
    assert client.get("/sign-in", headers={HEADER: "ben@example.org"}).status_code == 303
    assert client.post("/api/v1/invitation", json={"secret": mine}).status_code == 200


def test_an_account_that_is_adopted_keeps_everything(behind: Make) -> None:
    """A house that moves to single sign-on says beforehand whose accounts are whose."""
    client = behind()
    there = occupied(client)
    records = client.app.state.biosight.archive.records  # type: ignore[attr-defined]
    user = find_user(records, "ben@example.org")
    assert user is not None
    prove(records, user)
    assert client.get("/sign-in", headers={HEADER: "ben@example.org"}).status_code == 303
    assert all(works(there).values())


def test_whom_the_proxy_signed_in_before_keeps_everything(behind: Make) -> None:
    """Accounts of an earlier BioSight are bound to no proxy yet, though it knows them."""
    client = behind()
    there = occupied(client)
    records = client.app.state.biosight.archive.records  # type: ignore[attr-defined]
    user = find_user(records, "ben@example.org")
    assert user is not None
    logbook.note(records, logbook.SIGNED_IN, by=user.id, detail=logbook.BY_PROXY)
    assert client.get("/sign-in", headers={HEADER: "ben@example.org"}).status_code == 303
    assert all(works(there).values())


def test_a_takeover_that_breaks_off_is_done_at_the_next_sign_in(
    behind: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = behind()
    there = occupied(client)

    def broken(*_: object) -> None:
        raise Unavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(accounts, "bind", broken)
        assert client.get("/sign-in", headers={HEADER: "ben@example.org"}).status_code == 503
    assert client.get("/sign-in", headers={HEADER: "ben@example.org"}).status_code == 303
    assert not any(works(there).values())


def test_accounts_are_adopted_by_command(run: Run) -> None:
    run("user", "add", "ada@example.org", "--password", PASSWORD, "--admin")
    run("user", "add", "ben@example.org", "--password", PASSWORD)
    # Who was added by command is known; the others are listed.
    assert "0 accounts whose address nobody proved" in run("user", "adopt").output
    with closing(open_archive(Settings())) as archive:
        create_user(archive.records, "eve@example.org", PASSWORD, first=False)
    assert "eve@example.org" in run("user", "adopt").output
    assert "eve@example.org is adopted" in run("user", "adopt", "eve@example.org").output
    assert "0 accounts" in run("user", "adopt").output
    assert "There is no account" in run("user", "adopt", "nobody@example.org", code=1).output
