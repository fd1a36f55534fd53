"""Days as headings of the grid: counts, select a day, keys across them, scrolling through many."""

import pytest
from playwright.sync_api import Page, expect

from tests.walk.conftest import Server, let_in
from tests.walk.test_history import pictures

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("walk")]


def dated(server: Server, page: Page, days: dict[str, int]) -> str:
    """A collection with the given number of pictures per day, and a browser that is signed in."""
    client, collection = server.first_person()
    ids = pictures(client, collection, sum(days.values()))
    for day, many in days.items():
        some, ids = ids[:many], ids[many:]
        body = {"kind": "date", "when": f"{day}T10:00", "images": some}
        done = client.post(f"/api/v1/collections/{collection}/acts", json=body)
        assert done.status_code == 201, done.text
    let_in(page.context, server, client)
    return collection


def test_days_are_headings_with_counts_and_are_selected(server: Server, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    collection = dated(server, page, {"2026-05-03": 9, "2026-05-02": 1, "2026-05-01": 12})
    page.goto(f"/collections/{collection}?sort=taken")
    headings = page.locator(".day")
    expect(headings).to_have_count(3)
    expect(headings.nth(0)).to_contain_text("May 3, 2026")
    expect(headings.nth(0)).to_contain_text("9")
    expect(headings.nth(2)).to_contain_text("12")
    assert lie_above(page, [9, 1, 12])
    page.get_by_role("button", name="Select all of Friday, May 1, 2026").click()
    expect(page.locator("#selected")).to_contain_text("12")
    expect(page.locator('.tile[aria-selected="true"]')).to_have_count(12)
    # Another order goes by no days.
    page.locator("#sort").select_option("newest")
    expect(headings).to_have_count(0)
    expect(page.locator(".day-room")).to_have_count(0)


def lie_above(page: Page, days: list[int]) -> bool:
    """Whether each heading ends above its first tile and begins below the tile before it."""
    boxes = page.evaluate(
        """() => [".day", ".tile"].map((kind) => [...document.querySelectorAll(kind)].map((e) => {
             const { top, bottom } = e.getBoundingClientRect(); return [top, bottom]; }))"""
    )
    headings, tiles = sorted(boxes[0]), boxes[1]
    at = 0
    for heading, many in zip(headings, days, strict=True):
        if heading[1] > tiles[at][0] + 1 or (at and heading[0] < tiles[at - 1][1] - 1):
            return False
        at += many
    return True


def test_keys_go_up_and_down_across_days(server: Server, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    collection = dated(server, page, {"2026-05-03": 9, "2026-05-02": 1, "2026-05-01": 12})
    page.goto(f"/collections/{collection}?sort=taken")
    expect(page.locator(".tile").nth(15)).to_be_visible()
    columns = page.evaluate(
        "getComputedStyle(document.querySelector('#grid')).gridTemplateColumns.split(' ').length"
    )
    assert 3 < columns < 9

    def current() -> int:
        return int(
            page.evaluate(
                "[...document.querySelectorAll('.tile')].findIndex((t) => "
                "t.classList.contains('current'))"
            )
        )

    page.locator("#grid").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert current() == 2
    page.keyboard.press("ArrowDown")
    assert current() == min(2 + columns, 8)  # the second row of the first day may be shorter
    page.keyboard.press("ArrowDown")
    assert current() == 9  # the one picture of the second day
    page.keyboard.press("ArrowDown")
    assert current() == 10
    page.keyboard.press("ArrowUp")
    assert current() == 9


def test_many_days_scroll_and_the_end_is_reached(server: Server, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 500})
    days = {f"2026-04-{day:02}": 5 for day in range(30, 0, -1)}
    collection = dated(server, page, days)
    page.goto(f"/collections/{collection}?sort=taken")
    expect(page.locator(".day").first).to_contain_text("April 30, 2026")
    assert page.locator(".tile").count() < 120  # only those near the visible part
    page.locator("#grid").focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('.tile.current') !== null")
    for _ in range(20):  # further pages come as the end comes near
        page.keyboard.press("End")
        if page.get_by_text("April 1, 2026").count():
            break
        page.wait_for_timeout(100)
    last = page.locator(".day").last
    expect(last).to_contain_text("April 1, 2026")
    expect(last).to_contain_text("5")
    expect(last).not_to_contain_text("+")
    # Nothing lies over anything: the last tile is above the end of its grid.
    expect(page.locator(".tile").last).to_be_in_viewport()
