"""Two independent readers of a picture, their conflicts, and what they talk about."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.images.comments import Comment, Mention
from biosight.labels import Annotation, Identifications
from biosight.membership import joining_writes
from biosight.review.audit import drawn_at_random
from tests.between import inserts, records_between, served
from tests.conftest import PASSWORD, first_collection, upload_ids

API = "/api/v1"
Another = Callable[[str], TestClient]


@pytest.fixture
def pond(ada: TestClient) -> tuple[str, list[str]]:
    """A collection that asks for a second reader, with four pictures."""
    pond = first_collection(ada)
    ids = upload_ids(ada, pond, "Red", "Green", "Red", "Blue")
    said = {"second_reader": True, "comments": True}
    assert ada.patch(f"{API}/collections/{pond}", json=said).status_code == 200
    return pond, ids


@pytest.fixture
def ben(another: Another, biosight: BioSight, pond: tuple[str, list[str]]) -> TestClient:
    return member(another, biosight, pond[0], "ben", "editor")


def member(
    another: Another, biosight: BioSight, collection: str, name: str, role: str
) -> TestClient:
    client = another(f"{name}@example.org")
    user = client.get(f"{API}/me").json()["id"]
    biosight.archive.records.write(*joining_writes(collection, user, role))
    return client


def waits(client: TestClient, pond: str) -> dict[str, Any]:
    answer = client.get(f"{API}/collections/{pond}/to-identify")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def queue(client: TestClient, pond: str) -> list[str]:
    return [i["id"] for i in waits(client, pond)["images"]]


def read(client: TestClient, pond: str, image: str, label: str) -> dict[str, Any]:
    body = {"image": image, "label": label}
    answer = client.post(f"{API}/collections/{pond}/identifications", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def label_of(client: TestClient, image: str) -> tuple[str, str]:
    shown = client.get(f"{API}/images/{image}").json()
    return shown["label"], shown["who"]


def test_it_is_off_until_asked_for(ada: TestClient) -> None:
    pond = first_collection(ada)
    (image,) = upload_ids(ada, pond, "Red")
    assert ada.get(f"{API}/collections/{pond}").json()["second_reader"] is False
    assert ada.get(f"{API}/collections/{pond}/to-identify").status_code == 409
    body = {"image": image, "label": "Newt"}
    assert ada.post(f"{API}/collections/{pond}/identifications", json=body).status_code == 409
    assert ada.post(f"{API}/images/{image}/comments", json={"text": "Hm"}).status_code == 409


def test_the_first_answer_is_sealed_from_everybody_else(
    ada: TestClient, ben: TestClient, pond: tuple[str, list[str]]
) -> None:
    collection, (image, *_) = pond
    before = label_of(ada, image)
    assert read(ada, collection, image, "Smooth newt")["state"] == "one"
    assert label_of(ben, image) == label_of(ada, image) == before
    seen = ben.get(f"{API}/images/{image}/identifications").json()
    assert (seen["sealed"], seen["first"], seen["first_by"]) == (True, "", "")
    assert ada.get(f"{API}/images/{image}/identifications").json()["first"] == "Smooth newt"
    everything = "".join(
        ben.get(f"{API}{path}").text
        for path in (
            f"/collections/{collection}/to-identify",
            f"/collections/{collection}/images",
            f"/collections/{collection}/labels",
            f"/collections/{collection}/acts",
            f"/collections/{collection}/names?q=smooth",
            f"/collections/{collection}/conflicts",
            f"/collections/{collection}/agreement",
            f"/images/{image}",
            f"/images/{image}/history",
        )
    )
    assert "Smooth newt" not in everything
    # Nor does the queue tell what the machine says.
    assert set(waits(ben, collection)["images"][0]) == {
        *("id", "name", "width", "height", "media_type", "taken")
    }


def test_nobody_reads_a_picture_twice(
    ada: TestClient, ben: TestClient, pond: tuple[str, list[str]]
) -> None:
    collection, ids = pond
    read(ada, collection, ids[2], "Newt")
    assert set(queue(ada, collection)) == set(ids) - {ids[2]}
    assert queue(ben, collection)[0] == ids[2], "what another has read comes first"
    assert waits(ben, collection)["yours"] == 1
    assert waits(ada, collection)["yours"] == 0
    assert read(ada, collection, ids[2], "Toad")["state"] == "one"
    assert read(ben, collection, ids[2], "Toad")["state"] == "agreed"
    assert ids[2] not in queue(ada, collection) + queue(ben, collection)


def test_readers_who_agree_name_the_picture(
    ada: TestClient, ben: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, (image, *_) = pond
    read(ada, collection, image, "Newt")
    done = read(ben, collection, image, "newt")
    assert (done["state"], done["second"]) == ("agreed", "Newt"), "one name, written otherwise"
    assert label_of(ada, image) == ("Newt", "person")
    act = ada.get(f"{API}/collections/{collection}/acts").json()[0]
    assert (act["by"], act["count"]) == ("ben", 1)
    assert list(drawn_at_random(biosight.archive.records, [image])) == []
    said = biosight.archive.records.find(Annotation)
    assert [a.via for a in said] == ["readers"]


def test_a_label_given_outside_is_a_first_reading_to_others(
    ada: TestClient, ben: TestClient, pond: tuple[str, list[str]]
) -> None:
    collection, ids = pond
    assert ada.patch(f"{API}/images/{ids[1]}", json={"label": "Newt"}).status_code == 200
    assert ids[1] not in queue(ada, collection)
    assert ids[1] in queue(ben, collection)
    done = read(ben, collection, ids[1], "Frog")
    assert (done["state"], done["first"], done["first_by"]) == ("differ", "Newt", "ada")


def test_what_they_differ_about_is_settled_by_somebody_who_looks_at_both(
    ada: TestClient, ben: TestClient, pond: tuple[str, list[str]]
) -> None:
    collection, (image, *_) = pond
    read(ada, collection, image, "Newt")
    before = label_of(ada, image)
    read(ben, collection, image, "")
    assert label_of(ada, image) == before
    (conflict,) = ada.get(f"{API}/collections/{collection}/conflicts").json()
    assert conflict["image"]["id"] == image
    said = conflict["identifications"]
    assert (said["first"], said["second"]) == (
        "Newt",
        "",
    )
    done = ada.post(f"{API}/images/{image}/identifications/settle", json={"label": "Newt"})
    assert (done.json()["state"], done.json()["settled_by"]) == ("settled", "ada")
    assert label_of(ada, image) == ("Newt", "person")
    assert ada.get(f"{API}/collections/{collection}/conflicts").json() == []
    # A settled one still counts as what it was: two answers that differ.
    found = ada.get(f"{API}/collections/{collection}/agreement").json()
    assert (found["pictures"], found["alike"]) == (1, 0)
    assert ben.delete(f"{API}/images/{image}/identifications").status_code == 403


def test_agreement_is_told_in_all_and_by_label(
    ada: TestClient, ben: TestClient, pond: tuple[str, list[str]]
) -> None:
    collection, ids = pond
    for image, first, second in zip(
        ids, ("Newt", "Newt", "Frog", "Frog"), ("Newt", "Frog", "Frog", "Frog"), strict=True
    ):
        read(ada, collection, image, first)
        read(ben, collection, image, second)
    found = ada.get(f"{API}/collections/{collection}/agreement").json()
    assert (found["pictures"], found["alike"], found["kappa"]) == (4, 3, pytest.approx(0.5))
    assert found["low"] < 0.5 < found["high"]
    assert [(x["label"], x["first"], x["second"], x["both"]) for x in found["labels"]] == [
        ("Frog", 2, 3, 2),
        ("Newt", 2, 1, 1),
    ]


def test_a_reading_can_be_taken_back_with_what_it_wrote_down(
    ada: TestClient, ben: TestClient, pond: tuple[str, list[str]]
) -> None:
    collection, (image, *_) = pond
    before = label_of(ada, image)
    read(ada, collection, image, "Newt")
    read(ben, collection, image, "Newt")
    assert ada.delete(f"{API}/images/{image}/identifications").status_code == 403
    assert ben.delete(f"{API}/images/{image}/identifications").status_code == 204
    assert label_of(ada, image) == before
    assert ada.get(f"{API}/images/{image}/identifications").json()["state"] == "one"
    assert ada.delete(f"{API}/images/{image}/identifications").status_code == 204
    assert ada.get(f"{API}/images/{image}/identifications").json() is None


def test_viewers_look_and_do_not_read(
    ada: TestClient, another: Another, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, (image, *_) = pond
    eve = member(another, biosight, collection, "eve", "viewer")
    assert eve.get(f"{API}/collections/{collection}/to-identify").status_code == 403
    body = {"image": image, "label": "Newt"}
    assert eve.post(f"{API}/collections/{collection}/identifications", json=body).status_code == 403
    assert eve.get(f"{API}/collections/{collection}/agreement").status_code == 200
    stranger = another("mallory@example.org")
    for path in ("identifications", "comments"):
        assert stranger.get(f"{API}/images/{image}/{path}").status_code == 404


def test_two_first_readers_at_one_moment_are_first_and_second(
    ada: TestClient, ben: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, (image, *_) = pond
    late = records_between(
        biosight,
        "write",
        lambda: read(ada, collection, image, "Newt"),
        wanted=inserts(Identifications),
    )
    with served(late, ben) as client:
        done = read(client, collection, image, "Frog")
    assert (done["state"], done["first"], done["second"]) == ("differ", "Newt", "Frog")


def test_three_second_readers_at_one_moment_leave_two_answers(
    ada: TestClient,
    ben: TestClient,
    another: Another,
    biosight: BioSight,
    pond: tuple[str, list[str]],
) -> None:
    collection, (image, *_) = pond
    eva = member(another, biosight, collection, "eva", "editor")
    read(ada, collection, image, "Newt")
    late = records_between(biosight, "write", lambda: read(eva, collection, image, "Newt"))
    with served(late, ben) as client:
        body = {"image": image, "label": "Frog"}
        answer = client.post(f"{API}/collections/{collection}/identifications", json=body)
    assert answer.status_code == 409
    assert "Two people have already read" in answer.json()["detail"]
    found = ada.get(f"{API}/images/{image}/identifications").json()
    assert (found["second_by"], found["second"], found["state"]) == ("eva", "Newt", "agreed")


def test_a_comment_calls_somebody_until_they_look(
    ada: TestClient, ben: TestClient, pond: tuple[str, list[str]]
) -> None:
    _, (image, *_) = pond
    here = f"{API}/images/{image}"
    made = ada.post(f"{here}/comments", json={"text": "Is this a newt, @Ben? Says @ada"}).json()
    assert (made["by"], made["yours"]) == ("ada", True)
    (call,) = ben.get(f"{API}/mentions").json()
    assert (call["image"], call["by"], call["text"]) == (image, "ada", made["text"])
    assert "1 mention<" in ben.get("/").text
    assert ada.get(f"{API}/mentions").json() == []
    (seen,) = ben.get(f"{here}/comments").json()
    assert seen["yours"] is False
    assert ben.delete(f"{here}/comments/{made['id']}").status_code == 404
    assert ben.delete(f"{here}/mentions").status_code == 204
    assert ben.get(f"{API}/mentions").json() == []
    assert "mention" not in ben.get("/").text


def test_a_call_that_cannot_be_followed_is_not_told(
    ada: TestClient, ben: TestClient, pond: tuple[str, list[str]]
) -> None:
    collection, (image, *_) = pond
    ada.post(f"{API}/images/{image}/comments", json={"text": "@ben"})
    ada.patch(f"{API}/images/{image}", json={"trashed": True})
    assert "mention" not in ben.get("/").text
    ada.patch(f"{API}/images/{image}", json={"trashed": False})
    assert "1 mention<" in ben.get("/").text
    me = ben.get(f"{API}/me").json()["id"]
    ada.delete(f"{API}/collections/{collection}/members/{me}")
    assert ben.get(f"{API}/mentions").json() == []
    assert "mention" not in ben.get("/").text


def test_of_two_names_the_longer_one_is_called(
    ada: TestClient, another: Another, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, (image, *_) = pond
    ann = member(another, biosight, collection, "ann", "viewer")
    annika = member(another, biosight, collection, "annika", "viewer")
    said = {"text": "@annika, and nobody else"}
    assert ada.post(f"{API}/images/{image}/comments", json=said).status_code == 201
    assert len(annika.get(f"{API}/mentions").json()) == 1
    assert ann.get(f"{API}/mentions").json() == []


@pytest.mark.parametrize("text", ["", "   \n", "x" * 2001])
def test_a_comment_says_something(ada: TestClient, pond: tuple[str, list[str]], text: str) -> None:
    answer = ada.post(f"{API}/images/{pond[1][0]}/comments", json={"text": text})
    assert answer.status_code in {400, 422}


def test_readings_and_comments_go_with_their_picture_and_calls_with_the_person(
    ada: TestClient, ben: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, (image, *_) = pond
    records = biosight.archive.records
    read(ada, collection, image, "Newt")
    for one in pond[1][:2]:
        ada.post(f"{API}/images/{one}/comments", json={"text": "@ben"})
    ada.patch(f"{API}/images/{image}", json={"trashed": True})
    assert image not in queue(ben, collection)
    assert ada.delete(f"{API}/collections/{collection}/trash").json()["removed"] == 1
    kept = [records.count(kind) for kind in (Identifications, Comment, Mention)]
    assert kept == [0, 1, 1]
    body = {"password": PASSWORD}
    gone = ben.request("DELETE", f"{API}/me", json=body)
    assert gone.status_code == 204, gone.text
    assert records.count(Mention) == 0


def test_an_answer_that_was_changed_after_looking_counts_as_none(
    ada: TestClient, ben: TestClient, pond: tuple[str, list[str]], biosight: BioSight
) -> None:
    """Answer anything, look at the first answer, take one's own back, agree (G14)."""
    c, ids = pond
    image = ids[0]
    read(ada, c, image, "Fox")
    read(ben, c, image, "Wolf")
    assert ben.delete(f"{API}/images/{image}/identifications").status_code == 204
    assert read(ben, c, image, "Fox")["state"] == "agreed"
    said = ada.get(f"{API}/collections/{c}/agreement").json()
    assert (said["pictures"], said["alike"]) == (0, 0)
    # Also where both take theirs back and begin anew the other way round.
    other = ids[1]
    read(ada, c, other, "Fox")
    read(ben, c, other, "Wolf")
    for client in (ben, ada):
        assert client.delete(f"{API}/images/{other}/identifications").status_code == 204
    assert other in queue(ben, c)
    read(ben, c, other, "Fox")
    read(ada, c, other, "Fox")
    assert ada.get(f"{API}/collections/{c}/agreement").json()["pictures"] == 0
    # A pair that nobody looked at counts.
    read(ada, c, ids[2], "Fox")
    read(ben, c, ids[2], "Fox")
    assert ada.get(f"{API}/collections/{c}/agreement").json()["pictures"] == 1
