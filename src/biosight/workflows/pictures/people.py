"""Pictures as those see them who may not recognise people: viewers, and visitors with a link.

Where a collection blurs people, these get pictures in which every person is blurred. A picture in
which nobody has looked for people is blurred as a whole. Such pictures are drawn each time, since
boxes change. Not here: the drawing (images/blurring.py, in the sandbox), or who is who (web).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from biosight.images import Image
from biosight.images.reading import THUMBNAIL_SIDE, VIEW_SIDE
from biosight.images.reading import WHOLE as EVERY_PIXEL
from biosight.inference.sandbox.decoding import Decoders
from biosight.labels import Prediction
from biosight.registry import ModelVersion
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records, Where
from biosight.subjects import Box, Region
from biosight.subjects.box import distinct
from biosight.taxa.kinds import thing_of
from biosight.workflows.pictures.derived import JPEG, from_original

PictureForm = Literal["thumbnail", "view", "whole"]
WHOLE = Region(0.0, 0.0, 1.0, 1.0)
# How large each form of a picture is drawn, in px on the longer side.
SIDES: Mapping[PictureForm, int] = {
    "thumbnail": THUMBNAIL_SIDE,
    "view": VIEW_SIDE,
    "whole": EVERY_PIXEL,
}
# Lower than what it takes to call a picture one of people: an animal blurred is no harm.
PERHAPS = 0.2
# From this score on, a box is a person who was named.
SURE = 0.4
MOST_LOOKS = 200


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    """A picture that was drawn for one answer: its bytes, media type, and name for a browser's file
    dialog."""

    content: bytes
    media_type: str
    name: str


def people_in(records: Records, image: Image) -> tuple[Region, ...]:
    """Return where people may be in a picture, () for nowhere; the whole picture where nobody has
    looked for them, or where they are known to be but not where."""
    every = records.find(Prediction, [Where("image", "=", image.id)], limit=MOST_LOOKS)
    if not any(looked_for_people(records, p) for p in every):
        return (WHOLE,)
    return seen_people(image, [b for p in every for b in p.boxes if b.kind == "human"])


def looked_for_people(records: Records, prediction: Prediction) -> bool:
    """Return whether a detector of this server that knows people looked at a picture. What other
    programs say of it is no such look."""
    if not prediction.detector or prediction.trouble:
        return False
    version = records.get(ModelVersion, prediction.detector)
    card = version.card.detector if version else None
    return card is not None and "human" in card.kinds


def seen_people(image: Image, boxes: Sequence[Box]) -> tuple[Region, ...]:
    """Return where people are by detectors' boxes and by what was said of the picture: all of it if
    more people are named than are boxed for sure."""
    named = [s.details for s in image.subjects if thing_of(s.label) == "human"]
    drawn = [d.region for d in named if d.region is not None]
    sure = distinct(b for b in boxes if b.score >= SURE)
    if sum(max(1, d.count) for d in named) > len(sure) + len(drawn):
        return (WHOLE,)
    perhaps = (Region.of(b) for b in boxes if b.score >= PERHAPS)
    return tuple(dict.fromkeys([*perhaps, *drawn]))


def is_drawn(image: Image, people: tuple[Region, ...], form: PictureForm = "whole") -> bool:
    """Return whether a form of a picture is drawn for those who may not recognise people: where
    people are, and where its file may hold more pictures than the first, which alone was looked at
    and which a thumbnail shows."""
    return bool(people) or (form != "thumbnail" and image.media_type != JPEG)


def draw_blurred(
    blobs: Blobs, decoders: Decoders, image: Image, people: tuple[Region, ...], side: int
) -> DrawnPicture:
    """Return a JPEG with people blurred, at most `side` px a side. Raises NotFound if the original
    disappears meanwhile, BadPicture or Unavailable."""
    sides = [region.sides for region in people]
    content = from_original(blobs, image, lambda path: decoders.blurred(path, sides, side))
    return DrawnPicture(content, JPEG, f"{Path(image.name).stem}.jpg")


def blurred_pieces(
    blobs: Blobs, decoders: Decoders, image: Image, people: tuple[Region, ...]
) -> Callable[[], Iterator[bytes]]:
    """Return a function that streams every pixel with people blurred, from the start at each call;
    raises as `draw_blurred`."""
    content = draw_blurred(blobs, decoders, image, people, EVERY_PIXEL).content
    return lambda: iter([content])
