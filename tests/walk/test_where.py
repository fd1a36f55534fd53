"""The picture page draws where a picture was taken, once somebody scrolls there."""

import pytest
from playwright.sync_api import Page, expect

from biosight.examples import EXAMPLES, draw_example
from tests import tiny
from tests.walk.conftest import Server, let_in

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("walk")]


def test_a_picture_with_a_place_has_a_map_and_keeps_it(server: Server, page: Page) -> None:
    client, collection = server.first_person()
    path = f"/api/v1/collections/{collection}/images"
    placed = {"file": ("placed.jpg", draw_example(EXAMPLES[0].file))}
    image = client.post(path, files=placed).json()["image"]["id"]
    bare = client.post(path, files={"file": ("bare.jpg", tiny.picture("Red", 1))}).json()
    let_in(page.context, server, client)
    page.goto(f"/images/{image}")
    drawn = page.locator(".map.small")
    drawn.scroll_into_view_if_needed()
    expect(drawn.locator("canvas")).to_be_attached()
    # What is done on the page draws the panel anew, but not the map.
    drawn.evaluate("box => { box.dataset.same = 'yes' }")
    page.get_by_role("button", name="Undecided").click()
    expect(page.get_by_text("Ada could not name it")).to_be_visible()
    expect(drawn).to_have_attribute("data-same", "yes")
    page.goto(f"/images/{bare['image']['id']}")
    expect(page.get_by_text("About the file")).to_be_visible()
    expect(page.locator(".map.small")).to_have_count(0)
