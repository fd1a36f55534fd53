"""Single sign-on by a trusted proxy's header."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from biosight.accounts import first_code
from biosight.bootstrap import BioSight, open_biosight
from biosight.settings import Settings
from biosight.web.app import create_app
from tests.conftest import ORIGIN, sign_up

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
