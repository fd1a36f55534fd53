"""Invitations: one link, to a collection or to sign up, for people with and without an account."""

import threading
import time
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from biosight.accounts import Invitation
from biosight.bootstrap import BioSight
from tests.conftest import ORIGIN, PASSWORD, first_collection
from tests.web.test_sharing import adopt

API = "/api/v1"
Another = Callable[[str], TestClient]


def link(owner: TestClient, collection: str, **body: object) -> str:
    """A new invitation's secret."""
    answer = owner.post(f"{API}/collections/{collection}/invitations", json=body)
    assert answer.status_code == 201, answer.text
    path: str = answer.json()["path"]
    assert path.startswith("/join#")
    return path.split("#")[1]


def newcomer(client: TestClient) -> TestClient:
    """A browser that nobody is signed in with."""
    return TestClient(client.app, headers=ORIGIN, raise_server_exceptions=False)


def sign_up(client: TestClient, email: str, secret: str) -> int:
    body = {"email": email, "password": PASSWORD, "invitation": secret}
    return client.post(f"{API}/register", json=body).status_code


def roles(client: TestClient) -> dict[str, str]:
    return {c["id"]: c["role"] for c in client.get(f"{API}/collections").json()}


def test_a_student_without_an_account_follows_the_link(ada: TestClient) -> None:
    pond = ada.post(f"{API}/collections", json={"name": "Pond"}).json()["id"]
    secret = link(ada, pond, role="editor", email="Student@example.org")
    student = newcomer(ada)
    seen = student.post(f"{API}/invitation", json={"secret": secret}).json()
    assert seen == {
        "by": "ada",
        "collection": "Pond",
        "role": "editor",
        "may": "add and change pictures",
        "email": "student@example.org",
    }
    assert sign_up(student, "thief@example.org", secret) == 403
    assert sign_up(student, "student@example.org", secret) == 201
    assert roles(student)[pond] == "editor"
    (theirs,) = [c for c in student.get(f"{API}/collections").json() if c["id"] == pond]
    assert theirs["owners"] == ["ada"]
    # It let one person in.
    assert student.post(f"{API}/invitation", json={"secret": secret}).status_code == 404
    assert ada.get(f"{API}/collections/{pond}/invitations").json() == []


@pytest.mark.transactions
def test_one_with_an_account_joins_and_the_link_counts(ada: TestClient, another: Another) -> None:
    pond = first_collection(ada)
    bob, eve = another("bob@example.org"), another("eve@example.org")
    secret = link(ada, pond, uses=2)
    assert bob.post(f"{API}/join", json={"secret": secret}).json() == {"collection": pond}
    assert roles(bob)[pond] == "viewer"
    # Following it again is no second use.
    assert bob.post(f"{API}/join", json={"secret": secret}).json() == {"collection": pond}
    assert ada.get(f"{API}/collections/{pond}/invitations").json()[0]["uses"] == 1
    assert eve.post(f"{API}/join", json={"secret": secret}).status_code == 200
    assert newcomer(ada).post(f"{API}/invitation", json={"secret": secret}).status_code == 404


def test_a_link_for_an_address_waits_in_its_library_and_for_nobody_else(
    ada: TestClient, another: Another
) -> None:
    pond, bob, eve = first_collection(ada), another("bob@example.org"), another("eve@example.org")
    secret = link(ada, pond, email="bob@example.org")
    assert eve.post(f"{API}/join", json={"secret": secret}).status_code == 403
    adopt(ada, "bob@example.org")
    (offer,) = bob.get(f"{API}/offers").json()
    assert (offer["by"], offer["role"]) == ("ada", "viewer")
    assert bob.post(f"{API}/offers/{offer['id']}", json={"accept": True}).status_code == 204
    assert roles(bob)[pond] == "viewer"
    assert bob.get(f"{API}/offers").json() == []


def test_a_withdrawn_or_late_link_leads_nowhere(
    ada: TestClient, another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    pond, bob = first_collection(ada), another("bob@example.org")
    path = f"{API}/collections/{pond}/invitations"
    secret = link(ada, pond)
    (made,) = ada.get(path).json()
    assert ada.delete(f"{path}/{made['id']}").status_code == 204
    gone = bob.post(f"{API}/join", json={"secret": secret})
    assert gone.status_code == 404
    assert "ask for a new one" in gone.json()["detail"]
    late = link(ada, pond, days=1)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_500)
    assert bob.post(f"{API}/join", json={"secret": late}).status_code == 404


def test_only_owners_invite_and_only_to_their_own(ada: TestClient, another: Another) -> None:
    pond, bob = first_collection(ada), another("bob@example.org")
    bob.post(f"{API}/join", json={"secret": link(ada, pond, role="editor")})
    path = f"{API}/collections/{pond}/invitations"
    assert bob.post(path, json={"role": "owner"}).status_code == 403
    assert bob.get(path).status_code == 403
    mine = bob.post(f"{API}/collections", json={"name": "Bob's"}).json()["id"]
    link(bob, mine)
    (own,) = bob.get(f"{API}/collections/{mine}/invitations").json()
    assert ada.delete(f"{path}/{own['id']}").status_code == 404
    assert ada.delete(f"{API}/admin/invitations/{own['id']}").status_code == 404


def test_a_link_for_one_address_is_for_one_person(ada: TestClient) -> None:
    path = f"{API}/collections/{first_collection(ada)}/invitations"
    answer = ada.post(path, json={"email": "bob@example.org", "uses": 3})
    assert answer.status_code == 400
    assert "works once" in answer.json()["detail"]


def test_the_last_use_is_had_by_one_of_two(
    ada: TestClient, another: Another, biosight: BioSight
) -> None:
    pond = first_collection(ada)
    people = [another("bob@example.org"), another("eve@example.org")]
    secret = link(ada, pond)
    ready, answers = threading.Barrier(2), []

    def follow(who: TestClient) -> None:
        ready.wait()
        answers.append(who.post(f"{API}/join", json={"secret": secret}).status_code)

    threads = [threading.Thread(target=follow, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 404]
    assert biosight.archive.records.find(Invitation) == []


def test_an_invitation_goes_with_its_collection(ada: TestClient, biosight: BioSight) -> None:
    pond = ada.post(f"{API}/collections", json={"name": "Pond"}).json()["id"]
    secret = link(ada, pond)
    ada.delete(f"{API}/collections/{pond}")
    said = newcomer(ada).post(f"{API}/invitation", json={"secret": secret})
    assert said.status_code == 404
    assert "no longer exist" in said.json()["detail"]
    ada.delete(f"{API}/collections/{pond}/forever")
    assert biosight.archive.records.find(Invitation) == []


def test_the_admins_link_is_the_same_without_a_collection(ada: TestClient) -> None:
    made = ada.post(f"{API}/admin/invitations", json={"uses": 2}).json()["path"]
    secret = made.split("#")[1]
    bob = newcomer(ada)
    seen = bob.post(f"{API}/invitation", json={"secret": secret}).json()
    assert (seen["by"], seen["collection"]) == ("ada", "")
    assert sign_up(bob, "bob@example.org", secret) == 201
    assert bob.post(f"{API}/join", json={"secret": secret}).json() == {"collection": ""}
    assert sign_up(newcomer(ada), "eve@example.org", secret) == 201
    assert sign_up(newcomer(ada), "kim@example.org", secret) == 403
