"""A gallery page, label counts and a folder view at 1,000 and at 100,000 pictures."""

import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.made import Running, quantile, serving
from biosight.bootstrap import KINDS
from biosight.collection import Collection
from biosight.images import Image
from biosight.storage.records import Insert, new_id
from biosight.storage.sqlite import SqliteRecords

SIZES = (1_000, 100_000)
LABELS = [f"Label {n}" for n in range(12)]


def image(collection: str, number: int) -> Image:
    """A plausible record; its bytes are not needed for a page."""
    dice = random.Random(number)
    confidence = dice.random()
    made = Image(
        id=new_id(),
        collection=collection,
        sha256=f"{number:064x}",
        crc32=0,
        size=100_000,
        media_type="image/jpeg",
        width=500,
        height=400,
        name=f"IMG_{number:06}.jpg",
        path=f"day/IMG_{number:06}.jpg",
        session="s",
        uploaded_by="u",
        created_at=1.6e9 + number,
        taken="",
        day=f"2021-{number % 12 + 1:02}-11",
        camera="",
        latitude=None,
        longitude=None,
        phash="0" * 16,
        statistics=(0.5,) * 9,
        model="m@1",
        machine_label=dice.choice(LABELS),
        confidence=confidence,
        percent=int(confidence * 100),
        margin=dice.random(),
        label=dice.choice(LABELS),
        who="machine",
        lottery=dice.random(),
    )
    return replace(made, search=made.search_text())


def fill(running: Running, count: int) -> str:
    """A collection of `count` records, owned by the bench's person."""
    name = f"{count} pictures"
    made = running.client.post("/api/v1/collections", json={"name": name}).json()
    collection: str = made["id"]
    records = SqliteRecords(running.data / "biosight.db", KINDS)
    assert records.get(Collection, collection) is not None
    for start in range(0, count, 2000):
        part = range(start, min(start + 2000, count))
        records.write(*(Insert(image(collection, n)) for n in part))
    records.close()
    return collection


def timed(running: Running, path: str, times: int = 60) -> float:
    """Median milliseconds of a request."""
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        running.client.get(path).raise_for_status()
        seconds.append(time.perf_counter() - begin)
    return quantile(seconds, 0.5) * 1000


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "data") as running:
        found = {count: fill(running, count) for count in SIZES}
        print("pages: median ms at 1,000 and at 100,000 pictures")
        for name, path in (
            ("a gallery page of 100", "images?limit=100"),
            ("label counts", "labels"),
            ("a folder, least sure first", "images?label=Label+3&sort=unsure&limit=100"),
            ("a count under a filter", "count?label=Label+3&who=machine"),
            ("the collection's page data", ""),
        ):
            small, large = (
                timed(running, f"/api/v1/collections/{found[c]}/{path}".rstrip("/")) for c in SIZES
            )
            print(f"{name:<38} {small:8.2f} {large:8.2f}   ratio {large / small:.2f}", flush=True)


if __name__ == "__main__":
    main()
