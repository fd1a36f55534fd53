"""The main job as a person does it, in a real browser."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests import tiny
from tests.conftest import PASSWORD
from tests.walk.chooser import name_it
from tests.walk.conftest import Server, let_in

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    # Playwright's own event loop is closed late by its driver.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "field trip"
    tiny.make_folder(root, 6)
    (root / "notes.txt").write_text("rain")
    return root


def register(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/register$"))
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Email address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("link", name="My images").click()


def drop(page: Page, folder: Path) -> None:
    expect(page.locator("#empty")).to_be_visible()
    page.locator("#folder").set_input_files(folder)
    expect(page.locator("#dock")).to_contain_text("Upload finished", timeout=30_000)


def folders(page: Page) -> dict[str, str]:
    rows = page.locator("#folders a")
    return {
        row.locator("span").first.inner_text(): row.locator(".count").inner_text()
        for row in rows.all()
    }


def test_the_main_job(page: Page, folder: Path) -> None:
    register(page)
    drop(page, folder)
    dock = page.locator("#dock")
    expect(dock).to_contain_text("18 stored, 1 file is not a picture")
    dock.get_by_role("button", name="Close").click()
    expect(page.locator(".tile")).to_have_count(18)
    expect(page.locator("#folders")).to_contain_text("Red")
    assert folders(page)["Red"] == "6"

    # Correct by keys, into a label that is new.
    page.get_by_role("link", name="Red").click()
    expect(page.locator(".tile")).to_have_count(6)
    page.locator("#grid").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("r")
    name_it(page, "Fire salamander")
    expect(page.locator(".tile")).to_have_count(5)
    expect(page.locator("#folders")).to_contain_text("Fire salamander")

    # Undo, also after a reload.
    page.reload()
    expect(page.locator(".tile")).to_have_count(5)
    page.locator("#grid").focus()
    page.keyboard.press("ArrowRight")
    here = page.locator(".tile.current").get_attribute("data-id")
    page.keyboard.press("Control+z")
    expect(page.locator(".tile")).to_have_count(6)
    expect(page.locator(".tile.current")).to_have_attribute("data-id", str(here))

    # Confirm with the keyboard; the next picture is selected.
    page.locator("#grid").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("a")
    expect(page.locator('.tile[data-state="person"]')).to_have_count(1)
    expect(page.locator(".tile.current")).to_have_attribute("data-state", "machine")
    expect(page.locator("#toasts button")).to_have_count(1)

    # What is undone by keys offers no undo any more.
    page.keyboard.press("Control+z")
    expect(page.locator('.tile[data-state="person"]')).to_have_count(0)
    expect(page.locator("#toasts button")).to_have_count(0)
    page.keyboard.press("a")
    expect(page.locator('.tile[data-state="person"]')).to_have_count(1)

    # A zip by label, with the table inside.
    page.locator("#download summary").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="These pictures as a zip").click()
    archive = zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert archive.testzip() is None
    originals = {p.read_bytes() for p in folder.rglob("*.jpg")}
    pictures = [n for n in archive.namelist() if n != "biosight.csv"]
    assert len(pictures) == 6
    assert all(archive.read(n) in originals and n.startswith("Red/") for n in pictures)
    table = archive.read("biosight.csv").decode("utf-8-sig")
    said = {row["said_by"] for row in csv.DictReader(io.StringIO(table, newline=""))}
    assert said == {"machine", "person"}

    # Delete to the trash, and restore from it.
    page.locator("#grid").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.locator(".tile")).to_have_count(0)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Trash").click()
    expect(page.locator("#trash .tile")).to_have_count(6)
    page.get_by_role("button", name="Restore all").click()
    expect(page.locator("#trash")).to_contain_text("The trash is empty")


def test_dropping_the_folder_again_sends_nothing(page: Page, folder: Path) -> None:
    register(page)
    drop(page, folder)
    page.reload()
    expect(page.locator(".tile")).to_have_count(18)
    sent: list[str] = []
    page.on(
        "request",
        lambda r: sent.append(r.url) if r.url.endswith("/images") and r.method == "POST" else None,
    )
    page.locator("#folder").set_input_files(folder)
    expect(page.locator("#dock")).to_contain_text(
        "0 stored, 18 here already, 1 file is not a picture", timeout=30_000
    )
    assert sent == []


def test_uploads_live_on_while_one_moves_through_the_app(page: Page, folder: Path) -> None:
    register(page)
    expect(page.locator("#empty")).to_be_visible()

    def slowly(route: Route) -> None:
        page.wait_for_timeout(60)
        route.continue_()

    page.route("**/images", slowly)
    page.locator("#folder").set_input_files(folder)
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    expect(page.locator("#dock")).to_contain_text("18 stored", timeout=30_000)


def test_a_busy_server_is_waited_for(page: Page, folder: Path) -> None:
    register(page)
    expect(page.locator("#empty")).to_be_visible()
    refusals = iter([503, 503])

    def maybe(route: Route) -> None:
        status = next(refusals, None)
        if status is None:
            route.continue_()
        else:
            body = '{"error": "unavailable", "detail": "Busy.", "request_id": ""}'
            route.fulfill(status=status, body=body, content_type="application/json")

    page.route("**/images", maybe)
    page.locator("#folder").set_input_files(folder)
    expect(page.locator("#dock")).to_contain_text("18 stored", timeout=30_000)


def test_the_picture_page_and_review_by_keys(page: Page, folder: Path) -> None:
    register(page)
    drop(page, folder)
    page.locator(".tile").first.click()
    expect(page.locator(".panel h1")).to_be_visible()
    first = page.url
    page.keyboard.press("Enter")  # confirm and on to the next
    expect(page).not_to_have_url(first)
    expect(page.locator(".panel h1")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".panel")).to_contain_text("named by a person")
    expect(page.locator(".said")).to_contain_text("Ada confirmed")
    page.keyboard.press("+")
    page.keyboard.press("Escape")  # zoom back
    page.keyboard.press("Escape")  # back to the pictures
    expect(page.locator(".tile").first).to_be_visible()

    page.get_by_role("link", name="Review", exact=True).click()
    expect(page.locator("#waiting")).to_contain_text("17 pictures to review")
    page.keyboard.press("a")
    expect(page.locator("#waiting")).to_contain_text("16 pictures to review")
    page.keyboard.press("u")
    expect(page.locator("#waiting")).to_contain_text("15 pictures to review")
    page.get_by_role("link", name="History").click()
    expect(page.locator("#acts li")).to_have_count(3)
    expect(page.locator("#acts")).to_contain_text("Left undecided")


def test_the_help_sheet_comes_from_the_key_table(page: Page) -> None:
    register(page)
    expect(page.locator("#empty")).to_be_visible()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("Confirm the label")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_a_filter_lives_in_the_address(page: Page, folder: Path) -> None:
    register(page)
    drop(page, folder)
    page.locator("#text").fill("img_0003")
    expect(page.locator(".tile")).to_have_count(1)
    assert "text=img_0003" in page.url
    page.reload()
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator("#text")).to_have_value("img_0003")


@pytest.mark.long
def test_the_filter_is_marked_while_any_part_of_it_applies(page: Page, folder: Path) -> None:
    register(page)
    drop(page, folder)
    mark = page.locator("#filters[data-active]")
    chips = page.locator("#applied .button")
    for name, value, chip in (
        ("who", "machine", "said by the machine"),
        ("unfamiliar", "true", "unfamiliar"),
        ("above", "1", "from 1 %"),
        ("below", "100", "to 100 %"),
        ("since", "2020-01-01", "since 2020-01-01"),
        ("until", "2099-01-01", "until 2099-01-01"),
    ):
        expect(mark).to_have_count(0)
        page.locator("#filters summary").click()
        control = page.locator(f"#filters [name={name}]")
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
            control.blur()
        expect(mark).to_have_count(1)
        expect(chips).to_have_count(1)
        expect(chips).to_contain_text(chip)
        page.reload()
        expect(mark).to_have_count(1)
        chips.click()


@pytest.mark.long
def test_api_pages_work_without_internet(page: Page) -> None:
    register(page)
    page.context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
    page.goto("/docs")
    page.locator("summary", has_text="/api/v1/collections").first.click()
    expect(page.locator("details[open]").first).to_be_visible()


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(
    browser: Browser, server: Server, folder: Path, scheme: str
) -> None:
    context = browser.new_context(
        base_url=server.url,
        viewport={"width": 360, "height": 740},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    register(page)
    drop(page, folder)
    collection = page.url
    image = page.locator(".tile").first.get_attribute("data-id")
    for path in (
        "/",
        collection,
        f"{collection}/review",
        f"{collection}/history",
        f"{collection}/settings",
        f"{collection}/settings/labels",
        f"{collection}/settings/members",
        f"/images/{image}",
        "/trash",
        "/account",
        "/admin",
        "/model",
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, path
    context.close()


def test_many_at_once_are_asked_about_and_marked(page: Page, server: Server) -> None:
    """Ctrl+A and A over more pictures than anybody looks at one by one."""
    client, collection = server.first_person()
    for n in range(101):
        files = {"file": (f"IMG_{n}.jpg", tiny.picture("Red", n))}
        path = f"/api/v1/collections/{collection}/images"
        assert client.post(path, files=files).is_success
    let_in(page.context, server, client)
    page.goto(f"/collections/{collection}")
    expect(page.locator(".tile").first).to_be_visible()
    page.locator("#grid").focus()
    for _ in range(2):  # the second one reaches what a page does not show
        page.keyboard.press("Control+a")
    page.keyboard.press("a")
    asked = page.locator("dialog[open]")
    expect(asked).to_contain_text("in bulk?")
    page.keyboard.press("Escape")
    counts = client.get(f"/api/v1/collections/{collection}/images?who=machine&limit=500").json()
    assert len(counts["images"]) == 101
    page.locator("#grid").focus()
    page.keyboard.press("a")
    asked.get_by_role("button", name="Accept").click()  # the selection stayed
    expect(page.locator("#toasts")).to_contain_text("confirmed", timeout=20_000)
    found = client.get(f"/api/v1/collections/{collection}/images?limit=500").json()["images"]
    assert {i["who"] for i in found} >= {"bulk"}
    assert "person" not in {i["who"] for i in found}


def test_a_version_without_a_comparison_says_nothing_of_it(page: Page, server: Server) -> None:
    """A detector was never compared by the gate."""
    client, _ = server.first_person()
    let_in(page.context, server, client)
    page.goto("/models/subjects@1")
    expect(page.locator("#version section")).to_have_count(2)
    expect(page.locator("#version")).to_contain_text("It looks at new pictures")
    expect(page.locator("#version")).not_to_contain_text("null")
