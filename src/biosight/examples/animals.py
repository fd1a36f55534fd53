"""Drawn ladybirds, butterflies, spiders in their webs, and birds on a branch."""

import math

import numpy as np
from PIL import Image as Pillow
from PIL import ImageChops

from biosight.examples.canvas import (
    SHEET,
    Colour,
    Cutout,
    Outline,
    Point,
    developed,
    ground,
    laid,
    leaf_outline,
    oval_outline,
    smooth,
)

Dice = np.random.Generator
WIDE, TALL = SHEET
BLACK: Colour = (20, 14, 14)
WHITE: Colour = (246, 241, 226)
# The wing cases of ladybirds, where the light falls and at their edge.
CASES: tuple[tuple[Colour, Colour], ...] = (
    ((232, 60, 22), (150, 20, 8)),
    ((246, 160, 28), (190, 90, 10)),
    ((226, 44, 30), (120, 10, 10)),
    ((250, 206, 60), (200, 140, 20)),
)
# Wings of butterflies: near the body, at the edge, and the veins.
WINGS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((238, 128, 28), (186, 74, 10), (24, 16, 12)),
    ((92, 140, 226), (40, 70, 160), (20, 22, 34)),
    ((250, 236, 150), (226, 196, 60), (60, 50, 20)),
    ((166, 80, 36), (104, 40, 20), (30, 18, 14)),
)
# Birds: the ground behind them, back, belly and head.
PLUMAGE: tuple[tuple[Colour, Colour, Colour, Colour], ...] = (
    ((120, 140, 110), (120, 100, 80), (214, 120, 60), (112, 92, 74)),
    ((150, 170, 190), (70, 110, 170), (240, 220, 120), (50, 90, 160)),
    ((96, 120, 74), (60, 66, 60), (230, 214, 70), (24, 24, 26)),
    ((160, 150, 120), (150, 130, 100), (226, 216, 196), (130, 110, 84)),
)
FORE_WING: Outline = [(0, -40), (150, -330), (420, -480), (640, -470), (690, -380)]
FORE_WING += [(600, -190), (470, -30), (240, 60), (0, 50)]
HIND_WING: Outline = [(0, 20), (240, 40), (450, 60), (540, 190), (500, 370)]
HIND_WING += [(390, 480), (250, 460), (120, 330), (0, 120)]


def at(base: Point, x: float, y: float) -> Point:
    return base[0] + x, base[1] + y


def all_at(base: Point, points: Outline, side: int = 1) -> Outline:
    """Return points around a base; `side` -1 mirrors them."""
    return [(base[0] + side * x, base[1] + y) for x, y in points]


def near_the_middle(dice: Dice, aside: float, down: float) -> Point:
    return WIDE / 2 + dice.uniform(-aside, aside), TALL / 2 + dice.uniform(-down, down)


def ladybird(form: int, dice: Dice) -> Pillow.Image:
    """Return a ladybird on a leaf."""
    picture = laid(ground(dice, (86, 132, 58), 24), blade(dice).textured(dice, 14), blur=1)
    centre, layer = near_the_middle(dice, 160, 80), Cutout()
    for side in (1, -1):
        for leg in (-1, 0, 1):
            hip, knee = at(centre, leg * 120, 0), at(centre, leg * 180, side * 270)
            layer.line([hip, knee, at(knee, leg * 70 + 20, side * 70)], BLACK, 24)
        layer.line([at(centre, 330, side * 50), at(centre, 430, side * 130)], BLACK, 11)
    layer.oval(at(centre, 300, 0), 85, BLACK, 120)
    layer.oval(at(centre, 240, 0), 110, BLACK, 185)
    for side in (1, -1):
        layer.oval(at(centre, 325, side * 78), 25, WHITE)
        layer.oval(at(centre, 270, side * 130), 40, WHITE, 36)
    wing_cases(layer, centre, CASES[form])
    picture = laid(picture, layer.turned(dice.uniform(0, 360), centre).textured(dice, 6))
    return developed(picture, dice)


def wing_cases(layer: Cutout, centre: Point, colours: tuple[Colour, Colour]) -> None:
    """Draw both wing cases with their spots, and the light on them."""
    layer.shaded(oval_outline(centre, 300, 262), colours, at(centre, -30, -110), 360)
    layer.line([at(centre, -298, 0), at(centre, 250, 0)], (60, 10, 6), 7)
    layer.oval(at(centre, 235, 0), 50, BLACK)
    for x, y, radius in ((90, 130, 52), (-60, 150, 58), (-190, 90, 44), (60, 52, 40)):
        for side in (1, -1):
            layer.oval(at(centre, x, side * y), radius, BLACK)
    layer.gleam(at(centre, -20, -150), 100, 40)


def blade(dice: Dice) -> Cutout:
    """Return a large leaf that fills most of the picture."""
    layer, y = Cutout(), TALL * 0.64
    outline = leaf_outline((-100, y + dice.uniform(-100, 100)), -0.1, 2300, 620)
    layer.shaded(outline, ((120, 176, 76), (66, 118, 44)), (WIDE / 2, TALL / 2), 1200)
    layer.line([(-100, y), (WIDE, y - 190)], (160, 204, 110), 12)
    for rib in range(12):
        foot = rib * 170.0, y - rib * 16
        for tip in ((260, -420), (300, 380)):
            layer.line([foot, at(foot, *tip)], (134, 182, 92), 6)
    return layer


def butterfly(form: int, dice: Dice) -> Pillow.Image:
    """Return a butterfly with open wings."""
    near, far, vein = WINGS[form]
    centre, layer = near_the_middle(dice, 60, 30), Cutout()
    for side in (1, -1):
        for wing in (HIND_WING, FORE_WING):
            outline = smooth(all_at(centre, wing, side))
            layer.shaded(outline, (near, far), centre, 760)
            layer.line([*outline, outline[0]], vein, 46)
            for x, y in wing[1:-1]:
                layer.line([centre, at(centre, side * x * 0.97, y * 0.97)], vein, 9)
                layer.oval(at(centre, side * x * 0.945, y * 0.945), 11, WHITE)
        for x, y, radius in ((370, -300, 44), (250, -190, 36)):
            layer.oval(at(centre, side * x, y), radius, vein)
        layer.line([at(centre, 0, -180), at(centre, side * 150, -440)], vein, 9)
        layer.oval(at(centre, side * 150, -442), 15, vein)
    layer.oval(at(centre, 0, 100), 34, vein, 250)
    layer.oval(at(centre, 0, -150), 40, vein)
    turned = layer.turned(dice.uniform(-30, 30), centre).textured(dice, 13)
    return developed(laid(ground(dice, (92, 122, 66), 34), turned), dice)


def spider(form: int, dice: Dice) -> Pillow.Image:
    """Return a spider in its web, head down or up."""
    centre = near_the_middle(dice, 100, 0)
    picture = laid(ground(dice, (60, 80, 52), 26), web(centre, dice), shadow=False)
    layer = Cutout()
    for side in (1, -1):
        for leg, angle in enumerate((-1.15, -0.45, 0.35, 1.0)):
            hip = at(centre, side * 50, leg * 26 - 30)
            knee = at(hip, side * 230 * math.cos(angle), 240 * math.sin(angle) - 60)
            foot = at(knee, side * 160 * math.cos(angle * 1.3), 250 * math.sin(angle) + 30)
            layer.line([hip, knee, foot], (92, 62, 36), 22)
    layer.oval(at(centre, 0, -40), 80, (112, 76, 44))
    browns = (196, 150, 84), (84, 52, 26)
    layer.shaded(oval_outline(at(centre, 0, 190), 165, 215), browns, at(centre, -40, 110), 280)
    layer.line([at(centre, 0, 30), at(centre, 0, 380)], WHITE, 14)
    for spot in range(7):
        for side in (1, -1):
            aside = side * (22 + 8 * abs(3 - spot))
            layer.oval(at(centre, aside, 60 + spot * 42), 15, WHITE, 11)
    turned = layer.turned(dice.uniform(-25, 25) + 180 * (form % 2), centre)
    return developed(laid(picture, turned.textured(dice, 16)), dice)


def web(centre: Point, dice: Dice) -> Cutout:
    """Return an orb web: spokes, and threads that sag a little between them."""
    layer, thread = Cutout(), (226, 232, 226, 140)
    turns = np.linspace(0, 2 * np.pi, 26, endpoint=False) + dice.normal(0, 0.04, 26)
    for turn in turns:
        layer.line([centre, at(centre, 1500 * math.cos(turn), 1500 * math.sin(turn))], thread, 4)
    for far in range(70, 900, 34):
        for a, b in zip(turns, [*turns[1:], turns[0] + 2 * math.pi], strict=True):
            arc = ((a, 1.0), ((a + b) / 2, 0.955), (b, 1.0))
            points = [at(centre, far * k * math.cos(t), far * k * math.sin(t)) for t, k in arc]
            layer.line(points, thread, 3)
    return layer


def bird(form: int, dice: Dice) -> Pillow.Image:
    """Return a small bird on a branch."""
    behind, back, belly, head = PLUMAGE[form]
    branch, y = Cutout(), TALL * 0.73
    branch.line([(-20, y + 60), (WIDE + 20, y - 30)], (96, 74, 54), 56)
    picture = laid(ground(dice, behind, 26), branch.textured(dice, 22))
    feet: Point = (WIDE / 2 - 40 + dice.uniform(-60, 60), TALL * 0.525)
    layer = Cutout()
    for aside in (-30, 90):
        layer.line([at(feet, aside, 250), (feet[0] + aside + 30, y + 10)], (70, 56, 48), 20)
    feathered(layer, feet, (back, belly, head))
    layer.polygon(all_at(feet, [(412, -262), (540, -222), (410, -196)]), (58, 50, 40))
    layer.oval(at(feet, 340, -268), 22, BLACK)
    layer.oval(at(feet, 333, -277), 7, (255, 255, 255))
    picture = laid(picture, strokes(layer, feet, dice).textured(dice, 16))
    mirrored = picture.transpose(Pillow.Transpose.FLIP_LEFT_RIGHT) if form % 2 else picture
    return developed(mirrored, dice)


def feathered(layer: Cutout, feet: Point, colours: tuple[Colour, Colour, Colour]) -> None:
    """Draw tail, body, head and wing."""
    back, belly, head = colours
    dark: Colour = tuple(int(v * 0.6) for v in back)
    tail: Outline = [(-250, 90), (-660, 330), (-700, 400), (-600, 410), (-180, 240)]
    layer.polygon(smooth(all_at(feet, tail)), dark)
    body: Outline = [(-340, 150), (-180, -90), (80, -230), (180, -340), (330, -360), (420, -250)]
    body += [(380, -60), (310, 150), (120, 310), (-130, 310)]
    layer.shaded(smooth(all_at(feet, body)), (belly, back), at(feet, 210, 110), 430)
    layer.oval(at(feet, 290, -240), 150, head, 132)
    wing: Outline = [(60, -110), (110, 40), (-90, 190), (-420, 260), (-320, 120), (-120, -70)]
    layer.shaded(smooth(all_at(feet, wing)), (back, dark), feet, 420)
    for quill in range(7):
        start = at(feet, 70 - quill * 30, 20 + quill * 20)
        layer.line([start, at(feet, quill * 10 - 330, 150 + quill * 16)], dark, 9)


def strokes(layer: Cutout, feet: Point, dice: Dice) -> Cutout:
    """Return the layer with fine light and dark strokes, where there is something on it."""
    fine = Cutout()
    for _ in range(2600):
        start = at(feet, dice.uniform(-350, 430), dice.uniform(-380, 320))
        grey, long = int(dice.choice((0, 255))), dice.uniform(16, 44)
        fine.line([start, at(start, -long * 0.8, long * 0.5)], (grey, grey, grey, 22), 5)
    inside = ImageChops.multiply(fine.picture.getchannel("A"), layer.picture.getchannel("A"))
    fine.picture.putalpha(inside)
    return Cutout(Pillow.alpha_composite(layer.picture, fine.picture))
