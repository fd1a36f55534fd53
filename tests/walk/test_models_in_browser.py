"""Unfamiliar pictures named by the group, taught, tried on and applied: in a real browser, with
the worker that the server starts by itself."""

import os
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import tiny
from tests.walk.conftest import Server
from tests.walk.test_browser import drop, folders, register

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def make_yellow(root: Path, count: int) -> None:
    root.mkdir()
    for seed in range(count):
        (root / f"y{seed:02}.jpg").write_bytes(tiny.picture("Yellow", seed))
    for seed in range(3):
        (root / f"r{seed}.jpg").write_bytes(tiny.picture("Red", seed))


def test_a_shelf_is_named_taught_tried_on_and_applied(page: Page, tmp_path: Path) -> None:
    make_yellow(tmp_path / "trip", 24)
    register(page)
    drop(page, tmp_path / "trip")
    page.locator("#folders").get_by_text("Unfamiliar").click()
    expect(page.get_by_role("heading", name="24 pictures like each other")).to_be_visible()
    page.get_by_role("button", name="Name 24 pictures").click()
    page.get_by_role("combobox").fill("Lemon")
    expect(page.locator(".choices li").first).to_contain_text("Polemoniaceae")  # its middle
    page.keyboard.press("Enter")  # a stray Enter makes no label
    expect(page.get_by_role("combobox")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#groups")).to_contain_text("Nothing unfamiliar waits here")
    page.get_by_role("link", name="Model", exact=True).click()
    expect(page.get_by_role("checkbox", name="Lemon")).to_be_checked()
    page.get_by_label("Name of the model").fill("fruit")
    page.get_by_role("button", name="Teach").click()
    expect(page.locator("#jobs")).to_contain_text("fruit@1 has learnt", timeout=60_000)
    # The list of models is drawn anew a little later than the job: the others stand there before.
    taught = page.locator("#choice li", has_text="fruit@1")
    taught.get_by_role("button", name="Try on").click()
    page.get_by_role("link", name="Look at the changes").click(timeout=60_000)
    expect(page.locator("#tried")).to_contain_text("labels would change")
    expect(page.locator("#tried")).to_contain_text("24 with the new model")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#choice")).to_contain_text("fruit@1")
    expect(page.locator("#jobs")).to_contain_text(
        "27 pictures have been classified", timeout=60_000
    )
    page.get_by_role("link", name="Pictures", exact=True).click()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "new.jpg").write_bytes(tiny.picture("Yellow", 77))
    page.locator("#folder").set_input_files(tmp_path / "more")
    expect(page.locator("#dock")).to_contain_text("Upload finished", timeout=30_000)
    expect(page.locator("#folders")).to_contain_text("Lemon")
    page.wait_for_timeout(1500)  # counts are drawn a little later than the picture
    assert folders(page)["Lemon"] == "25"


def test_more_like_this_and_what_the_model_looked_at(page: Page, tmp_path: Path) -> None:
    make_yellow(tmp_path / "trip", 3)
    register(page)
    drop(page, tmp_path / "trip")
    page.locator("#folders").get_by_text("Red", exact=True).first.click()
    page.locator(".tile").first.click()
    expect(page.locator(".likes a")).to_have_count(5)
    page.keyboard.press("h")
    expect(page.locator("canvas.heat")).to_be_visible()
    page.keyboard.press("h")
    expect(page.locator("canvas.heat")).to_have_count(0)
    page.get_by_role("link", name="Review those like this one").click()
    expect(page.locator("#order")).to_contain_text("most similar to the one you came from")
    expect(page.locator(".strip button")).to_have_count(5)


@pytest.mark.long
def test_a_killed_worker_loses_nothing(server: Server) -> None:
    client, collection = server.first_person()
    for seed in range(120):
        files = {"file": (f"{seed}.jpg", tiny.picture("Red", seed))}
        client.post(f"/api/v1/collections/{collection}/images", files=files)
    body = {"model": "organisms@4"}  # not from stored embeddings: long enough to be killed
    job = client.post(f"/api/v1/collections/{collection}/try-on", json=body).json()["id"]
    end = time.monotonic() + 60
    killed = False
    while time.monotonic() < end:
        now = client.get(f"/api/v1/jobs/{job}").json()
        if now["state"] == "running" and not killed:
            kill_workers(server)
            killed = True
        if now["state"] == "done":
            break
        time.sleep(0.02)
    assert killed
    assert now["state"] == "done"
    assert now["result"]["seen"] == 120


def kill_workers(server: Server) -> None:
    """kill -9 of what the server started to run jobs."""
    assert server.process is not None
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes()
            group = os.getpgid(int(entry.parent.name))
        except OSError:
            continue
        if b"worker\0--until-idle" in words and group == server.process.pid:
            os.kill(int(entry.parent.name), signal.SIGKILL)
