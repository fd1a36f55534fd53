"""An early look at few days: quiet where nothing changed, sure where enough did, honest of both."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.drift.early import (
    LEAST_UNITS,
    SURE,
    TESTS,
    arrangements,
    enough_for,
    halves_compared,
    least_p,
)
from biosight.drift.kindred import Floats
from tests import tiny
from tests.conftest import first_collection, upload
from tests.drift.test_check import check, dark


def blocks(dice: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Days that differ by chance alone: embeddings of length 1, and statistics."""
    vectors = dice.normal(size=(n, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, dice.normal(size=(n, 9))


@pytest.mark.parametrize("n", [11, 12, 13, 20])
def test_chance_seldom_alarms(n: int) -> None:
    """Of 400 collections in which nothing changed, at most 1 in 100 alarms, and chance above it."""
    alarms = 0
    for seed in range(400):
        content, (look, _, _) = halves_compared(*blocks(np.random.default_rng(seed), n), n // 2)
        alarms += TESTS * min(content, look) <= SURE
    assert alarms <= 10  # 4 are expected; 11 and more come in 1 of 300 runs of this test


def test_a_change_is_seen_and_named() -> None:
    vectors, looks = blocks(np.random.default_rng(1), 12)
    looks[6:, 3] += 6
    _, (look, column, higher) = halves_compared(vectors, looks, 6)
    assert (TESTS * look <= SURE, column, higher) == (True, 3, True)
    vectors[6:, 0] += 3
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    content, _ = halves_compared(vectors, np.zeros((12, 9)), 6)
    assert TESTS * content <= SURE


def test_so_few_can_only_show_so_much() -> None:
    ways = arrangements(LEAST_UNITS, 2)
    assert ways[0].tolist() == [0, 0, 1, 1, 1]
    assert len({tuple(way) for way in ways}) == len(ways) == 10
    assert least_p(LEAST_UNITS) == TESTS / 10
    enough = enough_for()
    assert least_p(enough) <= SURE < max(least_p(enough - 1), least_p(enough))
    assert all(least_p(n) <= SURE for n in range(enough, 60))


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
    collection = first_collection(ada)
    days(ada, collection, range(4), dim=False)
    assert "early look" not in check(biosight, collection).sentence
    days(ada, collection, range(4, 6), dim=False)
    few = check(biosight, collection)
    assert few.sentence.startswith("An early look at 6 days: they are too few to show a change.")
    assert "of 130" in few.sentence
    days(ada, collection, range(6, 12), dim=True)
    changed = check(biosight, collection)
    assert changed.verdict == "unknown"
    assert "An early look at 12 days: the later 6 are" in changed.sentence
    assert "than the first 6. Chance alone shows such a difference in 1 of" in changed.sentence
    shown = ada.get(f"/api/v1/collections/{collection}/drift").json()["latest"]
    assert "brightness" in shown["details"]["histograms"]
