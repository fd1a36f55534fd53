"""Likeness between stored embeddings: a picture's neighbours in its collection, and groups.

A query is compared with every vector, in 8-bit form (a million take 1.3 GB); the nearest are then
compared again at their stored precision. There is no index to build, and none that lags behind
(docs/decisions/0026). Not here: making embeddings (inference), or who may see a collection
(membership).
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import simsimd

from biosight.images import Embedding, Image
from biosight.inference.reference import in_bytes, unit
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Records, among, parts

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int8]
MOST_BYTES = 600_000_000
BLOCK = 50_000  # rows; other threads can run between two blocks
# How many times more candidates than asked for are compared again at stored precision, and the
# least number of them: in 8-bit form the order of neighbours can differ.
MORE, LEAST_MORE = 8, 200
ALIKE = 0.45


@dataclass(frozen=True, slots=True)
class Near:
    """A picture and its likeness: the cosine between the embeddings, 1 for the same direction."""

    image: str
    likeness: float


@dataclass(slots=True)
class Vectors:
    """Embeddings of one collection and space: ids, and rows (n, d) of 8-bit values in the same
    order.

    `seen` holds the number of pictures and the id of the newest at the time of reading.
    """

    ids: list[str]
    rows: Rows
    seen: tuple[int, str]
    reading: threading.Lock = field(default_factory=threading.Lock)


class Index:
    """Vectors of the collections used most recently, up to MOST_BYTES."""

    def __init__(self, records: Records, most_bytes: int = MOST_BYTES) -> None:
        self.records = records
        self.most_bytes = most_bytes
        self.kept: OrderedDict[tuple[str, str], Vectors] = OrderedDict()
        self.lock = threading.Lock()

    def vectors(self, collection: str, space: str) -> Vectors:
        """Return a collection's current vectors; only new ones are read."""
        with self.lock:
            found = self.kept.setdefault(
                (collection, space), Vectors([], np.empty((0, 0), np.int8), (-1, ""))
            )
            self.kept.move_to_end((collection, space))
        with found.reading:
            refresh(self.records, collection, space, found)
        self.trim()
        return found

    def trim(self) -> None:
        """Drop the collections whose last use is longest ago."""
        with self.lock:
            while len(self.kept) > 1 and self.size() > self.most_bytes:
                self.kept.popitem(last=False)

    def size(self) -> int:
        """Return the bytes of all vectors in memory."""
        return sum(v.rows.nbytes for v in self.kept.values())

    def nearest(self, collection: str, embedding: Embedding, limit: int) -> list[Near]:
        """Return the pictures of a collection most like an embedding, without its own, likest
        first.

        Removed pictures may be among them until the collection changes, so look each one up.
        """
        vectors = self.vectors(collection, embedding.space)
        ids, rows = vectors.ids, vectors.rows
        if not ids:
            return []
        distances = distances_of(rows, stack_embeddings([embedding])[0])
        count = min(max(MORE * (limit + 1), LEAST_MORE), len(ids))
        best = np.argpartition(distances, count - 1)[:count]
        kept = among(self.records, Embedding, [ids[i] for i in best if ids[i] != embedding.id])
        there = [e for e in kept if e.space == embedding.space]
        return by_nearness(there, embedding.floats())[:limit]


def refresh(records: Records, collection: str, space: str, vectors: Vectors) -> None:
    """Update the vectors in place to match the store."""
    where = living_images(collection)
    newest = records.find(Image, where, order=Order("id", descending=True), limit=1)
    seen = (records.count(Image, where), newest[0].id if newest else "")
    if seen == vectors.seen and len(vectors.ids) == seen[0]:
        return
    there = records.ids(Image, where)
    left = set(there)
    places = [n for n, id in enumerate(vectors.ids) if id in left]
    ids = [vectors.ids[n] for n in places]
    blocks = [vectors.rows if len(ids) == len(vectors.ids) else vectors.rows[places]]
    left.difference_update(ids)
    # Read a few hundred at a time: in stored form, a million would need several times the memory.
    for part in parts([id for id in there if id in left]):
        if found := [e for e in among(records, Embedding, part) if e.space == space]:
            ids += [e.id for e in found]
            blocks.append(stack_embeddings(found))
    rows = np.concatenate([b for b in blocks if len(b)]) if ids else np.empty((0, 0), np.int8)
    vectors.ids, vectors.rows, vectors.seen = ids, rows, seen


def stack_embeddings(embeddings: Sequence[Embedding]) -> Rows:
    """Return embeddings as rows (n, d) of 8-bit values; their scale is dropped, as a cosine ignores
    it."""
    return in_bytes(np.stack([e.floats() for e in embeddings]))[0]


def distances_of(rows: Rows, row: Rows) -> Floats:
    """Return 1 - cosine of each of rows (n, d) with row (d,), computed by SimSIMD."""
    distances = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        distances[start : start + BLOCK] = np.asarray(simsimd.cdist(row[None], block, "cosine"))[0]
    return distances


def by_nearness(kept: Sequence[Embedding], asked: Floats) -> list[Near]:
    """Return the likeness of embeddings to one (d,), likest first, at stored precision."""
    if not kept:
        return []
    likeness = unit(np.stack([e.floats() for e in kept])) @ unit(asked[None])[0]
    order = np.argsort(-likeness, kind="stable")
    return [Near(kept[i].id, round(float(likeness[i]), 4)) for i in order]


def groups(ids: Sequence[str], full: Floats, alike: float = ALIKE) -> list[list[str]]:
    """Group pictures of unit rows (n, d) by likeness, the largest group first.

    The picture with the most others within `alike` leads a group. Then the next leader is chosen
    among the remaining pictures (leader clustering; Daura et al. 1999). Use it for up to a few
    thousand pictures: it needs (n, n) memory.
    """
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
