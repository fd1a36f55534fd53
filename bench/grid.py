"""Scrolling through the grid to its end in a real browser: elements in the page, and frame
times."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, Route, sync_playwright

from bench.browsing import chromium, sign_in
from bench.made import photograph, serving
from bench.pages import fill

PICTURES = 20_000
WATCH = """
() => {
  window.seen = { frames: [], last: performance.now() };
  const step = (now) => {
    seen.frames.push(now - seen.last);
    seen.last = now;
    if (seen.frames.length % 10 === 0)
      for (const [name, where] of [["all", document], ["grid", document.querySelector("#grid")]])
        seen[name] = Math.max(seen[name] ?? 0, where.querySelectorAll("*").length);
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}
"""


def scrolled(page: Page) -> int:
    """Scroll to the end of the grid; return the turns of the wheel that it took."""
    steps = still = 0
    while still < 60:  # the next page may be under way
        before = page.evaluate("scrollY")
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(30)
        steps += 1
        still = still + 1 if abs(page.evaluate("scrollY") - before) < 300 else 0
    return steps


def told(page: Page, what: str) -> None:
    """Scroll through the grid, and print its elements and frames."""
    page.wait_for_selector(".tile")
    page.evaluate(WATCH)
    page.mouse.move(900, 600)
    steps = scrolled(page)
    frames = sorted(page.evaluate("seen.frames"))
    every, grid = page.evaluate("[seen.all, seen.grid]")
    far = page.evaluate("Math.round(scrollY / innerHeight)")
    soon = 100 * sum(f <= 50 for f in frames) / len(frames)
    late = sum(f > 100 for f in frames)
    print(f"{what}: {steps} turns of the wheel, {far} screens, {len(frames)} frames")
    print(f"  elements at most {every}, of which in the grid {grid}")
    print(
        f"  frames: median {frames[len(frames) // 2]:.1f} ms, "
        f"95 % {frames[int(len(frames) * 0.95)]:.1f}, longest {frames[-1]:.1f}; "
        f"{soon:.2f} % within 50 ms, {late} over 100",
        flush=True,
    )


def main() -> None:
    """Print the results: as the browser runs, and with its processor slowed four times."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    thumbnail = photograph(1, (256, 256))
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "data") as running,
        sync_playwright() as playwright,
        chromium(playwright) as browser,
    ):
        collection = fill(running, count)
        for slower in (1, 4):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            sign_in(page, running)

            def small(route: Route) -> None:
                route.fulfill(body=thumbnail, content_type="image/jpeg")

            page.route("**/thumbnail", small)
            page.goto(f"{running.url}/collections/{collection}")
            devtools = page.context.new_cdp_session(page)
            devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
            told(page, f"{count:,} pictures, processor {slower} x slower")
            page.close()


if __name__ == "__main__":
    main()
