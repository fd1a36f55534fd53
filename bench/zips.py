"""A zip of 2,000 pictures of 100 KB: first byte, speed, memory."""

import hashlib
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.made import Running, resident_mb, serving
from bench.pages import PATHS, image
from biosight.bootstrap import KINDS
from biosight.storage.blobs import keys
from biosight.storage.blobs.folder import FolderBlobs
from biosight.storage.records import Insert
from biosight.storage.sqlite.store import SqliteRecords

COUNT, SIZE = 2_000, 100_000


def fill(running: Running) -> None:
    """Add records and their bytes to the archive."""
    import zlib

    records, blobs = (
        SqliteRecords(running.data / "biosight.db", KINDS),
        FolderBlobs(running.data / "blobs"),
    )
    inserts = []
    for number in range(COUNT):
        content = os.urandom(SIZE)
        sha256 = hashlib.sha256(content).hexdigest()
        path = blobs.path(keys.original(sha256))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        made = image(running.collection, number, PATHS)
        inserts.append(Insert(replace(made, sha256=sha256, size=SIZE, crc32=zlib.crc32(content))))
    records.write(*inserts)
    records.close()


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "data") as running:
        fill(running)
        before = resident_mb(running.pid)
        begin, first, got, peak = time.perf_counter(), 0.0, 0, before
        with running.client.stream(
            "GET", f"/api/v1/collections/{running.collection}/zip"
        ) as answer:
            for piece in answer.iter_raw():
                first = first or time.perf_counter() - begin
                got += len(piece)
                if got % 50 == 0:
                    peak = max(peak, resident_mb(running.pid))
        peak = max(peak, resident_mb(running.pid))
        seconds = time.perf_counter() - begin
        print(f"zip of {COUNT:,} x {SIZE // 1000} KB")
        print(f"{'first byte':<38} {first * 1000:7.0f} ms")
        print(f"{'speed':<38} {got / seconds / 1e6:7.0f} MB/s")
        print(f"{'memory beyond that before':<38} {peak - before:7.0f} MB")


if __name__ == "__main__":
    main()
