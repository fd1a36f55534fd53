"""What guards every request."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.settings import Settings
from biosight.web.app import create_app
from biosight.web.security import request_id_of
from tests import tiny
from tests.conftest import ORIGIN, first_collection, upload_ids

EVIL = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
]


@pytest.mark.parametrize("headers", EVIL)
def test_other_sites_change_nothing(ada: TestClient, headers: dict[str, str]) -> None:
    with TestClient(ada.app, cookies=dict(ada.cookies)) as browser:
        answer = browser.post("/api/v1/collections", json={"name": "x"}, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["error"] == "cross_origin"
    assert len(ada.get("/api/v1/collections").json()) == 1


def test_a_cookie_alone_is_not_enough(ada: TestClient) -> None:
    with TestClient(ada.app, cookies=dict(ada.cookies)) as browser:
        assert browser.post("/api/v1/collections", json={"name": "x"}).status_code == 403
        same = {"Sec-Fetch-Site": "same-origin"}
        made = browser.post("/api/v1/collections", json={"name": "x"}, headers=same)
        assert made.status_code == 201


def test_headers_of_pages_and_data(ada: TestClient) -> None:
    for path in ("/", "/api/v1/me", "/nowhere", "/static/app.css"):
        headers = ada.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


def test_uploads_come_back_as_harmless_files(ada: TestClient) -> None:
    image = upload_ids(ada, first_collection(ada), "Red")[0]
    for kind in ("original", "thumbnail", "view"):
        answer = ada.get(f"/api/v1/images/{image}/{kind}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["cache-control"].startswith("private")
    download = ada.get(f"/api/v1/images/{image}/original?download=true")
    assert download.headers["content-disposition"].startswith("attachment")


def test_large_bodies_are_refused_by_their_header(ada: TestClient) -> None:
    collection = first_collection(ada)
    for path, size in (
        ("/api/v1/sign-in", 2_000_000),
        (f"/api/v1/collections/{collection}/images", 10**9),
    ):
        answer = ada.post(path, content=b"x", headers={"Content-Length": str(size)})
        assert answer.status_code == 413
        assert answer.json()["error"] == "too_large"


def test_chunked_bodies_are_counted(ada: TestClient) -> None:
    chunks = (b" " * 100_000 for _ in range(30))
    answer = ada.post(
        "/api/v1/sign-in", content=chunks, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413


def test_sign_in_is_checked_before_the_body(client: TestClient) -> None:
    read = []

    def body() -> object:
        for number in range(50):
            read.append(number)
            yield b"x" * 1000

    answer = client.post("/api/v1/collections/none/images", content=body())  # type: ignore[arg-type]
    assert answer.status_code == 401


def test_one_error_form_everywhere(ada: TestClient, app_paths: list[tuple[str, str]]) -> None:
    for method, path in app_paths:
        answer = ada.request(method, path.replace("{", "x").replace("}", ""), json=[1])
        if answer.status_code >= 400:
            assert set(answer.json()) == {"error", "detail", "request_id"}, path
            assert answer.headers["x-request-id"] == answer.json()["request_id"]
            assert answer.status_code < 500, path


@pytest.fixture
def app_paths(ada: TestClient) -> list[tuple[str, str]]:
    paths = ada.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path)
        for path, methods in paths.items()
        for method in methods
        if path not in {"/api/v1/sign-out", "/health", "/ready"}
    ]


def test_nobody_gets_anything_unsigned(client: TestClient, biosight: BioSight) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    public = {"/api/v1/register", "/api/v1/sign-in", "/api/v1/reset", "/health", "/ready"}
    public |= {
        "/api/v1/forgotten",
        "/api/v1/notices/stop",
        "/api/v1/invitation",
        "/api/v1/shared",
    }  # whoever has the link's secret
    for path, methods in paths.items():
        if path.startswith("/api/v1/shared/"):
            said = client.get(path.replace("{", "x").replace("}", ""))
            assert said.status_code == 404 or path.endswith("}"), path  # nobody's link was followed
            continue
        for method in set(methods) - ({"get", "post"} if path in public else set()):
            answer = client.request(method, path.replace("{", "x").replace("}", ""))
            assert answer.status_code == 401, (method, path)


def test_validation_errors_do_not_repeat_the_input(client: TestClient) -> None:
    body = {"email": "ada@example.org", "password": ["my-secret-word"]}
    answer = client.post("/api/v1/sign-in", json=body)
    assert answer.status_code == 422
    assert "my-secret-word" not in answer.text
    extra = {"email": "a@b.org", "password": "long enough pw", "role": "admin"}
    assert client.post("/api/v1/register", json=extra).status_code == 422


def test_metrics_tell_of_routes_not_of_people(ada: TestClient) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red")
    ada.request("BREW", "/api/v1/me")
    text = ada.get("/metrics").text
    assert 'route="/api/v1/collections/{collection}/images"' in text
    assert 'method="other"' in text
    assert 'biosight_uploads_total{outcome="stored"}' in text
    assert "ada" not in text
    assert collection not in text
    proxied = ada.get("/metrics", headers={"X-Forwarded-For": "1.2.3.4"})
    assert proxied.status_code == 404


def test_metrics_by_token(settings: Settings, biosight: BioSight) -> None:
    app: FastAPI = create_app(biosight, housekeeping=False)
    locked = settings.model_copy(update={"metrics_token": "s3cret"})
    app.state.biosight = replace(biosight, settings=locked)
    with TestClient(app, headers=ORIGIN) as client:
        assert client.get("/metrics").status_code == 404
        right = client.get("/metrics", headers={"Authorization": "Bearer s3cret"})
        assert right.status_code == 200


def test_health_and_ready(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "alive"}
    assert client.get("/ready").json() == {"status": "ready"}


def test_forwarded_addresses_count_from_known_proxies_only(settings: Settings) -> None:
    from starlette.requests import Request

    from biosight.web.security import client_address

    def request(peer: str, forwarded: str) -> Request:
        headers = [(b"x-forwarded-for", forwarded.encode())]
        return Request({"type": "http", "headers": headers, "client": (peer, 1)})

    trusting = settings.model_copy(update={"trusted_proxies": "10.0.0.1, 10.0.0.2"})
    assert client_address(request("6.6.6.6", "1.1.1.1"), trusting) == "6.6.6.6"
    assert client_address(request("10.0.0.1", "1.1.1.1, 2.2.2.2"), trusting) == "2.2.2.2"
    assert client_address(request("10.0.0.1", "1.1.1.1, 10.0.0.2"), trusting) == "1.1.1.1"
    assert client_address(request("10.0.0.1", "1.1.1.1"), settings) == "10.0.0.1"
    # An ingress controller's pods change their address.
    wide = settings.model_copy(update={"trusted_proxies": "10.0.0.0/8, fd00::/8"})
    assert client_address(request("10.7.7.7", "1.1.1.1, 10.2.0.4"), wide) == "1.1.1.1"
    assert client_address(request("fd00::9", "1.1.1.1"), wide) == "1.1.1.1"
    assert client_address(request("::ffff:10.7.7.7", "1.1.1.1"), wide) == "1.1.1.1"
    assert client_address(request("11.0.0.1", "1.1.1.1"), wide) == "11.0.0.1"


@pytest.mark.parametrize("given", ["proxy", "10.0.0.0/33", "10.0.0.1 10.0.0.2", "*"])
def test_what_is_neither_address_nor_network_is_refused(given: str) -> None:
    with pytest.raises(ValidationError, match="neither an address"):
        Settings(trusted_proxies=given)


def test_pages_ask_to_sign_in_and_come_back(ada: TestClient) -> None:
    ada.post("/api/v1/sign-out")
    answer = ada.get("/trash", headers={"Accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Ftrash"


def test_names_are_escaped(ada: TestClient, another: Callable[[str], TestClient]) -> None:
    name = '<script>alert(1)</script>" onload=x'
    made = ada.post("/api/v1/collections", json={"name": name}).json()["id"]
    for page in ("", "/review", "/history", "/settings"):
        html = ada.get(f"/collections/{made}{page}").text
        assert "<script>alert" not in html
        assert '" onload' not in html
    image = ada.post(
        f"/api/v1/collections/{made}/images",
        files={"file": ("<img src=x onerror=y>.jpg", tiny.picture("Red", 1))},
    ).json()["image"]["id"]
    assert "<img src=x" not in ada.get(f"/images/{image}").text


def test_the_unforeseen_is_a_plain_500_with_every_header(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(biosight.archive.records, "get", broken)
    monkeypatch.setattr(biosight.archive.records, "find", broken)
    answer = ada.get("/api/v1/me")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "default-src" in answer.headers["content-security-policy"]


def test_a_long_run_of_marks_is_refused_at_once(ada: TestClient) -> None:
    import time

    path = f"/api/v1/collections/{first_collection(ada)}"
    marks = "a" + "\u0300" * 30_000 + "\u0316" * 30_000
    begin = time.monotonic()
    assert ada.patch(path, json={"favourites": [marks]}).status_code == 422
    assert time.monotonic() - begin < 1
    image = upload_ids(ada, first_collection(ada), "Red")[0]
    assert ada.patch(f"/api/v1/images/{image}", json={"label": marks}).status_code == 422


def test_lone_surrogates_are_refused(ada: TestClient) -> None:
    collection = first_collection(ada)
    headers = {"Content-Type": "application/json"}
    for path, body in (
        ("acts", b'{"kind": "confirm", "images": ["\\ud800"]}'),
        ("labels/rename", b'{"old": "a", "new": "b", "act": "\\ud800"}'),
    ):
        answer = ada.post(f"/api/v1/collections/{collection}/{path}", content=body, headers=headers)
        assert answer.status_code == 422
    zipped = ada.post(f"/api/v1/collections/{collection}/zip", data={"images": '["\\ud800"]'})
    assert zipped.status_code == 400


@pytest.mark.parametrize(
    ("given", "proxies", "kept"),
    [
        ("0123456789abcdef", "", False),
        ("short", "127.0.0.1", False),
        ("evil\tline-of-a-log", "127.0.0.1", False),
        ("0123456789abcdef", "127.0.0.1", True),
    ],
)
def test_a_requests_id_is_believed_of_a_trusted_proxy_alone(
    settings: Settings, given: str, proxies: str, kept: bool
) -> None:
    known = settings.model_copy(update={"trusted_proxies": proxies})
    headers = [(b"x-request-id", given.encode())]
    scope = {"type": "http", "client": ("127.0.0.1", 5000), "headers": headers}
    assert (request_id_of(scope, known) == given) is kept


def test_any_page_may_load_the_tiles_of_the_map(biosight: BioSight, ada: TestClient) -> None:
    """The browser keeps the policy of the page that it loaded first, while others replace it."""
    assert "tiles.example" not in ada.get("/").headers["content-security-policy"]
    address = "https://tiles.example/{z}/{x}/{y}.png"
    app = ada.app
    assert isinstance(app, FastAPI)
    app.state.biosight = replace(
        biosight, settings=biosight.settings.model_copy(update={"tiles": address})
    )
    for path in ("/", f"/collections/{first_collection(ada)}"):
        policy = ada.get(path).headers["content-security-policy"]
        assert "img-src 'self' https://tiles.example" in policy, path
    outside = TestClient(app, headers=ORIGIN).get("/sign-in")
    assert "tiles.example" not in outside.headers["content-security-policy"]
