"""Links and work are good while the person who made them could still make them."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from starlette.testclient import TestClient

from biosight.accounts import Invitation, Share, User, find_user, reset_link, use_reset
from biosight.accounts.records import hash_secret
from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.membership import Member, joining_writes, member_id, set_role
from biosight.review.acts import change_of
from biosight.storage.records import Insert, Records, Replace, Require, Where
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.workflows.jobs import all_kinds
from biosight.workflows.pictures import long_acts
from tests.between import inserts, records_between, served
from tests.conftest import PASSWORD, first_collection, upload_ids
from tests.web.test_invitations import link, newcomer, roles, sign_up
from tests.web.test_shared import follow, seen, visitor
from tests.web.test_sharing import adopt, share

API = "/api/v1"
Another = Callable[[str], TestClient]


def show(owner: TestClient, collection: str, **body: object) -> str:
    """A new link that shows; its secret."""
    made = owner.post(f"{API}/collections/{collection}/shares", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["path"]).split("#")[1]


def person(client: TestClient) -> str:
    return str(client.get(f"{API}/me").json()["id"])


def remove(ada: TestClient, pond: str, bob: TestClient) -> int:
    return ada.delete(f"{API}/collections/{pond}/members/{person(bob)}").status_code


def demote(ada: TestClient, pond: str, bob: TestClient) -> int:
    path = f"{API}/collections/{pond}/members/{person(bob)}"
    return ada.patch(path, json={"role": "editor"}).status_code


def disable(ada: TestClient, pond: str, bob: TestClient) -> int:
    path = f"{API}/admin/users/{person(bob)}"
    return 204 if ada.patch(path, json={"disabled": True}).status_code == 200 else 0


def leave(ada: TestClient, pond: str, bob: TestClient) -> int:
    return bob.delete(f"{API}/collections/{pond}/members/{person(bob)}").status_code


def close_account(ada: TestClient, pond: str, bob: TestClient) -> int:
    return bob.request("DELETE", f"{API}/me", json={"password": PASSWORD}).status_code


ENDS = (remove, demote, disable, leave, close_account)


@pytest.mark.parametrize("end", ENDS)
def test_an_owners_links_end_with_the_right_to_make_them(
    ada: TestClient, another: Another, end: Callable[..., int]
) -> None:
    """A removed owner came back as owner by an invitation of before, and their links went on
    (G29)."""
    pond, bob, eve = first_collection(ada), another("bob@example.org"), another("eve@example.org")
    upload_ids(ada, pond, "Red")
    share(ada, bob, pond, "owner")
    invitation, shown = link(bob, pond, role="owner", uses=50, days=365), show(bob, pond)
    mine, guest = link(ada, pond), visitor(ada)
    assert follow(guest, shown) == 200
    assert end(ada, pond, bob) == 204
    answer = eve.post(f"{API}/join", json={"secret": invitation})
    assert answer.status_code == 404, answer.text
    assert pond not in roles(eve)
    assert newcomer(ada).post(f"{API}/invitation", json={"secret": invitation}).status_code == 404
    assert follow(visitor(ada), shown) == 404
    assert guest.get(f"{API}/shared/images").status_code == 404
    # Nobody else's link ends with it.
    assert eve.post(f"{API}/join", json={"secret": mine}).status_code == 200
    assert ada.get(f"{API}/collections/{pond}/shares").json() == []
    assert len(ada.get(f"{API}/collections/{pond}/invitations").json()) == 0


def test_an_administrators_invitations_to_sign_up_end_too(
    ada: TestClient, another: Another
) -> None:
    bob = another("bob@example.org")
    path = f"{API}/admin/users/{person(bob)}"
    assert ada.patch(path, json={"role": "admin"}).status_code == 200
    made = bob.post(f"{API}/admin/invitations", json={}).json()["path"].split("#")[1]
    assert ada.patch(path, json={"role": "member"}).status_code == 200
    assert sign_up(newcomer(ada), "eve@example.org", made) == 403
    assert ada.get(f"{API}/admin/invitations").json() == []


@pytest.mark.parametrize("kind", [Member, User])
def test_a_right_lost_between_the_look_and_the_write_lets_nobody_in(
    biosight: BioSight, ada: TestClient, another: Another, kind: type[Member] | type[User]
) -> None:
    """By an account that one has, and by signing up."""
    pond, bob, eve = first_collection(ada), another("bob@example.org"), another("eve@example.org")
    share(ada, bob, pond, "owner")
    secret, records, who = link(bob, pond, role="owner"), biosight.archive.records, person(bob)

    def lose() -> None:
        set_role(records, pond, who, "viewer")  # the links themselves are still there

    slow = records_between(biosight, "write", lose, wanted=inserts(kind))
    with served(slow, eve) as client:
        if kind is Member:
            answer = client.post(f"{API}/join", json={"secret": secret})
            assert answer.status_code == 404
            assert "may not share this any more" in answer.json()["detail"]
        else:
            client.cookies.clear()
            assert sign_up(client, "late@example.org", secret) == 403
    assert pond not in roles(eve)
    assert find_user(records, "late@example.org") is None


def test_a_joiner_rests_on_the_maker_in_the_same_write(
    biosight: BioSight, ada: TestClient, another: Another
) -> None:
    """The store itself refuses: no look before the write is needed."""
    pond, bob = first_collection(ada), another("bob@example.org")
    records = biosight.archive.records
    gone = Require(Member, member_id(pond, person(bob)), holds=(("role", "owner"),))
    with pytest.raises(Exception, match="members"):
        records.write(gone, *joining_writes(pond, person(bob), "owner"))


def test_an_address_that_nobody_proved_gets_no_offer(ada: TestClient, another: Another) -> None:
    """Somebody else may have made an account of it (G8); the link alone lets people in."""
    pond, false = first_collection(ada), another("bob@example.org")
    secret = link(ada, pond, email="bob@example.org", role="editor")
    (made,) = ada.get(f"{API}/collections/{pond}/invitations").json()
    assert false.get(f"{API}/offers").json() == []
    for accept in (True, False):
        answer = false.post(f"{API}/offers/{made['id']}", json={"accept": accept})
        assert answer.status_code == 404
    assert pond not in roles(false)
    # Their going takes nothing from the person of that address.
    assert false.request("DELETE", f"{API}/me", json={"password": PASSWORD}).status_code == 204
    true = another("bob@example.org")
    assert true.post(f"{API}/join", json={"secret": secret}).status_code == 200


def test_an_open_server_counts_the_uses_of_a_link(ada: TestClient, biosight: BioSight) -> None:
    pond = first_collection(ada)
    secret = link(ada, pond, uses=1)
    open_to_all = biosight.settings.model_copy(update={"registration": "open"})
    with suppress(AttributeError):
        object.__setattr__(biosight, "settings", open_to_all)
    for email, joined in (("one@example.org", True), ("two@example.org", False)):
        one = newcomer(ada)
        assert sign_up(one, email, secret) == 201
        assert (pond in roles(one)) == joined


def waiting_job(records: Records, pond: str, by: str, ids: list[str]) -> Job:
    """An act on many pictures that a worker has not begun."""
    return long_acts.ask(
        records, by, pond, change_of("trash"), [Where("collection", "=", pond)], ids
    )


@pytest.mark.parametrize("end", ENDS)
def test_work_stops_when_its_person_loses_the_right_to_it(
    biosight: BioSight, ada: TestClient, another: Another, end: Callable[..., int]
) -> None:
    """An editor who was removed amid a bulk act trashed all of it (G29)."""
    pond, bob = first_collection(ada), another("bob@example.org")
    ids, records = upload_ids(ada, pond, "Red", "Green"), biosight.archive.records
    share(ada, bob, pond, "editor")
    job = waiting_job(records, pond, person(bob), ids)
    if end is demote:
        path = f"{API}/collections/{pond}/members/{person(bob)}"
        assert ada.patch(path, json={"role": "viewer"}).status_code == 204
    else:
        assert end(ada, pond, bob) == 204
    stopped = jobs.get_job(records, job.id)
    assert (stopped.state, stopped.words[:8]) == ("dropped", "Stopped:")
    assert records.count(Image, [Where("trashed", "=", True)]) == 0


def test_work_that_was_asked_for_at_the_same_moment_is_not_begun(
    biosight: BioSight, ada: TestClient, another: Another
) -> None:
    """The job comes in behind the look for jobs to stop: its worker looks again."""
    pond, bob = first_collection(ada), another("bob@example.org")
    ids, records = upload_ids(ada, pond, "Red"), biosight.archive.records
    share(ada, bob, pond, "editor")
    who = person(bob)
    assert remove(ada, pond, bob) == 204
    job = waiting_job(records, pond, who, ids)
    all_kinds.run(biosight, jobs.take(records, job))
    assert jobs.get_job(records, job.id).state == "dropped"
    assert records.count(Image, [Where("trashed", "=", True)]) == 0


@pytest.mark.transactions
def test_work_stops_between_two_pieces(
    biosight: BioSight, ada: TestClient, another: Another
) -> None:
    pond, bob = first_collection(ada), another("bob@example.org")
    ids, records = upload_ids(ada, pond, *["Red"] * 3), biosight.archive.records
    share(ada, bob, pond, "editor")
    job = waiting_job(records, pond, person(bob), ids)

    def lose() -> None:
        assert remove(ada, pond, bob) == 204

    def changes_pictures(*writes: object) -> bool:
        return any(isinstance(w, Replace) and isinstance(w.record, Image) for w in writes)

    slow = records_between(biosight, "write", lose, wanted=changes_pictures)
    all_kinds.run(slow, jobs.take(records, job))
    assert jobs.get_job(records, job.id).state == "dropped"
    assert records.count(Image, [Where("trashed", "=", True)]) == 0


def test_a_demoted_owner_empties_no_trash(
    biosight: BioSight, ada: TestClient, another: Another
) -> None:
    pond, bob, records = first_collection(ada), another("bob@example.org"), biosight.archive.records
    share(ada, bob, pond, "owner")
    purge = jobs.ask(records, "purge", pond, person(bob))
    act = waiting_job(records, pond, person(bob), upload_ids(ada, pond, "Red"))
    assert demote(ada, pond, bob) == 204
    assert jobs.get_job(records, purge.id).state == "dropped"
    assert jobs.get_job(records, act.id).live


def test_other_reset_links_end_with_the_first(ada: TestClient, biosight: BioSight) -> None:
    """The second of two still set another password (G25)."""
    me = person(ada)
    first, second = (
        ada.post(f"{API}/admin/users/{me}/reset-link").json()["path"].split("#")[1]
        for _ in range(2)
    )
    client = newcomer(ada)
    body = {"link": first, "password": "another good password"}
    assert client.post(f"{API}/reset", json=body).status_code == 204
    assert client.post(f"{API}/reset", json=body | {"link": second}).status_code == 404


def test_reset_links_end_with_a_new_password(ada: TestClient) -> None:
    link_ = ada.post(f"{API}/admin/users/{person(ada)}/reset-link").json()["path"].split("#")[1]
    change = {"old": PASSWORD, "new": "another good password"}
    assert ada.post(f"{API}/me/password", json=change).status_code == 204
    body = {"link": link_, "password": "a third good password"}
    assert newcomer(ada).post(f"{API}/reset", json=body).status_code == 404


def test_a_link_to_a_label_follows_its_rename_and_shows_no_other(ada: TestClient) -> None:
    """It showed nothing after a rename, and then whatever took the old name (G30)."""
    pond = first_collection(ada)
    red, _ = upload_ids(ada, pond, "Red", "Green")
    guest = visitor(ada)
    assert follow(guest, show(ada, pond, label="Red")) == 200
    path = f"{API}/collections/{pond}/labels/rename"
    done = ada.post(path, json={"old": "Red", "new": "Scarlet"}).json()
    assert seen(guest) == [red]
    assert ada.post(path, json={"old": "Green", "new": "Red"}).status_code == 200
    assert seen(guest) == [red]
    assert [s["label"] for s in ada.get(f"{API}/collections/{pond}/shares").json()] == ["Scarlet"]
    assert ada.post(f"{API}/acts/{done['act']}/undo").status_code == 200
    assert red in seen(guest)


def test_a_link_to_a_label_ends_where_that_is_merged_or_removed(ada: TestClient) -> None:
    pond = first_collection(ada)
    upload_ids(ada, pond, "Red", "Green")
    path = f"{API}/collections/{pond}/labels/rename"
    for label, new in (("Red", "Green"), ("Green", "")):
        guest = visitor(ada)
        assert follow(guest, show(ada, pond, label=label)) == 200
        assert ada.post(path, json={"old": label, "new": new}).status_code == 200
        assert guest.get(f"{API}/shared/images").status_code == 404


def test_a_mailed_reset_link_proves_the_address(ada: TestClient, biosight: BioSight) -> None:
    """An administrator's link, which is shown to them, does not."""
    records = biosight.archive.records
    user = find_user(records, "ada@example.org")
    assert user is not None
    use_reset(records, reset_link(records, user, "somebody"), "another good password")
    changed = records.get(User, user.id)
    assert changed is not None
    assert not changed.proved
    use_reset(records, reset_link(records, changed, user.id), "a third good password")
    assert (records.get(User, user.id) or user).proved


def test_adopted_accounts_are_listed_until_they_are(ada: TestClient, another: Another) -> None:
    another("bob@example.org")
    users = {u["email"]: u["proved"] for u in ada.get(f"{API}/admin/users").json()["users"]}
    assert users == {"ada@example.org": True, "bob@example.org": False}
    adopt(ada, "bob@example.org")


def test_what_no_maker_stands_behind_is_no_use(biosight: BioSight, ada: TestClient) -> None:
    """A link whose maker's account is gone, as an earlier BioSight may have left it."""
    records, pond = biosight.archive.records, first_collection(ada)
    records.write(
        Insert(Invitation(hash_secret("old"), "sign-up", "", "", "gone", 0.0, 9e12, pond, "owner")),
        Insert(Share(hash_secret("old"), pond, "", "", "", "gone", 0.0, 9e12)),
    )
    assert newcomer(ada).post(f"{API}/invitation", json={"secret": "old"}).status_code == 404
    assert follow(visitor(ada), "old") == 404
