"""Review in groups of look-alikes, labels that are likely wrong, and the order by likeness."""

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.review.audit import drawn_at_random
from biosight.storage.records import Replace
from biosight.workflows.pictures import groups
from tests import tiny
from tests.conftest import first_collection, upload

API = "/api/v1"


@pytest.fixture
def pond(ada: TestClient, biosight: BioSight) -> tuple[str, dict[str, str]]:
    """Pictures by name: red ones, of which two lean to pink, and green ones; the lots are set so
    that Red 5 is kept for the random half."""
    collection = first_collection(ada)
    ids = {}
    for label, number in [("Red", n) for n in range(6)] + [("Green", n) for n in range(4)]:
        made = upload(ada, collection, tiny.picture(label, number))["image"]
        ids[f"{label} {number}"] = str(made["id"])  # type: ignore[index]
    for name, id in ids.items():
        with_lot(biosight, id, 0.01 if name == "Red 5" else 0.5)
    return collection, ids


def with_lot(biosight: BioSight, id: str, lot: float) -> None:
    records = biosight.archive.records
    image = records.get(Image, id)
    assert image is not None
    records.write(Replace(replace(image, lottery=lot, version=image.version + 1), image.version))


def group(client: TestClient, collection: str, **body: object) -> dict[str, Any]:
    answer = client.post(f"{API}/collections/{collection}/group", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def act(client: TestClient, collection: str, ids: list[str], **body: object) -> None:
    said = {"images": ids, "via": "group", **body}
    answer = client.post(f"{API}/collections/{collection}/acts", json=said)
    assert len(answer.json()["changed"]) == len(ids), answer.text


def test_a_group_is_of_one_name_and_leaves_the_random_half_alone(
    ada: TestClient, pond: tuple[str, dict[str, str]]
) -> None:
    collection, ids = pond
    found = group(ada, collection)
    assert found["label"] == "Red"
    assert {i["id"] for i in found["images"]} == {ids[f"Red {n}"] for n in range(5)}
    assert (found["left"], found["waiting"], found["kept"]) == (5, 10, 1)
    act(ada, collection, [i["id"] for i in found["images"][:3]], kind="confirm")
    aside = [i["id"] for i in found["images"][3:]]
    following = group(ada, collection, label="Red", without=aside)
    assert following["label"] == "Green"
    act(ada, collection, [i["id"] for i in following["images"]], kind="confirm")
    last = group(ada, collection, without=aside)
    assert (last["images"], last["waiting"], last["kept"]) == ([], 3, 1)


def test_groups_never_feed_the_measure_of_accuracy(
    ada: TestClient, biosight: BioSight, pond: tuple[str, dict[str, str]]
) -> None:
    collection, ids = pond
    act(ada, collection, [ids["Red 0"], ids["Red 1"]], kind="confirm")
    one = {"label": "Red", "via": "random"}
    assert ada.patch(f"{API}/images/{ids['Red 5']}", json=one).status_code == 200
    measured = list(drawn_at_random(biosight.archive.records, list(ids.values())))
    assert measured == [ids["Red 5"]]


def test_the_random_half_is_drawn_first_from_what_is_kept(
    ada: TestClient, pond: tuple[str, dict[str, str]]
) -> None:
    collection, ids = pond
    queue = ada.get(f"{API}/collections/{collection}/queue").json()["images"]
    assert queue[0]["image"]["id"] == ids["Red 5"]  # the smallest lot first
    ways = {d["image"]["id"]: d["via"] for d in queue}
    assert ways[ids["Red 5"]] == "random"


def test_few_of_a_name_are_grouped_below_the_name_above() -> None:
    waiting = {"/A/B/C/": 3, "/A/B/D/": 4, "/A/B/": 6, "/A/E/": 1, "/F/": 2, "/A/G/": 30}
    assert groups.under("/A/G/", waiting)[0] == "G"
    assert groups.under("/A/B/C/", waiting)[0] == "B"
    assert groups.under("/A/E/", waiting)[0] == "A"
    assert groups.under("/F/", waiting)[0] == "F"
    assert groups.first_of(waiting, "C")[:2] == ["/A/B/C/", "/A/G/"]


def test_the_first_is_where_it_is_densest_and_the_odd_ones_come_last() -> None:
    import numpy as np

    dice = np.random.default_rng(1)
    close = dice.normal(0, 0.05, (20, 8)) + np.eye(8)[0]
    far = np.eye(8)[3:6]
    rows = np.vstack([far[:2], close, far[2:]]).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ids = [f"i{n:02}" for n in range(len(rows))]
    found, odd = groups.together(groups.Space(ids, rows), ids)
    assert odd == 20
    assert set(found[20:]) == {"i00", "i01", "i22"}


def test_a_label_that_confirmed_look_alikes_contradict_is_likely_wrong(
    ada: TestClient, pond: tuple[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    collection, ids = pond
    path = f"{API}/collections/{collection}/doubted"
    assert ada.get(path).json() == []
    monkeypatch.setattr(groups, "NEIGHBOURS", 3)
    # Three of the red ones are foxes, says a person; what the machine calls Red is like them.
    act(ada, collection, [ids[f"Red {n}"] for n in range(3)], kind="relabel", label="Fox")
    act(ada, collection, [ids["Green 0"], ids["Green 1"], ids["Green 2"]], kind="confirm")
    (cohort,) = ada.get(path).json()
    assert (cohort["label"], cohort["suggested"]) == ("Red", "Fox")
    assert {i["id"] for i in cohort["images"]} == {ids["Red 3"], ids["Red 4"]}
    act(ada, collection, [ids["Red 3"]], kind="relabel", label="Fox")
    act(ada, collection, [ids["Red 4"]], kind="confirm")
    assert ada.get(path).json() == []


def test_look_alikes_lie_together_and_pages_go_on(
    ada: TestClient, pond: tuple[str, dict[str, str]]
) -> None:
    collection, _ = pond
    seen: list[str] = []
    cursor = ""
    while True:
        query = f"sort=alike&limit=4&cursor={cursor}"
        page = ada.get(f"{API}/collections/{collection}/images?{query}").json()
        seen += [i["label"] for i in page["images"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == ["Red"] * 6 + ["Green"] * 4
    first = ada.get(f"{API}/collections/{collection}/images?sort=alike").json()["images"]
    middle = first[4]["id"]
    beside = ada.get(f"{API}/images/{middle}/neighbours?sort=alike").json()
    assert beside == {"previous": first[3]["id"], "next": first[5]["id"]}
    bad = ada.get(f"{API}/collections/{collection}/images?sort=alike&cursor=x")
    assert bad.status_code == 400


def test_too_many_for_the_order_is_said(
    ada: TestClient, pond: tuple[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    collection, _ = pond
    monkeypatch.setattr(groups, "MOST_ORDERED", 5)
    answer = ada.get(f"{API}/collections/{collection}/images?sort=alike")
    assert answer.status_code == 400
    assert "choose a label first" in answer.json()["detail"]
    fine = ada.get(f"{API}/collections/{collection}/images?sort=alike&label=Green")
    assert len(fine.json()["images"]) == 4
