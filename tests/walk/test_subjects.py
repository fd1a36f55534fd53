"""Several subjects in one picture, as people describe them: by mouse, by keyboard, by touch."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import tiny
from tests.walk.conftest import Server, let_in

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


class Pond:
    """A picture that the machine calls Red, and a page of it."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.client, self.collection = server.first_person()
        path = f"/api/v1/collections/{self.collection}/images"
        content = tiny.picture("Red", 1, (600, 400))
        made = self.client.post(path, files={"file": ("a.jpg", content)}).json()
        self.image = made["image"]["id"]
        let_in(page.context, server, self.client)
        page.goto(f"/images/{self.image}")
        expect(page.get_by_role("heading", name="What it shows")).to_be_visible()

    @property
    def subjects(self) -> list[dict[str, Any]]:
        found = self.client.get(f"/api/v1/images/{self.image}").json()["subjects"]
        return list(found)

    def kept(self) -> Any:
        """A wait for the answer that keeps what was said."""
        return self.page.expect_response(
            lambda r: r.url.endswith("/subjects") and r.request.method == "PUT"
        )

    def spot(self, x: float, y: float) -> tuple[float, float]:
        """Where a share of the picture is on the screen."""
        at = self.page.evaluate(
            """([x, y]) => {
              const m = document.querySelector(".drawing").getScreenCTM();
              const p = new DOMPoint(x * 600, y * 400).matrixTransform(m);
              return [p.x, p.y];
            }""",
            [x, y],
        )
        return float(at[0]), float(at[1])


@pytest.fixture
def pond(page: Page, server: Server) -> Pond:
    return Pond(page, server)


def test_a_second_animal_is_added_and_described(pond: Pond) -> None:
    page = pond.page
    page.keyboard.press("n")
    page.get_by_role("combobox", name="Label").fill("Scat")
    with pond.kept():
        page.get_by_role("option", name="Scat a word of your own, outside the tree").click()
    form = page.locator("details[open] .describe")
    for label, value in (("Individuals", "3"), ("Individual's id", "S 7")):
        with pond.kept():
            form.get_by_label(label, exact=True).fill(value)
            form.get_by_label(label, exact=True).press("Tab")
    with pond.kept():
        form.get_by_label("Life stage").select_option("juvenile")
    expect(page.locator(".subjects summary").nth(1)).to_contain_text("3 individuals · juvenile")
    said = pond.subjects[1]
    assert (said["count"], said["life_stage"], said["individual"]) == (3, "juvenile", "S 7")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".subjects summary").nth(1)).not_to_contain_text("juvenile")
    with pond.kept():
        form.get_by_role("button", name="Remove it").click()
    expect(page.locator(".subjects summary")).to_have_count(1)
    assert [s["label"] for s in pond.subjects] == ["Red"]


def test_what_is_filled_in_quickly_is_all_kept(pond: Pond) -> None:
    """The second of two quick changes was lost, and the field lost its focus: letters were keys."""
    page = pond.page
    slow = {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.locator(".subjects summary").click()
    form = page.locator("details[open] .describe")
    with pond.kept():
        form.get_by_label("Individuals", exact=True).fill("3")
        form.get_by_label("Sex").select_option("male")
        form.get_by_label("Individual's id", exact=True).press_sequentially("Nd 7", delay=120)
    expect(page.locator(".subjects summary")).to_contain_text("3 individuals · male")
    expect(form.get_by_label("Individual's id", exact=True)).to_be_focused()
    expect(form.get_by_label("Individual's id", exact=True)).to_have_value("Nd 7")
    page.keyboard.press("Tab")
    expect(page.locator(".subjects summary")).to_contain_text("“Nd 7”")
    expect(page.get_by_role("dialog")).to_have_count(0)
    said = pond.subjects[0]
    assert (said["count"], said["sex"], said["individual"]) == (3, "male", "Nd 7")


def test_a_box_is_drawn_moved_and_resized_by_mouse(pond: Pond) -> None:
    page, mouse = pond.page, pond.page.mouse

    def drag(start: tuple[float, float], end: tuple[float, float]) -> None:
        mouse.move(*pond.spot(*start))
        mouse.down()
        mouse.move(*pond.spot(*end), steps=4)
        mouse.up()

    page.locator(".subjects summary").click()
    page.get_by_role("button", name="Draw its box").click()
    drag((0.1, 0.2), (0.5, 0.6))
    drag((0.3, 0.4), (0.4, 0.4))  # the box itself moves
    drag((0.6, 0.6), (0.7, 0.7))  # a corner resizes
    with pond.kept():
        page.get_by_role("button", name="Keep box").click()
    box = pond.subjects[0]["region"]
    assert box == pytest.approx({"x": 0.2, "y": 0.2, "w": 0.5, "h": 0.5}, abs=0.02)
    expect(page.locator(".boxes .subject")).to_have_count(1)
    page.get_by_role("button", name="Change its box").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".drawing")).to_have_count(0)
    with pond.kept():
        page.get_by_role("button", name="Remove its box").click()
    assert pond.subjects[0]["region"] is None
    expect(page.locator(".boxes .subject")).to_have_count(0)


def test_a_box_is_drawn_with_the_keyboard_alone(pond: Pond) -> None:
    page = pond.page
    page.keyboard.press("d")
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    for _ in range(10):
        page.keyboard.press("Shift+ArrowDown")
    with pond.kept():
        page.keyboard.press("Enter")
    box = pond.subjects[0]["region"]
    assert box == pytest.approx({"x": 0.25, "y": 0.3, "w": 0.4, "h": 0.5}, abs=1e-6)
    page.keyboard.press("d")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    expect(page.locator(".drawing")).to_have_count(0)
    assert pond.subjects[0]["region"] == box
    expect(page).to_have_url(page.url)


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(
        base_url=server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


def test_a_box_is_drawn_by_touch(phone: Page, server: Server) -> None:
    pond = Pond(phone, server)
    phone.locator(".subjects summary").tap()
    phone.get_by_role("button", name="Draw its box").tap()
    phone.locator(".drawing").scroll_into_view_if_needed()
    touch = phone.context.new_cdp_session(phone)
    begin, end = pond.spot(0.2, 0.2), pond.spot(0.6, 0.7)
    for kind, points in (("touchStart", [begin]), ("touchMove", [end]), ("touchEnd", [])):
        at = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
        phone.wait_for_timeout(100)
    phone.wait_for_timeout(1500)  # Chromium takes a tap right after a fling for its end
    with pond.kept():
        phone.get_by_role("button", name="Keep box").tap()
    box = pond.subjects[0]["region"]
    assert box == pytest.approx({"x": 0.2, "y": 0.2, "w": 0.4, "h": 0.5}, abs=0.02)


def test_individuals_are_counted_by_keys(page: Page, server: Server) -> None:
    client, collection = server.first_person()
    files = {"file": ("a.jpg", tiny.picture("Red", 1))}
    made = client.post(f"/api/v1/collections/{collection}/images", files=files).json()
    id = made["image"]["id"]
    let_in(page.context, server, client)
    page.goto(f"/images/{id}")
    expect(page.get_by_role("button", name="Count")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("dialog [name=individuals]")).to_be_focused()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("1 picture")
    expect(page.locator("dl", has_text="Individuals")).to_contain_text("3")
    page.goto(f"/collections/{collection}/review")
    expect(page.locator("#review .stage")).to_be_visible()
    page.keyboard.press("c")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("1 picture")
    expect(page.locator("#waiting")).to_have_text("1 picture to review.")
    assert client.get(f"/api/v1/images/{id}").json()["individuals"] == 5
