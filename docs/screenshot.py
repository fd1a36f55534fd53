"""Make docs/guide/collection.png: draw pictures, upload them, take a screenshot of the page.

Run as `python -m docs.screenshot`; it needs Chromium. The pictures are drawn here, because other
people's pictures must not be committed.
"""

import io
import math
import random
from collections.abc import Callable
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter
from playwright.sync_api import sync_playwright

from bench.made import PASSWORD, Running, serving

TARGET = Path(__file__).parent / "guide" / "collection.png"
SIDE = 720
COUNT = 48
Colour = tuple[int, int, int]


def ground(dice: random.Random, hue: Colour) -> Pillow.Image:
    """Draw a blurred background of patches."""
    picture = Pillow.new("RGB", (SIDE, SIDE), hue)
    draw = ImageDraw.Draw(picture)
    for _ in range(140):
        x, y, r = dice.randrange(SIDE), dice.randrange(SIDE), dice.randrange(20, 120)
        shade = tuple(max(0, min(255, c + dice.randrange(-45, 45))) for c in hue)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=shade)
    return picture.filter(ImageFilter.GaussianBlur(14))


def flower(dice: random.Random) -> Pillow.Image:
    """Draw petals around a disc."""
    picture = ground(dice, (52, 92, 44))
    draw = ImageDraw.Draw(picture)
    petals, colour = (
        dice.choice((5, 8, 13, 21)),
        dice.choice(
            ((226, 92, 150), (240, 196, 60), (150, 110, 220), (245, 240, 235), (222, 70, 60))
        ),
    )
    reach, width = dice.uniform(210, 290), dice.uniform(0.5, 0.9) * math.pi / petals
    for number in range(petals):
        middle = 2 * math.pi * number / petals
        outline = []
        for step in range(41):
            t = step / 40
            angle = (
                middle + width * math.sin(math.pi * t) * (1 if step % 2 else 0.96) * (t - 0.5) * 2
            )
            radius = reach * math.sin(math.pi * t) ** 0.6
            outline.append(
                (SIDE / 2 + radius * math.cos(angle), SIDE / 2 + radius * math.sin(angle))
            )
        shade = tuple(max(0, c - dice.randrange(50)) for c in colour)
        draw.polygon(outline, fill=shade)
        tip = (SIDE / 2 + reach * math.cos(middle), SIDE / 2 + reach * math.sin(middle))
        draw.line([(SIDE / 2, SIDE / 2), tip], fill=tuple(c // 2 + 60 for c in shade), width=5)
    for _ in range(260):
        r, a = dice.uniform(0, 62), dice.uniform(0, 2 * math.pi)
        x, y = SIDE / 2 + r * math.cos(a), SIDE / 2 + r * math.sin(a)
        draw.ellipse((x - 7, y - 7, x + 7, y + 7), fill=(150 + dice.randrange(90), 110, 30))
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def fern(dice: random.Random) -> Pillow.Image:
    """Draw Barnsley's fern (1988)."""
    picture = ground(dice, (96, 82, 60))
    x = y = 0.0
    colour = (60 + dice.randrange(60), 130 + dice.randrange(70), 50)
    bend = dice.uniform(0.02, 0.06)
    draw = ImageDraw.Draw(picture)
    for _ in range(60_000):
        pick = dice.random()
        if pick < 0.01:
            x, y = 0.0, 0.16 * y
        elif pick < 0.86:
            x, y = 0.85 * x + bend * y, -bend * x + 0.85 * y + 1.6
        elif pick < 0.93:
            x, y = 0.2 * x - 0.26 * y, 0.23 * x + 0.22 * y + 1.6
        else:
            x, y = -0.15 * x + 0.28 * y, 0.26 * x + 0.24 * y + 0.44
        px, py = SIDE / 2 + x * 72, SIDE - 20 - y * 66
        draw.rectangle((px, py, px + 2, py + 2), fill=colour)
    return picture


def mushroom(dice: random.Random) -> Pillow.Image:
    """Draw a cap on a stem."""
    picture = ground(dice, (70, 84, 46))
    draw = ImageDraw.Draw(picture)
    cap = dice.choice(((184, 40, 32), (150, 96, 52), (212, 160, 70), (120, 74, 60)))
    draw.polygon([(320, 640), (335, 330), (395, 330), (415, 640)], fill=(232, 222, 200))
    for step in range(60):
        shade = tuple(max(0, c - step) for c in cap)
        draw.pieslice((130 + step, 150 + step, 600 - step, 560 - step), 180, 360, fill=shade)
    draw.ellipse((150, 330, 580, 384), fill=(222, 206, 176))
    for _ in range(dice.randrange(0, 24)):
        x, y, r = dice.randrange(220, 510), dice.randrange(190, 320), dice.randrange(6, 16)
        draw.ellipse((x - r, y - r * 0.8, x + r, y + r * 0.8), fill=(240, 232, 220))
    return picture.filter(ImageFilter.GaussianBlur(1.5))


def snail_shell(dice: random.Random) -> Pillow.Image:
    """Draw a logarithmic spiral of ribs."""
    picture = ground(dice, (122, 112, 84))
    draw = ImageDraw.Draw(picture)
    base = dice.choice(((196, 150, 96), (226, 190, 140), (150, 110, 84)))
    for step in range(900, 0, -1):
        angle = step / 900 * 6 * math.pi
        radius = 270 * math.exp(0.17 * (angle - 6 * math.pi))
        x, y = SIDE / 2 + radius * math.cos(angle), SIDE / 2 + radius * math.sin(angle)
        r = radius * 0.42
        dark = 50 if step % 18 < 5 else 0
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(c - dark for c in base))
    return picture.filter(ImageFilter.GaussianBlur(1.5))


KINDS: tuple[Callable[[random.Random], Pillow.Image], ...] = (flower, fern, mushroom, snail_shell)


def fill(running: Running) -> None:
    """Upload the pictures, correct the shells and confirm some others."""
    running.client.patch("/api/v1/me", json={"name": "Ada"}).raise_for_status()
    for number in range(COUNT):
        kind, buffer = KINDS[number % len(KINDS)], io.BytesIO()
        kind(random.Random(number)).save(buffer, "JPEG", quality=90)
        answer = running.client.post(
            f"/api/v1/collections/{running.collection}/images",
            files={"file": (f"IMG_{2300 + number}.jpg", buffer.getvalue())},
        ).raise_for_status()
        change = {"label": "Mollusca"} if kind is snail_shell else {"confirm": True}
        if kind is snail_shell or number % 5 == 0:
            image = answer.json()["image"]["id"]
            running.client.patch(f"/api/v1/images/{image}", json=change).raise_for_status()


def main() -> None:
    """Write the screenshot."""
    with serving() as running, sync_playwright() as play:
        fill(running)
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{running.url}/sign-in")
        page.get_by_label("Email address").fill("bench@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="My images").click()
        page.locator(".tile").first.wait_for()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main()
