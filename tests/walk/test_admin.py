"""The Admin page in a real browser, by the keyboard alone: failed work, its log, room."""

import pytest
from playwright.sync_api import Page, expect

from biosight.bootstrap import open_archive
from biosight.collection import Collection
from biosight.settings import Settings
from biosight.work import jobs
from biosight.work.workers import add_lines
from tests.walk.conftest import Server
from tests.walk.test_browser import register

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("walk")]


def test_failed_work_is_read_about_and_tried_again(page: Page, server: Server) -> None:
    register(page)
    archive = open_archive(Settings(data_dir=server.data))
    try:
        records = archive.records
        found = records.find(Collection)[0]
        asked = jobs.ask(records, "reclassify", found.id, "", model="away@1")
        jobs.end(records, asked, "failed", "The model could not be opened.")
        add_lines(records, asked.id, ("job begun", "the model is away"))
    finally:
        archive.close()
    page.goto(f"{server.url}/admin")
    row = page.locator("#long-work tr")
    expect(row).to_contain_text("failed: The model could not be opened.")
    row.get_by_role("button", name="Log").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#job-log pre")).to_contain_text("the model is away")
    page.keyboard.press("Escape")
    expect(row.get_by_role("button", name="Log")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    # It waits, or a worker of the server's has it and fails anew: there is no such model.
    expect(row).not_to_contain_text("could not be opened", timeout=15_000)
    room = page.get_by_label("Storage limit of My images, GB")
    room.fill("1.5")
    with page.expect_response(lambda r: "/quota" in r.url and r.ok):
        page.keyboard.press("Tab")
    page.reload()
    expect(page.get_by_label("Storage limit of My images, GB")).to_have_value("1.5")
