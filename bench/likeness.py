"""Pictures like one: the first search of a collection, later ones, beside plain float32 numpy."""

import tempfile
import time
from pathlib import Path

import numpy as np

from bench.made import quantile
from bench.pages import PATHS, image
from biosight.bootstrap import KINDS
from biosight.images import Embedding
from biosight.similar import Index
from biosight.storage.records import Insert
from biosight.storage.sqlite import SqliteRecords

SIZES = (10_000, 100_000)
DIMENSIONS = 1280


def fill(records: SqliteRecords, collection: str, count: int) -> list[Embedding]:
    """`count` pictures with embeddings; some of the latter to search for."""
    dice = np.random.default_rng(count)
    kept: list[Embedding] = []
    for start in range(0, count, 1000):
        images = [image(collection, count * 7 + n, PATHS) for n in range(start, start + 1000)]
        vectors = dice.gamma(0.4, 1.0, (1000, DIMENSIONS)).astype(np.float16)
        rows = [Embedding(i.id, "m@1", v.tobytes()) for i, v in zip(images, vectors, strict=True)]
        records.write(*map(Insert, rows), *map(Insert, images))
        kept.append(rows[0])
    return kept


def main() -> None:
    """Print seconds at each size."""
    print(f"likeness ({DIMENSIONS} numbers a picture)   first    median     95 %   float32 numpy")
    with tempfile.TemporaryDirectory() as folder:
        records = SqliteRecords(Path(folder) / "bench.db", KINDS)
        for count in SIZES:
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
            plain = index.vectors(str(count), "m@1").rows.astype(np.float32) / 32767
            begin = time.perf_counter()
            np.argsort(-(plain @ plain[0]))[:24]
            whole = time.perf_counter() - begin
            middle, late = quantile(times, 0.5), quantile(times, 0.95)
            print(
                f"{count:>9,} pictures        {first:8.2f} s {middle * 1e3:7.0f} ms "
                f"{late * 1e3:7.0f} ms {whole * 1e3:9.0f} ms"
            )
            del plain
        records.close()


if __name__ == "__main__":
    main()
