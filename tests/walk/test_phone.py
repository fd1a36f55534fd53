"""On a phone, and by keys alone: what the hand does there."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.walk.chooser import name_it
from tests.walk.conftest import Server
from tests.walk.test_browser import drop, folder, register

__all__ = ["folder"]  # the fixture
pytestmark = [
    pytest.mark.walk,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SWIPE = """
([from, to]) => {
  const stage = document.querySelector(".stage");
  const box = stage.getBoundingClientRect();
  const at = (kind, x) => stage.dispatchEvent(new PointerEvent(kind, {
    pointerId: 1, pointerType: "touch", clientX: box.left + box.width * x,
    clientY: box.top + box.height / 2, bubbles: true,
  }));
  stage.setPointerCapture = () => {};
  at("pointerdown", from);
  at("pointermove", to);
  at("pointerup", to);
}
"""


def test_a_phone_swipes_takes_pictures_and_keeps_its_keyboard_down(
    browser: Browser, server: Server, folder: Path
) -> None:
    context = browser.new_context(
        base_url=server.url, viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    register(page)
    expect(page.get_by_role("button", name="Camera")).to_be_visible()
    expect(page.locator("#camera")).to_have_attribute("capture", "environment")
    drop(page, folder)
    collection = page.url
    page.locator(".tile").first.click()
    expect(page.locator(".stage .next")).to_be_visible()  # drawn by the script, as swiping is
    first = page.url
    page.evaluate(SWIPE, [0.8, 0.2])
    expect(page).not_to_have_url(first)
    expect(page.locator(".stage .next")).to_be_visible()  # drawn by the script, as swiping is
    page.evaluate(SWIPE, [0.2, 0.8])
    expect(page).to_have_url(first)
    page.evaluate(SWIPE, [0.5, 0.45])  # too short to mean anything
    page.get_by_role("button", name="Relabel").click()
    expect(page.locator("dialog .choices")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page).to_have_url(first)
    # The chosen tab is in sight, and nothing is wider than the screen.
    for path in ("/", "/admin", "/model", "/account", "/help/sorting"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    for path in ("settings", "history", "review/groups", "drift"):
        page.goto(f"{collection}/{path}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        chosen = page.locator(".tabs [aria-current]").first.bounding_box()
        assert chosen is not None
        assert 0 <= chosen["x"] < 320 - chosen["width"] / 2, path
    context.close()


def test_keys_reach_the_pictures_at_once_and_come_back_to_them(page: Page, folder: Path) -> None:
    register(page)
    drop(page, folder)
    page.reload()
    expect(page.locator(".tile")).to_have_count(18)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the pictures")).to_be_focused()
    page.keyboard.press("Enter")
    grid = page.locator("#grid")
    expect(grid).to_be_focused()
    # One tab stop for all tiles, and no control within one.
    assert page.locator("#grid :is(button, a, input, [tabindex])").count() == 0
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    here = page.locator(".tile.current").get_attribute("data-id")
    page.keyboard.press("Space")
    expect(page.locator(".guess").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".tile.current")).to_have_attribute("data-id", str(here))
    expect(grid).to_be_focused()


def test_a_long_grid_holds_few_tiles_and_every_picture_is_reached(
    browser: Browser, server: Server
) -> None:
    from tests.walk.test_sorting import signed_in, with_records

    client, collection = server.first_person()
    with_records(server, collection, 700)
    context = signed_in(browser, server, client)
    page = context.new_page()
    page.goto(f"/collections/{collection}")
    expect(page.locator(".tile").first).to_be_visible()
    grid = page.locator("#grid")
    grid.focus()
    seen: set[str] = set()
    for _ in range(60):
        page.keyboard.press("End")
        page.wait_for_timeout(150)
        seen.add(str(grid.get_attribute("aria-activedescendant")))
        assert page.evaluate("document.querySelectorAll('*').length") < 3000
        if page.evaluate("document.querySelector('#grid').children.length") and len(seen) > 5:
            break
    expect(page.locator(".tile.current")).to_be_visible()
    page.keyboard.press("Home")
    expect(page.locator(".tile.current")).to_be_visible()
    assert page.evaluate("scrollY") < 400
    # A day far down is gone to at once, whatever was loaded.
    page.reload()
    expect(page.locator(".tile").first).to_be_visible()
    early = datetime.now() - timedelta(days=3)
    page.get_by_label("Day").fill(early.date().isoformat())
    expect(page.locator("#toasts")).to_contain_text("There is no picture there.", timeout=30_000)
    images = client.get(f"/api/v1/collections/{collection}/images?sort=oldest&limit=1").json()
    oldest = images["images"][0]
    page.get_by_label("Day").fill(datetime.fromtimestamp(oldest["created_at"]).date().isoformat())
    current = page.locator(".tile.current")
    expect(current).to_be_visible(timeout=30_000)
    # So is a label: the oldest picture, the last of the grid.
    said = {"label": "Odd one"}
    assert client.patch(f"/api/v1/images/{oldest['id']}", json=said).status_code == 200
    page.reload()
    expect(page.locator(".tile").first).to_be_visible()
    page.get_by_role("button", name="Go to a label", exact=True).click()
    name_it(page, "Odd one")
    expect(current).to_contain_text("Odd one", timeout=30_000)
    # A hint that somebody got stays away.
    page.get_by_role("button", name="Got it").click()
    page.reload()
    expect(page.locator(".tile").first).to_be_visible()
    expect(page.locator(".hint")).to_have_count(0)
    context.close()
