"""Resources for a million, ten million and a thousand million pictures, from measured costs.

    python -m bench.scale [--pictures 100]

Pictures are made in code, with 12 megapixels. Measured here: CPU time to decode and classify one
picture, bytes of database and derived files, requests to a bucket. Simulated: a year's pictures,
which arrive by day and season, and the number of cores with which 95 % wait less than five seconds.
Calculated by multiplication: the rest.
"""

import argparse
import hashlib
import heapq
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench import made
from biosight import accounts, membership
from biosight.bootstrap import DEFAULT_MODEL, open_biosight
from biosight.bulk import plan
from biosight.bulk.work import Hand
from biosight.collection import FIRST_NAME
from biosight.intake import Upload, take_in
from biosight.settings import Settings
from biosight.storage.blobs.bucket import open_bucket
from biosight.workflows.pictures.destinations import destination
from tests.s3 import BUCKET, S3
from tests.walk.conftest import free_port

LARGE = (4000, 3000)
SIZES = (1_000_000, 10_000_000, 1_000_000_000)
LONGEST_WAIT = 5.0
VECTOR_BYTES = 1280  # in memory; half precision in the store


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs of one picture: core seconds (of each measured chunk), bytes, requests."""

    cores: npt.NDArray[np.float64]
    original: float
    database: float
    derived: float
    requests: float


def children_cpu() -> float:
    """Return the CPU seconds of this process, its threads, and children that have ended."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


def core_seconds(folder: Path, target: Path) -> npt.NDArray[np.float64]:
    """Return the CPU seconds per picture for each chunk of eight pictures, without start-up."""
    todo = plan(str(folder), DEFAULT_MODEL, target, "bench", 8)
    hand = Hand(str(folder), DEFAULT_MODEL)
    hand.do(todo.chunks[0])
    costs = []
    for chunk in todo.chunks[1:]:
        child = Path(f"/proc/{hand.decoders.idle.queue[0].process.pid}/stat")
        before = children_cpu() + ticks(child)
        hand.do(chunk)
        costs.append((children_cpu() + ticks(child) - before) / len(chunk.names))
    hand.close()
    return np.array(costs)


def ticks(stat: Path) -> float:
    """Return the CPU seconds of a living process, from /proc."""
    fields = stat.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def archive_bytes(files: Sequence[Path], folder: Path) -> tuple[float, float, float]:
    """Return the bytes of originals, database and derived files per uploaded picture."""
    biosight = open_biosight(Settings(data_dir=folder))
    records = biosight.archive.records
    try:
        secret = "seven quiet herons"
        user = accounts.create_user(records, "bench@example.org", secret, "Bench", first=True)
        membership.create_collection(records, user.id, FIRST_NAME)
        place = destination(
            biosight.archive.records,
            biosight.catalogue,
            membership.first_collection(records, user.id),
            user,
        )
        empty = (folder / "biosight.db").stat().st_size
        for number, file in enumerate(files):
            with file.open("rb") as opened:
                take_in(biosight.intake, place, Upload(opened, file.name, "", f"s{number // 20}"))
    finally:
        biosight.close()
    n = len(files)
    derived = sum(p.stat().st_size for p in (folder / "blobs/thumbnail").rglob("*") if p.is_file())
    database = (folder / "biosight.db").stat().st_size - empty
    return sum(f.stat().st_size for f in files) / n, database / n, derived / n


def bucket_requests(folder: Path, count: int = 20) -> float:
    """Return the requests to store a picture and its thumbnail, counted at a local S3 server."""
    s3 = S3(free_port())
    os.environ.update(s3.environment())
    try:
        blobs = open_bucket(f"s3://{BUCKET}/bench", folder / "incoming")
        before = s3.asked
        for n in range(count):
            content = os.urandom(2000) + bytes([n])
            received = blobs.receive(BytesIO(content))
            blobs.keep(received.path, f"original/{received.sha256}")
            key = f"thumbnail/{hashlib.sha256(content).hexdigest()}"
            if not blobs.has(key):
                blobs.put_derived(key, b"small")
        return (s3.asked - before) / count
    finally:
        s3.close()


def arrivals(pictures: int, dice: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return the seconds at which pictures arrive in the busiest hour of a year, in drops of 200.

    A tenth of the year's pictures arrive in the busiest month, half of a day's within six hours.
    """
    hour = pictures * 0.1 / 30 * 0.5 / 6
    drops = max(1, dice.poisson(hour / 200))
    begins = np.sort(dice.uniform(0, 3600, drops))
    # A browser sends about eight pictures per second.
    return np.sort((begins[:, None] + np.arange(200) / 8).ravel())


def wait_95(times: npt.NDArray[np.float64], costs: npt.NDArray[np.float64], cores: int) -> float:
    """Return the 95th percentile of the wait, on `cores` cores, first come, first served."""
    free = [0.0] * cores
    waits = np.empty(len(times))
    for n, (at, cost) in enumerate(zip(times, costs, strict=True)):
        start = max(at, heapq.heappop(free))
        waits[n] = start - at
        heapq.heappush(free, start + cost)
    return float(np.quantile(waits, 0.95))


def cores_needed(pictures: int, costs: Costs) -> int:
    """Return the fewest cores with which the busiest hour waits at most LONGEST_WAIT."""
    dice = np.random.default_rng(0)
    times = arrivals(pictures, dice)
    spent = dice.choice(costs.cores, len(times))
    low, high = 1, 4096
    while low < high:
        middle = (low + high) // 2
        if wait_95(times, spent, middle) <= LONGEST_WAIT:
            high = middle
        else:
            low = middle + 1
    return low


def main() -> None:
    """Print the measurements and the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        root = Path(work)
        (root / "in").mkdir()
        files = [root / "in" / f"{n}.jpg" for n in range(given.pictures)]
        for n, file in enumerate(files):
            file.write_bytes(made.photograph(n, LARGE))
        begin = time.perf_counter()
        cores = core_seconds(root / "in", root / "out")
        pace = given.pictures / (time.perf_counter() - begin)
        costs = Costs(cores, *archive_bytes(files, root / "data"), bucket_requests(root))
    print(
        f"{len(files)} pictures of {costs.original / 1000:.0f} kB: "
        f"{costs.cores.mean() * 1000:.1f} ms of a core each ({pace:.0f}/s in one process), "
        f"{costs.database / 1000:.1f} kB of database, {costs.derived / 1000:.1f} kB derived, "
        f"{costs.requests:.1f} bucket requests"
    )
    print(
        "| pictures | core-hours | database | derived | requests | cores in the busiest hour "
        "| likeness index |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for size in SIZES:
        print(
            f"| {size:,} | {size * costs.cores.mean() / 3600:,.0f} "
            f"| {size * costs.database / 1e9:,.1f} GB | {size * costs.derived / 1e9:,.0f} GB "
            f"| {size * costs.requests / 1e6:,.0f} million | {cores_needed(size, costs):,} "
            f"| {size * VECTOR_BYTES / 1e9:,.1f} GB |"
        )


if __name__ == "__main__":
    main()
