"""Sorting thousands in a real browser: long acts, groups, links, and uploads that break off."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from biosight.bootstrap import open_records
from biosight.images import Image
from biosight.settings import Settings
from biosight.storage.records import Insert, new_id
from tests import tiny
from tests.conftest import PASSWORD
from tests.publishing.test_table import IMAGE
from tests.walk.chooser import name_it
from tests.walk.conftest import Server, let_in
from tests.walk.test_browser import drop, folder, register

__all__ = ["folder"]  # the fixture
pytestmark = [
    pytest.mark.walk,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
API = "/api/v1"
MANY = 2500


def with_records(server: Server, collection: str, count: int) -> None:
    """So many pictures in a collection, by their records alone."""
    records = open_records(
        Settings(data_dir=server.data, database_url=server.settings["BIOSIGHT_DATABASE_URL"])
    )
    made: list[Image] = [
        replace(
            IMAGE,
            id=new_id(),
            collection=collection,
            sha256=f"{number:064x}",
            label="Red",
            machine_label="Red",
            label_path="/Red/",
            created_at=time.time() - count + number,
        ).in_step
        for number in range(count)
    ]
    for start in range(0, count, 300):
        records.write(*(Insert(image) for image in made[start : start + 300]))
    records.close()


@contextmanager
def no_writes(server: Server) -> Iterator[None]:
    """Inside, whoever writes waits; where the records lie in a file of the server's own."""
    file = server.data / "biosight.db"
    if not file.exists():
        yield
        return
    with closing(sqlite3.connect(file, isolation_level=None, timeout=20)) as held:
        held.execute("BEGIN IMMEDIATE")
        yield
        held.execute("ROLLBACK")


def signed_in(browser: Browser, server: Server, client: httpx2.Client) -> BrowserContext:
    """A browser with the session that a client has."""
    context = browser.new_context(base_url=server.url)
    let_in(context, server, client)
    return context


def named(client: httpx2.Client, collection: str, label: str) -> int:
    path = f"{API}/collections/{collection}/count?label={label}"
    found: int = client.get(path).json()["images"]
    return found


def relabel_all(page: Page, label: str) -> None:
    """Select all that match and give them a label."""
    page.locator("#grid").focus()
    page.keyboard.press("Control+a")
    page.get_by_role("button", name=re.compile(r"Select all [\d,]+ that match")).click()
    page.locator("#selected").get_by_role("button", name="Relabel").click()
    name_it(page, label)
    page.locator("dialog[open]").get_by_role("button", name="Relabel").click()  # unseen: asked


def wait_for_a_piece(client: httpx2.Client) -> None:
    """Wait until a job has done something; asked often, as the whole may take but a second."""
    for _ in range(1500):
        if any(job["done"] and not job["finished_at"] for job in client.get(f"{API}/jobs").json()):
            return
        time.sleep(0.02)
    pytest.fail("no job did anything")


def test_a_long_act_shows_everywhere_stops_and_is_taken_back(
    browser: Browser, server: Server
) -> None:
    client, collection = server.first_person()
    with_records(server, collection, MANY)
    context = signed_in(browser, server, client)
    page, other = context.new_page(), context.new_page()
    other.goto("/account")
    page.goto(f"/collections/{collection}")
    expect(page.locator("#counted")).to_contain_text("2,500 pictures")
    # Ctrl+Z while it is under way: one message, and nothing of it is left.
    relabel_all(page, "Oops")
    bar = page.locator("#work")
    expect(bar).to_contain_text("Relabelling as Oops")
    expect(other.locator("#work")).to_contain_text("Relabelling as Oops")
    page.locator("#grid").focus()
    page.keyboard.press("Control+z")
    expect(page.locator("#toasts")).to_contain_text("Undone", timeout=60_000)
    expect(bar).to_be_hidden(timeout=60_000)
    assert page.locator("#toasts .toast").count() == 1
    assert named(client, collection, "Oops") == 0
    assert named(client, collection, "Red") == MANY
    # One that goes on while the page is left, and is stopped from another.
    page.reload()
    expect(page.locator("#counted")).to_contain_text("2,500 pictures")
    relabel_all(page, "Zorilla")
    wait_for_a_piece(client)
    with no_writes(server):  # the act stands still while one goes to another page
        page.goto("/trash")
        expect(page.locator("#work")).to_contain_text(re.compile(r"[1-9][\d,]* of 2,500"))
        page.locator("#work").get_by_role("button", name="Stop").click()
    said = page.locator("#toasts")
    expect(said).to_contain_text("Stopped:")
    done = named(client, collection, "Zorilla")
    assert 0 < done < MANY
    expect(said).to_contain_text(f"Stopped: {done:,} pictures relabelled as Zorilla")
    said.get_by_role("button", name="Take back").click()
    expect(said).to_contain_text("Undone", timeout=60_000)
    assert named(client, collection, "Red") == MANY
    context.close()


def test_groups_are_confirmed_and_taken_back_to_their_place(page: Page, folder: Path) -> None:
    register(page)
    drop(page, folder)
    collection = page.url
    page.goto(f"{collection}/review/groups")
    tiles = page.locator("#review .tile")
    expect(tiles.first).to_be_visible()
    label = page.locator("#group-bar h2").inner_text().split()[0]
    many = tiles.count()
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name=f"Confirm {many - 1}")).to_be_visible()
    out = page.locator('#review .tile[aria-selected="false"]').get_attribute("data-id")
    page.keyboard.press("Enter")
    expect(page.locator("#group-bar h2")).not_to_contain_text(label)
    expect(page.locator("#toasts")).to_contain_text(f"{many - 1} pictures confirmed")
    # Back to that group, with the one that was taken out.
    page.keyboard.press("Control+z")
    expect(page.locator("#group-bar h2")).to_contain_text(label)
    expect(tiles).to_have_count(many)
    expect(page.locator(f"#t-{out}")).to_be_visible()
    # One by one, undo comes back to the picture that it took back; digits are guesses.
    page.goto(f"{collection}/review")
    name = page.locator("#review aside a[href^='/images/']").last
    first = name.inner_text()
    page.keyboard.press("1")
    expect(name).not_to_have_text(first)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+z")
    expect(name).to_have_text(first)


def test_a_student_gets_a_link_and_is_the_second_reader(
    page: Page, folder: Path, browser: Browser, server: Server
) -> None:
    register(page)
    drop(page, folder)
    page.goto(f"{page.url}/settings/members")
    form = page.locator("#invite")
    form.get_by_label("Role").select_option("editor")
    form.get_by_label("E-mail").fill("student@example.org")
    form.get_by_role("button", name="Create link").click()
    link = page.locator("#link code").inner_text()
    context = browser.new_context(base_url=server.url)
    student = context.new_page()
    student.goto(link)
    expect(student.locator("#invited")).to_have_text(
        "Ada invites you to “My images”: you may add and change pictures."
    )
    expect(student.get_by_label("Email address")).to_have_value("student@example.org")
    student.get_by_label("Password").fill(PASSWORD)
    student.get_by_role("button", name="Sign up and join").click()
    expect(student).to_have_url(re.compile("/collections/"))
    expect(page.locator("#invitations")).to_contain_text("student@example.org, as editor")
    page.reload()
    expect(page.locator("#invitations li")).to_have_count(0)
    expect(page.locator("#members")).to_contain_text("student@example.org")
    read_together(page, student)
    context.close()


def read_together(page: Page, student: Page) -> None:
    """An owner asks for a second reader and reads; the student reads otherwise, by keys alone; they
    talk about it, and the owner settles it."""
    page.get_by_label("Two people name each picture").check()
    page.get_by_label("Members can comment on pictures").check()
    expect(page.locator("#toasts")).to_contain_text("Members can comment on pictures: on")
    readers = page.url.replace("/settings/members", "/review/readers")
    for reader, name in ((page, "Oddling"), (student, "Fribble")):
        reader.goto(readers)
        expect(reader.get_by_role("heading", name="What does it show?")).to_be_visible()
        expect(reader.locator("#review .panel")).not_to_contain_text("%")
        reader.keyboard.press("r")
        name_it(reader, name)
        expect(reader.locator("#toasts")).to_contain_text(f"{name}.")
    expect(student.locator("#toasts")).to_contain_text("The readers differ")
    student.keyboard.press("Control+z")
    expect(student.locator("#waiting")).to_have_text(
        "1 picture that another reader has answered waits for you."
    )
    student.keyboard.press("u")
    expect(student.locator("#toasts")).to_contain_text("Undecided. The readers differ")
    student.get_by_role("link", name="Conflicts").click()
    student.get_by_role("button", name="@Ada").click()
    student.keyboard.type("I only see grass")
    student.get_by_role("button", name="Comment").click()
    expect(student.locator(".comments")).to_contain_text("@Ada I only see grass")
    page.goto("/")
    page.get_by_role("link", name="1 mention").click()
    page.locator("#mentions").get_by_role("link").last.click()
    page.wait_for_url("**/images/*")
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator("#panel .comments")).to_contain_text("@Ada I only see grass")
    page.goto(readers.replace("readers", "conflicts"))
    expect(page.get_by_role("link", name="1 mention")).to_have_count(0)
    page.get_by_role("button", name="It is Oddling").click()
    expect(page.locator("#review")).to_contain_text("No two readers differ.")
    page.get_by_role("link", name="Agreement").click()
    # The student answered again after both answers were seen: that measures no agreement.
    expect(page.locator("#review")).to_contain_text("No picture has been read twice yet")


def test_an_upload_that_breaks_off_is_told_and_gone_on_with(page: Page, tmp_path: Path) -> None:
    register(page)
    expect(page.locator("#empty")).to_be_visible()
    trip = tmp_path / "trip"
    tiny.make_folder(trip, 6)
    sent: list[str] = []
    allowed = [6]

    def some(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
            if len(sent) > allowed[0]:
                return  # never answered: the page is left while it waits
        route.continue_()

    page.route("**/images", some)
    page.locator("#folder").set_input_files(trip)
    expect(page.locator("#dock")).to_contain_text("6 of 18 pictures", timeout=30_000)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    notice = page.locator("#broken-off")
    expect(notice).to_contain_text("Your upload stopped at 6 of 18.")
    allowed[0] = 1000  # not before: the page sends on until it is left
    page.locator("#folder").set_input_files(trip)
    expect(page.locator("#dock")).to_contain_text("12 stored, 6 here already", timeout=30_000)
    page.reload()
    expect(page.locator(".tile")).to_have_count(18)
    expect(notice).to_be_hidden()
    # Dropped on Review, pictures go to the collection in view; in the Library one is asked for.
    page.get_by_role("link", name="Review", exact=True).click()
    expect(page.locator("#review")).to_be_visible()
    late = tiny.picture("Blue", 99)
    page.evaluate(DROP, list(late))
    expect(page.locator("#dock")).to_contain_text("1 stored", timeout=30_000)
    page.goto("/")
    page.evaluate(DROP, list(tiny.picture("Blue", 98)))
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.locator("#dock")).to_contain_text("1 stored", timeout=30_000)


DROP = """
(bytes) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "late.jpg", { type: "image/jpeg" }));
  const how = { dataTransfer: data, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new DragEvent("drop", how));
}
"""
