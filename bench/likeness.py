"""Similar pictures: the first search in a collection and later ones, beside plain float32 NumPy.

    python -m bench.likeness [PICTURES …]

`recall` is the share of the 24 nearest by float32 that the index finds.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.made import quantile
from bench.pages import PATHS, image
from biosight.bootstrap import KINDS
from biosight.images import Embedding
from biosight.similar import Index
from biosight.storage.records import Insert, among
from biosight.storage.sqlite.store import SqliteRecords

SIZES = (10_000, 100_000)
DIMENSIONS = 1280


def fill(records: SqliteRecords, collection: str, count: int) -> list[Embedding]:
    """Add `count` pictures with embeddings. Return some of the embeddings to search for."""
    dice = np.random.default_rng(count)
    kept: list[Embedding] = []
    for start in range(0, count, 1000):
        images = [image(collection, count * 7 + n, PATHS) for n in range(start, start + 1000)]
        vectors = dice.gamma(0.4, 1.0, (1000, DIMENSIONS)).astype(np.float16)
        rows = [Embedding(i.id, "m@1", v.tobytes()) for i, v in zip(images, vectors, strict=True)]
        records.write(*map(Insert, rows), *map(Insert, images))
        kept.append(rows[0])
    return kept


def beside_float32(
    records: SqliteRecords, index: Index, collection: str, asked: list[Embedding]
) -> tuple[float, float]:
    """Return the seconds of one search over float32, and the share of its results that the index
    finds too."""
    ids = index.vectors(collection, "m@1").ids
    plain = np.empty((len(ids), DIMENSIONS), np.float32)
    place = {id: number for number, id in enumerate(ids)}
    for start in range(0, len(ids), 10_000):
        for e in among(records, Embedding, ids[start : start + 10_000]):
            plain[place[e.id]] = e.floats()
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    found, seconds = 0, 0.0
    for embedding in asked:
        begin = time.perf_counter()
        near = np.argsort(-(plain @ embedding.floats()), kind="stable")[:25]
        seconds += time.perf_counter() - begin
        exact = [ids[i] for i in near if ids[i] != embedding.id][:24]
        found += len({n.image for n in index.nearest(collection, embedding, 24)} & {*exact})
    return seconds / len(asked), found / (24 * len(asked))


def main() -> None:
    """Print the seconds at each size."""
    print(
        f"likeness ({DIMENSIONS} numbers a picture)   first    median     95 %   float32 numpy   "
        "recall   kept"
    )
    with tempfile.TemporaryDirectory() as folder:
        records = SqliteRecords(Path(folder) / "bench.db", KINDS)
        for count in map(int, sys.argv[1:] or SIZES):
            asked = fill(records, str(count), count)
            index = Index(records)
            begin = time.perf_counter()
            index.nearest(str(count), asked[0], 24)
            first = time.perf_counter() - begin
            times = []
            for embedding in asked[:20]:
                begin = time.perf_counter()
                index.nearest(str(count), embedding, 24)
                times.append(time.perf_counter() - begin)
            whole, recall = beside_float32(records, index, str(count), asked[:20])
            middle, late = quantile(times, 0.5), quantile(times, 0.95)
            print(
                f"{count:>9,} pictures        {first:8.2f} s {middle * 1e3:7.0f} ms "
                f"{late * 1e3:7.0f} ms {whole * 1e3:9.0f} ms {recall:14.3f} "
                f"{index.size() / 1e6:6.0f} MB",
                flush=True,
            )
        records.close()


if __name__ == "__main__":
    main()
