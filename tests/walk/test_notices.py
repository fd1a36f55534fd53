"""A person adds a webhook and tries it out, chooses mails, and stops them by the link in one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.post import Box, post_office
from tests.receiver import Receiver, receiving
from tests.walk.conftest import Server, let_in

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("walk")]


@pytest.fixture
def box() -> Iterator[Box]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def account(browser: Browser, tmp_path: Path, model_dir: Path, box: Box) -> Iterator[Page]:
    """The page of notices of a server that sends mail, and webhooks to this machine."""
    server = Server(
        tmp_path / "data",
        model_dir,
        BIOSIGHT_SMTP_URL=box.url,
        BIOSIGHT_MAIL_FROM="biosight@example.org",
        BIOSIGHT_PUBLIC_URL="http://testserver",
        BIOSIGHT_WEBHOOK_NETWORKS="127.0.0.0/8",
    )
    server.start()
    context = browser.new_context(base_url=server.url)
    let_in(context, server, server.first_person()[0])
    page = context.new_page()
    page.goto("/account")
    page.get_by_role("link", name="Choose notices").click()
    yield page
    context.close()
    server.close()


def test_a_webhook_is_added_and_tried_out(account: Page, there: Receiver) -> None:
    account.get_by_role("button", name="Add a webhook").click()
    account.get_by_label("Address").fill(there.url)
    account.get_by_role("button", name="Add", exact=True).click()
    expect(account.locator("#secret code")).to_have_text(re.compile(r"^whsec_\S{40,}$"))
    account.get_by_role("button", name="Send a test").click()
    expect(account.get_by_role("cell", name="Answered with 200.")).to_be_visible()
    assert there.came.get(timeout=5)[0]["webhook-id"]
    account.get_by_role("button", name="Remove").click()
    account.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(account.locator("#webhooks li")).to_have_count(0)


def test_mails_are_chosen_and_kept(account: Page) -> None:
    account.get_by_label("Mails").select_option("daily")
    expect(account.get_by_text("Saved.")).to_be_visible()
    account.get_by_label("Somebody mentions me").uncheck()
    account.reload()
    expect(account.get_by_label("Mails")).to_have_value("daily")
    expect(account.get_by_label("Somebody mentions me")).not_to_be_checked()
    account.get_by_label("Another way in one collection").select_option("My images")
    account.get_by_role("button", name="Choose").click()
    expect(account.locator("#choices form")).to_have_count(2)


def test_keys_keep_their_place_while_choices_are_saved(account: Page) -> None:
    account.get_by_label("Mails").select_option("at once")
    box = account.get_by_label("Somebody mentions me")
    box.focus()
    for _ in range(3):
        account.keyboard.press("Space")
    expect(account.get_by_text("Saved.")).to_be_visible()
    expect(box).to_be_focused()
    account.wait_for_load_state("networkidle")
    account.reload()
    expect(account.get_by_label("Somebody mentions me")).not_to_be_checked()


def test_the_page_of_the_link_stops_mails(account: Page) -> None:
    account.goto("/notices/stop#wrong")
    account.get_by_role("button", name="Stop the mails").click()
    expect(account.get_by_role("alert")).to_contain_text("does not work any more")
