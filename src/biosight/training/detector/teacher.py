"""Boxes for pictures of which only the content is known, by detectors that are there already.

A picture is looked at whole and in four overlapping tiles, in which small animals are larger.
Not here: the scenes that are made of them (scenes.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from biosight.inference.preprocess import Pixels
from biosight.subjects.box import Box, distinct

TILE = 0.6  # of the width and height


class Looks(Protocol):
    """Whatever finds boxes in a picture, such as an open detector."""

    def detect(self, reading: Pixels) -> tuple[Box, ...]: ...


def tiles(reading: Pixels) -> Iterator[tuple[float, float, Pixels]]:
    """Yield four corners of a picture, each with its left and top as shares of the whole."""
    height, width = reading.shape[:2]
    wide, high = round(width * TILE), round(height * TILE)
    for left in (0, width - wide):
        for top in (0, height - high):
            part = reading[top : top + high, left : left + wide]
            yield left / width, top / height, part


def boxes_by(teachers: Sequence[Looks], reading: Pixels) -> tuple[Box, ...]:
    """Return the boxes of all teachers in the whole picture and its tiles, each place once."""
    found = [box for t in teachers for box in t.detect(reading)]
    for left, top, part in tiles(reading):
        for box in (b for t in teachers for b in t.detect(part)):
            if not cut(box):
                found.append(
                    replace(
                        box,
                        x=left + box.x * TILE,
                        y=top + box.y * TILE,
                        width=box.width * TILE,
                        height=box.height * TILE,
                    )
                )
    return distinct(found)


def cut(box: Box) -> bool:
    """Return whether a box touches the edge of its tile, where what it holds may go on."""
    return min(box.x, box.y) < 0.01 or max(box.x + box.width, box.y + box.height) > 0.99
