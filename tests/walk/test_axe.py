"""Every page by axe-core: no violation of WCAG's rules or of good practice, in both schemes."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests import tiny
from tests.conftest import PASSWORD
from tests.walk.conftest import Server

pytestmark = [
    pytest.mark.walk,
    # Playwright's own event loop is closed late by its driver.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
API = "/api/v1"
# The pages with the most on them each time, all of them in make test-long.
FORMS = [
    pytest.param("light", 1440, id="light-1440"),
    pytest.param("dark", 390, id="dark-390", marks=pytest.mark.long),
    pytest.param("dark", 1440, id="dark-1440", marks=pytest.mark.long),
    pytest.param("light", 390, id="light-390", marks=pytest.mark.long),
    pytest.param("light", 1280, id="light-1280", marks=pytest.mark.long),
]


@pytest.fixture
def filled(server: Server) -> tuple[Server, dict[str, str]]:
    """A server with what every page can show: labels of all kinds, places, history, trash."""
    client = server.client()
    body = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada"}
    assert client.post(f"{API}/register", json=body).status_code == 201
    here = f"{API}/collections/{(c := client.get(f'{API}/collections').json()[0]['id'])}"
    ids = []
    for number, label in enumerate(["Red", "Green", "Blue", "Pink"] * 3):
        file = {"file": (f"{label} {number}.jpg", tiny.picture(label, number))}
        ids.append(client.post(f"{here}/images", files=file).json()["image"]["id"])
    site = {"name": "Pond", "latitude": "52.5", "longitude": "13.4"}
    place = client.post(f"{here}/sites", json=site).json()["id"]
    camera = {"name": "Cam", "site": place}
    deployment = client.post(f"{here}/deployments", json=camera).json()["id"]
    for act in (
        {"kind": "confirm", "images": ids[:3]},
        {"kind": "undecided", "images": ids[3:4]},
        {"kind": "confirm", "matching": {"label": "Green"}},
        {"kind": "deploy", "deployment": deployment, "images": ids[:4]},
        {"kind": "trash", "images": ids[-1:]},
    ):
        assert client.post(f"{here}/acts", json=act).status_code == 201, act
    client.patch(here, json={"second_reader": True, "comments": True})
    client.post(f"{API}/images/{ids[0]}/comments", json={"text": "Of what pond?"})
    client.post(f"{here}/identifications", json={"image": ids[4], "label": "Newt"})
    client.post(f"{here}/invitations", json={})
    invitation = client.post(f"{API}/admin/invitations", json={}).json()["path"]
    return server, {"c": c, "image": ids[0], "model": "tiny@1", "invitation": invitation}


BUSIEST = (
    "/collections/{c}",
    "/collections/{c}/review/groups",
    "/collections/{c}/settings/members",
    "/images/{image}",
)
PAGES = (
    "/",
    "/collections/{c}",
    "/collections/{c}?label=Red",
    "/collections/{c}/unfamiliar",
    "/collections/{c}/review",
    "/collections/{c}/review/groups",
    "/collections/{c}/review/doubted",
    "/collections/{c}/review/readers",
    "/collections/{c}/review/conflicts",
    "/collections/{c}/review/agreement",
    "/mentions",
    "/collections/{c}/names",
    "/collections/{c}/places",
    "/collections/{c}/times",
    "/collections/{c}/model",
    "/collections/{c}/drift",
    "/collections/{c}/history",
    "/collections/{c}/settings",
    "/collections/{c}/settings/names",
    "/collections/{c}/settings/labels",
    "/collections/{c}/settings/members",
    "/collections/{c}/settings/collection",
    "/images/{image}",
    "/trash",
    "/model",
    "/models/{model}",
    "/admin",
    "/account",
    "/account/notices",
    "/notices/stop",
    "/docs",
    "/help/sorting",
    "/help/models",
    "/shared",
    "/nowhere",
)
# Texts that a program shows where it had nothing to say.
LEAKED = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const leaked = /^(true|false|null|undefined|NaN|\\[object .*)$/;
  const found = [];
  while (walk.nextNode()) {
    const { data } = walk.currentNode;
    if (leaked.test(data.trim())) found.push(data);
  }
  return found;
}"""
OUTSIDE = ("/sign-in", "/register", "/forgotten", "/reset#x", "{invitation}")


@pytest.mark.parametrize(("scheme", "width"), FORMS)
def test_no_page_has_a_violation(
    browser: Browser, filled: tuple[Server, dict[str, str]], scheme: str, width: int
) -> None:
    server, ids = filled
    context = browser.new_context(
        base_url=server.url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    outside = OUTSIDE if width != 1440 else OUTSIDE[-1:]
    found = [fault for path in outside for fault in faults(context, path.format(**ids))]
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Email address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server.url}/")
    page.close()
    pages = BUSIEST if (scheme, width) == ("light", 1440) else PAGES
    found += [fault for path in pages for fault in faults(context, path.format(**ids))]
    context.close()
    assert not found, "\n".join(found)


def faults(context: BrowserContext, path: str) -> list[str]:
    """What axe finds on a page, a line each."""
    page = context.new_page()
    page.goto(path)
    page.wait_for_load_state("networkidle")
    said = [
        f"{path}: {v['id']} {len(v['nodes'])} x, {v['nodes'][0]['html'][:160]}"
        for v in violations(page)
    ]
    if path != "/docs":  # it tells of such values
        said += [f"{path}: a page says {word}" for word in page.evaluate(LEAKED)]
    page.close()
    return said


def violations(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return found
