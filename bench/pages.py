"""A gallery page, label counts, folders, places and days, measured on two collections: 1,000
pictures in 12 flat labels, and 100,000 in 500 labels of a tree. In both, a deployment and a day
have 50 pictures each. The figures per label are also compared with 1,000 pictures in the same
tree. With BIOSIGHT_DATABASE_URL the records are in that MongoDB."""

import random
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from bench.made import Running, quantile, serving
from biosight.bootstrap import choose_store
from biosight.collection import Collection
from biosight.images import Image
from biosight.places import Deployment, Site
from biosight.settings import Settings
from biosight.storage.records import Insert, new_id
from biosight.workflows.places.deployment_acts import add_place

# The larger size can be an argument: python -m bench.pages 1000000
SIZES = (1_000, int(sys.argv[1]) if sys.argv[1:] else 100_000)
LABELS = [f"Label {n}" for n in range(12)]
PATHS = [f"/{label}/" for label in LABELS]
# Label 3 is a branch with 25 labels below it, about as large a part as one of twelve.
TREE = [f"/Kingdom {n % 3}/Branch {n % 20}/Label {n}/" for n in range(500)]


PER_DEPLOYMENT = 50
NOWHERE = Deployment("", "", "")


def image(collection: str, number: int, paths: list[str], place: Deployment = NOWHERE) -> Image:
    """Return a plausible record; a page does not need its bytes."""
    dice = random.Random(number)
    path = dice.choice(paths)
    label = path.split("/")[-2]
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
        taken_file=taken(number),
        deployment=place.id,
        site=place.site,
        day="",
        camera="",
        latitude=None,
        longitude=None,
        phash="0" * 16,
        statistics=(0.5,) * 9,
        model="m@1",
        machine_label=label,
        confidence=confidence,
        percent=int(confidence * 100),
        margin=dice.random(),
        label=label,
        label_path=path,
        who="machine",
        lottery=dice.random(),
    )
    return made.in_step


def taken(number: int) -> str:
    """Return a local time, so that a day has as many pictures as a deployment."""
    begun = datetime(2021, 1, 1) + timedelta(days=number // PER_DEPLOYMENT)
    return (begun + timedelta(seconds=number % PER_DEPLOYMENT * 300)).isoformat()


def fill(running: Running, count: int, paths: list[str] | None = None) -> str:
    """Make a collection of `count` records that the bench's user owns. Return its id."""
    paths = paths or (TREE if count > 10_000 else PATHS)
    name = f"{count} pictures in {len(paths)} labels"
    made = running.client.post("/api/v1/collections", json={"name": name}).json()
    collection: str = made["id"]
    records = choose_store(Settings(data_dir=running.data))
    assert records.get(Collection, collection) is not None
    places = []
    for n in range(count // PER_DEPLOYMENT):
        site, _ = add_place(records, "u", Site("", collection, f"Site {n}", n % 60, n % 90))
        camera = Deployment("", collection, f"Camera {n}", site.id)
        places.append(add_place(records, "u", camera)[0])
    for start in range(0, count, 2000):
        part = range(start, min(start + 2000, count))
        made = (image(collection, n, paths, places[n // PER_DEPLOYMENT]) for n in part)
        records.write(*(Insert(one) for one in made))
    records.close()
    return collection


def timed(running: Running, path: str, times: int = 60) -> float:
    """Return the median milliseconds of a request."""
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        running.client.get(path).raise_for_status()
        seconds.append(time.perf_counter() - begin)
    return quantile(seconds, 0.5) * 1000


def places(running: Running, found: dict[int, str], same: str) -> None:
    """Print the lines of deployments, sites and days, and of the map and the activity."""
    address = "/api/v1/collections"
    cameras = {
        n: running.client.get(f"{address}/{c}/deployments").json()[3] for n, c in found.items()
    }
    for name, query in (
        ("a deployment, newest first", "images?deployment={id}&limit=100"),
        ("a deployment, by time taken", "images?deployment={id}&sort=taken&limit=100"),
        ("a deployment, stacked by event", "images?deployment={id}&sort=taken&events=true"),
        ("a site, newest first", "images?site={site}&limit=100"),
        ("a count of a site", "count?site={site}"),
        ("a day, newest first", "images?since=2021-01-04&until=2021-01-04&limit=100"),
        ("a count of a day", "count?since=2021-01-04&until=2021-01-04"),
        ("label counts of a deployment", "labels?deployment={id}"),
    ):
        small, large = (
            timed(running, f"{address}/{found[n]}/{query.format(**cameras[n])}") for n in SIZES
        )
        print(f"{name:<38} {small:8.2f} {large:8.2f}   ratio {large / small:.2f}", flush=True)
    for name, query in (
        ("activity of a third, by all its dates", "activity?under=/Kingdom 0/"),
        ("the map, a point a site", "map"),
    ):
        small, large = (
            timed(running, f"{address}/{c}/{query}", 5) for c in (same, found[SIZES[1]])
        )
        print(f"{name:<38} {small:8.2f} {large:8.2f}   ratio {large / small:.2f}", flush=True)


def labels(running: Running, found: dict[int, str], same: str) -> None:
    """Print the lines of the figures per label: beside few labels, and beside the `same` tree."""
    address = "/api/v1/collections"
    for name, path in (("label counts", "/labels"), ("the collection's page data", "")):
        large = timed(running, f"{address}/{found[SIZES[1]]}{path}")
        for what, small in ((name, found[SIZES[0]]), ("... beside the same tree", same)):
            few = timed(running, f"{address}/{small}{path}")
            print(f"{what:<38} {few:8.2f} {large:8.2f}   ratio {large / few:.2f}", flush=True)


def size_mb(data: Path) -> float:
    """Return the size of the database file in MB, 0 where the records are in MongoDB."""
    path = data / "biosight.db"
    return path.stat().st_size / 1e6 if path.exists() else 0.0


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "data") as running:
        found, begun = {}, time.perf_counter()
        for count in SIZES:
            found[count] = fill(running, count)
        same = fill(running, SIZES[0], TREE)
        print(f"built in {time.perf_counter() - begun:.0f} s, {size_mb(running.data):,.0f} MB")
        print(
            f"pages: median ms, 1,000 pictures in 12 flat labels and {SIZES[1]:,} in 500 of a tree"
        )
        places(running, found, same)
        labels(running, found, same)
        flat, branch = "label=Label+3", "under=/Kingdom 0/Branch 3/"
        for name, path, other in (
            ("a gallery page of 100", "images?limit=100", ""),
            ("a label, newest first", f"images?{flat}&limit=100", ""),
            ("a label, least sure first", f"images?{flat}&sort=unsure&limit=100", ""),
            (
                "a branch and all below, newest first",
                f"images?{flat}&limit=100",
                f"images?{branch}&limit=100",
            ),
            (
                "a branch and all below, least sure",
                f"images?{flat}&sort=unsure&limit=100",
                f"images?{branch}&sort=unsure&limit=100",
            ),
            *(
                (f"a third of all, {sort}", f"images?{flat}&{by}", f"images?under=/Kingdom 0/&{by}")
                for sort, by in (
                    ("newest first", "limit=100"),
                    ("least sure", "sort=unsure&limit=100"),
                    ("by name", "sort=name&limit=100"),
                )
            ),
            (
                "a count of a branch, by the machine",
                f"count?{flat}&who=machine",
                f"count?{branch}&who=machine",
            ),
            ("a word of one picture", "images?text=IMG_000500&limit=100", ""),
            ("a word of none", "images?text=zebra&limit=100", ""),
            ("a word of every picture", "images?text=img&limit=100", ""),
            ("a count of a word of one", "count?text=IMG_000500", ""),
            ("a count of a word of every picture", "count?text=img", ""),
        ):
            asked = (path, other or path)
            small, large = (
                timed(running, f"/api/v1/collections/{found[c]}/{p}".rstrip("/"))
                for c, p in zip(SIZES, asked, strict=True)
            )
            print(f"{name:<38} {small:8.2f} {large:8.2f}   ratio {large / small:.2f}", flush=True)


if __name__ == "__main__":
    main()
