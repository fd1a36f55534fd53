"""Box: a rectangle around something in a picture, and how much two of them share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypedDict, get_args

SubjectKind = Literal["animal", "human", "vehicle"]
KINDS: tuple[SubjectKind, ...] = get_args(SubjectKind)
# Two boxes of one kind are one thing if they share more than this, or if so much of the smaller
# lies in the other: a part of an animal.
SAME, INSIDE = 0.6, 0.85


class PlainBox(TypedDict):
    """A box as JSON writes it."""

    x: float
    y: float
    w: float
    h: float
    kind: SubjectKind
    score: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in an upright picture: its upper left corner, width and height as shares of the
    picture's width and height (Camtrap DP's bboxX, bboxY, bboxWidth and bboxHeight), what it holds,
    and how sure the detector is, 0 to 1."""

    x: float
    y: float
    width: float
    height: float
    kind: SubjectKind
    score: float

    @property
    def area(self) -> float:
        """The share of the picture that it covers."""
        return self.width * self.height

    @property
    def plain(self) -> PlainBox:
        """The box as JSON writes it."""
        return PlainBox(
            x=self.x, y=self.y, w=self.width, h=self.height, kind=self.kind, score=self.score
        )


def iou(one: Box, other: Box) -> float:
    """Return intersection over union of two boxes, 0 to 1 (Jaccard 1912)."""
    both = shared_area(one, other)
    return both / (one.area + other.area - both) if both else 0.0


def shared_area(one: Box, other: Box) -> float:
    """Return the share of the picture that two boxes cover both."""
    wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return wide * high if wide > 0 and high > 0 else 0.0


def are_one(box: Box, surer: Box) -> bool:
    """Return whether a box tells of the same thing as a surer one."""
    if box.kind != surer.kind:
        return False
    inside = shared_area(box, surer) / max(min(box.area, surer.area), 1e-9)
    # A person around a surer part of them is kept: all of a person is blurred, not the part.
    around = box.kind == "human" and box.area > surer.area
    return iou(box, surer) > SAME or (inside > INSIDE and not around)


def distinct(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Return the surest boxes, without those that repeat a surer one of their kind
    (non-maximum suppression)."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda b: -b.score):
        if not any(are_one(box, k) for k in kept):
            kept.append(box)
    return tuple(kept)


def surest(boxes: Iterable[Box], kind: SubjectKind) -> Box | None:
    """Return the surest box of a kind, None without one."""
    return max((b for b in boxes if b.kind == kind), key=lambda b: b.score, default=None)
