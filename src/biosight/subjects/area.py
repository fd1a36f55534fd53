"""The part of a picture that the classifier looks at: around a box, with some room.

Not here: cutting it out (inference/preprocess.py).
"""

from dataclasses import dataclass

from biosight.subjects.box import Box

# Of the longer side of the box, on each side: a close look, and one with more around it.
MARGINS = (0.15, 0.3)


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in pixels of one reading: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float


def around(box: Box, width: int, height: int, margin: float) -> Area:
    """Return the area around a box in a picture of width x height pixels: a square with a margin
    where the picture is large enough, moved inside the picture where it would leave it."""
    wide, high = box.width * width, box.height * height
    side = max(wide, high) * (1 + 2 * margin)
    left, right = span((box.x + box.width / 2) * width, side, width)
    top, bottom = span((box.y + box.height / 2) * height, side, height)
    return Area(left, top, right, bottom)


def span(middle: float, length: float, whole: float) -> tuple[float, float]:
    """Return where a stretch of `length` around `middle` begins and ends within 0 to `whole`."""
    length = min(length, whole)
    begin = min(max(0.0, middle - length / 2), whole - length)
    return begin, begin + length
