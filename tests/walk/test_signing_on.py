"""The button on the sign-in page, in a real browser, to a provider and back."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from oidc_provider_mock import User as Somebody
from oidc_provider_mock import run_server_in_thread
from playwright.sync_api import Browser, expect

from biosight.accounts import first_code
from biosight.bootstrap import open_archive
from biosight.settings import Settings
from tests.conftest import PASSWORD
from tests.walk.conftest import Server

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    # The provider still signs by what Authlib renames.
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:get_jwt_config"),
]


@pytest.fixture
def signing_on(tmp_path: Path, model_dir: Path) -> Iterator[Server]:
    """A server whose people a provider signs in, with a first account."""
    claims = {"email": "ben@example.org", "email_verified": True, "name": "Ben"}
    with run_server_in_thread(user_claims=[Somebody(sub="ben", claims=claims)]) as provider:
        made = Server(
            tmp_path / "data",
            model_dir,
            BIOSIGHT_OIDC_ISSUER=f"http://localhost:{provider.server_port}",
            BIOSIGHT_OIDC_CLIENT_ID="biosight",
            BIOSIGHT_OIDC_CLIENT_SECRET="a-secret",
            BIOSIGHT_OIDC_NAME="Fen Institute",
        )
        made.settings["BIOSIGHT_PUBLIC_URL"] = made.url
        made.start()
        archive = open_archive(Settings(data_dir=made.data))
        code = first_code(archive.records)
        archive.close()
        body = {"email": "root@example.org", "password": PASSWORD, "invitation": code}
        answer = httpx2.post(f"{made.url}/api/v1/register", json=body, headers={"Origin": made.url})
        assert answer.status_code == 201, answer.text
        yield made
        made.close()


def test_the_button_leads_to_the_provider_and_back(signing_on: Server, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{signing_on.url}/model")
    page.get_by_role("link", name="Sign in with Fen Institute").click()
    page.wait_for_url("http://localhost:*/oauth2/authorize*")
    page.locator("input[name=sub]").first.fill("ben")
    page.get_by_role("button", name="Authorize").first.click()
    page.wait_for_url(f"{signing_on.url}/model")
    expect(page.get_by_role("link", name="Ben")).to_be_visible()
    page.close()
