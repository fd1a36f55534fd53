"""A microscope's stack is leafed through, with a bar that says how long something is."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.images.test_stack import ome
from tests.walk.conftest import Server, let_in

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def test_planes_are_leafed_through(page: Page, server: Server, tmp_path: Path) -> None:
    client, collection = server.first_person()
    content = ome(tmp_path / "a.ome.tif").read_bytes()
    path = f"/api/v1/collections/{collection}/images"
    image = client.post(path, files={"file": ("a.ome.tif", content)}).json()["image"]["id"]
    let_in(page.context, server, client)
    page.goto(f"/images/{image}")
    bar = page.get_by_role("group", name="Planes of this stack")
    expect(bar).to_contain_text("1 of 6")
    with page.expect_response("**/planes/1"):
        page.keyboard.press("]")
    expect(bar.get_by_label("Plane", exact=True)).to_have_value("1")
    with page.expect_response("**/planes/0"):
        page.keyboard.press("[")
    with page.expect_response("**/planes/5"):
        bar.get_by_role("button", name="Plane before").click()
    expect(bar).to_contain_text("6 of 6")
    scale = page.locator(".scale")
    expect(scale).to_contain_text("µm")
    before = scale.inner_text()
    for _ in range(6):
        page.keyboard.press("+")
    expect(scale).not_to_have_text(before)
    box = scale.bounding_box()
    assert box is not None
    assert box["width"] < 260
