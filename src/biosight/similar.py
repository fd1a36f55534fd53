"""Likeness between stored embeddings: a picture's neighbours in its collection, and groups.

Exact: every vector is compared. Vectors rest in memory as 16-bit fixed point, which is as fine as
the half precision they are stored in, and turns into float32 ten times as fast.
Not here: making embeddings (inference), or who may see a collection (sharing.py).
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from biosight.images import Embedding, Image
from biosight.storage.living import living
from biosight.storage.records import Order, Records, among

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int16]
MOST_BYTES = 600_000_000
BLOCK = 512
ONE = 32767  # a vector's element of 1.0
ALIKE = 0.45


@dataclass(frozen=True, slots=True)
class Near:
    """A picture and its likeness: the cosine between the embeddings, 1 for the same."""

    image: str
    likeness: float


@dataclass(slots=True)
class Vectors:
    """Embeddings of one collection and space: ids, and unit rows (n, d) in the same order.

    `seen` is how many pictures there were and the newest of them, when this was read.
    """

    ids: list[str]
    rows: Rows
    seen: tuple[int, str]
    reading: threading.Lock = field(default_factory=threading.Lock)


class Index:
    """Vectors of the collections asked for lately, at most MOST_BYTES of them."""

    def __init__(self, records: Records, most_bytes: int = MOST_BYTES) -> None:
        self.records = records
        self.most_bytes = most_bytes
        self.kept: OrderedDict[tuple[str, str], Vectors] = OrderedDict()
        self.lock = threading.Lock()

    def vectors(self, collection: str, space: str) -> Vectors:
        """A collection's vectors as they are now; only those that are new are read."""
        with self.lock:
            found = self.kept.setdefault(
                (collection, space), Vectors([], np.empty((0, 0), np.int16), (-1, ""))
            )
            self.kept.move_to_end((collection, space))
        with found.reading:
            refresh(self.records, collection, space, found)
        self.trim()
        return found

    def trim(self) -> None:
        """Let go of the collections asked for longest ago."""
        with self.lock:
            while len(self.kept) > 1 and self.size() > self.most_bytes:
                self.kept.popitem(last=False)

    def size(self) -> int:
        """Bytes of all vectors kept."""
        return sum(v.rows.nbytes for v in self.kept.values())

    def nearest(self, collection: str, embedding: Embedding, limit: int) -> list[Near]:
        """Pictures of a collection most like an embedding, itself left out, the likest first.

        Removed pictures may be among them until the collection changes: look them up.
        """
        vectors = self.vectors(collection, embedding.space)
        ids, rows = vectors.ids, vectors.rows
        if not ids:
            return []
        likeness = cosines(rows, unit_row(embedding.floats()))
        count = min(limit + 1, len(ids))
        best = np.argpartition(-likeness, count - 1)[:count]
        best = best[np.argsort(-likeness[best], kind="stable")]
        near = [Near(ids[i], round(float(likeness[i]), 4)) for i in best]
        return [n for n in near if n.image != embedding.id][:limit]


def refresh(records: Records, collection: str, space: str, vectors: Vectors) -> None:
    """Bring vectors in step with the store, in place."""
    where = living(collection)
    newest = records.find(Image, where, order=Order("id", descending=True), limit=1)
    seen = (records.count(Image, where), newest[0].id if newest else "")
    if seen == vectors.seen and len(vectors.ids) == seen[0]:
        return
    ids = records.ids(Image, where)
    known = dict(zip(vectors.ids, vectors.rows, strict=True))
    missing = [id for id in ids if id not in known]
    for e in among(records, Embedding, missing):
        if e.space == space:
            known[e.id] = unit_row(e.floats())
    kept = [id for id in ids if id in known]
    rows = np.stack([known[id] for id in kept]) if kept else np.empty((0, 0), np.int16)
    vectors.ids, vectors.rows, vectors.seen = kept, rows, seen


def unit_row(vector: Floats) -> Rows:
    """A vector (d,) at length 1, in fixed point."""
    length = max(float(np.linalg.norm(vector)), 1e-12)
    scaled: Rows = np.rint(vector * (ONE / length)).astype(np.int16)
    return scaled


def as_floats(rows: Rows) -> Floats:
    """Unit rows (n, d) to reckon with."""
    return np.divide(rows, np.float32(ONE), dtype=np.float32)


def cosines(rows: Rows, row: Rows) -> Floats:
    """The cosine of each of rows (n, d) with row (d,), in blocks that fit the cache."""
    likeness = np.empty(len(rows), np.float32)
    vector = row.astype(np.float32) / (ONE * ONE)
    space = np.empty((BLOCK, len(row)), np.float32)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        np.copyto(space[: len(block)], block)
        np.matmul(space[: len(block)], vector, out=likeness[start : start + BLOCK])
    return likeness


def groups(ids: Sequence[str], rows: Rows, alike: float = ALIKE) -> list[list[str]]:
    """Pictures put together by likeness, the largest group first.

    The picture with the most others within `alike` leads a group, then the next among what is
    left (leader clustering; Daura et al. 1999). For up to some thousand pictures: (n, n).
    """
    full = as_floats(rows)
    close = full @ full.T >= alike
    left = np.ones(len(ids), dtype=bool)
    found: list[list[str]] = []
    while left.any():
        counts = (close & left).sum(axis=1) * left
        leader = int(counts.argmax())
        members = np.flatnonzero(close[leader] & left) if counts[leader] else np.array([leader])
        members = np.union1d(members, [leader])
        order = members[np.argsort(-(full[members] @ full[leader]), kind="stable")]
        found.append([ids[i] for i in order])
        left[members] = False
    return found
