"""What is docked at the foot of the window covers nothing: the page scrolls clear of it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

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


@pytest.mark.parametrize("size", [(1440, 900), (1366, 657), (390, 844)])
def test_a_page_scrolls_clear_of_the_receipt(
    page: Page, tmp_path: Path, size: tuple[int, int]
) -> None:
    finish_upload(page, tmp_path, size)
    for tab, control in (("Model", "#choice li"), ("Settings", "#delete")):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.locator(control).first).to_be_visible()
        expect(page.locator("#dock")).to_be_visible()
        assert page.evaluate(COVERED) == [], tab
