"""Letters that people get: invitations, and links for a new password."""

import re
from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from biosight import accounts
from biosight.accounts import first_code
from biosight.bootstrap import BioSight, open_biosight
from biosight.settings import Settings
from biosight.web.app import create_app
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
    assert mail["Subject"].startswith("ada invites you to the collection")
    assert f"{OURS}{made['path']}" in mail.get_content()
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
    assert made.json()["mailed"] is False
    assert made.json()["path"].startswith("/join#")


def test_without_a_mail_server_nobody_is_promised_a_letter(client: TestClient) -> None:
    sign_up(client, "ada@example.org")
    assert "Have a link sent" not in signed_out(client).get("/sign-in").text
    answer = client.post("/api/v1/forgotten", json={"email": "ada@example.org"})
    assert (answer.status_code, "sends no mail" in answer.text) == (400, True)


def test_half_a_post_office_is_refused() -> None:
    with pytest.raises(ValidationError, match="BIOSIGHT_SMTP_URL needs"):
        Settings(smtp_url="smtp://mail.example", mail_from="a@example.org")
    with pytest.raises(ValidationError):
        Settings(smtp_url="http://mail.example")
