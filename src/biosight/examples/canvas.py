"""A canvas that draws soft grounds, textured layers with a shadow, and light as in a photograph.

Points are in units of a sheet of 1,920 x 1,440, whatever the size of the picture. Not here: what is
drawn (plants.py, animals.py).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageChops, ImageDraw, ImageFilter

SHEET = (1920, 1440)
SIZE = (800, 600)
FINER = 1.5  # a cutout has this many pixels for each pixel of the picture, a side
SCALE = SIZE[0] * FINER / SHEET[0]

Colour = tuple[int, ...]
Point = tuple[float, float]
Outline = list[Point]
Floats = npt.NDArray[np.float32]


def bumps(dice: np.random.Generator, cells: int, spread: float, size: tuple[int, int]) -> Floats:
    """Return smooth noise (height, width): `cells` bumps a side, each about `spread` high."""
    coarse = Pillow.fromarray(dice.normal(0, spread, (cells, cells)).astype(np.float32))
    return np.asarray(coarse.resize(size, Pillow.Resampling.BICUBIC))


def ground(dice: np.random.Generator, base: Colour, spread: float) -> Pillow.Image:
    """Return a ground out of focus: light and shade at four scales, and some colour."""
    pixels = np.zeros((SIZE[1], SIZE[0], 3), np.float32) + np.array(base, np.float32)
    for cells, share in ((3, 1.0), (7, 0.7), (18, 0.45), (60, 0.2)):
        pixels += bumps(dice, cells, spread * share, SIZE)[..., None]
        for plane in range(3):
            pixels[..., plane] += bumps(dice, cells, spread * share / 4, SIZE)
    return as_picture(pixels)


def as_picture(pixels: Floats) -> Pillow.Image:
    return Pillow.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


@dataclass(slots=True)
class Cutout:
    """Something that lies before the ground, in RGBA and finer than the picture. A colour replaces
    what is below it, its alpha included."""

    picture: Pillow.Image = field(
        default_factory=lambda: Pillow.new(
            "RGBA", (round(SIZE[0] * FINER), round(SIZE[1] * FINER)), (0, 0, 0, 0)
        )
    )

    def polygon(self, points: Outline, colour: Colour) -> None:
        ImageDraw.Draw(self.picture).polygon(scaled(points), fill=colour)

    def line(self, points: Outline, colour: Colour, width: float) -> None:
        pen = ImageDraw.Draw(self.picture)
        pen.line(scaled(points), fill=colour, width=max(1, round(width * SCALE)), joint="curve")

    def oval(self, centre: Point, radius: float, colour: Colour, height: float = 0) -> None:
        """Draw a disc, or an oval with another half height."""
        (x, y), tall = centre, height or radius
        corners = scaled([(x - radius, y - tall), (x + radius, y + tall)])
        ImageDraw.Draw(self.picture).ellipse(corners, fill=colour)

    def gleam(self, centre: Point, radius: float, height: float) -> None:
        """Let soft light fall on what is there."""
        lit, inside = Cutout(), self.picture.getchannel("A")
        lit.oval(centre, radius, (255, 255, 255, 190), height)
        soft = lit.picture.getchannel("A").filter(ImageFilter.GaussianBlur(radius * SCALE / 3))
        light = Pillow.new("RGBA", self.picture.size, (255, 255, 255, 255))
        light.putalpha(ImageChops.multiply(soft, inside))
        self.picture.alpha_composite(light)

    def shaded(
        self, points: Outline, colours: tuple[Colour, Colour], centre: Point, radius: float
    ) -> None:
        """Fill an outline with a colour at the centre that becomes another one at the radius."""
        left, top, right, bottom = box = bounds(points, self.picture.size)
        down, across = np.mgrid[top:bottom, left:right].astype(np.float32)
        far = np.hypot(across - centre[0] * SCALE, down - centre[1] * SCALE) / (radius * SCALE)
        share = np.clip(far, 0, 1)[..., None]
        inner, outer = (np.array(c, np.float32) for c in colours)
        mask = Pillow.new("L", (right - left, bottom - top), 0)
        outline = [(x - left, y - top) for x, y in scaled(points)]
        ImageDraw.Draw(mask).polygon(outline, fill=255)
        self.picture.paste(as_picture(inner * (1 - share) + outer * share), box[:2], mask)

    def turned(self, degrees: float, centre: Point) -> "Cutout":
        middle = (centre[0] * SCALE, centre[1] * SCALE)
        return Cutout(self.picture.rotate(degrees, Pillow.Resampling.BICUBIC, center=middle))

    def textured(self, dice: np.random.Generator, strength: float) -> "Cutout":
        """Return the layer with small differences of light, as on real surfaces."""
        pixels = np.array(self.picture, np.float32)
        for cells, share in ((14, 0.6), (70, 0.5), (200, 0.35)):
            pixels[..., :3] += bumps(dice, cells, strength * share, self.picture.size)[..., None]
        return Cutout(as_picture(pixels))


def bounds(points: Outline, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the pixels (left, top, right, bottom) around points in a picture, at least one."""
    (left, top), (right, bottom) = np.min(scaled(points), axis=0), np.max(scaled(points), axis=0)
    first = min(max(0, int(left)), size[0] - 1), min(max(0, int(top)), size[1] - 1)
    last = min(size[0], int(right) + 2), min(size[1], int(bottom) + 2)
    return *first, max(last[0], first[0] + 1), max(last[1], first[1] + 1)


def scaled(points: Outline) -> Outline:
    return [(x * SCALE, y * SCALE) for x, y in points]


def laid(
    back: Pillow.Image, layer: Cutout, *, blur: float = 0, shadow: bool = True
) -> Pillow.Image:
    """Return the picture with a layer before it, lit from the upper left."""
    front = layer.picture.resize(SIZE, Pillow.Resampling.LANCZOS)
    front = front.filter(ImageFilter.GaussianBlur(blur)) if blur else front
    under = back.convert("RGBA")
    if shadow:
        soft = front.getchannel("A").filter(ImageFilter.GaussianBlur(8))
        dark = Pillow.new("RGBA", SIZE, (0, 0, 0, 0))
        fallen = soft.transform(SIZE, Pillow.Transform.AFFINE, (1, 0, -6, 0, 1, -9))
        dark.putalpha(fallen.point(lambda v: v * 0.45))
        under = Pillow.alpha_composite(under, dark)
    down, across = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float32)
    light = 1.12 - 0.15 * (across / SIZE[0] + down / SIZE[1])
    pixels = np.array(front, np.float32)
    pixels[..., :3] *= light[..., None]
    return Pillow.alpha_composite(under, as_picture(pixels)).convert("RGB")


def developed(picture: Pillow.Image, dice: np.random.Generator) -> Pillow.Image:
    """Return the picture with the grain and the darker corners of a photograph."""
    pixels = np.array(picture, np.float32) + dice.normal(0, 4, (SIZE[1], SIZE[0], 1))
    down, across = np.mgrid[-1 : 1 : SIZE[1] * 1j, -1 : 1 : SIZE[0] * 1j]
    darker = 1 - 0.19 * np.clip(across**2 + down**2 - 0.5, 0, 2)
    return as_picture((pixels * darker[..., None]).astype(np.float32))


def leaf_outline(
    base: Point, angle: float, length: float, width: float, blunt: float = 0.5
) -> Outline:
    """Return the outline of a leaf or petal from its base; the larger `blunt`, the wider its
    tip."""
    along = np.linspace(0, 1, 41)
    aside = width * np.sin(np.pi * along**blunt).clip(0) ** 0.8
    xs = np.concatenate([along, along[::-1]]) * length
    ys = np.concatenate([aside, -aside[::-1]])
    return [moved(base, angle, x, y) for x, y in zip(xs, ys, strict=True)]


def moved(base: Point, angle: float, x: float, y: float) -> Point:
    """Return the point that lies (x, y) from a base whose axes are turned by an angle."""
    cos, sin = math.cos(angle), math.sin(angle)
    return base[0] + x * cos - y * sin, base[1] + x * sin + y * cos


def oval_outline(
    centre: Point, radius: float, height: float, wobble: Sequence[float] = ()
) -> Outline:
    """Return the outline of an oval; each wobble is the phase of a wave on it."""
    turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    far = 1 + sum(0.05 * np.sin((i + 2) * turns + phase) for i, phase in enumerate(wobble))
    xs, ys = radius * far * np.cos(turns), height * far * np.sin(turns)
    return [(centre[0] + x, centre[1] + y) for x, y in zip(xs, ys, strict=True)]


def smooth(points: Outline) -> Outline:
    """Return a closed curve through points (Catmull and Rom 1974)."""
    given = np.array(points)
    before, after, later = (np.roll(given, -n, axis=0) for n in (-1, 1, 2))
    curve = []
    for t in np.linspace(0, 1, 8, endpoint=False):
        curve.append(
            0.5
            * (
                2 * given
                + (after - before) * t
                + (2 * before - 5 * given + 4 * after - later) * t**2
                + (3 * given - before - 3 * after + later) * t**3
            )
        )
    return [(float(x), float(y)) for x, y in np.stack(curve, axis=1).reshape(-1, 2)]
