"""Looks until the list of names is there: how many, what is wrong in it and what is missing.

    python -m bench.verified_list FOLDER [--counts 500 10000]

The bench plays a person who knows every picture's name, which is its folder's, and answers the
queue of names until nothing waits. A label fits if it is the name, or hangs above or below it. A
name is missing if no verified name is it or hangs below it. A review one by one would show each
picture. Minutes are looks of 3 s and new labels of 8 s: an assumption, not measured.
"""

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.made import Running, serving
from bench.review import API, chosen, line
from biosight.taxa.paths import line_of

LOOK, NAME = 3, 8  # seconds


def sent(running: Running, collection: str, number: int, name: str, content: bytes) -> str:
    """Upload a picture; return its id, "" where it is refused."""
    file = {"file": (f"{number:05}.jpg", content)}
    said = running.client.post(f"{API}/collections/{collection}/images", files=file)
    return str(said.json()["image"]["id"]) if said.status_code == 201 else ""


def known_line(running: Running, collection: str, name: str) -> list[str]:
    """Return the line of a name in the collection's tree, of itself alone where it lacks it."""
    found = running.client.get(f"{API}/collections/{collection}/names", params={"q": name}).json()
    lines = [list(n["line"]) for n in found if n["label"] == name]
    return lines[0] if lines else [name]


def answer(running: Running, image: dict[str, Any], truth: list[str]) -> bool:
    """Confirm a picture whose label fits, else give the true name; return whether it fitted."""
    fits = image["label"] in truth or truth[-1] in line(image)
    said: dict[str, Any] = {"confirm": True} if fits else {"label": truth[-1]}
    url = f"{API}/images/{image['id']}"
    running.client.patch(url, json={**said, "via": "names"}).raise_for_status()
    return fits


def walk(running: Running, pictures: list[tuple[str, bytes]]) -> str:
    """Fill a collection, answer its queue of names, and return what came of it in words."""
    client = running.client
    collection = client.post(f"{API}/collections", json={"name": "Names"}).json()["id"]
    here = f"{API}/collections/{collection}/verified-names"
    with ThreadPoolExecutor(4) as pool:
        numbered = list(enumerate(pictures))
        ids = list(pool.map(lambda p: sent(running, collection, p[0], *p[1]), numbered))
    names = {id: name for id, (name, _) in zip(ids, pictures, strict=True) if id}
    truths = {name: known_line(running, collection, name) for name in set(names.values())}
    looks = renamed = 0
    while drawn := client.get(f"{here}/queue").json()["images"]:
        for one in drawn:
            fitted = answer(running, one["image"], truths[names[one["image"]["id"]]])
            looks, renamed = looks + 1, renamed + (not fitted)
    rows = client.get(here).json()["names"]
    lines = {line_of(row["path"]): row["standing"] for row in rows}
    verified = [line for line, standing in lines.items() if standing == "verified"]
    wrong = [v for v in verified if not any(v[-1] in t or t[-1] in v for t in truths.values())]
    missing = [t for t in truths.values() if not any(t[-1] in v for v in verified)]
    unsaid = sum(not any(t[-1] in v for v in lines) for t in missing)
    unproved = sum(row["standing"] == "not proved" for row in rows)
    minutes = (looks * LOOK + renamed * NAME) / 60
    return (
        f"{len(names):>6,} pictures of {len(truths)} names: {looks} looks ({renamed} new labels), "
        f"{minutes:.0f} min; {len(verified)} names verified, {len(wrong)} of them wrong, "
        f"{len(missing)} missing ({unsaid} of these the model never said), {unproved} not proved; "
        f"{len(names) / max(1, looks):.1f} pictures a look"
    )


def main() -> None:
    """Print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--counts", nargs="+", type=int, default=[500, 10_000])
    asked = parser.parse_args()
    for count in asked.counts:
        with tempfile.TemporaryDirectory() as data, serving(Path(data) / "data") as running:
            print(walk(running, chosen(asked.folder, count)), flush=True)


if __name__ == "__main__":
    main()
