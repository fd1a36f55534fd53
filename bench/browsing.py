"""A real browser for the benches, signed in as the bench's user."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Playwright

from bench.made import Running


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Open Debian's Chromium."""
    opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    yield opened
    opened.close()


def sign_in(page: Page, running: Running) -> None:
    """Give a page the session of the bench's client."""
    page.context.add_cookies(
        [
            {"name": c.name, "value": str(c.value), "url": running.url}
            for c in running.client.cookies.jar
        ]
    )
