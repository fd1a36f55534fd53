"""Screenshots of all pages in four forms, from a fixed collection, and what changed in them.

    python -m docs.shots --to FOLDER [--before REVISION] [--pages WORDS,...] [--guide]

The pictures are the examples that BioSight draws (biosight/examples). With `--before`, an earlier
revision is drawn too, by the same browser with the same fonts, and FOLDER/index.html shows each
page that differs: before, after, and where. Moments are written as one and the same, since each run
has its own. `--guide` renews the pictures of the guide. It needs Chromium.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageChops
from playwright.sync_api import Browser, Page, sync_playwright

from bench.made import Running, serving
from biosight.examples import EXAMPLES, draw_example

ROOT = Path(__file__).parents[1]
API = "/api/v1"
CHROMIUM = "/usr/bin/chromium"
SIZES = {1440: 900, 390: 844}
FORMS = [(scheme, width) for width in SIZES for scheme in ("light", "dark")]
# A pixel differs if a colour does by more than this, a page if more than this share of it does.
VISIBLE, ENOUGH = 24, 0.0002
PAGES: Mapping[str, str] = {
    "library": "/",
    "collection": "/collections/{c}",
    "collection-by-day": "/collections/{c}?sort=taken",
    "collection-stacked": "/collections/{c}?stacked=true&sort=taken",
    "folder": "/collections/{c}?label=Aves",
    "unfamiliar": "/collections/{c}/unfamiliar",
    "picture": "/images/{image}",
    "review": "/collections/{c}/review",
    "groups": "/collections/{c}/review/groups",
    "readers": "/collections/{c}/review/readers",
    "agreement": "/collections/{c}/review/agreement",
    "names": "/collections/{c}/names",
    "places": "/collections/{c}/places",
    "times": "/collections/{c}/times",
    "model": "/collections/{c}/model",
    "drift": "/collections/{c}/drift",
    "history": "/collections/{c}/history",
    "settings": "/collections/{c}/settings",
    "settings-names": "/collections/{c}/settings/names",
    "settings-labels": "/collections/{c}/settings/labels",
    "settings-members": "/collections/{c}/settings/members",
    "trash": "/trash",
    "models": "/model",
    "admin": "/admin",
    "account": "/account",
    "notices": "/account/notices",
    "stop-mails": "/notices/stop",
    "help": "/help/sorting",
    "api": "/docs",
}
# Pages on which chance decides which pictures show: they are drawn, not compared.
BY_CHANCE = {"review", "readers", "history"}
PARTS = ("before", "after", "marked")
GUIDE = {"collection": "collection.png"}
# One moment for all that the server dates now, and nothing that moves.
STILL = """
Date.prototype.toLocaleString = function () { return "May 20, 2026, 12:00 PM"; };
Date.prototype.toLocaleTimeString = function () { return "12:00 PM"; };
"""


def fill(running: Running) -> dict[str, str]:
    """Upload the examples, place, confirm and correct some. Return the ids that addresses need."""
    client, here = running.client, f"{API}/collections/{running.collection}"
    client.patch(f"{API}/me", json={"name": "Ada"}).raise_for_status()
    client.patch(here, json={"picture_kind": "photographs", "second_reader": True})
    ids = []
    for example in EXAMPLES:
        file = {"file": (example.file, draw_example(example.file))}
        answer = client.post(f"{here}/images", files=file).raise_for_status()
        ids.append(answer.json()["image"]["id"])
    spider = [i for i, e in zip(ids, EXAMPLES, strict=True) if e.thing == "spider"]
    site = {"name": "Pond", "latitude": "47.3672", "longitude": "8.545"}
    place = client.post(f"{here}/sites", json=site).raise_for_status().json()["id"]
    camera = {"name": "East bank", "site": place}
    deployment = client.post(f"{here}/deployments", json=camera).raise_for_status().json()["id"]
    for act in (
        {"kind": "deploy", "deployment": deployment, "images": ids[:12]},
        {"kind": "confirm", "images": ids[:8]},
        {"kind": "relabel", "label": "Araneidae", "images": spider[:2]},
        {"kind": "trash", "images": ids[-2:]},
    ):
        client.post(f"{here}/acts", json=act).raise_for_status()
    return {"c": running.collection, "image": ids[2]}


@contextmanager
def signed_in(browser: Browser, running: Running, scheme: str, width: int) -> Iterator[Page]:
    """Yield a page of one form with the session of the bench's user."""
    context = browser.new_context(
        base_url=running.url,
        viewport={"width": width, "height": SIZES[width]},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=width < 800,
        locale="en-US",
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    cookies = running.client.cookies.jar
    context.add_cookies(
        [{"name": c.name, "value": c.value or "", "url": running.url} for c in cookies]
    )
    context.add_init_script(STILL)
    yield context.new_page()
    context.close()


def shoot(page: Page, path: str, target: Path) -> None:
    """Draw one page, as far as one screen shows it."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("[...document.images].every((i) => i.complete || i.loading === 'lazy')")
    page.wait_for_timeout(300)
    page.screenshot(path=target, animations="disabled", caret="hide")


def draw_all(to: Path, names: Sequence[str], code: Path = ROOT) -> None:
    """Draw pages of the code in a folder, in all forms, as FOLDER/NAME-SCHEME-WIDTH.png."""
    to.mkdir(parents=True, exist_ok=True)
    for name in names:  # of an earlier run
        for old in to.glob(f"{name}-*.png"):
            old.unlink()
    with serving(PYTHONPATH=str(code / "src")) as running, sync_playwright() as play:
        ids = fill(running)
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme, width in FORMS:
            with signed_in(browser, running, scheme, width) as page:
                for name in names:
                    path = PAGES[name].format(**ids)
                    shoot(page, path, to / f"{name}-{scheme}-{width}.png")
            print(f"{code.name}: {scheme}, {width} px", file=sys.stderr)
        browser.close()


@contextmanager
def code_of(revision: str) -> Iterator[Path]:
    """Yield a folder with the code of a revision."""
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", str(code), revision], check=True)
        try:
            yield code
        finally:
            subprocess.run([*git, "remove", "--force", str(code)], check=True)


@dataclass(frozen=True, slots=True)
class Change:
    """A screenshot that differs: its file, and the share of its pixels that do; 1 for one that is
    only there before or after."""

    file: str
    share: float


def differences(before: Path, after: Path, marked: Path) -> list[Change]:
    """Compare two folders of screenshots, the most changed first. For each that differs, write what
    is left of it after taking the other away."""
    marked.mkdir(parents=True, exist_ok=True)
    found = []
    for file in sorted({p.name for p in (*before.glob("*.png"), *after.glob("*.png"))}):
        if not (before / file).exists() or not (after / file).exists():
            found.append(Change(file, 1.0))
            continue
        share = difference(before / file, after / file, marked / file)
        if share > ENOUGH:
            found.append(Change(file, share))
    return sorted(found, key=lambda c: (-c.share, c.file))


def difference(before: Path, after: Path, marked: Path) -> float:
    """Return the share of pixels that differ visibly, and draw them red on a pale picture."""
    with Pillow.open(before) as first, Pillow.open(after) as second:
        old, new = first.convert("RGB"), second.convert("RGB")
    old = old if old.size == new.size else old.crop((0, 0, *new.size))
    bands = ImageChops.difference(old, new).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    mask = most.point(lambda v: 255 if v > VISIBLE else 0)
    share = mask.histogram()[255] / (mask.width * mask.height)
    if share > ENOUGH:
        pale = Pillow.blend(new, Pillow.new("RGB", new.size, "white"), 0.7)
        pale.paste((214, 30, 60), (0, 0), mask)
        pale.save(marked)
    return share


def write_page(to: Path, changes: Sequence[Change], drawn: int, revision: str) -> None:
    """Write index.html: each change with its picture before, after, and what differs."""
    told = f"{len(changes)} of {drawn} screenshots differ from {revision}."
    page = [
        "<!doctype html><meta charset=utf-8><title>Screenshots</title>",
        "<style>body {font: 16px sans-serif; margin: 2rem} img {width: 30vw; margin: 4px}</style>",
        f"<h1>{escape(told)}</h1>",
    ]
    for change in changes:
        page.append(f"<h2>{escape(change.file)}: {change.share:.2%} of it differs</h2>")
        for part in PARTS:
            if (to / part / change.file).exists():
                file = f"{part}/{change.file}"
                page.append(f'<a href="{file}"><img src="{file}" alt="{part}" loading="lazy"></a>')
    (to / "index.html").write_text("\n".join(page), encoding="utf-8")
    print(told, *(f"  {c.file} {c.share:.2%}" for c in changes), sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--before", help="a revision to compare with")
    parser.add_argument("--pages", default=",".join(PAGES), help="names of pages, with commas")
    parser.add_argument("--guide", action="store_true", help="renew the pictures of the guide")
    given = parser.parse_args()
    names = given.pages.split(",")
    draw_all(given.to / "after", names)
    if given.guide:
        for name, file in GUIDE.items():
            with Pillow.open(given.to / "after" / f"{name}-light-1440.png") as picture:
                picture.quantize(256).save(ROOT / "docs" / "guide" / file, optimize=True)
    if given.before:
        with code_of(given.before) as code:
            draw_all(given.to / "before", names, code)
        found = differences(given.to / "before", given.to / "after", given.to / "marked")
        changes = [c for c in found if c.file.rsplit("-", 2)[0] not in BY_CHANCE]
        write_page(given.to, changes, len(names) * len(FORMS), given.before)


if __name__ == "__main__":
    main()
