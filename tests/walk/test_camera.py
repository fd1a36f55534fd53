"""A picture taken on a phone has its place, waits while there is no network, and is never lost."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests import tiny, written
from tests.walk.conftest import Server, let_in

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("walk")]


def taken(name: str, content: bytes) -> FilePayload:
    """A file as the phone's camera gives it."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


PICTURE = taken("photo.jpg", tiny.picture("Red", 1))
OTHER = taken("second.jpg", tiny.picture("Blue", 2))


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[tuple[Page, str]]:
    """A phone in a park, signed in, on an empty collection."""
    client, collection = server.first_person()
    context = browser.new_context(
        base_url=server.url,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        geolocation={"latitude": -33.8568, "longitude": 151.2153},
        permissions=["geolocation"],
    )
    let_in(context, server, client)
    page = context.new_page()
    page.goto(f"/collections/{collection}")
    expect(page.locator("#empty")).to_be_visible()  # the page's module runs: it may go offline now
    yield page, collection
    context.close()


def say(page: Page, word: str) -> None:
    """Answer once for all whether pictures get a place."""
    page.evaluate(
        """word => localStorage.setItem(
            `biosight:places-of-pictures:${document.body.dataset.user}`, word)""",
        word,
    )


def shown(page: Page, number: int = 0) -> dict[str, float]:
    """What the server knows of a picture."""
    image = page.locator(".tile").nth(number).get_attribute("data-id")
    answer = page.request.get(f"/api/v1/images/{image}")
    found: dict[str, float] = answer.json()
    return found


def test_a_picture_has_the_place_where_it_was_taken(phone: tuple[Page, str]) -> None:
    page, _ = phone
    page.locator("#camera").set_input_files(PICTURE)
    page.get_by_role("button", name="Save places").click()
    expect(page.locator(".tile")).to_have_count(1)
    found = shown(page)
    assert (found["latitude"], found["longitude"]) == pytest.approx((-33.8568, 151.2153), abs=1e-5)
    page.locator("#camera").set_input_files(OTHER)
    expect(page.locator("#counted")).to_contain_text("2 pictures")
    expect(page.get_by_role("button", name="Save places")).to_have_count(0)


def test_who_says_no_gives_no_place(phone: tuple[Page, str]) -> None:
    page, _ = phone
    page.locator("#camera").set_input_files(PICTURE)
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.locator(".tile")).to_have_count(1)
    assert shown(page)["latitude"] is None


def test_a_place_stands_beside_what_a_picture_says_already(phone: tuple[Page, str]) -> None:
    page, _ = phone
    say(page, "yes")
    said = written.jpeg(packet=written.xmp(xmp__CreateDate="2026-05-01T10:00:00"))
    page.locator("#camera").set_input_files(taken("described.jpg", said))
    expect(page.locator(".tile")).to_have_count(1)
    found = shown(page)
    assert found["latitude"] == pytest.approx(-33.8568, abs=1e-5)
    assert str(found["taken"]).startswith("2026-05-01T10:00")


def test_a_vague_place_is_none(phone: tuple[Page, str]) -> None:
    page, _ = phone
    say(page, "yes")
    page.context.set_geolocation({"latitude": 1.0, "longitude": 2.0, "accuracy": 20_000})
    page.locator("#camera").set_input_files(PICTURE)
    expect(page.locator(".tile")).to_have_count(1)
    assert shown(page)["latitude"] is None


def test_a_browser_that_keeps_nothing_sends_at_once(phone: tuple[Page, str]) -> None:
    page, _ = phone
    say(page, "no")
    page.evaluate(
        "() => { IDBFactory.prototype.open = () => { throw new Error('no room') }; return 0 }"
    )
    page.locator("#camera").set_input_files(PICTURE)
    expect(page.locator(".tile")).to_have_count(1)


def test_a_busy_server_is_asked_again_when_it_says(phone: tuple[Page, str]) -> None:
    page, _ = phone
    say(page, "no")
    busy = {"status": 503, "headers": {"Retry-After": "1"}, "json": {"detail": "Too busy."}}
    page.route("**/images", lambda route: route.fulfill(**busy), times=1)
    page.locator("#camera").set_input_files(PICTURE)
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator("#kept-back")).to_be_hidden()


def test_a_full_server_refuses_no_picture_for_good(phone: tuple[Page, str]) -> None:
    page, _ = phone
    say(page, "no")
    full = {"status": 507, "json": {"detail": "There is no room."}}
    page.route("**/images", lambda route: route.fulfill(**full), times=1)
    page.locator("#camera").set_input_files(PICTURE)
    expect(page.locator("#kept-back")).to_contain_text("1 picture in this browser")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator(".tile")).to_have_count(1)


def test_nothing_is_sent_as_somebody_else(phone: tuple[Page, str]) -> None:
    page, _ = phone
    say(page, "no")
    page.route("**/api/v1/me", lambda route: route.fulfill(json={"id": "somebody"}))
    page.locator("#camera").set_input_files(PICTURE)
    expect(page.locator("#kept-back")).to_contain_text("1 picture in this browser")
    page.unroute("**/api/v1/me")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator(".tile")).to_have_count(1)


def test_without_a_network_it_waits_and_a_reload_loses_nothing(phone: tuple[Page, str]) -> None:
    page, collection = phone
    say(page, "yes")
    page.context.set_offline(True)
    page.locator("#camera").set_input_files(PICTURE)
    expect(page.locator("#kept-back")).to_contain_text("1 picture in this browser")
    page.locator("#camera").set_input_files(OTHER)
    expect(page.locator("#kept-back")).to_contain_text("2 pictures in this browser")
    assert page.locator(".tile").count() == 0
    # The tab is closed meanwhile; what waits is still there, and goes when the network is back.
    again = page.context.new_page()
    page.close()
    again.context.set_offline(False)
    again.goto(f"/collections/{collection}")
    expect(again.locator(".tile")).to_have_count(2)
    expect(again.locator("#kept-back")).to_be_hidden()
    assert shown(again)["latitude"] == pytest.approx(-33.8568, abs=1e-5)


def test_it_is_sent_when_the_network_returns(phone: tuple[Page, str]) -> None:
    page, _ = phone
    say(page, "no")
    page.context.set_offline(True)
    page.locator("#camera").set_input_files(PICTURE)
    expect(page.locator("#kept-back")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator("#kept-back")).to_be_hidden()


def test_what_the_server_refuses_is_kept_until_a_person_says_so(phone: tuple[Page, str]) -> None:
    page, _ = phone
    say(page, "no")
    page.locator("#camera").set_input_files(taken("broken.jpg", b"\xff\xd8 no picture"))
    notice = page.locator("#kept-back")
    expect(notice).to_contain_text(re.compile(r"broken\.jpg was refused: \w"))
    page.locator("#camera").set_input_files(PICTURE)
    expect(page.locator(".tile")).to_have_count(1)
    notice.get_by_role("button", name="Forget it").click()
    expect(notice).to_be_hidden()
