"""Faults of cameras: how soon signs of them are found, and how often one is seen where none is.

    python -m bench.cameras --data CAMERA_TRAPS

Whole frames of camera traps become the scenes of simulated cameras, which stand for a year: light
follows the hour, at night pictures are infrared with a flash, days are clear, dull or foggy, leaves
come and go, wind moves the camera by some pixels, and half of the pictures show an animal cut from
another frame. Then a fault is put in. What is measured of each picture is what BioSight measures.
"""

import argparse
import csv
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageFilter

from biosight.field.cameras.series import Series, bits_of
from biosight.field.cameras.signs import signs_of
from biosight.images.measures import perceptual_hash, statistics

SIZE = (192, 144)
DAYS, BEFORE, AFTER = 365, 150, 60  # of a year without faults; pictures before and after a fault
WITHOUT, WITH = 60, 20  # simulated cameras
Floats = npt.NDArray[np.float64]
Spoil = Callable[[Floats, bool, np.random.Generator], Floats]


def as_floats(values: npt.NDArray[Any]) -> Floats:
    """Return colours, cut to 0 to 1."""
    return np.clip(values.astype(np.float64), 0, 1)


def read(file: Path) -> Floats:
    """Return a frame (144, 192, 3) in units of 0 to 1."""
    with Pillow.open(file) as picture:
        return np.asarray(picture.convert("RGB").resize(SIZE), dtype=np.float64) / 255


def smooth(dice: np.random.Generator, coarse: int = 4) -> Floats:
    """Return a soft pattern (144, 192, 1) around 0."""
    small = Pillow.fromarray((dice.random((coarse, coarse)) * 255).astype(np.uint8))
    return np.asarray(small.resize(SIZE, Pillow.Resampling.BICUBIC))[..., None] / 255 - 0.5


class Camera:
    """A simulated camera before one scene."""

    def __init__(self, scene: Floats, others: list[Floats], seed: int) -> None:
        self.dice = np.random.default_rng(seed)
        colourful = scene.max(-1).mean() - scene.min(-1).mean() > 0.04
        tint = np.array([0.95, 1.05, 0.85])
        self.scene = scene if colourful else np.clip(scene * tint, 0, 1)
        self.others = others
        self.phase = self.dice.random() * 2 * np.pi
        self.weather: dict[int, str] = {}
        rows, columns = np.mgrid[-1 : 1 : SIZE[1] * 1j, -1 : 1 : SIZE[0] * 1j]
        self.flash = np.exp(-(rows**2 + columns**2) * 0.7)[..., None]

    def picture(self, moment: datetime) -> Floats:
        """Return what it sees at a moment, when nothing is wrong."""
        dice, day = self.dice, moment.timetuple().tm_yday
        weather = self.weather.setdefault(
            moment.toordinal(), str(dice.choice(["clear", "dull", "foggy"], p=[0.55, 0.39, 0.06]))
        )
        seen = self.with_animal() if dice.random() < 0.5 else self.scene
        seen = np.roll(seen, tuple(dice.integers(-2, 3, 2)), axis=(0, 1))
        season = 0.03 * np.sin(2 * np.pi * day / 365 + self.phase)
        seen = seen * np.array([1 - season, 1 + season, 1])
        dark = not 6 <= moment.hour < 18
        if weather == "foggy" and dice.random() < 0.7:
            seen = 0.45 * seen + 0.55 * (0.3 if dark else 0.7)
        if dark:
            grey = seen.mean(-1, keepdims=True) * self.flash * dice.uniform(0.7, 1.2)
            return as_floats((grey + dice.normal(0, 0.02, grey.shape)).repeat(3, -1))
        light = 0.45 + 0.55 * np.sin(np.pi * (moment.hour + moment.minute / 60 - 6) / 12)
        light *= dice.uniform(0.85, 1.15)
        if weather == "clear":
            seen = seen * (1 + 0.7 * smooth(dice))
        elif weather == "dull":
            grey = seen.mean(-1, keepdims=True)
            seen, light = 0.75 * seen + 0.25 * grey, light * 0.8
        return as_floats(seen * min(1.15, 0.35 + light))

    def with_animal(self) -> Floats:
        """Return the scene with a part of another frame in it."""
        dice, (wide, tall) = self.dice, SIZE
        other = self.others[int(dice.integers(len(self.others)))]
        radius = dice.uniform(0.04, 0.3) * tall
        x, y = dice.uniform(0, wide), dice.uniform(0.3 * tall, tall)
        rows, columns = np.mgrid[0:tall, 0:wide]
        inside = ((rows - y) / radius) ** 2 + ((columns - x) / (1.6 * radius)) ** 2
        soft = np.clip(1.5 - inside, 0, 1)[..., None]
        return as_floats(self.scene * (1 - soft) + other * soft)


def blurred(seen: Floats, radius: float) -> Floats:
    picture = Pillow.fromarray((seen * 255).astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float64) / 255


def fogged(seen: Floats, dark: bool, dice: np.random.Generator) -> Floats:
    return 0.55 * blurred(seen, 2) + 0.45 * (0.35 if dark else 0.6)


def dirty(seen: Floats, dark: bool, dice: np.random.Generator) -> Floats:
    return 0.85 * blurred(seen, 3) + 0.1


def turned(seen: Floats, dark: bool, dice: np.random.Generator) -> Floats:
    return np.roll(seen, (10, 60), axis=(0, 1))


def fallen(seen: Floats, dark: bool, dice: np.random.Generator) -> Floats:
    picture = Pillow.fromarray((seen * 255).astype(np.uint8)).rotate(75, expand=True)
    return np.asarray(picture.resize(SIZE), dtype=np.float64) / 255


def no_flash(seen: Floats, dark: bool, dice: np.random.Generator) -> Floats:
    black = np.clip(dice.normal(0.01, 0.01, seen.shape[:2]), 0, 1)[..., None].repeat(3, -1)
    return as_floats(black) if dark else seen


def too_dark(seen: Floats, dark: bool, dice: np.random.Generator) -> Floats:
    return seen * 0.05


def too_bright(seen: Floats, dark: bool, dice: np.random.Generator) -> Floats:
    return as_floats(seen * 3.5 + 0.2)


def snowed(seen: Floats, dark: bool, dice: np.random.Generator) -> Floats:
    grey = seen.mean(-1, keepdims=True)
    ground = np.linspace(-0.6, 1.2, seen.shape[0])[:, None, None].clip(0, 0.85)
    snow = (0.75 + 0.25 * grey) * np.array([0.94, 0.96, 1])
    return as_floats(
        seen * (1 - ground) + (snow.mean(-1, keepdims=True) if dark else snow) * ground
    )


def overgrown(seen: Floats, dark: bool, dice: np.random.Generator) -> Floats:
    grown = np.random.default_rng(5)
    blades = np.repeat(grown.random(seen.shape[1] // 4) > 0.35, 4)
    tall = np.linspace(-0.2, 1, seen.shape[0])[:, None] > grown.random(len(blades)) * 0.7
    grass = (blades[None, :] & tall)[..., None] * 0.8
    green = np.array([0.25, 0.5, 0.12]) * (0.6 if dark else 1) * (seen.mean() + 0.5)
    return as_floats(seen * (1 - grass) + grass * (green.mean() if dark else green))


SPOILT: dict[str, tuple[set[str], Spoil]] = {
    "fogged lens": ({"lens"}, fogged),
    "dirty lens": ({"lens"}, dirty),
    "turned": ({"turned"}, turned),
    "fallen": ({"turned"}, fallen),
    "dead flash": ({"flash"}, no_flash),
    "too dark": ({"dark"}, too_dark),
    "too bright": ({"bright"}, too_bright),
    "snow": ({"covered", "bright"}, snowed),
    "grass": ({"covered", "turned"}, overgrown),
}


def moments(dice: np.random.Generator, pictures: int, days: float) -> list[datetime]:
    """Return when pictures were taken, in order, at any hour alike."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    at = np.sort(dice.random(pictures) * days * 86_400)
    return [start + timedelta(seconds=float(s)) for s in at]


def as_series(pictures: list[Floats], times: list[datetime]) -> Series:
    """Return what is measured of pictures."""
    drawn = [Pillow.fromarray((np.clip(p, 0, 1) * 255).astype(np.uint8)) for p in pictures]
    taken = [t.isoformat(timespec="seconds")[:19] for t in times]
    return Series(
        tuple(map(str, range(len(times)))),
        tuple(taken),
        np.array([t.timestamp() for t in times]),
        np.array([t.hour + t.minute / 60 for t in times]),
        np.array([statistics(d) for d in drawn]),
        bits_of([perceptual_hash(d) for d in drawn]),
    )


def scenes_in(data: Path) -> list[Floats]:
    """Return whole frames; those before which nothing stands come first."""
    with (data / "MANIFEST.csv").open() as file:
        rows = sorted(csv.DictReader(file), key=lambda r: (r["truth"] != "empty", r["file"]))
    return [read(data / "pictures" / Path(r["file"]).name) for r in rows if r["size"] != "L"]


def undisturbed(scenes: list[Floats]) -> tuple[Counter[str], int]:
    """Return the signs found in years without a fault, by kind, and the deployment-months."""
    found: Counter[str] = Counter()
    for n in range(WITHOUT):
        camera = Camera(scenes[n % len(scenes)], scenes[60:], 9_000 + n)
        times = moments(camera.dice, int(camera.dice.integers(300, 1500)), DAYS)
        signs = signs_of(as_series([camera.picture(t) for t in times], times))
        found.update(s.fault for s in signs)
    return found, WITHOUT * 12


def spoilt(scenes: list[Floats], name: str) -> list[int]:
    """Return after how many pictures a fault was found, -1 for never, camera by camera."""
    right, spoil = SPOILT.get(name, ({"clock"}, None))
    needed = []
    for n in range(WITH):
        camera = Camera(scenes[n % len(scenes)], scenes[60:], 5_000 + n)
        times = moments(camera.dice, BEFORE + AFTER, (BEFORE + AFTER) / 10)
        pictures = []
        for i, t in enumerate(times):
            seen = camera.picture(t)
            if spoil and i >= BEFORE:
                seen = spoil(seen, not 6 <= t.hour < 18, camera.dice)
            pictures.append(seen)
        if not spoil:
            times = [t + timedelta(hours=12) * (i >= BEFORE) for i, t in enumerate(times)]
        series = as_series(pictures, times)
        needed.append(
            next((k for k in range(1, AFTER + 1) if is_found(series, BEFORE + k, right)), -1)
        )
    return needed


def is_found(series: Series, size: int, right: set[str]) -> bool:
    """Return whether the first `size` pictures show a fault that began after BEFORE."""
    part = Series(
        series.ids[:size],
        series.taken[:size],
        series.at[:size],
        series.hours[:size],
        series.statistics[:size],
        series.hashes[:size],
    )
    return any(s.open and s.fault in right and s.first >= BEFORE - 3 for s in signs_of(part))


def main() -> None:
    """Print how many pictures each fault takes, and the signs in years without any."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    scenes = scenes_in(parser.parse_args().data)
    print(f"{'fault':>14}{'found within 30':>18}{'median pictures':>18}")
    for name in [*SPOILT, "clock"]:
        needed = spoilt(scenes, name)
        soon = [k for k in needed if 0 < k <= 30]
        middle = f"{np.median(soon):.0f}" if soon else "-"
        print(f"{name:>14}{f'{len(soon)} of {WITH}':>18}{middle:>18}", flush=True)
    found, months = undisturbed(scenes)
    print(
        f"\n{months} deployment-months without a fault: {sum(found.values())} signs, {dict(found)}"
    )


if __name__ == "__main__":
    main()
