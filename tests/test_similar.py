"""The nearest of many embeddings are the nearest, whatever the bytes in which they are sought."""

from pathlib import Path

import numpy as np
import pytest

from biosight import similar
from biosight.bootstrap import KINDS
from biosight.images import Embedding
from biosight.inference.reference import in_bytes
from biosight.similar import Index, Vectors
from biosight.storage.records import Insert, Remove
from biosight.storage.sqlite.store import SqliteRecords

MANY, SIZE = 600, 48


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Kept":
    monkeypatch.setattr(similar, "refresh", lambda *_: None)  # it has been read
    dice = np.random.default_rng(3)
    vectors = dice.gamma(0.4, 1, (MANY, SIZE))
    vectors[7] = 0
    records = SqliteRecords(tmp_path / "a.db", KINDS)
    rows = [Embedding.of(f"p{n:03}", "m@1", vector) for n, vector in enumerate(vectors)]
    records.write(*map(Insert, rows))
    return Kept(records, rows)


class Kept:
    """A store of embeddings, and an index that has read them."""

    def __init__(self, records: SqliteRecords, rows: list[Embedding]) -> None:
        self.records = records
        self.rows = rows
        self.index = Index(records)
        full = in_bytes(np.stack([e.floats() for e in rows]))[0]
        found = Vectors([e.id for e in rows], full, (0, ""))
        self.index.kept["c", "m@1"] = found

    def exact(self, asked: Embedding) -> list[tuple[str, float]]:
        full = np.stack([e.floats() for e in self.rows])
        lengths = np.linalg.norm(full, axis=1) * np.linalg.norm(asked.floats())
        cosines = full @ asked.floats() / np.maximum(lengths, 1e-9)
        order = np.argsort(-cosines, kind="stable")
        return [(self.rows[i].id, float(cosines[i])) for i in order if self.rows[i].id != asked.id]


def test_the_nearest_are_those_of_full_precision(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar, "BLOCK", 37)
    monkeypatch.setattr(similar, "LEAST_MORE", 30)
    for asked in kept.rows[20:40]:
        near = kept.index.nearest("c", asked, 12)
        wanted = kept.exact(asked)[:12]
        assert [n.image for n in near] == [image for image, _ in wanted]
        assert [n.likeness for n in near] == pytest.approx([c for _, c in wanted], abs=1e-4)


def test_what_is_gone_or_of_another_network_is_left_out(kept: Kept) -> None:
    asked = kept.rows[20]
    first, second, third = (image for image, _ in kept.exact(asked)[:3])
    kept.records.write(Remove(Embedding, first), Remove(Embedding, second))
    kept.records.write(Insert(Embedding(second, "other@1", asked.vector)))
    assert kept.index.nearest("c", asked, 5)[0].image == third


def test_a_vector_of_nothing_is_near_nobody(kept: Kept) -> None:
    assert all(n.likeness == 0 for n in kept.index.nearest("c", kept.rows[7], 5))
