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
    Population,
    RandomSample,
    counts_by_path,
    is_fair,
    likely_count,
    looks_needed,
)
from biosight.storage.records import Order, Where
from tests.conftest import first_collection, upload_ids

FOX, CAT = "/Mammalia/Vulpes/", "/Mammalia/Felis/"


def population(said: dict[str, int], **more: dict[str, int]) -> Population:
    """A population without further ado."""
    verified, taught = Counter(more.get("verified", {})), Counter(more.get("taught", {}))
    return Population(Counter(said), verified, taught, str, frozenset())


def test_a_name_counts_with_all_below_it() -> None:
    pairs = ((FOX, FOX), (CAT, FOX), (FOX, ""), ("/Aves/", "/Aves/")) * 10
    sample = RandomSample(population({FOX: 30, "/Aves/": 70}, taught={FOX: 5}), pairs)
    found = counts_by_path(sample, [FOX, "/Mammalia/"])
    assert found[FOX] == Counts(100, 30, 20, 10, 20, 10, taught=5, surely_not=0, whole=105)
    assert found["/Mammalia/"] == Counts(100, 30, 20, 20, 20, 10, taught=5, whole=105)
    small = RandomSample(sample.population, pairs[:29])
    assert counts_by_path(small, [FOX]) == {}
    assert counts_by_path(RandomSample(sample.population, pairs, fair=False), [FOX]) == {}


def test_what_people_saw_bounds_the_interval() -> None:
    counts = Counts(1000, 20, 2, 2, 28, 0, surely=150, surely_not=700, whole=1000)
    found = likely_count(counts)
    assert found.low == 150
    assert found.high <= 300


@pytest.mark.parametrize(("found", "fair"), [(200, True), (180, True), (120, False), (300, False)])
def test_too_few_small_lots_show_that_pictures_went(found: int, fair: bool) -> None:
    assert is_fair(found, 2000, 0.1) is fair


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
    assert before == {
        "pictures": 36,
        "sample": 0,
        "least": 30,
        "needed": 30,
        "fair": True,
        "names": [],
    }
    by_lot = [i.id for i in biosight.archive.records.find(Image, order=Order("lottery"))]
    assert set(by_lot) == set(ids)
    for part in (by_lot[:29], by_lot[30:34]):  # one is left out, so what comes after is no sample
        ada.post(f"{path}/acts", json={"kind": "confirm", "images": part})
    some = ada.get(f"{path}/likely-counts").json()
    assert (some["sample"], some["needed"]) == (29, 1)
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


def test_a_picture_draws_a_new_lot_where_it_moves(ada: TestClient, biosight: BioSight) -> None:
    """Pictures that people had seen by lot would look like a sample of the other collection."""
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Green")
    other = ada.post("/api/v1/collections", json={"name": "Other"}).json()["id"]
    records = biosight.archive.records
    before = {i.id: i.lottery for i in records.find(Image)}
    for kind, image in (("move", ids[0]), ("copy", ids[1])):
        act = {"kind": kind, "images": [image], "target": other}
        assert ada.post(f"/api/v1/collections/{collection}/acts", json=act).status_code == 201
    there = records.find(Image, [Where("collection", "=", other)])
    assert len(there) == 2
    assert not {i.lottery for i in there} & set(before.values())
