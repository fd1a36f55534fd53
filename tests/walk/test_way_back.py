"""The way back in a browser: a page comes back as it was, but not after somebody signed out."""

from collections.abc import Iterator
from contextlib import suppress

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.conftest import PASSWORD, require_chromium
from tests.walk.conftest import Server

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("walk")]
PLAIN = "biosight.test"  # over HTTP and not this machine itself: browsers ignore Clear-Site-Data
ELSEWHERE = "data:text/html,<title>elsewhere</title>"
# What is written into a page is there again only if the browser kept the page itself.
WRITE = "() => { window.kept = 'yes'; }"


@pytest.fixture
def keeping(browser: Browser) -> Iterator[Browser]:
    """A browser with its back/forward cache, which Playwright leaves out."""
    made = browser.browser_type.launch(
        executable_path=require_chromium(),
        args=[
            "--no-sandbox",
            "--disable-background-networking",
            "--disable-gpu",
            f"--host-resolver-rules=MAP {PLAIN} 127.0.0.1",
        ],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield made
    made.close()


def opened(
    browser: Browser, server: Server, host: str = "127.0.0.1"
) -> tuple[BrowserContext, Page, httpx2.Client, str]:
    """A signed-in browser on a collection's page."""
    client, collection = server.first_person()
    url = f"http://{host}:{server.port}"
    context = browser.new_context(base_url=url)
    context.add_cookies(
        [{"name": c.name, "value": c.value or "", "url": url} for c in client.cookies.jar]
    )
    page = context.new_page()
    page.goto(f"/collections/{collection}")
    expect(page.locator(".heading h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate(WRITE)
    return context, page, client, collection


def test_a_page_comes_back_as_it_was(keeping: Browser, server: Server) -> None:
    context, page, _, _ = opened(keeping, server)
    page.goto(ELSEWHERE)
    page.go_back(wait_until="commit")
    expect(page.locator(".heading h1")).to_be_visible()
    kept = page.evaluate(
        "window.kept ?? performance.getEntriesByType('navigation')[0].notRestoredReasons"
    )
    assert kept == "yes", kept
    context.close()


def test_a_kept_page_loads_anew_once_somebody_signed_out(keeping: Browser, server: Server) -> None:
    """By the page's own mark, for browsers that do not obey the server's word."""
    context, page, _, _ = opened(keeping, server)
    page.goto(ELSEWHERE)
    other = context.new_page()
    other.goto("/sign-in")  # sets the mark, and the session stays
    expect(other.get_by_role("button", name="Sign in")).to_be_visible()
    page.go_back(wait_until="commit")
    expect(page.locator(".heading h1")).to_be_visible()
    page.wait_for_function("window.kept === undefined")
    context.close()


@pytest.mark.parametrize("host", ["127.0.0.1", PLAIN])
def test_nothing_comes_back_after_signing_out(keeping: Browser, server: Server, host: str) -> None:
    """By the server's word (Clear-Site-Data); over plain HTTP, where browsers ignore it, nothing is
    kept at all."""
    context, page, _, collection = opened(keeping, server, host)
    page.goto(ELSEWHERE)
    other = context.new_page()
    other.goto("/account")
    other.get_by_role("button", name="Sign out", exact=True).click()
    expect(other.get_by_role("button", name="Sign in")).to_be_visible()
    context.set_offline(True)  # no later request can find out that the session has ended
    with suppress(Error):
        page.go_back(wait_until="commit")
    page.wait_for_timeout(1000)
    expect(page.locator(".heading h1")).to_be_hidden()
    context.set_offline(False)
    page.goto(f"/collections/{collection}")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    context.close()


def test_pages_with_secrets_are_never_kept(server: Server) -> None:
    client, collection = server.first_person()
    for path in (
        "/account",
        "/admin",
        f"/collections/{collection}/settings",
        f"/api/v1/collections/{collection}/shares",
        f"/api/v1/collections/{collection}/invitations",
        f"/api/v1/collections/{collection}/zip",
        f"/api/v1/collections/{collection}/csv",
        "/api/v1/me",
        "/api/v1/me/tokens",
        "/api/v1/admin/users",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "no-store", path
    for path in (f"/collections/{collection}", f"/api/v1/collections/{collection}/images"):
        assert client.get(path).headers["cache-control"] == "private, no-cache", path
    body = {"email": "ada@example.org", "password": PASSWORD}
    signed_in = client.post("/api/v1/sign-in", json=body)
    assert signed_in.headers["cache-control"] == "no-store"
    assert client.post("/api/v1/sign-out").headers["clear-site-data"] == '"cache"'
