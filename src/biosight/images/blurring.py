"""Blurring parts of a picture so that nobody in them can be recognised.

A part becomes a few large spots of its mean colours: what was between them is gone and can't be
computed back. It runs inside the decode sandbox. Not here: which parts are blurred
(workflows/pictures/people.py).
"""

from collections.abc import Iterable, Sequence

from PIL import Image as Pillow

# Of the part's longer side, on each side: hair, hands and shadows stand out of a box.
MARGIN = 0.15
# Spots along the longer side of a part.
SPOTS = 4


def blur(picture: Pillow.Image, regions: Iterable[Sequence[float]]) -> Pillow.Image:
    """Return an upright picture with these parts blurred; each is x, y, width and height as shares
    of the picture."""
    blurred = picture.convert("RGB")
    for region in regions:
        box = with_margin(region, blurred.size)
        part = blurred.crop(box)
        blurred.paste(spots(part), box[:2])
    return blurred


def with_margin(region: Sequence[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return a region with its margin in pixels: left, top, right, bottom, inside the picture."""
    wide, high = size
    x, y, width, height = region[0] * wide, region[1] * high, region[2] * wide, region[3] * high
    more = MARGIN * max(width, height)
    left, top = max(0, int(x - more)), max(0, int(y - more))
    right, bottom = min(wide, round(x + width + more)), min(high, round(y + height + more))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def spots(part: Pillow.Image) -> Pillow.Image:
    """Return a picture of the same size that is made of a few spots."""
    scale = SPOTS / max(part.size)
    few = max(1, round(part.width * scale)), max(1, round(part.height * scale))
    return part.resize(few, Pillow.Resampling.BOX).resize(part.size, Pillow.Resampling.BICUBIC)
