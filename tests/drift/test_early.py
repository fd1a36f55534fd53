"""An early look at few days hints at a change that is there, and never claims more."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.drift.early import LEAST, RARE, arrangements, halves_compared
from biosight.drift.kindred import Floats
from biosight.images import Image
from biosight.storage.records import Where
from tests import tiny
from tests.conftest import first_collection, upload
from tests.drift.test_check import check, dark


def made_days(seed: int, n: int, alike: float = 0.0) -> tuple[Floats, Floats]:
    """Days without a change: embeddings of length 1, and statistics; `alike` is the correlation of
    neighbouring ones."""
    dice = np.random.default_rng(seed)
    noise = dice.normal(size=(n, 25))
    for day in range(1, n):
        noise[day] = alike * noise[day - 1] + (1 - alike**2) ** 0.5 * noise[day]
    vectors = noise[:, :16]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), noise[:, 16:]


def hints(seeds: int, n: int, alike: float) -> int:
    """In how many collections without a change the halves differ as much as they rarely do."""
    found = 0
    for seed in range(seeds):
        content, (look, _, _) = halves_compared(*made_days(seed, n, alike), n // 2)
        found += 2 * min(content, look) <= RARE
    return found


@pytest.mark.parametrize("n", [11, 12, 13, 20])
def test_days_that_are_independent_seldom_hint(n: int) -> None:
    assert hints(200, n, 0.0) <= 200 * RARE * 1.8


def test_days_that_are_alike_often_hint_so_it_is_no_verdict() -> None:
    """Why no chance is told: the guide says so."""
    assert hints(100, 12, 0.5) > 50
    assert hints(100, 20, 0.5) > 50


def test_a_change_is_seen_and_named() -> None:
    vectors, looks = made_days(1, 12)
    looks[6:, 3] += 6
    looks[2, 5] = np.nan  # a day of small pictures says nothing of sharpness
    _, (look, column, higher) = halves_compared(vectors, looks, 6)
    assert (2 * look <= RARE, column, higher) == (True, 3, True)
    vectors[6:, 0] += 3
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    content, _ = halves_compared(vectors, np.zeros((12, 9)), 6)
    assert 2 * content <= RARE


def test_the_real_way_to_part_days_comes_first() -> None:
    ways = arrangements(LEAST, 2)
    assert ways[0].tolist() == [0, 0, 1, 1, 1]
    assert len({tuple(way) for way in ways}) == len(ways) == 10
    assert arrangements(20, 10)[0].tolist() == [0] * 10 + [1] * 10


def days(client: TestClient, collection: str, numbers: range, *, dim: bool) -> None:
    """Three pictures of each day, all of one upload."""
    ids = []
    for number in numbers:
        for n in range(3):
            content = (dark if dim else tiny.picture)("Red", number * 10 + n)
            answer = upload(client, collection, content, f"{number}-{n}.jpg", session="card")
            assert isinstance(answer["image"], dict)
            ids.append((number, answer["image"]["id"]))
    for number in numbers:
        body = {
            "kind": "date",
            "when": f"2026-05-{number + 1:02}T10:00",
            "images": [i for at, i in ids if at == number],
        }
        path = f"/api/v1/collections/{collection}/acts"
        assert client.post(path, json=body).status_code == 201


def test_the_check_looks_at_few_days(ada: TestClient, biosight: BioSight) -> None:
    collection, records = first_collection(ada), biosight.archive.records
    days(ada, collection, range(4), dim=False)
    assert "early look" not in check(biosight, collection).sentence
    days(ada, collection, range(4, 6), dim=False)
    few = check(biosight, collection)
    assert few.sentence.startswith("An early look at 6 days: the later 3 show no clear difference")
    assert "of 130" in few.sentence
    days(ada, collection, range(6, 12), dim=True)
    changed = check(biosight, collection)
    assert changed.verdict == "unknown"
    assert "An early look at 12 days: the later 6 are" in changed.sentence
    assert "than the first 6. This is a hint and no more" in changed.sentence
    shown = ada.get(f"/api/v1/collections/{collection}/drift").json()["latest"]
    assert "brightness" in shown["details"]["histograms"]
    later = records.find(Image, [Where("taken", ">=", "2026-05-07")])
    assert shown["since"] == min(i.created_at for i in later)


def test_few_days_of_several_deployments_are_looked_at_by_deployment(
    ada: TestClient, biosight: BioSight
) -> None:
    """Twelve cameras of one day: each is a unit, in the order of its first picture."""
    collection = first_collection(ada)
    path = f"/api/v1/collections/{collection}"
    for number in range(12):
        ids = []
        for n in range(3):
            content = (dark if number >= 6 else tiny.picture)("Red", number * 10 + n)
            answer = upload(ada, collection, content, f"{number}-{n}.jpg", session="card")
            assert isinstance(answer["image"], dict)
            ids.append(answer["image"]["id"])
        when = {"kind": "date", "when": f"2026-05-01T{number + 6:02}:00", "images": ids}
        assert ada.post(f"{path}/acts", json=when).status_code == 201
        if number == 3:
            assert "early look" not in check(biosight, collection).sentence
        made = ada.post(f"{path}/deployments", json={"name": f"Cam {11 - number:02}"}).json()["id"]
        act = {"kind": "deploy", "images": ids, "deployment": made}
        assert ada.post(f"{path}/acts", json=act).status_code == 201
    found = check(biosight, collection)
    assert "An early look at 12 deployments: the later 6 are" in found.sentence
    assert "neighbouring deployments are alike, so it may be place or season." in found.sentence
    assert found.verdict == "unknown"
