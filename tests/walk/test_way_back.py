"""The way back in a browser: a page comes back as it was, but not after somebody signed out."""

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.conftest import PASSWORD, require_chromium
from tests.walk.conftest import Server, let_in

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("walk")]
ELSEWHERE = "data:text/html,<title>elsewhere</title>"
# What is written into a page is there again only if the browser kept the page itself.
WRITE = "() => { window.kept = 'yes'; }"


@pytest.fixture
def keeping(browser: Browser) -> Iterator[Browser]:
    """A browser with its back/forward cache, which Playwright leaves out."""
    made = browser.browser_type.launch(
        executable_path=require_chromium(),
        args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield made
    made.close()


def opened(browser: Browser, server: Server) -> tuple[BrowserContext, Page, httpx2.Client, str]:
    """A signed-in browser on a collection's page."""
    client, collection = server.first_person()
    context = browser.new_context(base_url=server.url)
    let_in(context, server, client)
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


@pytest.mark.parametrize("forgets", [True, False])
def test_nothing_comes_back_after_signing_out(
    keeping: Browser, server: Server, forgets: bool
) -> None:
    """By the server's word (Clear-Site-Data), and without it, as over plain HTTP, by the page's own
    mark."""
    context, page, _, collection = opened(keeping, server)
    if not forgets:

        def without_the_word(route: Route) -> None:
            answer = route.fetch()
            headers = {k: v for k, v in answer.headers.items() if k != "clear-site-data"}
            route.fulfill(response=answer, headers=headers)

        page.route("**/api/v1/sign-out", without_the_word)
    page.evaluate("() => location.assign('/account')")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.evaluate("() => history.go(-2)")
    expect(page).to_have_url(f"{server.url}/sign-in?next=%2Fcollections%2F{collection}")
    assert page.evaluate("window.kept") is None
    context.close()


def test_pages_with_secrets_are_never_kept(server: Server) -> None:
    client, collection = server.first_person()
    for path in (
        "/account",
        "/admin",
        f"/collections/{collection}/settings",
        f"/api/v1/collections/{collection}/shares",
        f"/api/v1/collections/{collection}/invitations",
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
