"""How many pictures truly show a name, from those that people looked at by chance."""

from collections import Counter
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.review.count_question import share_of_given
from biosight.review.likely_counts import (
    Counts,
    RandomSample,
    counts_of,
    likely_count,
    looks_needed,
)
from biosight.storage.records import Order
from tests.conftest import first_collection, upload_ids

FOX, CAT = "/Mammalia/Vulpes/", "/Mammalia/Felis/"


def test_a_name_counts_with_all_below_it() -> None:
    sample = RandomSample(
        (FOX, CAT, FOX, "/Aves/"), (FOX, FOX, "", "/Aves/"), 100, Counter({FOX: 30})
    )
    assert counts_of(sample, FOX) == Counts(100, 30, looked=2, right=1, others=2, missed=1)
    assert counts_of(sample, "/Mammalia/") == Counts(100, 30, 2, 2, 2, 1)


def test_the_estimate_adds_what_was_missed_and_takes_off_what_was_wrong() -> None:
    found = likely_count(Counts(1000, 200, looked=50, right=40, others=150, missed=15))
    assert found.estimate == pytest.approx(200 * 0.8 + 800 * 0.1)
    assert 190 < found.low < 215
    assert 270 < found.high < 310


def test_a_whole_collection_looked_at_leaves_no_doubt() -> None:
    found = likely_count(Counts(100, 30, looked=30, right=27, others=70, missed=2))
    assert (found.estimate, found.low, found.high) == (29, 29, 29)


@pytest.mark.parametrize(
    "counts",
    [
        Counts(1000, 0, 0, 0, 30, 0),
        Counts(1000, 5, 0, 0, 30, 0),
        Counts(1000, 1000, 30, 30, 0, 0),
        Counts(40, 1, 1, 0, 39, 0),
    ],
)
def test_no_sample_is_ever_certain_before_its_end(counts: Counts) -> None:
    found = likely_count(counts)
    assert 0 <= found.low <= found.estimate <= found.high <= counts.pictures
    left = counts.pictures - counts.looked - counts.others
    assert (found.high > found.low) == (left > 0)


def test_how_many_more_looks_would_do() -> None:
    counts = Counts(10_000, 2000, looked=20, right=18, others=80, missed=2)
    needed = looks_needed(counts)
    assert needed is not None
    assert 200 < needed < 5000
    sure = Counts(10_000, 2000, looked=2000, right=1800, others=8000, missed=200)
    assert looks_needed(sure) is None


def test_the_sample_is_what_people_saw_by_lot(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, *["Red", "Green"] * 18)
    path = f"/api/v1/collections/{collection}"
    before = ada.get(f"{path}/likely-counts").json()
    assert before == {"pictures": 36, "sample": 0, "least": 30, "names": []}
    by_lot = [i.id for i in biosight.archive.records.find(Image, order=Order("lottery"))]
    assert set(by_lot) == set(ids)
    for part in (by_lot[:29], by_lot[30:34]):  # one is left out, so what comes after is no sample
        ada.post(f"{path}/acts", json={"kind": "confirm", "images": part})
    assert ada.get(f"{path}/likely-counts").json()["sample"] == 29
    ada.post(f"{path}/acts", json={"kind": "relabel", "label": "Red", "images": by_lot[29:30]})
    found = ada.get(f"{path}/likely-counts").json()
    assert found["sample"] == 34
    red = next(n for n in found["names"] if n["label"] == "Red")
    assert red["said"] == 18
    assert red["low"] <= red["estimate"] <= red["high"]
    assert red["right"] + red["missed"] >= 16
    ada.post(f"{path}/acts", json={"kind": "confirm", "images": by_lot})
    done = ada.get(f"{path}/likely-counts").json()
    assert all(n["low"] == n["high"] for n in done["names"])


def test_a_question_draws_what_tells_most_and_each_part_by_lot(
    ada: TestClient, biosight: BioSight
) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, *["Red"] * 12, *["Green"] * 24)
    path = f"/api/v1/collections/{collection}"
    where = {i.label_path for i in biosight.archive.records.find(Image) if i.label == "Red"}
    [red] = where

    def asked() -> Any:
        return ada.get(f"{path}/likely-counts/queue", params={"under": red}).json()

    first = asked()
    assert (first["now"]["said"], first["now"]["looked"]) == (12, 0)
    assert {d["via"] for d in first["images"]} == {"count"}
    reds = [d["image"]["id"] for d in first["images"] if d["image"]["label"] == "Red"]
    greens = [d["image"]["id"] for d in first["images"] if d["image"]["label"] == "Green"]
    lots = {i.id: i.lottery for i in biosight.archive.records.find(Image)}
    assert reds == sorted(reds, key=lots.__getitem__)
    confirm = {"kind": "confirm", "via": "count", "images": [*reds[:8], *greens[:20]]}
    assert ada.post(f"{path}/acts", json=confirm).status_code == 201
    then = asked()
    assert (then["now"]["looked"], then["now"]["right"], then["now"]["missed"]) == (8, 8, 0)
    assert then["now"]["high"] - then["now"]["low"] < 9
    skipped = {"kind": "confirm", "images": [reds[9], *greens[22:]]}
    ada.post(f"{path}/acts", json=skipped)
    assert asked()["now"]["looked"] == 8, "a picture out of turn is no part of the sample"
    assert ada.get(f"{path}/likely-counts/queue", params={"under": "Red"}).status_code == 422


def test_looks_go_where_the_doubt_is() -> None:
    rare = Counts(10_000, 50, looked=20, right=18, others=20, missed=1)
    assert share_of_given(rare) < 0.1
    common = Counts(1000, 600, looked=40, right=20, others=40, missed=0)
    assert share_of_given(common) > 0.8
    assert 0 < share_of_given(Counts(10, 5, 0, 0, 0, 0)) < 1
