"""Names as a tree, as a person uses them: folders, chooser, levels by keys, merging, filters."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests import tiny
from tests.walk.conftest import Server, let_in

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    # Playwright's own event loop is closed late by its driver.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
COLOURS = ("Crimson", "Crimson", "Scarlet", "Green", "Blue")


@pytest.fixture
def wood(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, str]]:
    """A server whose model answers by a tree, five pictures in it, and the page of a person."""
    tiny.make_tree_model(tmp_path / "model")
    server = Server(tmp_path / "data", tmp_path / "model")
    server.start()
    client, collection = server.first_person()
    for seed, colour in enumerate(COLOURS):
        files = {"file": (f"{colour}{seed}.jpg", tiny.picture(colour, seed))}
        sent = client.post(f"/api/v1/collections/{collection}/images", files=files)
        assert sent.status_code == 201
    context = browser.new_context(base_url=server.url)
    let_in(context, server, client)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened, collection
    context.close()
    server.close()
    assert problems == []


def folders(page: Page) -> list[str]:
    """The tree's rows with their counts."""
    rows = page.locator("#folders a").all_inner_texts()
    return [" ".join(row.split()) for row in rows]


def test_folders_are_a_tree_and_keys_go_up_and_down_in_it(wood: tuple[Page, str]) -> None:
    page, collection = wood
    page.goto(f"/collections/{collection}")
    expect(page.locator(".tile")).to_have_count(5)
    expect(page.locator("#folders")).to_contain_text("Colour")
    shown = folders(page)
    assert "Colour 5" in shown
    assert {"Crimson 2", "Scarlet 1", "Green 1", "Blue 1", "Red 3"} <= set(shown)
    page.locator("#folders a", has_text="Red").click()
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator(".tile .level").first).to_have_text("order")
    page.get_by_role("button", name="What is below Red").click()
    expect(page.locator("#folders a", has_text="Crimson")).to_have_count(0)
    page.reload()
    expect(page.locator("#folders a", has_text="Red")).to_have_count(1)
    expect(page.locator("#folders a", has_text="Crimson")).to_have_count(0)

    # A level up and down by keys.
    page.goto(f"/collections/{collection}?label=Crimson")
    page.locator(".tile").first.dblclick()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("Colour \u203a Warm \u203a Red \u203a Crimson")
    page.keyboard.press("p")
    expect(panel.locator("strong.large")).to_have_text("Red")
    expect(panel).to_contain_text("named by a person")
    page.keyboard.press("f")
    expect(panel.locator("strong.large")).to_have_text("Crimson")
    page.keyboard.press("u")
    expect(panel.locator("strong.large")).to_have_text("Undecided")
    page.keyboard.press("Control+z")
    expect(panel.locator("strong.large")).to_have_text("Crimson")
    page.keyboard.press("e")
    expect(panel.locator("strong.large")).to_have_text("Empty")
    expect(panel.locator(".thing.empty")).to_be_visible()
    page.goto(f"/collections/{collection}?thing=empty")
    expect(page.locator(".tile .thing.empty")).to_have_count(1)
    expect(page.locator("#applied")).to_contain_text("empty")
    assert folders(page)[-1] == "Empty 1"
    page.locator(".tile").first.dblclick()
    expect(panel.locator("strong.large")).to_have_text("Empty")
    page.keyboard.press("r")
    page.keyboard.type("crims")
    expect(page.locator(".choices li").first).to_contain_text("Crimson")
    page.keyboard.press("Enter")
    expect(panel.locator("strong.large")).to_have_text("Crimson")
    panel.get_by_role("link", name="Warm").click()
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator("#applied")).to_contain_text("Warm and below")


def test_a_branch_opened_while_the_tree_is_drawn_anew_stays_open(wood: tuple[Page, str]) -> None:
    page, collection = wood
    page.goto(f"/collections/{collection}/settings/labels")
    names = page.locator("#names")
    expect(names).to_contain_text("Colour")
    names.get_by_role("button", name="Add below: Colour").click()
    page.keyboard.type("Shade")
    held: list[Route] = []
    page.route("**/names/below?of=", lambda route: held.append(route))
    with page.expect_request("**/names/below?of="):
        page.keyboard.press("Enter")
    branch = "**/names/below?of=Colour"
    slow: list[Route] = []
    page.route(branch, lambda route: slow.append(route))
    with page.expect_request(branch):
        names.get_by_role("button", name="What is below Colour").click()
    with page.expect_response("**/names/below?of="):
        held[0].continue_()
    page.wait_for_timeout(300)
    page.unroute(branch)
    for route in slow:
        route.continue_()
    expect(names).to_contain_text("Shade")


def test_names_are_found_made_moved_and_merged(wood: tuple[Page, str]) -> None:
    page, collection = wood
    page.goto(f"/collections/{collection}?label=Green")
    page.locator(".tile").first.dblclick()
    expect(page.locator("#panel strong.large")).to_have_text("Green")
    page.keyboard.press("r")
    page.keyboard.type("SCARL")
    expect(page.locator(".choices li").first).to_contain_text("Colour \u203a Warm \u203a Red")
    page.keyboard.press("Enter")
    expect(page.locator("#panel strong.large")).to_have_text("Scarlet")
    page.keyboard.press("r")
    page.keyboard.type("Lime")
    page.locator(".choices li", has_text="add it to the tree").click()
    page.keyboard.type("green")
    expect(page.locator("dialog").last.locator(".choices li").first).to_contain_text("Green")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("Colour \u203a Cold \u203a Green \u203a Lime")

    # The tree is there to browse, and grows where one is.
    page.goto(f"/collections/{collection}/settings/labels")
    names = page.locator("#names")
    names.get_by_role("button", name="What is below Colour").click()
    names.get_by_role("button", name="What is below Cold").click()
    expect(names).to_contain_text("Green")
    names.get_by_role("button", name="Add below: Green").click()
    page.keyboard.type("Moss")
    page.keyboard.press("Enter")
    names.get_by_role("button", name="What is below Green").click()
    expect(names).to_contain_text("Moss")
    expect(names.locator("li div", has_text="Cold").first).to_contain_text("2 pictures")
    names.get_by_role("button", name="Remove: Moss").click()
    page.locator("dialog").get_by_role("button", name="Remove").click()
    expect(names).not_to_contain_text("Moss")

    # Names are moved and merged in the settings, and that is undone.
    page.goto(f"/collections/{collection}/settings/labels")
    page.get_by_role("button", name="Move Crimson", exact=True).click()
    page.keyboard.type("cold")
    expect(page.locator("dialog .choices li").first).to_contain_text("Cold")
    page.keyboard.press("Enter")
    expect(page.locator("#labels")).to_contain_text("order below Colour \u203a Cold")
    page.get_by_label("New name of Blue").fill("Lime")
    page.get_by_role("button", name="Rename Blue").click()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_label("New name of Blue")).to_have_count(0)
    page.goto(f"/collections/{collection}")
    expect(page.locator("#folders")).to_contain_text("Cold")
    assert "Lime 2" in folders(page)
    page.goto(f"/collections/{collection}/history")
    page.locator("#acts li").first.get_by_role("button", name="Undo").click()
    expect(page.locator("#acts li").first).to_contain_text("undone")
    page.goto(f"/collections/{collection}")
    expect(page.locator("#folders a", has_text="Blue")).to_have_count(1)


def test_a_picture_shows_the_answer_level_by_level(wood: tuple[Page, str]) -> None:
    page, collection = wood
    page.goto(f"/collections/{collection}?label=Crimson")
    page.locator(".tile").first.dblclick()
    rows = page.locator("#panel .levels .guess span:first-child")
    expect(rows).to_have_text(["Colour", "Warm", "Red", "Crimson"])
    expect(page.locator("#panel .levels .answer")).to_contain_text("Crimson")
    sure = page.locator("#panel .levels .answer .number").inner_text()
    assert sure in page.locator("#panel .state").first.inner_text(), "one scale"
    # A level is a button: the picture gets that name.
    page.locator("#panel .levels").get_by_role("button", name="Red").click()
    expect(page.locator("#panel strong.large")).to_have_text("Red")
