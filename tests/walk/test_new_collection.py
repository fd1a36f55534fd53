"""The dialog of a new collection: what its pictures are and which model names them, by a picture
each, with the keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.walk.conftest import Server, let_in

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def test_kinds_of_pictures_are_chosen_by_a_picture_and_by_keys(page: Page, server: Server) -> None:
    client, _ = server.first_person()
    let_in(page.context, server, client)
    page.goto("/")
    page.locator("#new").press("Enter")
    expect(page.get_by_label("Decide later")).to_be_checked()
    page.keyboard.type("Traps")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Decide later")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Camera traps")).to_be_checked()
    drawn = page.locator(".kind-picture.traps").evaluate("e => getComputedStyle(e).backgroundImage")
    address = drawn.removeprefix('url("').removesuffix('")')
    assert client.get(address).headers["content-type"].startswith("image/svg")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Traps")).to_be_visible()
    made = {c["name"]: c for c in client.get("/api/v1/collections").json()}
    assert made["Traps"]["picture_kind"] == "camera traps"
