"""A Camtrap DP package of 10,000 pictures and of 100,000: time and peak memory."""

import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.pages import PATHS, PER_DEPLOYMENT, image
from biosight.bootstrap import KINDS
from biosight.places import Deployment, Site
from biosight.publishing.standards import Scope, camtrap_dp
from biosight.storage.records import Insert
from biosight.storage.sqlite.store import SqliteRecords
from biosight.taxa.naming import Naming

SIZES = (10_000, 100_000)


def fill(path: Path, count: int) -> None:
    """Make an archive of `count` pictures, 50 per deployment."""
    records = SqliteRecords(path, KINDS)
    site = Site("s", "c", "Pond", 52.5, 13.4)
    records.write(Insert(site))
    for start in range(0, count, 2000):
        part = range(start, min(start + 2000, count))
        made = []
        for n in part:
            camera = Deployment(f"d{n // PER_DEPLOYMENT}", "c", "", site.id)
            made.append(Insert(replace(image("c", n, PATHS, camera), site=site.id)))
        records.write(*made)
    records.close()


def publish(path: Path, count: int) -> None:
    """Build the package and discard it. Print seconds, bytes and peak memory in KiB."""
    records = SqliteRecords(path, KINDS)
    cameras = {
        f"d{n}": Deployment(f"d{n}", "c", f"Camera {n}", "s", camera="SN", zone="Europe/Berlin")
        for n in range(count // PER_DEPLOYMENT)
    }
    sites = {"s": Site("s", "c", "Pond", 52.5, 13.4)}
    scope = Scope("c", "bench", lambda _: "ada", {}, Naming(), sites=sites, deployments=cameras)
    begin = time.perf_counter()
    size = sum(len(piece) for piece in camtrap_dp(records, scope))
    spent = time.perf_counter() - begin
    print(spent, size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    records.close()


def main() -> None:
    """Print the table; a separate process writes each package."""
    print("publishing: a Camtrap DP package")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for count in SIZES:
            path = Path(folder) / f"{count}.db"
            fill(path, count)
            words = [sys.executable, "-m", "bench.publishing", str(path), str(count)]
            said = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
            found.append((float(said[0]), int(said[1]), int(said[2])))
            spent, size, most = found[-1]
            told = f"{spent:8.1f} s {size / 1e6:8.1f} MB, memory {most / 1024:.0f} MiB"
            print(f"{count:>8} pictures {told}", flush=True)
    print(f"memory, ratio {found[1][2] / found[0][2]:.2f}; time {found[1][0] / found[0][0]:.1f}")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        publish(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
