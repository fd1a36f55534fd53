"""Single sign-on by OpenID Connect, against a provider of its own over HTTP."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from oidc_provider_mock import User as Somebody
from oidc_provider_mock import run_server_in_thread
from pydantic import ValidationError
from starlette.testclient import TestClient

from biosight.accounts import User, create_token, find_user, first_code
from biosight.bootstrap import BioSight, open_biosight
from biosight.errors import Unavailable
from biosight.settings import Settings
from biosight.web.app import create_app
from biosight.web.sign_in import oidc
from tests.between import elsewhere
from tests.conftest import ORIGIN, PASSWORD, first_collection, sign_up

# The provider still signs by what Authlib renames.
pytestmark = pytest.mark.filterwarnings(
    "ignore::authlib.deprecate.AuthlibDeprecationWarning", "ignore:get_jwt_config"
)
PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"email": "ada@example.org", "groups": ["biologists", "wheel"]},
    "ben": {"email": "Ben@example.org", "name": "Ben Fox", "groups": ["biologists"]},
    "eve": {"email": "ada@example.org", "groups": ["biologists"]},
    "ian": {"email": "ian@example.org", "email_verified": False},
    "joe": {"email": "joe@example.org"},
    "kay": {},
}
OURS = "https://biosight.example"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    claims = [
        Somebody(sub=sub, claims={"email_verified": True, **said}) for sub, said in PEOPLE.items()
    ]
    with run_server_in_thread(require_nonce=True, user_claims=claims) as server:
        yield f"http://localhost:{server.server_port}"


@dataclass
class Site:
    """A BioSight whose people may be signed in by the provider."""

    biosight: BioSight
    client: TestClient

    def off(self, next: str = "/") -> str:
        """Where the browser is sent."""
        answer = self.client.get(f"/sign-on?next={next}")
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def signs_in(self, sub: str, next: str = "/") -> httpx.Response:
        """The whole way there and back; what the last step answers."""
        return self.client.get(approved(self.off(next), sub))

    def me(self) -> dict[str, Any]:
        answer = self.client.get("/api/v1/me")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def approved(where: str, sub: str) -> str:
    """The path on BioSight that the provider sends somebody back to who signs in as `sub`."""
    answer = httpx.post(where, data={"sub": sub})
    assert answer.status_code in {302, 303}, answer.text
    there = urlsplit(answer.headers["location"])
    assert f"{there.scheme}://{there.netloc}" == OURS
    return f"{there.path}?{there.query}"


Make = Callable[..., Site]


@pytest.fixture
def make(settings: Settings, issuer: str) -> Iterator[Make]:
    opened: list[BioSight] = []

    def made(*, people: bool = True, **changes: str) -> Site:
        given = {
            "oidc_issuer": issuer,
            "oidc_client_id": "biosight",
            "oidc_client_secret": "a-secret",
            "oidc_name": "Fen Institute",
            "public_url": OURS,
            **changes,
        }
        opened.append(open_biosight(settings.model_copy(update=given)))
        app = create_app(opened[-1], housekeeping=False)
        client = TestClient(app, base_url=OURS, headers={**ORIGIN, "Origin": OURS})
        client.follow_redirects = False
        if people:
            sign_up(client, "root@example.org", first_code(opened[-1].archive.records))
            client.cookies.clear()
        return Site(opened[-1], client)

    yield made
    for one in opened:
        one.close()


def test_who_comes_first_gets_an_account_and_keeps_it(make: Make) -> None:
    site = make()
    assert "Sign in with Fen Institute" in site.client.get("/sign-in").text
    answer = site.signs_in("ben", next="/model")
    assert (answer.status_code, answer.headers["location"]) == (303, "/model")
    me = site.me()
    assert (me["email"], me["name"], me["role"]) == ("ben@example.org", "Ben Fox", "member")
    assert len(site.client.get("/api/v1/collections").json()) == 1
    site.client.cookies.clear()
    site.signs_in("ben")
    assert site.me()["id"] == me["id"]


def test_an_account_of_the_verified_address_is_joined_and_its_password_ends(make: Make) -> None:
    site = make()
    records = site.biosight.archive.records
    # Somebody made an account with an address that nobody asked them to prove.
    client = site.client
    client.post("/api/v1/sign-in", json={"email": "root@example.org", "password": PASSWORD})
    path = client.post("/api/v1/admin/invitations", json={}).json()["path"]
    client.cookies.clear()
    sign_up(client, "ada@example.org", path.partition("#")[2])
    user, c, kept = site.me(), first_collection(client), dict(client.cookies)
    token = make_token(site, "ada@example.org")
    client.cookies.clear()
    site.signs_in("ada")
    assert site.me()["id"] == user["id"]
    assert first_collection(site.client) == c
    # What was known before opens nothing any more.
    site.client.cookies.clear()
    sent = {"email": "ada@example.org", "password": PASSWORD}
    assert site.client.post("/api/v1/sign-in", json=sent).status_code == 401
    bearer = {"Authorization": f"Bearer {token}"}
    assert site.client.get("/api/v1/me", headers=bearer).status_code == 401
    site.client.cookies.update(kept)
    assert site.client.get("/api/v1/me").status_code == 401
    # Another person of the provider with the same address gets in nowhere.
    site.client.cookies.clear()
    answer = site.signs_in("eve")
    assert answer.status_code == 403
    assert "another person" in answer.text
    assert records.count(User) == 2


def make_token(site: Site, email: str) -> str:
    records = site.biosight.archive.records
    user = find_user(records, email)
    assert user is not None
    return create_token(records, user, "script", ["read"])[1]


@pytest.mark.parametrize("sub", ["ian", "kay"])
def test_an_address_that_nobody_verified_opens_nothing(make: Make, sub: str) -> None:
    answer = make().signs_in(sub)
    assert answer.status_code == 403
    assert "no verified email address" in answer.text


def test_groups_say_who_may_come_and_who_administers(make: Make) -> None:
    site = make(oidc_members="biologists", oidc_admins="wheel")
    site.signs_in("ada")
    assert site.me()["role"] == "admin"
    site.client.cookies.clear()
    site.signs_in("ben")
    assert site.me()["role"] == "member"
    site.client.cookies.clear()
    answer = site.signs_in("joe")
    assert (answer.status_code, "members of biologists" in answer.text) == (403, True)


def test_a_role_follows_the_groups_but_one_administrator_stays(make: Make) -> None:
    site = make(oidc_admins="wheel")
    site.signs_in("ada")
    assert site.me()["role"] == "admin"
    provider: oidc.Provider = site.client.app.state.provider  # type: ignore[attr-defined]
    provider.settings = provider.settings.model_copy(update={"oidc_admins": "others"})
    site.signs_in("ada")
    assert site.me()["role"] == "member"
    provider.settings = provider.settings.model_copy(update={"oidc_admins": "wheel"})
    site.signs_in("ada")
    admin = site.me()
    root = next(
        u for u in site.client.get("/api/v1/admin/users").json()["users"] if u["id"] != admin["id"]
    )
    site.client.patch(f"/api/v1/admin/users/{root['id']}", json={"role": "member"})
    provider.settings = provider.settings.model_copy(update={"oidc_admins": "others"})
    site.signs_in("ada")
    assert site.me()["role"] == "admin"


def test_closed_means_no_new_accounts(make: Make) -> None:
    answer = make(registration="closed").signs_in("ben")
    assert (answer.status_code, "ask an administrator" in answer.text) == (403, True)


def test_the_first_account_takes_the_code(make: Make) -> None:
    answer = make(people=False).signs_in("ben")
    assert (answer.status_code, "one-time code" in answer.text) == (403, True)


def test_an_answer_to_another_question_opens_nothing(make: Make) -> None:
    site = make()
    back = approved(site.off(), "ben")
    site.off()  # begun anew in the same browser: another state
    assert site.client.get(back).status_code == 400
    site.client.cookies.clear()
    assert site.client.get(back).status_code == 400  # another browser has no cookie
    site.client.cookies.set("__Host-biosight-sign-on", "[1]", domain="biosight.example")
    assert site.client.get(back).status_code == 400
    site.client.cookies.clear()
    back = approved(site.off(), "ben")
    assert site.client.get(back).status_code == 303
    site.client.cookies.clear()
    assert site.client.get(back).status_code == 400  # once


def test_no_is_told_as_no(make: Make) -> None:
    site = make()
    state = parse_qs(urlsplit(site.off()).query)["state"][0]
    answer = site.client.get(f"/sign-on/back?error=access_denied&state={state}")
    assert (answer.status_code, "did not sign you in" in answer.text) == (403, True)


def test_the_browser_is_sent_with_a_challenge_and_comes_back_inside(make: Make) -> None:
    site = make()
    asked = parse_qs(urlsplit(site.off("https://evil.example/")).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{OURS}/sign-on/back"]
    assert {"openid", "email"} <= set(asked["scope"][0].split())
    answer = site.signs_in("ben", next="//evil.example/")
    assert answer.headers["location"] == "/"


def test_a_disabled_account_stays_out(make: Make) -> None:
    site = make()
    site.signs_in("ben")
    ben = site.me()["id"]
    site.client.cookies.clear()
    site.client.post("/api/v1/sign-in", json={"email": "root@example.org", "password": PASSWORD})
    site.client.patch(f"/api/v1/admin/users/{ben}", json={"disabled": True})
    site.client.cookies.clear()
    assert site.signs_in("ben").status_code == 403


KEY = jwk.RSAKey.generate_key(2048, {"kid": "ours"}, private=True)
STRANGE = jwk.RSAKey.generate_key(2048, {"kid": "ours"}, private=True)


@pytest.mark.parametrize(
    ("change", "key", "algorithm"),
    [
        ({"iss": "https://evil.example"}, KEY, "RS256"),
        ({"aud": "another"}, KEY, "RS256"),
        ({"exp": time.time() - 3600}, KEY, "RS256"),
        ({"nonce": "another"}, KEY, "RS256"),
        ({"nonce": None}, KEY, "RS256"),
        ({"azp": "another"}, KEY, "RS256"),
        ({"sub": None}, KEY, "RS256"),
        ({}, STRANGE, "RS256"),
        ({}, jwk.OctKey.import_key("a-secret" * 8), "HS256"),
    ],
)
def test_only_the_providers_own_word_is_believed(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], key: jwk.Key, algorithm: str
) -> None:
    issuer = "https://login.example"
    given = {"issuer": issuer, "jwks_uri": "keys"}
    public = {"keys": [KEY.as_dict(private=False)]}
    monkeypatch.setattr(oidc, "ask", lambda a: public if a == "keys" else given)
    provider = oidc.Provider(Settings(oidc_issuer=issuer, oidc_client_id="us", public_url=OURS))
    claims = {"iss": issuer, "aud": "us", "sub": "1", "exp": time.time() + 60, "nonce": "n"}

    def token(of: dict[str, Any], key: jwk.Key, algorithm: str) -> str:
        said = {name: value for name, value in of.items() if value is not None}
        header = {"alg": algorithm, "kid": "ours"}
        return jwt.encode(header, said, key, algorithms=[algorithm])

    assert provider.believed(token(claims, KEY, "RS256"), "n")["sub"] == "1"
    with pytest.raises((ValueError, JoseError)):
        provider.believed(token({**claims, **change}, key, algorithm), "n")


def test_a_provider_that_is_away_or_another_is_told(make: Make) -> None:
    site = make(oidc_issuer="http://localhost:1")
    answer = site.client.get("/sign-on", headers={"Accept": "text/html"})
    assert (answer.status_code, "can&#39;t be reached" in answer.text) == (503, True)


def test_a_provider_by_another_name_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "ask", lambda _: {"issuer": "https://evil.example"})
    settings = Settings(oidc_issuer="https://login.example", oidc_client_id="us", public_url=OURS)
    with pytest.raises(Unavailable, match="names another issuer"):
        oidc.Provider(settings).known()


def test_half_a_provider_is_refused() -> None:
    for given in ({}, {"oidc_client_id": "us"}, {"public_url": OURS}):
        with pytest.raises(ValidationError, match="BIOSIGHT_OIDC_ISSUER needs"):
            Settings(oidc_issuer="https://login.example", **given)  # type: ignore[arg-type]


def test_without_a_provider_there_is_no_way_in(client: TestClient) -> None:
    assert client.get("/sign-on").status_code == 404
    assert "Sign in with" not in client.get("/sign-in").text


@contextmanager
def silent_provider() -> Iterator[tuple[str, list[socket.socket]]]:
    """A server that takes connections and says nothing, and those that it took."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def take() -> None:
            with suppress(OSError):
                while True:
                    taken.append(door.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}", taken
        for one in taken:
            one.close()


def test_a_provider_that_hangs_holds_no_other_page(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More visits than there are common threads, and one plain page beside them."""
    monkeypatch.setattr(oidc, "SECONDS", 3.0)
    with silent_provider() as (issuer, taken):
        app = make(people=False, oidc_issuer=issuer).client.app

        async def visits() -> tuple[list[int], int, float]:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url=OURS) as client:
                asking = [asyncio.create_task(client.get("/sign-on")) for _ in range(60)]
                await asyncio.sleep(0.5)
                begin = time.monotonic()
                page = await client.get("/api/v1/me")
                took = time.monotonic() - begin
                return [(await a).status_code for a in asking], page.status_code, took

        codes, page, took = elsewhere(
            lambda: asyncio.run(visits())
        )  # a browser may have a loop here
    assert set(codes) == {503}
    assert (page, took < 2) == (401, True)
    assert len(taken) == 1  # the failure stands for the others


def test_a_provider_that_is_away_for_a_while_signs_on_by_what_it_said(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make()
    site.off()
    provider = site.client.app.state.provider  # type: ignore[attr-defined]
    provider.at = float("-inf")  # an hour later

    def away(address: str) -> dict[str, Any]:
        raise Unavailable(oidc.AWAY)

    with monkeypatch.context() as patch:
        patch.setattr(oidc, "ask", away)
        assert site.off().startswith("http://localhost")
    assert provider.at == float("-inf")  # asked again, some seconds later
    assert "token_endpoint" in provider.known()


@pytest.mark.parametrize(
    "kept",
    [
        '{"state": 1, "nonce": 2, "verifier": 3, "next": 4}',
        '{"state": "s", "nonce": "n", "verifier": null, "next": "/"}',
        '["s", "n", "v", "/"]',
        "7",
        "[" * 1500,
    ],
)
def test_a_cookie_that_we_never_wrote_is_no_sign_in(make: Make, kept: str) -> None:
    site = make()
    site.client.cookies.set("__Host-biosight-sign-on", kept)
    answer = site.client.get("/sign-on/back?state=s&code=c")
    assert answer.status_code == 400
