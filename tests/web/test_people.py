"""Accounts over HTTP: defences 23 to 30."""

import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from biosight import accounts
from biosight.accounts import password_sign_in
from biosight.accounts.limits import take_try
from biosight.accounts.passwords import HASHER
from biosight.accounts.records import Tries, hash_secret
from biosight.bootstrap import KINDS, BioSight, open_biosight
from biosight.errors import NoSpace
from biosight.logbook import Entry
from biosight.settings import Settings
from biosight.storage.records import Insert, Replace
from biosight.web.app import create_app
from tests.conftest import ORIGIN, PASSWORD, first_collection, sign_up, upload_ids

Another = Callable[[str], TestClient]


def test_the_first_account_is_admin_and_the_next_needs_an_invitation(
    client: TestClient, another: Another
) -> None:
    assert client.get("/api/v1/me").json()["role"] == "admin"
    bob = another("bob@example.org")
    assert bob.get("/api/v1/me").json()["role"] == "member"
    body = {"email": "eve@example.org", "password": PASSWORD}
    assert bob.post("/api/v1/register", json=body).status_code == 403


def test_an_invitation_works_once_and_for_its_address(ada: TestClient) -> None:
    link = ada.post("/api/v1/admin/invitations", json={"email": "bob@example.org"}).json()["path"]
    body = {"email": "eve@example.org", "password": PASSWORD, "invitation": link.split("#")[1]}
    assert ada.post("/api/v1/register", json=body).status_code == 403
    body["email"] = "Bob@Example.org"
    assert ada.post("/api/v1/register", json=body).status_code == 201
    body["email"] = "bob2@example.org"
    assert ada.post("/api/v1/register", json=body).status_code == 403


def test_only_one_of_many_is_first(client: TestClient, biosight: BioSight) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def register(number: int) -> int:
        body = {"email": f"p{number}@example.org", "password": PASSWORD}
        return client.post("/api/v1/register", json=body).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(register, range(6)))
    assert statuses.count(201) == 1
    assert biosight.archive.records.count(accounts.User) == 1


def test_when_the_last_person_left_a_new_one_may_begin(ada: TestClient) -> None:
    assert ada.request("DELETE", "/api/v1/me", json={"password": PASSWORD}).status_code == 204
    sign_up(ada, "bob@example.org")
    assert ada.get("/api/v1/me").json()["role"] == "admin"


@pytest.mark.parametrize("policy", ["open", "closed"])
def test_registration_policy(settings: Settings, policy: str) -> None:
    biosight = open_biosight(settings.model_copy(update={"registration": policy}))
    try:
        with TestClient(create_app(biosight, housekeeping=False), headers=ORIGIN) as client:
            sign_up(client, "ada@example.org")
            body = {"email": "bob@example.org", "password": PASSWORD}
            status = client.post("/api/v1/register", json=body).status_code
            assert status == (201 if policy == "open" else 403)
    finally:
        biosight.close()


def test_a_reachable_server_asks_for_its_code(settings: Settings) -> None:
    biosight = open_biosight(settings.model_copy(update={"host": "0.0.0.0"}))
    try:
        code = accounts.first_code(biosight.archive.records)
        with TestClient(create_app(biosight, housekeeping=False), headers=ORIGIN) as client:
            assert "One-time code" in client.get("/register").text
            body = {"email": "eve@example.org", "password": PASSWORD}
            assert client.post("/api/v1/register", json=body).status_code == 403
            body["invitation"] = code
            assert client.post("/api/v1/register", json=body).status_code == 201
    finally:
        biosight.close()


@pytest.mark.parametrize("password", ["short", "password123", "x" * 257, "ada@example.org"])
def test_bad_passwords(client: TestClient, password: str) -> None:
    body = {"email": "ada@example.org", "password": password}
    answer = client.post("/api/v1/register", json=body)
    assert answer.status_code == 400
    assert password not in answer.text


def test_passwords_are_exact(ada: TestClient) -> None:
    for wrong in (PASSWORD.upper(), PASSWORD + " ", PASSWORD[:-1]):
        body = {"email": "ada@example.org", "password": wrong}
        assert ada.post("/api/v1/sign-in", json=body).status_code == 401


def test_sign_in_is_limited_per_account_and_says_when_to_come_back(ada: TestClient) -> None:
    body = {"email": "ada@example.org", "password": "wrong wrong wrong"}
    statuses = [ada.post("/api/v1/sign-in", json=body).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    right = ada.post("/api/v1/sign-in", json={**body, "password": PASSWORD})
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) > 60


@pytest.fixture
def at(biosight: BioSight, ada: TestClient) -> Callable[[str], TestClient]:
    """A browser at an address."""

    def make(address: str) -> TestClient:
        return TestClient(ada.app, headers=ORIGIN, client=(address, 4711))

    return make


WRONG = {"email": "ada@example.org", "password": "wrong wrong wrong"}
RIGHT = {"email": "ada@example.org", "password": PASSWORD}


def test_a_stranger_cannot_keep_an_owner_out(at: Callable[[str], TestClient]) -> None:
    home, stranger = at("198.51.100.7"), at("203.0.113.9")
    assert home.post("/api/v1/sign-in", json=RIGHT).status_code == 200
    statuses = [stranger.post("/api/v1/sign-in", json=WRONG).status_code for _ in range(14)]
    assert statuses == [401] * 10 + [429] * 4
    assert home.post("/api/v1/sign-in", json=RIGHT).status_code == 200


def test_many_addresses_guess_one_account_no_faster(at: Callable[[str], TestClient]) -> None:
    home = at("198.51.100.7")
    home.post("/api/v1/sign-in", json=RIGHT)
    statuses = [
        at(f"203.0.113.{n}").post("/api/v1/sign-in", json=WRONG).status_code for n in range(25)
    ]
    assert statuses == [401] * 20 + [429] * 5
    assert home.post("/api/v1/sign-in", json=RIGHT).status_code == 200


def test_an_institute_behind_one_address_is_not_one_person(
    at: Callable[[str], TestClient],
) -> None:
    institute = at("198.51.100.7")
    institute.post("/api/v1/sign-in", json=RIGHT)
    for n in range(50):
        body = {**WRONG, "email": f"somebody{n}@example.org"}
        assert institute.post("/api/v1/sign-in", json=body).status_code == 401
    fresh = institute.post("/api/v1/sign-in", json={**WRONG, "email": "one.more@example.org"})
    assert fresh.status_code == 429
    assert institute.post("/api/v1/sign-in", json=RIGHT).status_code == 200


def test_one_ipv6_customer_is_one_place(at: Callable[[str], TestClient]) -> None:
    places = [at(f"2001:db8:1:2::{n:x}") for n in range(12)]
    statuses = [place.post("/api/v1/sign-in", json=WRONG).status_code for place in places]
    assert statuses == [401] * 10 + [429] * 2


def test_waits_grow_and_are_forgotten(
    at: Callable[[str], TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    from biosight.accounts import limits

    now = [time.time()]
    monkeypatch.setattr("biosight.accounts.limits.time.time", lambda: now[0])
    stranger = at("203.0.113.9")

    def wait() -> int:
        while (answer := stranger.post("/api/v1/sign-in", json=WRONG)).status_code == 401:
            pass
        return int(answer.headers["Retry-After"])

    waits = []
    for _ in range(6):
        waits.append(wait())
        now[0] += waits[-1]
    assert waits == [65, 129, 257, 513, 901, 901]
    now[0] += 10 * limits.FADE_SECONDS  # ten are forgotten: five of the fifteen count
    statuses = [stranger.post("/api/v1/sign-in", json=WRONG).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    now[0] += 24 * limits.FADE_SECONDS
    assert stranger.post("/api/v1/sign-in", json=RIGHT).status_code == 200


def test_what_counts_no_more_is_removed(ada: TestClient, biosight: BioSight) -> None:
    from biosight.accounts.records import Tries

    records, later = biosight.archive.records, time.time() + 8 * accounts.DAY
    ada.post("/api/v1/sign-in", json={**WRONG, "email": "nobody@example.org"})
    assert records.count(Tries) > 1
    accounts.forget_tries(records, later)
    assert [t.known for t in records.find(Tries)] == [True]
    accounts.forget_tries(records, later + 181 * accounts.DAY)
    assert records.count(Tries) == 0


NO_ADDRESSES = (
    "ada ada@ ada@@example.org ada@-x.org a..b@example.org ada@[10.0.0.1] <script>@x.y a,b@x.y "
    'a;b@c .@. a@- a@b..c a"b@x.y a(b)@x.org a@localhost'
)


def test_what_is_no_address_is_refused(client: TestClient) -> None:
    for email in [*NO_ADDRESSES.split(), "ad a@example.org", "x" * 245 + "@example.org"]:
        answer = client.post("/api/v1/register", json={"email": email, "password": PASSWORD})
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request"), email
        assert "such as ada@example.org" in answer.json()["detail"]


@pytest.mark.parametrize("email", ["ada@lab", "ada@institute.local", "ada@bücher.example"])
def test_an_institute_may_have_addresses_of_its_own(client: TestClient, email: str) -> None:
    answer = client.post("/api/v1/register", json={"email": email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["email"]) == (201, email)


def test_an_account_from_before_addresses_were_checked_signs_in(
    ada: TestClient, biosight: BioSight
) -> None:
    records = biosight.archive.records
    old = accounts.find_user(records, "ada@example.org")
    assert old is not None
    accounts.change_user(records, old, replace(old, email="ada@-lab"))
    body = {"email": "Ada@-lab", "password": PASSWORD}
    assert ada.post("/api/v1/sign-in", json=body).status_code == 200


def test_sign_out_everywhere(ada: TestClient, at: Callable[[str], TestClient]) -> None:
    other = at("198.51.100.7")
    other.post("/api/v1/sign-in", json=RIGHT)
    made = ada.post("/api/v1/me/tokens", json={"name": "x", "scopes": ["read"]}).json()
    assert ada.delete("/api/v1/me/sessions").status_code == 204
    for browser in (ada, other):
        assert browser.get("/api/v1/me").status_code == 401
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    assert ada.get("/api/v1/me", headers=bearer).status_code == 200


def test_a_token_ends(ada: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"name": "season", "scopes": ["read"], "days": 30}
    made = ada.post("/api/v1/me/tokens", json=body).json()
    assert made["ends_at"] == pytest.approx(time.time() + 30 * accounts.DAY, abs=60)
    ada.post("/api/v1/sign-out")
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    assert ada.get("/api/v1/me", headers=bearer).status_code == 200
    later = time.time() + 30 * accounts.DAY + 1
    monkeypatch.setattr("biosight.accounts.sessions.time.time", lambda: later)
    assert ada.get("/api/v1/me", headers=bearer).status_code == 401


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        ({"public_url": "https://bio.example"}, {}),
        ({"trusted_proxies": "10.0.0.0/8"}, {}),
        ({}, {"X-Forwarded-For": "203.0.113.9"}),
        ({}, {"Forwarded": "for=203.0.113.9"}),
        ({}, {"X-Real-IP": "203.0.113.9"}),
    ],
)
def test_through_a_proxy_the_first_account_needs_the_code(
    settings: Settings, changes: dict[str, str], headers: dict[str, str]
) -> None:
    biosight = open_biosight(settings.model_copy(update=changes))
    app = create_app(biosight, housekeeping=False)
    body = {"email": "eve@example.org", "password": PASSWORD}
    with TestClient(app, headers={**ORIGIN, **headers}) as client:
        refused = client.post("/api/v1/register", json=body)
        assert refused.status_code == 403
        assert "one-time code" in refused.json()["detail"]
        assert 'name="invitation"' in client.get("/register").text
        code = accounts.first_code(biosight.archive.records)
        made = client.post("/api/v1/register", json={**body, "invitation": code})
        assert (made.status_code, made.json()["role"]) == (201, "admin")
    biosight.close()


def kinds(ada: TestClient) -> list[tuple[str, str, str]]:
    lines = ada.get("/api/v1/admin/log").json()
    return [(line["who"], line["kind"], line["about"]) for line in lines]


def test_the_log_tells_administrators_what_happened(ada: TestClient, another: Another) -> None:
    bob = another("bob@example.org")
    bobs = bob.get("/api/v1/me").json()["id"]
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red")
    ada.post("/api/v1/sign-in", json=WRONG)
    ada.post("/api/v1/sign-in", json={**WRONG, "email": "my password by mistake"})
    ada.patch(f"/api/v1/admin/users/{bobs}", json={"role": "admin"})
    ada.get(f"/api/v1/collections/{collection}/zip")
    ada.get(f"/api/v1/collections/{collection}/csv?label=Red")
    said = kinds(ada)
    assert said[:6] == [
        ("ada", "downloaded", "My images"),
        ("ada", "downloaded", "My images"),
        ("ada", "role changed", "bob"),
        ("", "sign-in failed", ""),
        ("", "sign-in failed", "ada"),
        ("bob", "signed up", ""),
    ]
    assert ("", "model promoted", "tiny@1") in said
    whole = ada.get("/api/v1/admin/log")
    assert "by mistake" not in whole.text
    assert [line["detail"] for line in whole.json()[:2]] == ["csv, filtered", "zip"]
    second = whole.json()[1]
    rest = ada.get("/api/v1/admin/log", params={"before": second["at"], "limit": 1}).json()
    assert rest[0]["kind"] == "role changed"
    ada.patch(f"/api/v1/admin/users/{bobs}", json={"role": "member"})
    assert bob.get("/api/v1/admin/log").status_code == 404


def test_an_administrator_removes_a_person(ada: TestClient, another: Another) -> None:
    bob, cleo = another("bob@example.org"), another("cleo@example.org")
    bobs = bob.get("/api/v1/me").json()["id"]
    shared = first_collection(bob)
    (image,) = upload_ids(bob, shared, "Red")
    path = f"/api/v1/collections/{shared}/invitations"
    link_ = bob.post(path, json={"email": "cleo@example.org", "role": "editor"}).json()["path"]
    token = link_.split("#")[1]
    assert cleo.post("/api/v1/join", json={"secret": token}).status_code == 200
    assert cleo.delete(f"/api/v1/admin/users/{bobs}").status_code == 404
    assert ada.delete(f"/api/v1/admin/users/{bobs}").status_code == 204
    assert bob.get("/api/v1/me").status_code == 401
    assert ada.delete(f"/api/v1/admin/users/{bobs}").status_code == 404
    # What they shared is another member's now, and their pictures are there.
    assert cleo.get(f"/api/v1/collections/{shared}").json()["role"] == "owner"
    assert cleo.get(f"/api/v1/images/{image}").json()["uploaded_by"] == "somebody who left"
    assert ("ada", "account removed", "") in kinds(ada)


def test_nobody_removes_themselves_on_the_admin_page(ada: TestClient) -> None:
    me = ada.get("/api/v1/me").json()["id"]
    refused = ada.delete(f"/api/v1/admin/users/{me}")
    assert (refused.status_code, "page Account" in refused.json()["detail"]) == (400, True)


def test_a_log_that_cannot_be_written_keeps_nobody_from_their_pictures(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    from biosight import logbook

    def full(*_: object) -> None:
        raise NoSpace("The disk is full.")

    collection = first_collection(ada)
    upload_ids(ada, collection, "Red")
    monkeypatch.setattr(type(biosight.archive.records), "write", full)
    logbook.note(biosight.archive.records, "downloaded")
    assert ada.get(f"/api/v1/collections/{collection}/zip").status_code == 200


def own_data(client: TestClient) -> dict[str, str]:
    answer = client.get("/api/v1/me/export")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        return {name: opened.read(name).decode("latin-1") for name in opened.namelist()}


def test_all_that_is_kept_of_a_person(ada: TestClient, another: Another) -> None:
    bob = another("bob@example.org")
    collection = first_collection(bob)
    picture = upload_ids(bob, collection, "Red")[0]
    bob.patch(f"/api/v1/images/{picture}", json={"label": "Blue"})
    bob.post("/api/v1/me/tokens", json={"name": "season", "scopes": ["read"]})
    mine = own_data(bob)
    assert "bob@example.org" in mine["users-id.jsonl"]
    assert '"season"' in mine["tokens-user.jsonl"]
    assert "Blue" in mine["annotations-by.jsonl"]
    assert picture in mine["images-uploaded_by.jsonl"]
    assert "signed up" in mine["logbook-by.jsonl"]
    assert [name for name in mine if name.startswith("pictures/")] == ["pictures/Blue/Red0.jpg"]
    everything = "".join(mine.values())
    assert "$argon2" not in everything
    assert '"hash"' not in everything
    assert "ada@example.org" not in everything


def test_every_field_that_names_a_person_is_in_what_they_are_given() -> None:
    """A new record with such a field fails here until it is told of in own_data.NAMED."""
    from dataclasses import fields

    from biosight.bootstrap import KINDS
    from biosight.workflows.exchange.own_data import NAMED

    people = {"by", "user", "undone_by", "uploaded_by", "created_by"}
    told = {(kind, field) for kind, field in NAMED}
    for kind in KINDS:
        for field in fields(kind):
            if field.name in people:
                assert (kind, field.name) in told, f"{kind.table}.{field.name}"


def test_who_left_leaves_no_name(ada: TestClient, another: Another, biosight: BioSight) -> None:
    bob = another("bob@example.org")
    shared = first_collection(ada)
    offer = {"email": "bob@example.org", "role": "editor"}
    ada.post(f"/api/v1/collections/{shared}/members", json=offer)
    made = bob.get("/api/v1/me").json()["id"]
    assert bob.request("DELETE", "/api/v1/me", json={"password": PASSWORD}).status_code == 204
    records = biosight.archive.records
    for kind in KINDS:
        for record in records.find(kind, limit=1000):
            assert "bob" not in str(record), kind.table
    assert not any(made in str(r) for r in records.find(Entry, limit=1000))
    assert ("", "account removed", "") in kinds(ada)


def test_unknown_accounts_take_as_long_as_known_ones(
    ada: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both cost one check of a hash that is equally expensive: all that takes time there."""
    checked: list[str] = []

    class Counting:
        def verify(self, password: str, kept: str) -> bool:
            checked.append(kept)
            return HASHER.verify(password, kept)

    monkeypatch.setattr(password_sign_in, "HASHER", Counting())
    for email in ("ada@example.org", "nobody@example.org"):
        body = {"email": email, "password": "wrong wrong"}
        assert ada.post("/api/v1/sign-in", json=body).status_code == 401
    known, unknown = (kept.split("$")[1:4] for kept in checked)
    assert known == unknown  # the method, its version, and its memory, rounds and lanes
    assert known[0] == "argon2id"


def test_the_cookie(ada: TestClient) -> None:
    answer = ada.post("/api/v1/sign-in", json={"email": "ADA@example.org", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie


def test_behind_https_the_cookie_is_bound_to_its_host(settings: Settings) -> None:
    secure = settings.model_copy(update={"public_url": "https://bio.example"})
    biosight = open_biosight(secure)
    try:
        with TestClient(
            create_app(biosight, housekeeping=False),
            "https://bio.example",
            headers={"Origin": "https://bio.example"},
        ) as client:
            code = accounts.first_code(biosight.archive.records)
            sign_up(client, "ada@example.org", code)
            assert "__Host-biosight" in client.cookies
            assert "max-age" in client.get("/sign-in").headers["strict-transport-security"]
    finally:
        biosight.close()


def test_sign_out_ends_the_session_on_the_server(ada: TestClient) -> None:
    stolen = dict(ada.cookies)
    assert ada.post("/api/v1/sign-out").status_code == 204
    ada.cookies.update(stolen)
    assert ada.get("/api/v1/me").status_code == 401


def test_sessions_run_out(ada: TestClient, biosight: BioSight) -> None:
    records = biosight.archive.records
    session = records.find(accounts.Session)[0]
    idle = replace(session, seen_at=time.time() - 8 * accounts.DAY, version=2)
    records.write(Replace(idle, 1))
    assert ada.get("/api/v1/me").status_code == 401
    ended = replace(session, ends_at=time.time() - 1, version=3)
    records.write(Replace(ended, 2))
    assert ada.get("/api/v1/me").status_code == 401


def test_a_new_password_ends_other_sessions(ada: TestClient) -> None:
    with TestClient(ada.app, headers=ORIGIN) as other:
        other.post("/api/v1/sign-in", json={"email": "ada@example.org", "password": PASSWORD})
        assert len(ada.get("/api/v1/me/sessions").json()) == 2
        body = {"old": "wrong wrong", "new": "nine silent otters"}
        assert ada.post("/api/v1/me/password", json=body).status_code == 403
        body["old"] = PASSWORD
        assert ada.post("/api/v1/me/password", json=body).status_code == 204
        assert other.get("/api/v1/me").status_code == 401
        assert ada.get("/api/v1/me").status_code == 200


def test_one_ends_ones_own_sessions_only(ada: TestClient, another: Another) -> None:
    bob = another("bob@example.org")
    session = ada.get("/api/v1/me/sessions").json()[0]["id"]
    assert bob.delete(f"/api/v1/me/sessions/{session}").status_code == 404
    assert ada.delete(f"/api/v1/me/sessions/{session}").status_code == 204
    assert ada.get("/api/v1/me").status_code == 401


def token(client: TestClient, *scopes: str) -> dict[str, str]:
    made = client.post("/api/v1/me/tokens", json={"name": "script", "scopes": list(scopes)})
    assert made.status_code == 201
    assert made.json()["secret"] not in client.get("/api/v1/me/tokens").text
    return {"Authorization": f"Bearer {made.json()['secret']}"}


def test_tokens_are_scoped_and_can_be_revoked(ada: TestClient) -> None:
    collection = first_collection(ada)
    read, write = token(ada, "read"), token(ada, "read", "write")
    tokens = ada.get("/api/v1/me/tokens").json()
    with TestClient(ada.app) as script:  # no cookies, no Origin
        assert script.get(f"/api/v1/collections/{collection}", headers=read).status_code == 200
        body = {"name": "Ponds"}
        assert script.post("/api/v1/collections", json=body, headers=read).status_code == 403
        assert script.post("/api/v1/collections", json=body, headers=write).status_code == 201
        for path in ("/api/v1/me/tokens", "/api/v1/admin/users"):
            assert script.get(path, headers=write).status_code == 403
        new = {"old": PASSWORD, "new": "nine silent otters"}
        assert script.post("/api/v1/me/password", json=new, headers=write).status_code == 403
        for one in tokens:
            assert ada.delete(f"/api/v1/me/tokens/{one['id']}").status_code == 204
        assert script.get("/api/v1/me", headers=read).status_code == 401


def test_secrets_are_hashed_at_rest(ada: TestClient, biosight: BioSight) -> None:
    secret = token(ada, "read")["Authorization"].split()[1]
    cookie = ada.cookies["biosight"]
    if not biosight.settings.database_file.exists():
        pytest.skip("the records are not in a file here")
    kept = biosight.settings.database_file.read_bytes()
    for word in (secret, cookie, PASSWORD):
        assert word.encode() not in kept


def test_reset_by_an_administrators_link(ada: TestClient, another: Another) -> None:
    bob = another("bob@example.org")
    user = bob.get("/api/v1/me").json()["id"]
    assert bob.post(f"/api/v1/admin/users/{user}/reset-link").status_code == 404
    link = ada.post(f"/api/v1/admin/users/{user}/reset-link").json()["path"].split("#")[1]
    body = {"link": link, "password": "nine silent otters"}
    assert bob.post("/api/v1/reset", json=body).status_code == 204
    assert bob.get("/api/v1/me").status_code == 401
    assert bob.post("/api/v1/reset", json=body).status_code == 404
    body = {"email": "bob@example.org", "password": "nine silent otters"}
    assert bob.post("/api/v1/sign-in", json=body).status_code == 200


def test_a_disabled_person_is_out_at_once(ada: TestClient, another: Another) -> None:
    bob = another("bob@example.org")
    user = bob.get("/api/v1/me").json()["id"]
    ada.patch(f"/api/v1/admin/users/{user}", json={"disabled": True})
    assert bob.get("/api/v1/me").status_code == 401
    body = {"email": "bob@example.org", "password": PASSWORD}
    assert bob.post("/api/v1/sign-in", json=body).status_code == 401


def test_the_last_administrator_stays(ada: TestClient, another: Another) -> None:
    another("bob@example.org")
    me = ada.get("/api/v1/me").json()["id"]
    for change in ({"role": "member"}, {"disabled": True}):
        assert ada.patch(f"/api/v1/admin/users/{me}", json=change).status_code == 409
    gone = ada.request("DELETE", "/api/v1/me", json={"password": PASSWORD})
    assert gone.status_code == 409
    assert ada.get("/api/v1/collections").json()


def test_deleting_the_account_hands_collections_over(ada: TestClient, another: Another) -> None:
    bob = another("bob@example.org")
    shared = bob.post("/api/v1/collections", json={"name": "Shared"}).json()["id"]
    offer = {"email": "ada@example.org", "role": "viewer"}
    bob.post(f"/api/v1/collections/{shared}/invitations", json=offer)
    waiting = ada.get("/api/v1/offers").json()[0]["id"]
    ada.post(f"/api/v1/offers/{waiting}", json={"accept": True})
    assert bob.request("DELETE", "/api/v1/me", json={"password": "wrong"}).status_code == 403
    assert bob.request("DELETE", "/api/v1/me", json={"password": PASSWORD}).status_code == 204
    assert bob.get("/api/v1/me").status_code == 401
    assert ada.get(f"/api/v1/collections/{shared}").json()["role"] == "owner"


def test_the_overview_counts(ada: TestClient) -> None:
    seen = ada.get("/api/v1/admin/overview").json()
    assert (seen["users"], seen["collections"], seen["images"]) == (1, 1, 0)
    assert seen["free_bytes"] > 0


def at_once(*calls: Callable[[], int]) -> list[int]:
    """The statuses of requests sent at the same moment."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(calls)) as pool:
        return [f.result() for f in [pool.submit(c) for c in calls]]


def test_an_invitation_works_once_also_for_many_at_once(ada: TestClient) -> None:
    link = ada.post("/api/v1/admin/invitations", json={}).json()["path"].split("#")[1]

    def register(number: int) -> Callable[[], int]:
        body = {"email": f"p{number}@example.org", "password": PASSWORD, "invitation": link}
        return lambda: ada.post("/api/v1/register", json=body).status_code

    assert at_once(*(register(n) for n in range(5))).count(201) == 1


def test_a_free_try_is_free_whoever_was_counted_just_before(biosight: BioSight) -> None:
    """Another one may be counted between reading the clock and the record."""
    records, later = biosight.archive.records, time.time() + 5
    records.write(Insert(Tries(hash_secret("x"), 3, later, faded_at=later)))
    take_try(records, "x", 10)
    found = records.get(Tries, hash_secret("x"))
    assert found is not None
    assert found.count == 4


def test_the_limit_holds_for_many_at_once(ada: TestClient) -> None:
    body = {"email": "ada@example.org", "password": "wrong wrong wrong"}

    def guess() -> int:
        return ada.post("/api/v1/sign-in", json=body).status_code

    statuses = at_once(*[guess] * 25)
    assert statuses.count(401) == 10
    assert statuses.count(429) == 15


@pytest.mark.parametrize("round_number", range(4))
def test_two_administrators_cannot_both_step_down(
    ada: TestClient, another: Another, round_number: int
) -> None:
    bob = another("bob@example.org")
    ids = [c.get("/api/v1/me").json()["id"] for c in (ada, bob)]
    ada.patch(f"/api/v1/admin/users/{ids[1]}", json={"role": "admin"})

    def step_down(client: TestClient, user: str) -> Callable[[], int]:
        path = f"/api/v1/admin/users/{user}"
        return lambda: client.patch(path, json={"role": "member"}).status_code

    statuses = at_once(step_down(ada, ids[0]), step_down(bob, ids[1]))
    roles = [c.get("/api/v1/me").json()["role"] for c in (ada, bob)]
    assert "admin" in roles, statuses
