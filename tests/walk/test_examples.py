"""A newcomer tries BioSight with example pictures, and removes them with one click."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.walk.conftest import Server, let_in

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("walk")]


def test_examples_come_and_go_with_one_click_each(server: Server, page: Page) -> None:
    client, collection = server.first_person()
    let_in(page.context, server, client)
    page.goto(f"/collections/{collection}")
    page.get_by_role("button", name="Try it with example pictures").click()
    expect(page.get_by_role("heading", name="Example pictures")).to_be_visible(timeout=60_000)
    expect(page.locator("#dock")).to_contain_text("24 stored", timeout=60_000)
    expect(page.locator("#counted")).to_contain_text("24")
    page.get_by_role("button", name="Remove the examples").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page).to_have_url(re.compile("/$"))
    expect(page.get_by_role("link", name="Example pictures")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Example pictures")).to_be_visible()
    expect(page.locator("#counted")).to_contain_text("24")


def test_a_library_without_pictures_offers_them(server: Server, page: Page) -> None:
    client, _ = server.first_person()
    let_in(page.context, server, client)
    page.goto("/")
    page.get_by_role("button", name="Try it with example pictures").click()
    expect(page.locator("#dock")).to_contain_text("24 stored", timeout=60_000)
    page.goto("/")
    expect(page.get_by_text("New here?")).to_have_count(0)
