"""What is docked at the foot of the window covers nothing: the page scrolls clear of it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.walk.test_browser import drop, register
from tests.walk.test_models_in_browser import make_yellow

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

COVERED = """() => {
  const shown = (one) => one.checkVisibility({ visibilityProperty: true });
  const all = [...document.querySelectorAll("#main button, #main a, #main input")].filter(shown);
  const docks = document.querySelector(".docks").getBoundingClientRect();
  scrollTo(0, document.documentElement.scrollHeight);
  return all
    .map((one) => ({ name: one.textContent || one.name, box: one.getBoundingClientRect() }))
    .filter(({ box }) => box.right > docks.left && box.left < docks.right && box.bottom > docks.top)
    .map(({ name }) => name.trim());
}"""


def finish_upload(page: Page, folder: Path, size: tuple[int, int]) -> None:
    """Register, and upload seven pictures, whose receipt then lies at the foot of the window."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    register(page)
    make_yellow(folder / "trip", 4)
    drop(page, folder / "trip")


def test_a_receipt_may_be_closed_while_it_asks_for_more(page: Page, tmp_path: Path) -> None:
    """What arrived afterwards met an upload that was gone: an error in the console."""
    held: list[Route] = []
    page.route("**/facets?*session=*", lambda route: held.append(route))
    page.set_viewport_size({"width": 1440, "height": 900})
    register(page)
    make_yellow(tmp_path / "trip", 4)
    page.locator("#empty").wait_for()
    page.locator("#folder").set_input_files(tmp_path / "trip")
    expect(page.locator("#dock")).to_contain_text("Upload finished")
    while not held:
        page.wait_for_timeout(50)
    page.locator("#dock").get_by_role("button", name="Close").click()
    expect(page.locator("#dock")).to_be_hidden()
    with page.expect_response("**/brought-names*"):
        held[0].continue_()
    page.unroute("**/facets?*session=*")
    expect(page.locator("#dock")).to_be_hidden()


@pytest.mark.parametrize("size", [(1440, 900), (1366, 657), (390, 844)])
def test_a_page_scrolls_clear_of_the_receipt(
    page: Page, tmp_path: Path, size: tuple[int, int]
) -> None:
    finish_upload(page, tmp_path, size)
    for tab, control in (("Model", "#choice li"), ("Settings", "#events button")):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.locator(control).first).to_be_visible()
        expect(page.locator("#dock")).to_be_visible()
        assert page.evaluate(COVERED) == [], tab
