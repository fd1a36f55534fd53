"""Drawn flowers, and mushrooms in grass."""

import math

import numpy as np
from PIL import Image as Pillow

from biosight.examples.canvas import (
    SHEET,
    Colour,
    Cutout,
    Point,
    developed,
    ground,
    laid,
    leaf_outline,
    oval_outline,
)

Dice = np.random.Generator
WIDE, TALL = SHEET
# Petals: number, length, width, and the colours at their base and tip.
PETALS: tuple[tuple[int, int, int, Colour, Colour], ...] = (
    (21, 430, 62, (226, 170, 190), (250, 236, 238)),
    (13, 420, 85, (230, 150, 20), (250, 214, 72)),
    (8, 400, 150, (150, 30, 90), (214, 90, 150)),
    (34, 440, 40, (214, 216, 200), (250, 250, 244)),
)
# Mushrooms: how many stand there, and the colours of a cap where the light falls and at its edge.
CAPS: tuple[tuple[int, Colour, Colour], ...] = (
    (1, (214, 44, 24), (140, 14, 10)),
    (2, (176, 118, 62), (98, 58, 26)),
    (3, (236, 178, 80), (170, 96, 24)),
    (1, (232, 222, 200), (168, 150, 118)),
)


def flower(form: int, dice: Dice) -> Pillow.Image:
    """Return a flower before its leaves."""
    picture = ground(dice, (70, 105, 48), 30)
    for blur in (5, 3, 1.5):
        picture = laid(picture, leaves(dice).textured(dice, 18), blur=blur)
    heart = (WIDE / 2 + dice.uniform(-120, 120), TALL / 2 + dice.uniform(-80, 80))
    stem = Cutout()
    stem.line([heart, (heart[0] + dice.uniform(-90, 90), TALL + 20)], (72, 128, 52), 34)
    picture = laid(picture, stem.textured(dice, 26))
    for ring in (0, 1):
        picture = laid(picture, petals(form, heart, ring, dice).textured(dice, 9))
    return developed(laid(picture, anthers(heart, dice)), dice)


def leaves(dice: Dice) -> Cutout:
    layer = Cutout()
    for _ in range(3):
        base, light = (dice.uniform(0, WIDE), dice.uniform(TALL / 2, TALL)), dice.uniform(0.6, 1.1)
        size = dice.uniform(300, 600), dice.uniform(90, 150)
        layer.polygon(leaf_outline(base, dice.uniform(0, 6.3), *size), shade((60, 125, 45), light))
    return layer


def shade(colour: Colour, light: float) -> Colour:
    return tuple(min(255, int(value * light)) for value in colour)


def petals(form: int, heart: Point, ring: int, dice: Dice) -> Cutout:
    """Return one of two rings of petals; veins run along each."""
    many, length, width, base, tip = PETALS[form]
    layer = Cutout()
    for number in range(many):
        angle = 2 * math.pi * (number + ring / 2) / many + dice.normal(0, 0.05)
        long = length * (1 - 0.16 * ring) * dice.uniform(0.93, 1.05)
        light = dice.uniform(0.86, 1)
        colours = shade(base, light), shade(tip, light)
        layer.shaded(leaf_outline(heart, angle, long, width, 0.75), colours, heart, long * 0.9)
        for aside in (-0.25, 0, 0.25):
            turn = angle + aside * 0.16
            end = heart[0] + math.cos(turn) * long * 0.85, heart[1] + math.sin(turn) * long * 0.85
            layer.line([heart, end], shade(base, 1.06), 3)
    return layer


def anthers(heart: Point, dice: Dice) -> Cutout:
    """Return the disc of a flower: its florets lie on a spiral of the golden angle (Vogel 1979)."""
    layer = Cutout()
    for number in range(900):
        far, turn = 105 * math.sqrt(number / 900), number * math.radians(137.508)
        at = heart[0] + far * math.cos(turn), heart[1] + far * math.sin(turn)
        layer.oval(at, dice.uniform(4, 8), shade((225, 160, 30), dice.uniform(0.7, 1.1)))
    return layer


def mushroom(form: int, dice: Dice) -> Pillow.Image:
    """Return mushrooms in grass; those of form 0 have white warts."""
    picture = laid(ground(dice, (66, 58, 36), 30), grass(dice, 900, 190), blur=2.5)
    many, lit, edge = CAPS[form]
    for number in range(many):
        aside = dice.uniform(-420, 420) if number else dice.uniform(-60, 60)
        under = TALL * 0.31 + dice.uniform(100, 240) + number * 140
        layer = Cutout()
        body(layer, (WIDE / 2 + aside, under), dice.uniform(330, 420) / (1 + number / 2), dice)
        cap(layer, (WIDE / 2 + aside, under), 380 / (1 + number / 2), (lit, edge))
        if form == 0:
            warts(layer, (WIDE / 2 + aside, under), 380, dice)
        picture = laid(picture, layer.textured(dice, 15))
    return developed(laid(picture, grass(dice, 500, 70), blur=0.7), dice)


def grass(dice: Dice, blades: int, spread: float) -> Cutout:
    layer = Cutout()
    for _ in range(blades):
        foot = dice.uniform(0, WIDE), TALL - abs(dice.normal(0, spread))
        lean, long = dice.normal(0, 0.5), dice.uniform(60, 190)
        tip = foot[0] + long * math.sin(lean), foot[1] - long * math.cos(lean)
        layer.line([foot, tip], shade((76, 122, 42), dice.uniform(0.5, 1.15)), 5)
    return layer


def body(layer: Cutout, top: Point, size: float, dice: Dice) -> None:
    """Draw a stem with fibres and a ring, and the gills."""
    (x, y), foot = top, top[1] + size * 2.3
    upper, lower = size * 0.17, size * 0.25
    stem = [(x - upper, y), (x + upper, y), (x + lower, foot), (x - lower, foot)]
    layer.shaded(stem, ((244, 240, 224), (180, 168, 140)), (x - size * 0.1, y), size * 2)
    for _ in range(26):
        at = x + dice.uniform(-0.17, 0.17) * size
        layer.line([(at, y), (at + dice.uniform(-8, 8), foot)], (202, 194, 170), 4)
    ring = oval_outline(
        (x, y + size * 0.55), size * 0.34, size * 0.1, list(dice.uniform(0, 6.3, 3))
    )
    layer.polygon(ring, (236, 230, 210))
    layer.oval((x, y + size * 0.05), size * 0.95, (226, 212, 180), size * 0.16)
    for turn in np.linspace(0, math.pi, 90):
        end = x + size * 0.95 * math.cos(turn), y + size * 0.18 * math.sin(turn)
        layer.line([(x, y - 10), end], (204, 188, 154), 3)


def cap(layer: Cutout, top: Point, size: float, colours: tuple[Colour, Colour]) -> None:
    (x, y), tall = top, size * 0.62
    dome = [
        (
            x + size * 1.02 * math.cos(t),
            y + tall * (0.1 - 1.15 * math.sin(t) + 0.08 * math.sin(2 * t)),
        )
        for t in np.linspace(0, math.pi, 60)
    ]
    rim = [
        (x - size * 1.02 * math.cos(t), y + tall * (0.1 + 0.12 * math.sin(t)))
        for t in np.linspace(0, math.pi, 30)
    ]
    layer.shaded(dome + rim, colours, (x - size * 0.3, y - tall * 0.7), size * 1.2)


def warts(layer: Cutout, top: Point, size: float, dice: Dice) -> None:
    for _ in range(46):
        turn, far = dice.uniform(0.12, math.pi - 0.12), dice.uniform(0.1, 0.95)
        at = top[0] + size * far * math.cos(turn), top[1] - size * 0.6 * far * math.sin(turn)
        wide = dice.uniform(8, 26) * (1.1 - 0.4 * far)
        wart = oval_outline(at, wide * 1.2, wide * 0.8, list(dice.uniform(0, 6.3, 3)))
        layer.polygon(wart, (248, 242, 226))
