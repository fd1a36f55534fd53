"""The strip of a camera trap's frame: date, temperature and the maker's logo, at its upper or lower
edge. A detector takes a logo for an animal; nothing in the strip is a subject.
"""

from collections.abc import Iterable

from biosight.subjects.box import Box

# Shares of the frame's height: how far a strip reaches, and how near its marks come to the edge.
REACH, EDGE = 0.1, 0.015


def is_in_strip(box: Box) -> bool:
    """Return whether a box lies in a strip: near the edge, and not reaching out of it."""
    below = 1 - (box.y + box.height)
    return min(box.y, below) <= EDGE and min(box.y, below) + box.height <= REACH


def outside_strips(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Return the boxes that lie in no strip, in the same order."""
    return tuple(box for box in boxes if not is_in_strip(box))
