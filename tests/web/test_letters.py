"""Letters that people get: invitations, and links for a new password."""

import asyncio
import re
import socket
import time
from collections.abc import Iterator

import httpx2 as httpx
import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from biosight import accounts, mail
from biosight.accounts import first_code
from biosight.bootstrap import BioSight, open_biosight
from biosight.settings import Settings
from biosight.web.app import create_app
from tests.between import elsewhere
from tests.conftest import ORIGIN, first_collection, sign_up
from tests.post import Box, post_office

OURS = "http://testserver"


@pytest.fixture
def box() -> Iterator[Box]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def ada(settings: Settings, box: Box) -> Iterator[TestClient]:
    """An administrator of a BioSight that sends mail."""
    given = {"smtp_url": box.url, "mail_from": "biosight@example.org", "public_url": OURS}
    opened = open_biosight(settings.model_copy(update=given))
    client = TestClient(create_app(opened, housekeeping=False), headers=ORIGIN)
    sign_up(client, "ada@example.org", first_code(opened.archive.records))
    yield client
    opened.close()


def link_in(box: Box, page: str) -> str:
    """The secret of the link in the next mail."""
    found = re.search(rf"{OURS}/{page}#(\S+)", box.next().get_content())
    assert found
    return found[1]


def test_an_invitation_to_a_collection_is_sent(ada: TestClient, box: Box) -> None:
    path = f"/api/v1/collections/{first_collection(ada)}/invitations"
    made = ada.post(path, json={"email": "ben@example.org", "role": "editor"}).json()
    assert made["mailed"] is True
    mail = box.next()
    assert mail["To"] == "ben@example.org"
    assert mail["Subject"] == "An invitation to BioSight"
    assert f"{OURS}{made['path']}" in mail.get_content()
    assert "From: “ada” (ada@example.org)" in mail.get_content()
    assert ada.post(path, json={}).json()["mailed"] is False  # for anybody: to nobody
    assert box.mails.empty()


def test_an_invitation_to_sign_up_lets_in(ada: TestClient, box: Box) -> None:
    made = ada.post("/api/v1/admin/invitations", json={"email": "ben@example.org"}).json()
    assert made["mailed"] is True
    secret = link_in(box, "join")
    ada.cookies.clear()
    assert sign_up(ada, "ben@example.org", secret)


def test_a_link_for_a_new_password_is_sent(ada: TestClient, box: Box) -> None:
    me = ada.get("/api/v1/me").json()["id"]
    assert ada.post(f"/api/v1/admin/users/{me}/reset-link").json()["mailed"] is True
    assert link_in(box, "reset")


def test_who_forgot_the_password_has_a_link_sent(ada: TestClient, box: Box) -> None:
    assert 'href="/forgotten"' in signed_out(ada).get("/sign-in").text
    assert "Forgotten password" in ada.get("/forgotten").text
    answers = [
        ada.post("/api/v1/forgotten", json={"email": email})
        for email in ("Ada@example.org ", "nobody@example.org", "nonsense")
    ]
    assert {(a.status_code, a.text) for a in answers} == {(204, "")}
    secret = link_in(box, "reset")
    assert box.mails.empty()  # nothing to those who have no account
    body = {"link": secret, "password": "another-word-7"}
    assert ada.post("/api/v1/reset", json=body).status_code == 204
    sent = {"email": "ada@example.org", "password": "another-word-7"}
    assert ada.post("/api/v1/sign-in", json=sent).status_code == 200


def signed_out(client: TestClient) -> TestClient:
    client.cookies.clear()
    return client


def test_nobody_is_flooded_with_letters(ada: TestClient, box: Box) -> None:
    codes = [
        ada.post("/api/v1/forgotten", json={"email": "ada@example.org"}).status_code
        for _ in range(5)
    ]
    assert codes == [204, 204, 204, 429, 429]
    codes = [
        ada.post("/api/v1/forgotten", json={"email": f"n{n}@example.org"}).status_code
        for n in range(12)
    ]
    assert 429 in codes


def test_who_signs_on_elsewhere_gets_no_password(ada: TestClient, box: Box) -> None:
    opened: BioSight = ada.app.state.biosight  # type: ignore[attr-defined]
    records = opened.archive.records
    user = accounts.find_user(records, "ada@example.org")
    assert user is not None
    accounts.bind(records, user, "https://login.example 1")
    assert ada.post("/api/v1/forgotten", json={"email": user.email}).status_code == 204
    assert box.mails.empty()


def test_a_mail_server_that_is_away_leaves_the_link(ada: TestClient) -> None:
    opened: BioSight = ada.app.state.biosight  # type: ignore[attr-defined]
    away = opened.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    object.__setattr__(opened, "settings", away)
    made = ada.post("/api/v1/admin/invitations", json={"email": "ben@example.org"})
    assert made.status_code == 201
    assert made.json()["path"].startswith("/join#")


def test_without_a_mail_server_nobody_is_promised_a_letter(client: TestClient) -> None:
    sign_up(client, "ada@example.org")
    assert "Send me a link" not in signed_out(client).get("/sign-in").text
    answer = client.post("/api/v1/forgotten", json={"email": "ada@example.org"})
    assert (answer.status_code, "sends no mail" in answer.text) == (400, True)


def test_half_a_post_office_is_refused() -> None:
    with pytest.raises(ValidationError, match="BIOSIGHT_SMTP_URL needs"):
        Settings(smtp_url="smtp://mail.example", mail_from="a@example.org")
    with pytest.raises(ValidationError):
        Settings(smtp_url="http://mail.example")


def test_names_are_in_the_text_and_on_one_line(ada: TestClient, box: Box) -> None:
    name = "YOUR ACCOUNT ENDS    GO TO http://evil.example " + "now " * 40
    c = first_collection(ada)
    assert ada.patch("/api/v1/me", json={"name": name[:80]}).status_code == 200
    ada.post(f"/api/v1/collections/{c}/invitations", json={"email": "ben@example.org"})
    mail = box.next()
    assert mail["Subject"] == "An invitation to BioSight"
    said = [line for line in mail.get_content().splitlines() if "evil" in line]
    assert len(said) == 1
    assert said[0].startswith("From: “YOUR ACCOUNT ENDS GO TO")
    assert len(said[0]) < 150


def test_an_account_writes_to_so_many_strangers_a_day(ada: TestClient, box: Box) -> None:
    records = ada.app.state.biosight.archive.records  # type: ignore[attr-defined]
    code = ada.post("/api/v1/admin/invitations", json={}).json()["path"].partition("#")[2]
    ada.cookies.clear()
    sign_up(ada, "eve@example.org", code)
    path = f"/api/v1/collections/{first_collection(ada)}/invitations"
    answers = [ada.post(path, json={"email": f"n{n}@example.org"}) for n in range(25)]
    assert [a.status_code for a in answers] == [201] * 20 + [429] * 5
    assert "20 invitations by mail today" in answers[-1].json()["detail"]
    assert int(answers[-1].headers["retry-after"]) <= 86_400
    assert [box.next()["To"] for _ in range(20)] == [f"n{n}@example.org" for n in range(20)]
    assert box.mails.empty()
    assert ada.post(path, json={}).status_code == 201  # a link to hand on
    assert len(records.find(accounts.Invitation, [], limit=100)) == 21


def test_nobody_gets_more_than_a_few_invitations_a_day(ada: TestClient, box: Box) -> None:
    path = f"/api/v1/collections/{first_collection(ada)}/invitations"
    codes = [
        ada.post(path, json={"email": email}).status_code
        for email in ("ben@example.org", "Ben@example.org ", "ben@EXAMPLE.org", "ben@example.org")
    ]
    assert codes == [201, 201, 201, 429]


def test_a_mail_server_that_hangs_holds_no_answer(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        given = {
            "smtp_url": f"smtp://127.0.0.1:{door.getsockname()[1]}",
            "mail_from": "biosight@example.org",
            "public_url": OURS,
        }
        opened = open_biosight(settings.model_copy(update=given))
        app = create_app(opened, housekeeping=False)
        client = TestClient(app, headers=ORIGIN)
        sign_up(client, "ada@example.org", first_code(opened.archive.records))
        cookies = dict(client.cookies)

        async def walk() -> tuple[list[float], float]:
            answered: list[float] = []

            async def noting(scope: Scope, receive: Receive, send: Send) -> None:
                begin = time.monotonic()

                async def sent(message: Message) -> None:
                    if message["type"] == "http.response.body" and scope["method"] == "POST":
                        answered.append(time.monotonic() - begin)
                    await send(message)

                await app(scope, receive, sent)

            transport = httpx.ASGITransport(app=noting)
            async with httpx.AsyncClient(
                transport=transport, base_url=OURS, cookies=cookies, headers=ORIGIN
            ) as browser:
                body = [{"email": f"n{n}@example.org"} for n in range(50)]
                path = "/api/v1/admin/invitations"
                asked = [asyncio.create_task(browser.post(path, json=b)) for b in body]
                await asyncio.sleep(1)
                for _ in range(60):  # a machine may pause
                    if answered:
                        break
                    await asyncio.sleep(0.5)
                begin = time.monotonic()
                page = await browser.get("/api/v1/me")
                took = time.monotonic() - begin
                assert page.status_code == 200
                for one in asked:
                    one.cancel()
                return answered, took

        answered, took = elsewhere(lambda: asyncio.run(walk()))  # a browser may have a loop here
        opened.close()
    assert len(answered) > 0
    assert max(answered) < mail.SECONDS > took
