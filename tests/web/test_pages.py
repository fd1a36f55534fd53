import re

import pytest
from starlette.testclient import TestClient

from tests.conftest import first_collection, upload_ids


def test_a_new_server_asks_for_its_first_account(client: TestClient) -> None:
    for path in ("/", "/sign-in"):
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/register")
    assert "Create the first account" in client.get("/register").text


@pytest.mark.parametrize(
    "page", ["/", "/trash", "/account", "/admin", "/model", "/sign-in", "/reset"]
)
def test_pages(ada: TestClient, page: str) -> None:
    answer = ada.get(page)
    assert answer.status_code == 200
    assert "<h1>" in answer.text


def test_collection_pages_carry_what_their_module_needs(ada: TestClient) -> None:
    collection = first_collection(ada)
    image = upload_ids(ada, collection, "Red")[0]
    for page in ("", "/review", "/history", "/settings"):
        assert f'data-collection="{collection}"' in ada.get(f"/collections/{collection}{page}").text
    assert f'data-image="{image}"' in ada.get(f"/images/{image}").text


def test_nothing_comes_from_elsewhere_and_nothing_is_inline(ada: TestClient) -> None:
    pages = [
        "/",
        f"/collections/{first_collection(ada)}",
        "/account",
        "/admin",
        "/docs",
        "/sign-in",
    ]
    for page in pages:
        html = ada.get(page).text
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', html), page
        assert not re.findall(r"<script(?![^>]*\bsrc=)", html), page
        assert not re.findall(r"\son\w+=|\sstyle=", html), page


def test_every_static_file_a_page_names_is_there(ada: TestClient) -> None:
    named = set()
    for page in ("/", "/docs"):
        named |= set(re.findall(r'(?:src|href)="(/(?:static)/[^"]+)"', ada.get(page).text))
    assert named
    for path in named:
        assert ada.get(path).status_code == 200, path


def test_every_link_of_a_page_leads_somewhere(ada: TestClient) -> None:
    collection = first_collection(ada)
    ada.patch(f"/api/v1/collections/{collection}", json={"second_reader": True})
    waiting, met = ["/"], set[str]()
    waiting += [f"/collections/{collection}/{page}" for page in ("review", "settings", "model")]
    while waiting:
        page = waiting.pop()
        if page in met or page.startswith("/help"):
            continue
        met.add(page)
        answer = ada.get(page)
        assert answer.status_code == 200, page
        waiting += re.findall(r'<a [^>]*href="(/[^"#]*)', answer.text)
    assert f"/collections/{collection}/review/agreement" in met


def test_errors_are_pages_for_browsers(ada: TestClient) -> None:
    answer = ada.get("/collections/none", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "Not found" in answer.text
    assert ada.get("/collections/none").json()["error"] == "not_found"


def test_a_phone_may_install_it(client: TestClient) -> None:
    said = client.get("/manifest.webmanifest")
    assert said.headers["content-type"].startswith("application/manifest+json")
    assert said.json()["start_url"] == "/"
    for icon in said.json()["icons"]:
        found = client.get(icon["src"])
        assert (found.status_code, found.headers["content-type"]) == (200, icon["type"])
