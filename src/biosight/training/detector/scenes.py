"""Scenes that a detector learns from: frames of camera traps, photographs, and animals cut out of
photographs and pasted into frames and plants, by day, in infrared, blurred and noisy.

Not here: where the boxes come from (teacher.py), or the training (fit.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageFilter

from biosight.inference.preprocess import Pixels
from biosight.subjects.box import Box

SMALLEST, LARGEST = 0.005, 0.25  # share of the frame that a pasted animal covers
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture (height, width, 3), what is in it, and boxes of which nobody knows whether anything
    is there. `settled` says that nothing else is in it, of any kind."""

    picture: Pixels
    boxes: tuple[Box, ...] = ()
    unknown: tuple[Box, ...] = ()
    settled: bool = False


@dataclass(frozen=True)
class Album:
    """What scenes are made of: frames as they are, photographs with a box, and grounds without an
    animal."""

    frames: Sequence[Scene]
    photographs: Sequence[Scene]
    grounds: Sequence[Pixels]
    shares: tuple[float, float, float] = field(default=(0.4, 0.2, 0.4))

    def scene(self, random: Random, side: int) -> Scene:
        """Return a scene by chance: a frame, a photograph, or something pasted; looked at anew."""
        kind = random.choice(3, p=self.shares)
        if kind == 0:
            made = self.frames[int(random.integers(len(self.frames)))]
        elif kind == 1:
            made = self.photographs[int(random.integers(len(self.photographs)))]
        else:
            made = self.pasted(random, side)
        return shaken(made, random)

    def pasted(self, random: Random, side: int) -> Scene:
        """Return a ground with one to three animals of photographs in it."""
        ground = self.grounds[int(random.integers(len(self.grounds)))]
        wide = side, round(side * random.choice([0.5625, 0.75, 1.0]))
        frame = Pillow.fromarray(ground).resize(wide, Pillow.Resampling.BICUBIC)
        boxes: list[Box] = []
        for _ in range(random.choice([1, 1, 1, 2, 3])):
            one = self.photographs[int(random.integers(len(self.photographs)))]
            boxes.append(paste(frame, one, random))
        return Scene(np.asarray(frame), tuple(boxes))


def paste(frame: Pillow.Image, one: Scene, random: Random) -> Box:
    """Paste the first subject of a photograph into a frame, with a soft edge; return its box."""
    subject = cut_out(one)
    share = float(np.exp(random.uniform(np.log(SMALLEST), np.log(LARGEST))))
    scale = (share * frame.width * frame.height / (subject.width * subject.height)) ** 0.5
    scale = min(scale, 0.9 * frame.width / subject.width, 0.9 * frame.height / subject.height)
    size = max(6, round(subject.width * scale)), max(6, round(subject.height * scale))
    small = subject.resize(size, Pillow.Resampling.BICUBIC)
    small = as_light_as(small, frame, random)
    left = int(random.integers(0, frame.width - size[0] + 1))
    top = int(random.integers(0, frame.height - size[1] + 1))
    frame.paste(small, (left, top), soft_edge(size))
    edge = 0.06  # the soft edge and the room around the animal
    place = (left + edge * size[0], top + edge * size[1])
    inner = ((1 - 2 * edge) * size[0], (1 - 2 * edge) * size[1])
    x, y = place[0] / frame.width, place[1] / frame.height
    return Box(x, y, inner[0] / frame.width, inner[1] / frame.height, one.boxes[0].kind, 1.0)


def cut_out(one: Scene) -> Pillow.Image:
    """Return the first subject of a scene with little room around it."""
    height, width = one.picture.shape[:2]
    box = one.boxes[0]
    room = 0.06
    left = max(0.0, box.x - room * box.width) * width
    top = max(0.0, box.y - room * box.height) * height
    right = min(1.0, box.x + (1 + room) * box.width) * width
    bottom = min(1.0, box.y + (1 + room) * box.height) * height
    return Pillow.fromarray(one.picture).crop(
        (round(left), round(top), round(right), round(bottom))
    )


def as_light_as(small: Pillow.Image, frame: Pillow.Image, random: Random) -> Pillow.Image:
    """Return a subject whose light comes near that of the frame."""
    numbers = np.asarray(small, np.float32)
    ours, theirs = numbers.mean(), np.asarray(frame, np.float32).mean()
    share = random.uniform(0.2, 0.9)
    factor = ((1 - share) * ours + share * theirs) / max(ours, 1.0)
    return Pillow.fromarray(np.clip(numbers * factor, 0, 255).astype(np.uint8))


def soft_edge(size: tuple[int, int]) -> Pillow.Image:
    """Return the mask of a rounded rectangle that fades at its edge."""
    x = np.linspace(-1, 1, size[0])[None]
    y = np.linspace(-1, 1, size[1])[:, None]
    away = (np.abs(x) ** 3 + np.abs(y) ** 3) ** (1 / 3)
    return Pillow.fromarray((255 * np.clip((1.02 - away) / 0.18, 0, 1)).astype(np.uint8))


def shaken(scene: Scene, random: Random) -> Scene:
    """Return the scene as another camera might have taken it: mirrored, nearer, darker, in
    infrared, blurred, noisy."""
    steps: list[tuple[float, Callable[[Scene], Scene]]] = [
        (0.5, mirrored),
        (0.6, partial(nearer, random=random)),
        (0.35, infrared),
        (0.6, partial(lit, random=random)),
        (0.25, partial(blurred, random=random)),
        (0.3, partial(noisy, random=random)),
    ]
    for share, step in steps:
        if random.random() < share:
            scene = step(scene)
    return scene


def mirrored(scene: Scene) -> Scene:
    def turn(box: Box) -> Box:
        return replace(box, x=1 - box.x - box.width)

    picture = np.ascontiguousarray(scene.picture[:, ::-1])
    boxes, unknown = tuple(map(turn, scene.boxes)), tuple(map(turn, scene.unknown))
    return replace(scene, picture=picture, boxes=boxes, unknown=unknown)


def nearer(scene: Scene, random: Random) -> Scene:
    """Return a part of the scene; of boxes that are cut, what is left, unless too little is."""
    share = random.uniform(0.55, 1.0)
    left, top = random.uniform(0, 1 - share, 2)
    height, width = scene.picture.shape[:2]
    part = scene.picture[
        round(top * height) : round((top + share) * height),
        round(left * width) : round((left + share) * width),
    ]

    def seen(boxes: tuple[Box, ...]) -> tuple[list[Box], list[Box]]:
        whole: list[Box] = []
        halves: list[Box] = []
        for box in boxes:
            x, y = max(0.0, (box.x - left) / share), max(0.0, (box.y - top) / share)
            right = min(1.0, (box.x + box.width - left) / share)
            bottom = min(1.0, (box.y + box.height - top) / share)
            if right <= x or bottom <= y:
                continue
            kept = replace(box, x=x, y=y, width=right - x, height=bottom - y)
            (whole if kept.area * share**2 > 0.4 * box.area else halves).append(kept)
        return whole, halves

    boxes, halves = seen(scene.boxes)
    unknown, others = seen(scene.unknown)
    return replace(scene, picture=part, boxes=tuple(boxes), unknown=(*unknown, *others, *halves))


def changed(scene: Scene, numbers: npt.NDArray[np.float32]) -> Scene:
    return replace(scene, picture=np.clip(numbers, 0, 255).astype(np.uint8))


def infrared(scene: Scene) -> Scene:
    grey = scene.picture.astype(np.float32) @ np.array([0.4, 0.45, 0.15], np.float32)
    return changed(scene, np.repeat(grey[:, :, None], 3, 2))


def lit(scene: Scene, random: Random) -> Scene:
    """Return the scene in other light: gain, gamma and white balance."""
    numbers = (scene.picture / np.float32(255)) ** np.float32(random.uniform(0.6, 1.6))
    gain = random.uniform(0.6, 1.3) * random.uniform(0.9, 1.1, 3)
    return changed(scene, (numbers * gain.astype(np.float32) * 255).astype(np.float32))


def blurred(scene: Scene, random: Random) -> Scene:
    soft = ImageFilter.GaussianBlur(float(random.uniform(0.4, 1.6)))
    return replace(scene, picture=np.asarray(Pillow.fromarray(scene.picture).filter(soft)))


def noisy(scene: Scene, random: Random) -> Scene:
    noise = random.normal(0, random.uniform(2, 14), scene.picture.shape)
    return changed(scene, (scene.picture + noise).astype(np.float32))
