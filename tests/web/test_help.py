"""The guide inside the app: every page renders, its links lead somewhere, and it is searched."""

import re

import pytest
from starlette.testclient import TestClient

from biosight.web import help as guide


@pytest.mark.parametrize("name", guide.pages())
def test_every_page_of_the_guide_is_shown_and_leads_somewhere(ada: TestClient, name: str) -> None:
    page = ada.get(f"/help/{name}")
    assert "<pre>" not in page.text
    assert page.status_code == 200
    assert "<script" not in page.text.split("<article")[1]
    for address, anchor in re.findall(r'href="(/help/[\w.-]+)(#[^"]*)?"', page.text):
        there = ada.get(address)
        assert there.status_code == 200, address
        assert not anchor or f'id="{anchor[1:]}"' in there.text, address + anchor
    for address in re.findall(r'src="(/help/[^"]*)"', page.text):
        assert ada.get(address).headers["content-type"] == "image/png"


def test_what_is_sought_is_found_with_its_place(ada: TestClient) -> None:
    page = ada.get("/help?q=trash purge-nothing").text
    assert "Nothing found in the guide" in page
    page = ada.get("/help?q=Unfamiliar").text
    assert 'href="/help/sorting#unfamiliar-pictures"' in page
    assert "<mark>unfamiliar</mark>" in page.casefold()


def test_what_is_typed_is_shown_as_text(ada: TestClient) -> None:
    page = ada.get("/help?q=<b>x</b>").text
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


@pytest.mark.parametrize("name", ["nothing", "../README", "..%2F..%2Fpyproject", "x.png"])
def test_nothing_but_the_guide_is_read(ada: TestClient, name: str) -> None:
    assert ada.get(f"/help/{name}").status_code == 404


@pytest.mark.parametrize("page", ["/", "/trash", "/account", "/admin", "/model"])
def test_pages_lead_to_their_part_of_the_guide(ada: TestClient, page: str) -> None:
    found = re.search(r'class="help" href="(/help/\w+)(#[\w-]+)?"', ada.get(page).text)
    assert found is not None
    assert not found[2] or f'id="{found[2][1:]}"' in ada.get(found[1]).text
