"""Minutes for one question: its queue, the bar of minutes, and what was gained at their end."""

import pytest
from playwright.sync_api import Page, expect

from tests import tiny
from tests.walk.conftest import Server, let_in

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def begin(page: Page, question: str) -> None:
    """Begin ten minutes for a question, from the list of names."""
    page.get_by_role("button", name="I have some minutes").click()
    page.get_by_label("Time").select_option("10 minutes")
    page.get_by_label("Question").select_option(question)
    page.get_by_role("button", name="Begin").click()


def test_ten_minutes_for_a_number_and_ten_for_the_names(page: Page, server: Server) -> None:
    client, collection = server.first_person()
    for n in range(8):
        files = {"file": (f"{n}.jpg", tiny.picture("Red" if n % 2 else "Green", n))}
        assert client.post(f"/api/v1/collections/{collection}/images", files=files).is_success
    let_in(page.context, server, client)
    page.clock.install()
    page.goto(f"/collections/{collection}/names")
    begin(page, "How many pictures show Red?")
    expect(page.locator("#waiting")).to_contain_text("10 of 10 minutes left")
    expect(page.locator("#waiting")).to_contain_text("Red: likely 0 to 8 pictures")
    for looks in range(4):
        expect(page.locator("#review .strip button")).to_have_count(8)
        expect(page.locator("#review .strip .done")).to_have_count(looks)
        page.clock.run_for(1000)
        page.keyboard.press("a")
    expect(page.locator("#review .strip .done")).to_have_count(4)
    page.clock.fast_forward("10:00")
    page.keyboard.press("a")
    over = page.locator("#review .empty")
    expect(over).to_contain_text("10 minutes: 5 looks.")
    expect(over).to_contain_text("Red: likely 0 to 8 pictures before,")
    said = client.get(f"/api/v1/collections/{collection}/images").json()["images"]
    assert sum(i["who"] == "person" for i in said) == 5
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#waiting")).to_contain_text("3 pictures to review. Red: likely")
    page.goto(f"/collections/{collection}/names")
    begin(page, "How often is the model right?")
    expect(page.locator("#waiting")).to_contain_text("10 of 10 minutes left")
    expect(page.locator("#order")).to_contain_text("drawn at random")
