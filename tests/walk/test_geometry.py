"""Nothing sticks out, lies over something else, or can't be reached, on a laptop and a phone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import tiny
from tests.walk.conftest import Server, let_in
from tests.walk.test_docks import finish_upload

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SIZES = [(1440, 900), (1366, 657), (390, 844)]
sizes = pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
narrow = pytest.mark.parametrize("size", SIZES[1:], ids=lambda s: f"{s[0]}x{s[1]}")
# The names of controls that something else lies over, in the middle.
COVERED = """controls => controls.filter(one => {
  const { x, y, width, height } = one.getBoundingClientRect();
  if (!width || y + height > innerHeight || y < 0) return false;
  const top = document.elementFromPoint(x + width / 2, y + height / 2);
  return top && !one.contains(top) && !top.contains(one);
}).map(one => one.textContent || one.ariaLabel)"""


def height(found: Locator) -> float:
    box = found.bounding_box()
    assert box is not None
    return box["height"]


def opened(page: Page, server: Server, size: tuple[int, int], images: int) -> str:
    """The page of a collection with pictures."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    client, collection = server.first_person()
    for seed in range(images):
        files = {"file": (f"{seed}.jpg", tiny.picture("Red", seed))}
        path = f"/api/v1/collections/{collection}/images"
        assert client.post(path, files=files).status_code == 201
    let_in(page.context, server, client)
    page.goto(f"/collections/{collection}")
    expect(page.locator("#counted")).to_contain_text(f"{images} picture")
    expect(page.locator(".tile").first).to_be_visible()
    return collection


@sizes
def test_a_mark_leaves_tiles_and_rows_as_they_are(
    page: Page, server: Server, size: tuple[int, int]
) -> None:
    opened(page, server, size, 3)
    tiles = page.locator(".tile")
    before = height(tiles.first)
    folder = height(page.locator("#folders li").first)
    tiles.first.click(modifiers=["Control"])
    page.keyboard.press("e")
    expect(page.locator(".tile .thing.empty")).to_have_count(1)
    assert [height(tiles.nth(n)) for n in range(3)] == [before] * 3
    assert height(page.locator("#folders li").first) == folder


@sizes
def test_every_filter_can_be_reached(page: Page, server: Server, size: tuple[int, int]) -> None:
    opened(page, server, size, 1)
    page.locator("#filters summary").click()
    sheet = page.locator("#filters .sheet")
    for control in sheet.locator("select, input, button").all():
        control.scroll_into_view_if_needed()
        box = control.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= size[1] + 1
    box = sheet.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= size[1] + 1
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size[0]


@narrow
def test_no_page_is_wider_than_the_window(
    page: Page, server: Server, size: tuple[int, int]
) -> None:
    collection = opened(page, server, size, 2)
    for part in ("", "/review", "/places", "/times", "/model", "/history", "/settings"):
        page.goto(f"/collections/{collection}{part}")
        expect(page.locator("h1")).to_be_visible()
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0, part


@narrow
def test_the_receipt_lies_over_no_control_of_the_review(
    page: Page, tmp_path: Path, size: tuple[int, int]
) -> None:
    finish_upload(page, tmp_path, size)
    page.get_by_role("link", name="Review", exact=True).click()
    expect(page.locator(".stage img").first).to_be_visible()
    dock = page.locator("#dock")
    expect(dock).to_contain_text("7 stored")
    if size[0] < 480:
        expect(dock).to_be_hidden()  # a phone has room for the answers alone
        return
    assert height(dock) < 60  # one line, until somebody opens it
    page.wait_for_timeout(300)
    controls = page.locator("#main button, #main a, #main input")
    covered = set(controls.evaluate_all(COVERED))
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert covered & set(controls.evaluate_all(COVERED)) == set()
    assert not covered & {"\u2212", "+", "Confirm", "Relabel"}  # without scrolling
    dock.locator("summary").first.click()
    expect(dock.get_by_role("link", name="look at them")).to_be_visible()


def test_a_stack_needs_no_font_of_symbols(page: Page, server: Server) -> None:
    collection = opened(page, server, SIZES[0], 3)
    client = server.clients[0]
    path = f"/api/v1/collections/{collection}"
    ids = [i["id"] for i in client.get(f"{path}/images").json()["images"]]
    deployment = client.post(f"{path}/deployments", json={"name": "Cam"}).json()["id"]
    for body in (
        {"kind": "date", "when": "2026-05-03T10:00:00", "images": ids},
        {"kind": "deploy", "deployment": deployment, "images": ids},
    ):
        assert client.post(f"{path}/acts", json=body).status_code == 201
    page.goto(f"/collections/{collection}?stacked=true")
    mark = page.locator(".tile .event-mark")
    expect(mark).to_have_text("3")
    shape = mark.evaluate("one => getComputedStyle(one.querySelector('.thing')).maskImage")
    assert "stack.svg" in shape
    page.locator(".tile").first.click(modifiers=["Control"])
    expect(page.locator("#selected strong")).to_have_text("3 pictures")


def columns(page: Page) -> int:
    found = page.evaluate(
        "getComputedStyle(document.querySelector('#grid')).gridTemplateColumns.split(' ').length"
    )
    return int(found)


def test_many_tiny_pictures_fit_in_a_row_and_say_their_names(page: Page, server: Server) -> None:
    opened(page, server, (1440, 900), 25)
    page.get_by_role("button", name="XS").click()
    assert columns(page) >= 20
    tile = page.locator(".tile").nth(1)
    before = height(tile)
    expect(tile.locator(".name")).not_to_be_visible()
    tile.hover()
    expect(tile.locator(".name")).to_be_visible()
    assert height(tile) == before
    page.reload()
    expect(page.get_by_role("button", name="XS")).to_have_attribute("aria-pressed", "true")


def test_whole_pictures_are_a_choice_that_is_kept(page: Page, server: Server) -> None:
    opened(page, server, (1280, 720), 3)
    picture = page.locator(".tile img").first
    expect(picture).to_have_css("object-fit", "cover")
    before = height(page.locator(".tile").first)
    page.get_by_label("How pictures are shown").select_option("whole")
    page.reload()
    expect(picture).to_have_css("object-fit", "contain")
    assert height(page.locator(".tile").first) == before


def test_close_ups_are_a_choice_that_is_kept(page: Page, server: Server) -> None:
    opened(page, server, (1280, 720), 3)
    picture = page.locator(".tile img").first
    expect(picture).to_have_attribute("src", re.compile("/thumbnail$"))
    page.get_by_label("How pictures are shown").select_option("close")
    expect(picture).to_have_attribute("src", re.compile(r"/closer\?v=\d+$"))
    page.reload()
    expect(picture).to_have_attribute("src", re.compile(r"/closer\?v=\d+$"))
    page.wait_for_function("document.querySelector('.tile img').naturalWidth > 0")


def test_the_bar_is_one_row_at_1280_pixels(page: Page, server: Server) -> None:
    opened(page, server, (1280, 720), 1)
    controls = page.locator(".bar > :visible")
    tops = {
        round(box["y"] + box["height"] / 2)
        for box in map(Locator.bounding_box, controls.all())
        if box
    }
    assert max(tops) - min(tops) < 20


def test_a_phone_shows_pictures_at_once_and_its_acts_at_the_foot(
    page: Page, server: Server
) -> None:
    opened(page, server, SIZES[-1], 9)
    page.get_by_role("button", name="Got it").click()
    first = page.locator(".tile").first.bounding_box()
    assert first is not None
    assert first["y"] < 300
    rows = page.evaluate(
        """() => [...document.querySelector(".bar").children]
          .filter((e) => e.offsetHeight && getComputedStyle(e).position !== "fixed")
          .map((e) => Math.round(e.getBoundingClientRect().top + e.offsetHeight / 2))"""
    )
    assert max(rows) - min(rows) < 12, rows
    foot = page.locator(".bar-acts")
    assert height(foot) < 110
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#download summary").click()
    zip_ = page.get_by_role("link", name="These pictures as a zip").bounding_box()
    assert zip_ is not None
    assert 0 < zip_["y"] < 844
    page.keyboard.press("Escape")
    page.locator(".tile .pick").first.click()
    chosen = page.locator("#selected")
    expect(chosen).to_contain_text("1 picture")
    assert height(chosen) < 130
    below = chosen.bounding_box()
    assert below is not None
    assert below["y"] + below["height"] == pytest.approx(844, abs=1)
    chosen.get_by_label("No organism").select_option("Empty")
    expect(page.locator(".tile .thing.empty")).to_have_count(1)


def test_the_end_of_the_grid_stands_still(page: Page, server: Server) -> None:
    """It jumped up by some rows with every second turn of the wheel."""
    opened(page, server, (1000, 400), 200)
    page.mouse.move(700, 300)
    places: list[float] = []
    for _ in range(40):
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(60)
        places.append(page.evaluate("scrollY"))
    end = page.evaluate("document.documentElement.scrollHeight - innerHeight")
    assert end > 2000
    assert {round(y / 4) for y in places[-20:]} == {round(end / 4)}
