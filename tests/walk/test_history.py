"""The history: equal acts, one after another, are one line; all of them are undone together."""

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests import tiny
from tests.walk.conftest import Server, let_in

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("walk")]


def pictures(client: httpx2.Client, collection: str, many: int) -> list[str]:
    made = []
    for seed in range(many):
        answer = client.post(
            f"/api/v1/collections/{collection}/images",
            files={"file": (f"{seed}.jpg", tiny.picture("Red", seed))},
        )
        made.append(str(answer.json()["image"]["id"]))
    return made


def said_by(client: httpx2.Client, ids: list[str]) -> list[str]:
    return [str(client.get(f"/api/v1/images/{id}").json()["who"]) for id in ids]


def test_confirmations_in_a_row_are_one_line(server: Server, page: Page) -> None:
    client, collection = server.first_person()
    ids = pictures(client, collection, 8)
    for id in ids[:6]:
        assert client.patch(f"/api/v1/images/{id}", json={"confirm": True}).status_code == 200
    client.patch(f"/api/v1/images/{ids[6]}", json={"label": "Fox"})
    client.patch(f"/api/v1/images/{ids[7]}", json={"confirm": True})
    let_in(page.context, server, client)
    page.goto(f"/collections/{collection}/history")
    lines = page.locator("#acts > li")
    expect(lines).to_have_count(3)
    row = lines.nth(2)
    expect(row).to_contain_text("Confirmed, 6 pictures, one after another")
    expect(row.locator(".shown img").first).to_be_visible()
    expect(row.locator("ol > li").first).not_to_be_visible()
    row.get_by_text("Show each").click()
    expect(row.locator("ol > li")).to_have_count(6)
    row.get_by_role("button", name="Undo all").click()
    expect(page.get_by_text("Undone: Confirmed, 6 pictures")).to_be_visible()
    expect(lines.nth(2)).to_contain_text("undone")
    assert said_by(client, ids) == ["machine"] * 6 + ["person"] * 2
