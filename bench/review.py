"""Keys and clicks per hundred pictures: review one by one against groups, in a real browser.

The bench plays a person who knows every name and makes no mistake, on pictures in one folder per
name: `python -m bench.review FOLDER [--count N] [--kinds "as they are" "camera traps"]`. A name is
right if it is the folder's name or hangs below it; folders Empty, Human and Vehicle hold no
organism. Each kind of pictures is tried in a new collection.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.browsing import chromium, sign_in
from bench.made import Running, serving

API = "/api/v1"
SHOWN = 24  # pictures of a cohort on the page at first
THING_KEYS = {"Empty": "e", "Human": "m", "Vehicle": "v"}


@dataclass(slots=True)
class Hand:
    """A person's hand; it counts every key and click."""

    page: Page
    keys: int = 0
    clicks: int = 0
    looked: int = 0

    def press(self, key: str, times: int = 1) -> None:
        """Press a key."""
        for _ in range(times):
            self.page.keyboard.press(key)
            self.keys += 1

    def name(self, label: str) -> None:
        """Give a label by its key, else by typing enough of it into the chooser."""
        if label in THING_KEYS:
            self.press(THING_KEYS[label])
            return
        self.press("r")
        field = self.page.locator("dialog[open] input").first
        field.wait_for()
        for typed in range(2, len(label) + 1):
            first = self.page.locator("dialog[open] [role=option]").first
            self.page.keyboard.type(label[typed - 2 : typed] if typed == 2 else label[typed - 1])
            self.keys += 2 if typed == 2 else 1
            self.page.wait_for_timeout(350)
            if first.count() and first.inner_text().split("\n")[0].strip() == label:
                break
        self.press("Enter")
        self.page.wait_for_selector("dialog[open]", state="detached")

    def click(self, at: int, *, shift: bool = False) -> None:
        """Click a tile of the group."""
        held: Any = ["Shift"] if shift else []
        self.page.locator("[role=listbox] .tile").nth(at).click(modifiers=held)
        self.clicks += 1

    @property
    def acts(self) -> int:
        """Number of keys and clicks."""
        return self.keys + self.clicks


def filled(running: Running, pictures: Sequence[tuple[str, bytes]], kind: str) -> dict[str, str]:
    """Make a collection with pictures of a kind. Return the true name of each picture by its id."""
    truth = {}
    wanted = {"name": "Review", "picture_kind": kind}
    made = running.client.post(f"{API}/collections", json=wanted).json()["id"]
    for number, (name, content) in enumerate(pictures):
        file = {"file": (f"{number:04}.jpg", content)}
        said = running.client.post(f"{API}/collections/{made}/images", files=file)
        if said.status_code == 201:
            truth[said.json()["image"]["id"]] = name
    return truth


def line(image: dict[str, Any]) -> list[str]:
    """Return the names from the top down to an image's label."""
    return [part for part in str(image["label_path"]).split("/") if part]


def right(image: dict[str, Any], name: str) -> bool:
    """Return whether an image's label fits its true name."""
    return name in line(image) or name in {image["label"], image["thing"].capitalize()}


def guesses_shown(image: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the guesses that digits give, as the page shows them: without the names on the line of
    the answer."""
    line = {one["label"] for one in image["levels"]} if len(image["levels"]) > 1 else set()
    finer = [g for g in image["finer"] if g["label"] not in line]
    return (finer if image["finer"] else image["top"])[:5]


def one_by_one(running: Running, hand: Hand, collection: str, truth: dict[str, str]) -> None:
    """Answer the queue until no picture waits."""
    page = hand.page
    page.goto(f"{running.url}/collections/{collection}/review")
    while True:
        page.wait_for_selector("#review .stage, #review > .empty")
        link = page.locator("#review aside a[href^='/images/']").last
        if page.locator("#review > .empty").count() or not link.count():
            return
        id = str(link.get_attribute("href")).rsplit("/", 1)[-1]
        image = running.client.get(f"{API}/images/{id}").json()
        shown = guesses_shown(image)
        guesses = [g["label"] for g in shown]
        lines = [g.get("line", []) for g in shown]
        fitting = [n for n, g in enumerate(guesses) if truth[id] in [g, *lines[n]]]
        hand.looked += 1
        if right(image, truth[id]):
            hand.press("a")
        elif fitting:
            hand.press(str(fitting[0] + 1))
        else:
            hand.name(truth[id])
        page.wait_for_function(
            "id => !document.querySelector(`#review aside a[href='/images/${id}']`)", arg=id
        )


def take_out(hand: Hand, wrong: Sequence[int]) -> None:
    """Take tiles out; a run of tiles by its two ends."""
    for _, run in groupby(enumerate(wrong), key=lambda pair: pair[1] - pair[0]):
        places = [place for _, place in run]
        if len(places) > 2:
            hand.click(places[0])
            hand.click(places[-1], shift=True)
        else:
            for place in places:
                hand.click(place)


def in_groups(running: Running, hand: Hand, collection: str, truth: dict[str, str]) -> None:
    """Answer groups until there are none left, then the rest one by one."""
    page = hand.page
    page.goto(f"{running.url}/collections/{collection}/review/groups")
    shown = "[...document.querySelectorAll('#review .tile')].map(t => t.dataset.id).join()"
    while True:
        page.wait_for_selector("#review [role=listbox], #review > .empty")
        if page.locator("#review > .empty").count():
            break
        before = page.evaluate(shown)
        ids = str(before).split(",")
        images = [running.client.get(f"{API}/images/{id}").json() for id in ids]
        wrong = [n for n, i in enumerate(images) if not right(i, truth[i["id"]])]
        hand.looked += len(ids) - len(wrong)
        take_out(hand, wrong)
        names = {truth[ids[n]] for n in wrong}
        if len(names) == 1 and len(wrong) > 2:
            hand.name(names.pop())
            hand.looked += len(wrong)
            if len(wrong) == len(ids):
                page.wait_for_function(f"was => {shown} !== was", arg=before)
                continue
            page.wait_for_function(f"was => {shown} !== was", arg=before)
            before = page.evaluate(shown)
        hand.press("s" if len(wrong) == len(ids) else "Enter")
        page.wait_for_function(f"was => {shown} !== was", arg=before)
    likely_wrong(running, hand, collection, truth)
    one_by_one(running, hand, collection, truth)


def likely_wrong(running: Running, hand: Hand, collection: str, truth: dict[str, str]) -> None:
    """Relabel cohorts in which the suggested name fits most pictures, as long as there are any."""
    page, path = hand.page, f"{API}/collections/{collection}/doubted"
    page.goto(f"{running.url}/collections/{collection}/review/doubted")
    for _ in range(40):
        page.wait_for_selector("#review .group, #review > .empty")
        cohorts = running.client.get(path).json()
        wrongs = [wrong_in(cohort, truth) for cohort in cohorts]
        sizes = [len(cohort["images"]) for cohort in cohorts]
        worth = [n for n, size in enumerate(sizes) if size <= SHOWN and 2 * len(wrongs[n]) < size]
        if not worth:
            return
        box, wrong = page.locator("#review .group").nth(worth[0]), wrongs[worth[0]]
        for at in wrong:
            box.locator(".tile").nth(at).click()
            hand.clicks += 1
        before = box.locator(".tile").first.get_attribute("id")
        box.get_by_role("button", name="Relabel").click()
        hand.clicks += 1
        page.wait_for_function("id => !document.getElementById(id)", arg=before, timeout=10_000)


def wrong_in(cohort: dict[str, Any], truth: dict[str, str]) -> list[int]:
    """Return the places in a cohort of pictures that the suggested name does not fit."""
    ids = [image["id"] for image in cohort["images"]]
    return [n for n, id in enumerate(ids) if truth[id] != cohort["suggested"]]


def chosen(folder: Path, count: int) -> list[tuple[str, bytes]]:
    """Return random pictures from folders that are named after their labels."""
    files = sorted(f for f in folder.glob("*/*") if f.is_file())
    random.Random(5).shuffle(files)
    return [(f.parent.name, f.read_bytes()) for f in files[:count]]


def main() -> None:
    """Print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--kinds", nargs="+", default=[""])
    asked = parser.parse_args()
    pictures = chosen(asked.folder, asked.count)
    for kind in asked.kinds:
        print(f"{kind or 'kind not said'}: ", end="")
        walk(pictures, kind)


def walk(pictures: Sequence[tuple[str, bytes]], kind: str) -> None:
    """Review pictures of a kind in both ways, and print what each took."""
    spent = {}
    with sync_playwright() as playwright, chromium(playwright) as browser:
        for way in (one_by_one, in_groups):
            with tempfile.TemporaryDirectory() as data, serving(Path(data) / "data") as running:
                truth = filled(running, pictures, kind)
                collection = running.client.get(f"{API}/images/{next(iter(truth))}").json()
                page = browser.new_page(base_url=running.url)
                sign_in(page, running)
                hand = Hand(page)
                way(running, hand, collection["collection"], truth)
                per = 100 * hand.acts / len(truth)
                spent[way.__name__] = per
                print(
                    f"{way.__name__:<12} {len(truth)} pictures: {hand.keys} keys, {hand.clicks} "
                    f"clicks, {per:.1f} a hundred",
                    flush=True,
                )
    print(f"one by one over groups: {spent['one_by_one'] / spent['in_groups']:.2f}")


if __name__ == "__main__":
    main()
