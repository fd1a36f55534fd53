"""Pages over a phone's slow line, by Lighthouse: its marks, when the largest picture is there, and
how many bytes came.

    npm install --prefix FOLDER lighthouse@12
    LIGHTHOUSE=FOLDER/node_modules/.bin/lighthouse python -m bench.slow_line [--pictures FOLDER]

Lighthouse slows line and processor down as on a phone (its standard, simulated). Without
`--pictures`, photographs are made here: 24 of 1,600 x 1,200 pixels.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.made import Running, photograph, serving

CHROME = "--headless --no-sandbox --disable-gpu --disable-background-networking"
LINE = "{:<12}{:>7}{:>15}{:>12}{:>14}{:>10}"


@dataclass(frozen=True, slots=True)
class Marks:
    """Lighthouse's marks (0 to 100), seconds to the largest picture, kilobytes and requests."""

    speed: int
    accessibility: int
    largest: float
    kilobytes: int
    requests: int


def look_at(url: str, cookie: str) -> Marks:
    """Return the marks of a page for somebody with a cookie."""
    with tempfile.TemporaryDirectory() as folder:
        report, headers = Path(folder) / "report.json", Path(folder) / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookie}))
        command = [
            os.environ.get("LIGHTHOUSE", "lighthouse"),
            url,
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            "--only-categories=performance,accessibility",
            f"--extra-headers={headers}",
            f"--chrome-flags={CHROME}",
        ]
        environment = {"CHROME_PATH": "/usr/bin/chromium", **os.environ}
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        said = json.loads(report.read_text())
    audits = said["audits"]
    sent = audits["network-requests"]["details"]["items"]
    return Marks(
        round(said["categories"]["performance"]["score"] * 100),
        round(said["categories"]["accessibility"]["score"] * 100),
        audits["largest-contentful-paint"]["numericValue"] / 1000,
        round(sum(item.get("transferSize", 0) for item in sent) / 1000),
        len(sent),
    )


def pictures(folder: Path | None) -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes of pictures: those of a folder, else 24 that are made here."""
    if folder is not None:
        for path in sorted(p for p in folder.rglob("*") if p.is_file())[:60]:
            yield path.name, path.read_bytes()
        return
    for seed in range(24):
        yield f"{seed}.jpg", photograph(seed, (1600, 1200))


def fill(server: Running, folder: Path | None) -> str:
    """Upload the pictures; return the id of one."""
    found = ""
    for name, content in pictures(folder):
        answer = server.client.post(
            f"/api/v1/collections/{server.collection}/images", files={"file": (name, content)}
        )
        found = answer.json()["image"]["id"] if answer.is_success else found
    return found


def main() -> None:
    """Print a line for each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path)
    chosen = parser.parse_args()
    print(LINE.format("page", "speed", "accessibility", "largest, s", "kilobytes", "requests"))
    with serving() as server:
        image = fill(server, chosen.pictures)
        cookie = "; ".join(f"{c.name}={c.value}" for c in server.client.cookies.jar)
        collection = f"/collections/{server.collection}"
        for name, path in {
            "collection": collection,
            "picture": f"/images/{image}",
            "review": f"{collection}/review",
            "map": f"{collection}/places",
        }.items():
            m = look_at(server.url + path, cookie)
            print(
                LINE.format(
                    name, m.speed, m.accessibility, f"{m.largest:.1f}", m.kilobytes, m.requests
                ),
                flush=True,
            )


if __name__ == "__main__":
    main()
