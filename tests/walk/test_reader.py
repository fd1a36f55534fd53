"""The main way by ear and by large print: uploading, reviewing and relabelling by the names that a
screen reader says, controls that a finger meets, and a picture on the first screen at 200 %."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import tiny
from tests.walk.conftest import Server, let_in

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
LEAST = 24  # CSS pixels: WCAG 2.2, success criterion 2.5.8
# Controls that are smaller than LEAST and have another one within that distance of their middle;
# links within sentences are excepted, as the criterion says.
SMALL = """least => {
  const shown = [...document.querySelectorAll("a, button, summary, select, input, [role=button]")]
    .filter(one => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
    .filter(one => !one.closest("label") && !one.matches(".skip, [type=hidden]"))
    .map(one => ({ one, box: one.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 1 && box.height > 1);
  const inText = one => one.matches("p a, small a, li p a, .prose a") &&
    one.parentElement.textContent.trim() !== one.textContent.trim();
  const middle = box => [box.x + box.width / 2, box.y + box.height / 2];
  const near = (a, b) => {
    const [x, y] = middle(a);
    const dx = Math.max(b.left - x, 0, x - b.right);
    const dy = Math.max(b.top - y, 0, y - b.bottom);
    return Math.hypot(dx, dy) < least / 2;
  };
  return shown
    .filter(({ one, box }) => (box.width < least || box.height < least) && !inText(one))
    .filter(({ one, box }) => shown.some(other =>
      other.one !== one && !other.one.contains(one) && !one.contains(other.one) &&
      near(box, other.box)))
    .map(({ one, box }) => [one.tagName, (one.ariaLabel || one.textContent).trim().slice(0, 40),
      Math.round(box.width), Math.round(box.height)].join(" "));
}"""


def filled(page: Page, server: Server) -> dict[str, str]:
    """A collection with pictures, a site, a deployment and a layer; ids for addresses."""
    client, collection = server.first_person()
    path = f"/api/v1/collections/{collection}"
    for seed, label in enumerate(("Red", "Green", "Blue", "Red")):
        files = {"file": (f"{label}{seed}.jpg", tiny.picture(label, seed))}
        assert client.post(f"{path}/images", files=files).status_code == 201
    for number in range(3):
        place = {"name": f"Site {number}", "latitude": f"{47 + number / 100}", "longitude": "8"}
        client.post(f"{path}/sites", json=place)
    gpx = b"<gpx><wpt lat='47' lon='8'><name>Box</name></wpt></gpx>"
    client.post(f"{path}/layers", files={"file": ("plots.gpx", gpx)})
    images = client.get(f"{path}/images").json()["images"]
    let_in(page.context, server, client)
    return {"c": collection, "image": images[0]["id"]}


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_a_finger_meets_what_it_aims_at(page: Page, server: Server, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    ids = filled(page, server)
    found: dict[str, Any] = {}
    for path in (
        "/collections/{c}",
        "/images/{image}",
        "/collections/{c}/places",
        "/collections/{c}/review",
        "/collections/{c}/names",
        "/collections/{c}/times",
        "/collections/{c}/settings/labels",
        "/account",
        "/account/notices",
    ):
        page.goto(path.format(**ids))
        page.wait_for_load_state("networkidle")
        if small := page.evaluate(SMALL, LEAST):
            found[path] = small
    assert found == {}


def test_at_200_percent_a_picture_is_on_the_first_screen(page: Page, server: Server) -> None:
    """A browser window of 1440 x 900 has 720 x 450 CSS pixels then."""
    page.set_viewport_size({"width": 720, "height": 450})
    ids = filled(page, server)
    for path, picture in (("/collections/{c}", ".tile img"), ("/images/{image}", ".stage img")):
        page.goto(path.format(**ids))
        expect(page.locator(picture).first).to_be_visible()
        box = page.locator(picture).first.bounding_box()
        assert box
        assert box["y"] + min(box["height"], 100) <= 450, path
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0, path


def test_a_reader_uploads_reviews_and_relabels(page: Page, server: Server, tmp_path: Path) -> None:
    """Each step by role and name alone, with the keyboard, and what is said after it."""
    client, collection = server.first_person()
    let_in(page.context, server, client)
    page.goto("/")
    page.get_by_role("link", name="My images").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("My images")
    expect(page.get_by_role("main")).to_be_focused()

    files = []
    for seed, label in enumerate(("Red", "Green")):
        file = tmp_path / f"{label}.jpg"
        file.write_bytes(tiny.picture(label, seed))
        files.append(file)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add pictures").focus()
        page.keyboard.press("Enter")
    chooser.value.set_files(files)
    expect(page.get_by_role("status").filter(has_text="2 stored")).to_be_visible()

    grid = page.get_by_role("listbox", name="Pictures")
    expect(grid.get_by_role("option")).to_have_count(2)
    for label in ("Red", "Green"):
        expect(grid.get_by_role("option", name=re.compile(label))).to_have_count(1)

    page.get_by_role("link", name="Review", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    link = page.locator("#review aside a[href^='/images/']").last.get_attribute("href") or ""
    shown = client.get(f"/api/v1/images/{link.rsplit('/', 1)[-1]}").json()["label"]
    other = {"Red": "Green", "Green": "Red"}[shown]
    page.get_by_role("button", name="Relabel").focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("combobox")
    expect(field.last).to_be_focused()
    page.keyboard.type(other)
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text(other)
    assert page.locator("#toasts").get_attribute("role") in ("status", "log", "alert")

    page.goto(f"/collections/{collection}")
    expect(grid.get_by_role("option", name=re.compile(other))).to_have_count(2)
