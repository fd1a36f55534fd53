"""People are told what happened, by mail and webhook: each thing once, and only while they may see
the collection."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.accounts import first_code
from biosight.bootstrap import BioSight, open_biosight
from biosight.drift import DriftReport
from biosight.images.comments import Mention
from biosight.notices import Delivery, NoticeChoice, Webhook
from biosight.settings import Settings, networks
from biosight.storage.records import Insert, Records, Remove, Replace, find_all, new_id
from biosight.web.app import create_app
from biosight.web.background import notice_thread
from biosight.web.background.notice_thread import NoticeThread
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.leases import Lease, drop_lease, take_lease
from biosight.workflows.notices.sending import (
    PAUSES,
    DueWay,
    Sender,
    due_ways,
    send_by_way,
    send_due,
)
from biosight.workflows.notices.written import write_deliveries
from biosight.workflows.people.mails import Post
from biosight.workflows.upkeep.housekeeping import keep_house
from tests.conftest import ORIGIN, PASSWORD, first_collection, sign_up, upload_ids
from tests.post import Box, post_office
from tests.receiver import Receiver, receiving

OURS = "http://testserver"
ALL = ["finished", "failed", "mention", "drift"]


class Server:
    """A BioSight that sends mail and webhooks when a test says so."""

    def __init__(self, biosight: BioSight, box: Box) -> None:
        self.biosight, self.box = biosight, box
        self.records: Records = biosight.archive.records
        post = Post(box.url, "biosight@example.org", OURS)
        self.sender = Sender(self.records, post, networks("127.0.0.0/8"))
        self.app = create_app(biosight, housekeeping=False)

    def client(self) -> TestClient:
        return TestClient(self.app, headers=ORIGIN)

    def round(self) -> int:
        """What the server's thread does every few seconds."""
        write_deliveries(self.records, time.time() - 3600, mail=True)
        return send_due(self.sender)

    def deliveries(self) -> list[Delivery]:
        return sorted(find_all(self.records, Delivery), key=lambda d: d.at)

    def make_due(self) -> None:
        """Let all that waits be due now."""
        for delivery in self.deliveries():
            now = replace(delivery, due_at=0.0, version=delivery.version + 1)
            self.records.write(Replace(now, delivery.version))


@pytest.fixture
def box() -> Iterator[Box]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def server(settings: Settings, box: Box) -> Iterator[Server]:
    given = {"smtp_url": box.url, "mail_from": "biosight@example.org", "public_url": OURS}
    opened = open_biosight(settings.model_copy(update=given))
    yield Server(opened, box)
    opened.close()


@pytest.fixture
def ada(server: Server) -> TestClient:
    client = server.client()
    sign_up(client, "ada@example.org", first_code(server.records))
    return client


@pytest.fixture
def join(server: Server, ada: TestClient) -> Callable[[str, str], TestClient]:
    """Makes members of ada's first collection."""

    def make(email: str, role: str) -> TestClient:
        path = f"/api/v1/collections/{first_collection(ada)}/invitations"
        link = ada.post(path, json={"role": role}).json()["path"].split("#")[1]
        client = server.client()
        body = {"email": email, "password": PASSWORD, "name": email[:3], "invitation": link}
        assert client.post("/api/v1/register", json=body).status_code == 201
        return client

    return make


def me(client: TestClient) -> str:
    return str(client.get("/api/v1/me").json()["id"])


def choose(client: TestClient, mail: str, collection: str = "", kinds: list[str] = ALL) -> None:
    said = {"collection": collection, "mail": mail, "kinds": kinds}
    answer = client.put("/api/v1/me/notices", json=said)
    assert answer.status_code == 200, answer.text


def hook(client: TestClient, address: str, **said: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/me/webhooks", json={"address": address, "kinds": ALL} | said)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def ended(
    server: Server, by: str, collection: str, state: str = "done", seconds: float = 90
) -> Job:
    """Work of a person that has just ended, after so many seconds."""
    now = time.time()
    wants = (("title", "Label 900 pictures"),)
    job = Job(new_id(), "act", collection, by, now - seconds, wants, state, finished_at=now)
    job = replace(job, words="900 pictures were labelled.")
    server.records.write(Insert(job))
    return job


def report(server: Server, collection: str, verdict: str, at: float) -> None:
    made = DriftReport(
        new_id(),
        collection,
        "m",
        at,
        0.0,
        40,
        verdict,
        f"Now {verdict}.",
        (),
        (),
        False,
        0.9,
        (),
        "{}",
    )
    server.records.write(Insert(made))


def test_nobody_is_told_unasked(server: Server, ada: TestClient) -> None:
    ended(server, me(ada), first_collection(ada))
    assert server.round() == 0
    assert server.box.mails.empty()


def test_finished_work_is_mailed_once(server: Server, ada: TestClient) -> None:
    collection = first_collection(ada)
    choose(ada, "at once")
    ended(server, me(ada), collection)
    ended(server, me(ada), collection, seconds=5)  # nobody waited for this one
    assert server.round() == 1
    mail = server.box.next()
    assert mail["To"] == "ada@example.org"
    assert mail["Subject"] == "A notice from BioSight"
    text = mail.get_content().replace("\r\n", "\n")
    assert "Done: Label 900 pictures (“My images”)\n900 pictures were labelled.\n" in text
    assert f"{OURS}/collections/{collection}\n" in text
    server.round()
    assert server.box.mails.empty()
    assert [d.state for d in server.deliveries()] == ["sent"]


def test_failed_work_is_told_however_short(server: Server, ada: TestClient) -> None:
    choose(ada, "at once", kinds=["failed"])
    ended(server, me(ada), first_collection(ada), "failed", seconds=1)
    ended(server, me(ada), first_collection(ada))
    server.round()
    assert "Failed: Label 900 pictures" in server.box.next().get_content()
    assert server.box.mails.empty()


def test_what_came_before_the_choice_is_not_told(server: Server, ada: TestClient) -> None:
    ended(server, me(ada), first_collection(ada))
    choose(ada, "at once")
    assert server.round() == 0


def test_a_day_is_one_mail(server: Server, ada: TestClient) -> None:
    choose(ada, "daily")
    for _ in range(3):
        ended(server, me(ada), first_collection(ada))
    assert server.round() == 0
    waiting = server.deliveries()
    assert all(time.time() < d.due_at <= time.time() + 86_400 for d in waiting)
    assert {time.gmtime(d.due_at).tm_hour for d in waiting} == {6}
    server.make_due()
    server.round()
    mail = server.box.next()
    assert mail["Subject"] == "3 notices from BioSight"
    assert mail.get_content().count("Done: ") == 3
    assert server.box.mails.empty()


def test_one_collection_may_be_another_way(server: Server, ada: TestClient) -> None:
    quiet = first_collection(ada)
    loud = ada.post("/api/v1/collections", json={"name": "Loud"}).json()["id"]
    choose(ada, "none")
    choose(ada, "at once", loud)
    ended(server, me(ada), quiet)
    ended(server, me(ada), loud)
    server.round()
    assert "“Loud”" in server.box.next().get_content()
    assert server.box.mails.empty()


def test_a_mention_is_told_without_what_was_written(
    server: Server, ada: TestClient, join: Callable[[str, str], TestClient]
) -> None:
    ben = join("ben@example.org", "editor")
    choose(ada, "at once")
    collection = first_collection(ada)
    ada.patch(f"/api/v1/collections/{collection}", json={"comments": True})
    [image] = upload_ids(ada, collection, "Red")
    path = f"/api/v1/images/{image}/comments"
    assert ben.post(path, json={"text": "@ada a nest at 47.3, 8.5"}).status_code == 201
    server.round()
    text = server.box.next().get_content()
    assert f"{OURS}/images/{image}" in text
    assert "47.3" not in text


def test_drift_is_told_to_members_when_it_begins(
    server: Server, ada: TestClient, join: Callable[[str, str], TestClient]
) -> None:
    ben, stranger = join("ben@example.org", "viewer"), server.client()
    link = ada.post("/api/v1/admin/invitations", json={}).json()["path"].split("#")[1]
    sign_up(stranger, "eve@example.org", link)
    for person in (ada, ben, stranger):
        hook(person, "https://example.org/")
    collection, now = first_collection(ada), time.time()
    report(server, collection, "amber", now + 1)
    report(server, collection, "amber", now + 2)
    report(server, collection, "green", now + 3)
    report(server, collection, "red", now + 4)
    write_deliveries(server.records, now, mail=True)
    told = [(d.user, d.words) for d in server.deliveries()]
    assert sorted(told) == sorted(
        (user, words) for user in (me(ada), me(ben)) for words in ("Now amber.", "Now red.")
    )


def test_a_webhook_is_signed(server: Server, ada: TestClient, there: Receiver) -> None:
    secret = hook(ada, f"{there.url}/hook")["secret"]
    job = ended(server, me(ada), first_collection(ada))
    server.round()
    headers, body = there.came.get(timeout=5)
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{right}"
    assert headers["webhook-id"].startswith(job.id)
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    told = json.loads(body)
    assert told["text"].startswith("Done: Label 900 pictures: 900 pictures were labelled.\nhttp")
    assert told["type"] == "biosight.finished"
    assert told["data"]["title"] == "Done: Label 900 pictures"
    assert told["data"]["collection"] == {"id": first_collection(ada), "name": "My images"}
    assert told["data"]["link"] == f"{OURS}/collections/{first_collection(ada)}"


def test_a_server_may_send_no_webhooks(settings: Settings, there: Receiver) -> None:
    opened = open_biosight(settings.model_copy(update={"webhooks": False}))
    client = TestClient(create_app(opened, housekeeping=False), headers=ORIGIN)
    sign_up(client, "ada@example.org", first_code(opened.archive.records))
    answer = client.post("/api/v1/me/webhooks", json={"address": there.url, "kinds": ALL})
    assert (answer.status_code, answer.json()["detail"]) == (400, "This server sends no webhooks.")
    opened.close()


def test_a_failing_webhook_is_tried_again_later_and_logged(
    server: Server, ada: TestClient, there: Receiver
) -> None:
    there.statuses = [500, 302, 204]
    made = hook(ada, there.url)
    ended(server, me(ada), first_collection(ada))
    log = f"/api/v1/me/webhooks/{made['id']}/deliveries"
    for tries, status in ((1, 500), (2, 302)):
        assert server.round() == 1
        [said] = ada.get(log).json()
        assert (said["state"], said["tries"]) == ("waiting", tries)
        assert said["said"] == f"It answered with {status}."
        assert said["due_at"] - time.time() == pytest.approx(PAUSES[tries - 1], abs=20)
        assert server.round() == 0  # not yet
        server.make_due()
    assert ada.get("/api/v1/me/notices").json()["webhooks"][0]["failing_since"] > 0
    server.round()
    [said] = ada.get(log).json()
    assert (said["state"], said["said"]) == ("sent", "Answered with 204.")
    assert ada.get("/api/v1/me/notices").json()["webhooks"][0]["failing_since"] == 0
    ids = [there.came.get(timeout=5)[0]["webhook-id"] for _ in range(3)]
    assert len(set(ids)) == 1  # by which a receiver knows a repetition


def test_once_one_fails_the_others_of_a_webhook_wait(
    server: Server, ada: TestClient, there: Receiver
) -> None:
    there.statuses = [503]
    hook(ada, there.url)
    for _ in range(5):
        ended(server, me(ada), first_collection(ada))
    server.round()
    assert there.came.qsize() == 1


def test_a_webhook_that_fails_for_days_is_stopped_and_a_test_starts_it_again(
    server: Server, ada: TestClient, there: Receiver
) -> None:
    made = hook(ada, there.url)
    held = server.records.get(Webhook, made["id"])
    assert held
    long_ago = replace(held, failing_since=time.time() - 4 * 86_400, version=held.version + 1)
    server.records.write(Replace(long_ago, held.version))
    there.statuses = [500]
    ended(server, me(ada), first_collection(ada))
    server.round()
    assert ada.get("/api/v1/me/notices").json()["webhooks"][0]["stopped_at"] > 0
    ended(server, me(ada), first_collection(ada))
    server.make_due()
    server.round()
    assert there.came.qsize() == 1
    there.statuses = [200]
    assert ada.post(f"/api/v1/me/webhooks/{made['id']}/test").status_code == 202
    server.round()
    assert there.came.qsize() == 2
    assert ada.get("/api/v1/me/notices").json()["webhooks"][0]["stopped_at"] == 0


def test_a_webhook_that_wants_no_more_is_stopped(
    server: Server, ada: TestClient, there: Receiver
) -> None:
    there.statuses = [410]
    hook(ada, there.url)
    ended(server, me(ada), first_collection(ada))
    server.round()
    assert ada.get("/api/v1/me/notices").json()["webhooks"][0]["stopped_at"] > 0


def test_who_may_not_see_it_any_more_is_not_told(
    server: Server, ada: TestClient, there: Receiver, join: Callable[[str, str], TestClient]
) -> None:
    ben = join("ben@example.org", "editor")
    hook(ben, there.url)
    choose(ben, "daily")
    collection = first_collection(ada)
    ended(server, me(ben), collection)
    write_deliveries(server.records, time.time() - 60, mail=True)
    ada.delete(f"/api/v1/collections/{collection}/members/{me(ben)}")
    server.make_due()
    server.round()
    assert there.came.empty()
    assert server.box.mails.empty()


def test_a_collection_in_the_trash_tells_nothing(
    server: Server, ada: TestClient, there: Receiver
) -> None:
    hook(ada, there.url)
    ended(server, me(ada), first_collection(ada))
    write_deliveries(server.records, time.time() - 60, mail=True)
    assert ada.delete(f"/api/v1/collections/{first_collection(ada)}").status_code < 300
    server.round()
    assert there.came.empty()
    assert [d.state for d in server.deliveries()] == ["dropped"]


def test_an_address_that_nobody_proved_gets_no_mail(
    server: Server, ada: TestClient, join: Callable[[str, str], TestClient]
) -> None:
    ben = join("ben@example.org", "editor")  # by a link that was not mailed to him
    choose(ben, "at once")
    assert ben.get("/api/v1/me/notices").json()["mail_works"] is False
    ended(server, me(ben), first_collection(ada))
    server.round()
    assert server.box.mails.empty()


@pytest.mark.parametrize("way", ["header", "text"])
def test_the_link_in_a_mail_stops_the_mails(server: Server, ada: TestClient, way: str) -> None:
    choose(ada, "at once")
    ended(server, me(ada), first_collection(ada))
    server.round()
    mail = server.box.next()
    stranger = server.client()
    if way == "header":
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        address = mail["List-Unsubscribe"].strip("<>").removeprefix(OURS)
        answer = TestClient(server.app).post(address, data={"List-Unsubscribe": "One-Click"})
    else:
        found = re.search(rf"{OURS}/notices/stop#(\S+)", mail.get_content())
        assert found
        answer = stranger.post("/api/v1/notices/stop", params={"secret": found[1]})
    assert answer.status_code == 204, answer.text
    ended(server, me(ada), first_collection(ada))
    server.round()
    assert server.box.mails.empty()
    assert ada.get("/api/v1/me/notices").json()["choices"][0]["mail"] == "none"


@pytest.mark.parametrize("secret", ["", "x", "%00"])
def test_a_wrong_link_stops_nothing(server: Server, ada: TestClient, secret: str) -> None:
    choose(ada, "at once")
    answer = server.client().post("/api/v1/notices/stop", params={"secret": secret})
    assert answer.status_code == 404
    assert ada.get("/api/v1/me/notices").json()["choices"][0]["mail"] == "at once"


def test_nobody_reaches_the_webhooks_of_others(
    server: Server, ada: TestClient, join: Callable[[str, str], TestClient]
) -> None:
    ben = join("ben@example.org", "editor")
    made = hook(ada, "https://example.org/")
    for method, end in (("GET", "/deliveries"), ("POST", "/test"), ("DELETE", "")):
        path = f"/api/v1/me/webhooks/{made['id']}{end}"
        assert ben.request(method, path).status_code == 404
    other = ben.post("/api/v1/collections", json={"name": "Ben's"}).json()["id"]
    said = {"address": "https://example.org/", "kinds": ALL, "collection": other}
    assert ada.post("/api/v1/me/webhooks", json=said).status_code == 404
    said = {"collection": other, "mail": "daily", "kinds": ALL}
    assert ada.put("/api/v1/me/notices", json=said).status_code == 404


def test_a_token_reaches_neither_choices_nor_webhooks(server: Server, ada: TestClient) -> None:
    said = {"name": "script", "scopes": ["read", "write"]}
    secret = ada.post("/api/v1/me/tokens", json=said).json()["secret"]
    script = TestClient(server.app, headers={"Authorization": f"Bearer {secret}"})
    assert script.get("/api/v1/me/notices").status_code == 403
    said = {"address": "https://example.org/", "kinds": ALL}
    assert script.post("/api/v1/me/webhooks", json=said).status_code == 403


def test_secrets_are_shown_once(server: Server, ada: TestClient) -> None:
    secret = hook(ada, "https://example.org/")["secret"]
    choose(ada, "daily")
    assert secret not in ada.get("/api/v1/me/notices").text
    assert secret.encode() not in ada.get("/api/v1/me/export").content
    [choice] = find_all(server.records, NoticeChoice)
    assert choice.secret.encode() not in ada.get("/api/v1/me/export").content


def test_who_leaves_leaves_nothing(
    server: Server, ada: TestClient, join: Callable[[str, str], TestClient]
) -> None:
    ben = join("ben@example.org", "editor")
    hook(ben, "https://example.org/")
    choose(ben, "daily")
    ended(server, me(ben), first_collection(ada))
    write_deliveries(server.records, time.time() - 60, mail=True)
    assert ben.request("DELETE", "/api/v1/me", json={"password": PASSWORD}).status_code == 204
    for kind in (Webhook, NoticeChoice, Delivery):
        assert find_all(server.records, kind) == []


def test_a_person_gets_so_many_mails_a_day_and_loses_none(
    server: Server, ada: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.workflows.notices.sending.MOST_LETTERS", 2)
    choose(ada, "at once")
    for _ in range(4):
        ended(server, me(ada), first_collection(ada))
        server.round()
    assert server.box.mails.qsize() == 2
    late = [d for d in server.deliveries() if d.state == "waiting"]
    assert len(late) == 2
    assert all(time.time() < d.due_at < time.time() + 86_402 for d in late)


def test_two_servers_send_once(server: Server, ada: TestClient, there: Receiver) -> None:
    made = hook(ada, there.url)
    ended(server, me(ada), first_collection(ada))
    write_deliveries(server.records, time.time() - 60, mail=True)
    assert take_lease(server.records, f"notices by {made['id']}", 60)  # another server sends
    assert server.round() == 0
    drop_lease(server.records, f"notices by {made['id']}")
    assert server.round() == 1
    assert find_all(server.records, Lease) == []


def test_a_slow_webhook_leaves_the_rest_for_later(
    server: Server, ada: TestClient, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.workflows.notices.sending.WAY_SECONDS", 0.0)
    made = hook(ada, there.url)
    for _ in range(3):
        ended(server, me(ada), first_collection(ada))
    write_deliveries(server.records, time.time() - 60, mail=True)
    assert [send_by_way(server.sender, made["id"]) for _ in range(4)] == [1, 1, 1, 0]
    ids = [there.came.get(timeout=5)[0]["webhook-id"] for _ in range(3)]
    assert len(set(ids)) == 3


def test_a_server_leaves_alone_what_it_does_not_send(
    server: Server, ada: TestClient, there: Receiver
) -> None:
    hook(ada, there.url)
    choose(ada, "at once")
    ended(server, me(ada), first_collection(ada))
    write_deliveries(server.records, time.time() - 60, mail=True)
    assert send_due(replace(server.sender, post=Post("", "", OURS), hooks=False)) == 0
    assert {d.state for d in server.deliveries()} == {"waiting"}
    assert server.round() == 2


def test_each_collection_is_asked_for_its_own_choice(server: Server, ada: TestClient) -> None:
    one = first_collection(ada)
    other = ada.post("/api/v1/collections", json={"name": "Other"}).json()["id"]
    choose(ada, "daily")
    ended(server, me(ada), one)
    ended(server, me(ada), other)
    server.round()
    choose(ada, "none", one)
    server.make_due()
    server.round()
    text = server.box.next().get_content()
    assert "“Other”" in text
    assert "“My images”" not in text


def test_work_that_is_tried_again_is_told_again(server: Server, ada: TestClient) -> None:
    choose(ada, "at once")
    job = ended(server, me(ada), first_collection(ada), "failed")
    server.round()
    assert "Failed: " in server.box.next().get_content()
    again = jobs.take(server.records, jobs.wait_again(server.records, job))
    jobs.end(server.records, again, "done", "All 900.")
    server.round()
    assert "Done: " in server.box.next().get_content()


def test_a_mail_server_that_is_away_costs_no_letters(
    server: Server, ada: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.workflows.notices.sending.MOST_LETTERS", 1)
    choose(ada, "at once")
    ended(server, me(ada), first_collection(ada))
    write_deliveries(server.records, time.time() - 60, mail=True)
    for _ in range(3):
        send_due(replace(server.sender, post=Post("smtp://127.0.0.1:9", "b@example.org", OURS)))
        server.make_due()
    server.round()
    assert server.box.next()["To"] == "ada@example.org"


def test_the_link_still_works_when_a_membership_ended(
    server: Server, ada: TestClient, join: Callable[[str, str], TestClient]
) -> None:
    join("ben@example.org", "owner")
    collection = first_collection(ada)
    choose(ada, "at once", collection)
    ended(server, me(ada), collection)
    server.round()
    found = re.search(rf"{OURS}(/notices/stop)#(\S+)", server.box.next().get_content())
    assert found
    left = ada.delete(f"/api/v1/collections/{collection}/members/{me(ada)}")
    assert left.status_code == 204
    shown = server.client().get(
        "/api/v1/notices/stop", params={"secret": found[2]}, follow_redirects=False
    )
    assert (shown.status_code, shown.headers["location"]) == (303, f"/notices/stop#{found[2]}")
    answer = server.client().post("/api/v1/notices/stop", params={"secret": found[2]})
    assert answer.status_code == 204


def test_what_was_before_a_membership_is_not_told(
    server: Server, ada: TestClient, there: Receiver, join: Callable[[str, str], TestClient]
) -> None:
    ben = join("ben@example.org", "editor")
    hook(ben, there.url)
    ended(server, me(ben), first_collection(ada))
    server.round()
    there.came.get(timeout=5)
    ada.delete(f"/api/v1/collections/{first_collection(ada)}/members/{me(ben)}")
    link = ada.post(f"/api/v1/collections/{first_collection(ada)}/invitations", json={}).json()
    joined = ben.post("/api/v1/join", json={"secret": link["path"].split("#")[1]})
    assert joined.status_code < 300
    server.round()
    assert there.came.empty()


def test_a_mention_that_was_seen_is_not_mailed(
    server: Server, ada: TestClient, join: Callable[[str, str], TestClient]
) -> None:
    ben = join("ben@example.org", "editor")
    choose(ada, "daily")
    ada.patch(f"/api/v1/collections/{first_collection(ada)}", json={"comments": True})
    [image] = upload_ids(ada, first_collection(ada), "Red")
    ben.post(f"/api/v1/images/{image}/comments", json={"text": "@ada look"})
    server.round()
    assert len(server.deliveries()) == 1
    for mention in find_all(server.records, Mention):
        server.records.write(Remove(Mention, mention.id))
    server.make_due()
    server.round()
    assert server.box.mails.empty()


def test_two_first_choices_at_once_are_one(server: Server, ada: TestClient) -> None:
    with ThreadPoolExecutor(4) as pool:
        said = {"collection": "", "mail": "daily", "kinds": ALL}
        answers = list(
            pool.map(lambda _: ada.put("/api/v1/me/notices", json=said).status_code, range(8))
        )
    assert set(answers) <= {200, 412}
    assert 200 in answers


def test_other_kinds_lose_nothing_that_happened(server: Server, ada: TestClient) -> None:
    choose(ada, "at once", kinds=["finished"])
    ended(server, me(ada), first_collection(ada))
    choose(ada, "at once", kinds=["finished", "drift"])
    server.round()
    assert "Done: " in server.box.next().get_content()


def test_housekeeping_removes_notices_of_what_is_gone(server: Server, ada: TestClient) -> None:
    made = hook(ada, "https://example.org/")
    ended(server, me(ada), first_collection(ada))
    write_deliveries(server.records, time.time() - 60, mail=True)
    server.records.write(Remove(Webhook, made["id"]))  # as if it were removed while it was written
    keep_house(server.biosight)
    assert server.deliveries() == []


def test_mail_that_is_not_taken_is_tried_again(server: Server, ada: TestClient) -> None:
    choose(ada, "at once")
    ended(server, me(ada), first_collection(ada))
    write_deliveries(server.records, time.time() - 60, mail=True)
    away = replace(server.sender, post=Post("smtp://127.0.0.1:9", "b@example.org", OURS))
    send_due(away)
    [waiting] = server.deliveries()
    assert (waiting.state, waiting.tries) == ("waiting", 1)
    server.make_due()
    server.round()
    assert server.box.next()["To"] == "ada@example.org"


def test_many_notices_of_one_way_hide_no_other_way(
    server: Server, ada: TestClient, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.workflows.notices.sending.MOST_IN_ROUND", 2)
    made = hook(ada, there.url)
    for _ in range(5):
        ended(server, me(ada), first_collection(ada))
    write_deliveries(server.records, time.time() - 60, mail=True)
    choose(ada, "at once")
    ended(server, me(ada), first_collection(ada))
    write_deliveries(server.records, time.time() - 60, mail=True)
    ways = [due.way for due in due_ways(server.sender)]
    assert ways == [f"mail:{me(ada)}", made["id"]]
    without = replace(server.sender, hooks=False)
    assert [due.way for due in due_ways(without)] == [f"mail:{me(ada)}"]


def test_stopping_mails_leaves_what_follows_the_others(server: Server, ada: TestClient) -> None:
    collection = first_collection(ada)
    choose(ada, "daily")
    choose(ada, "", collection)
    [secret] = [c.secret for c in find_all(server.records, NoticeChoice) if not c.collection]
    assert ada.post("/api/v1/notices/stop", params={"secret": secret}).status_code == 204
    said = {c["collection"]: c["mail"] for c in ada.get("/api/v1/me/notices").json()["choices"]}
    assert said == {"": "none", collection: ""}


def test_the_thread_sends_one_way_of_each_person_and_keeps_one_for_mails(
    server: Server, ada: TestClient, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow webhooks of others leave a mail its thread."""
    begun: list[DueWay] = []
    thread = NoticeThread(server.biosight)
    thread.close()
    monkeypatch.setattr(thread, "send_by", begun.append)  # they never end
    people = [f"p{n}" for n in range(6)]
    due = [DueWay(person, f"hook{n}{person}") for person in people for n in range(2)]
    monkeypatch.setattr(notice_thread, "due_ways", lambda _: due)
    thread.send()
    assert len(begun) == len({one.user for one in begun}) == 3
    monkeypatch.setattr(notice_thread, "due_ways", lambda _: [DueWay("ada", "mail:ada"), *due])
    thread.send()
    for _ in range(100):
        if len(begun) == 4:
            break
        time.sleep(0.02)
    assert begun[-1].way == "mail:ada"
