"""The list of names in a real browser: a look at each by keys, and what becomes of them."""

import pytest
from playwright.sync_api import Page, expect

from tests import tiny
from tests.walk.conftest import Server, let_in

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def test_a_name_is_looked_at_and_verified(page: Page, server: Server) -> None:
    client, collection = server.first_person()
    for label, number in (("Red", 1), ("Green", 3)):
        files = {"file": (f"{label}{number}.jpg", tiny.picture(label, number))}
        assert client.post(f"/api/v1/collections/{collection}/images", files=files).is_success
    let_in(page.context, server, client)
    page.goto(f"/collections/{collection}/names")
    expect(page.locator("#names-told")).to_have_text(
        "0 names verified, 2 to look at, 0 not proved."
    )
    page.get_by_role("link", name="Look at a picture of each").press("Enter")
    expect(page.locator("#waiting")).to_have_text("2 names to review.")
    page.keyboard.press("a")
    expect(page.locator("#waiting")).to_have_text("1 name to review.")
    page.keyboard.press("u")
    expect(page.locator("#review")).to_contain_text("No name waits for a look.")
    page.keyboard.press("Control+z")
    expect(page.locator("#waiting")).to_have_text("1 name to review.")
    page.keyboard.press("u")
    expect(page.locator("#review")).to_contain_text("No name waits for a look.")
    page.get_by_role("link", name="The list of names").press("Enter")
    expect(page.locator("#names h3")).to_have_text(["Verified 1", "Not proved 1"])
    expect(page.locator(".name-card", has_text="1 verified, this one by ada")).to_have_count(1)
    expect(page.locator(".name-card", has_text="1 look in vain")).to_have_count(1)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as CSV").click()
    rows = waiting.value.path().read_text().splitlines()
    assert len(rows) == 3
    assert rows[0].startswith("label,scientificName,taxonRank,")


def test_the_list_fits_a_phone_and_paper(page: Page, server: Server) -> None:
    client, collection = server.first_person()
    files = {"file": ("a.jpg", tiny.picture("Red", 1))}
    assert client.post(f"/api/v1/collections/{collection}/images", files=files).is_success
    let_in(page.context, server, client)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/collections/{collection}/names")
    expect(page.locator(".name-card")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Save as CSV")).to_be_hidden()
    expect(page.locator(".name-card img")).to_be_visible()
