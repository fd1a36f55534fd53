"""Pictures as those see them who may not recognise people: viewers, and visitors with a link.

Where a collection blurs people, these get pictures in which every person is blurred. A picture in
which nobody has looked for people is blurred as a whole. Such pictures are drawn each time, since
boxes change. Not here: the drawing (images/blurring.py, in the sandbox), or who is who (web).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from biosight.errors import BadPicture
from biosight.images import Image
from biosight.images.reading import THUMBNAIL_SIDE, VIEW_SIDE
from biosight.images.reading import WHOLE as EVERY_PIXEL
from biosight.inference.sandbox.decoding import Decoders
from biosight.labels import Prediction
from biosight.review.undo_acts import latest_prediction
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records
from biosight.subjects import Region
from biosight.taxa.kinds import thing_of
from biosight.workflows.pictures.derived import JPEG, original

WHOLE = Region(0.0, 0.0, 1.0, 1.0)
# How large each form of a picture is drawn, in px on the longer side.
SIDES = {"thumbnail": THUMBNAIL_SIDE, "view": VIEW_SIDE, "whole": EVERY_PIXEL}
# Lower than what it takes to call a picture one of people: an animal blurred is no harm.
PERHAPS = 0.2


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
    prediction = latest_prediction(records, image.id)
    if prediction is None or not prediction.detector or prediction.trouble:
        return (WHOLE,)
    return seen_people(image, prediction)


def seen_people(image: Image, prediction: Prediction) -> tuple[Region, ...]:
    """Return where people are by a detector's boxes and by what was said of the picture."""
    boxes = [b for b in prediction.boxes if b.kind == "human" and b.score >= PERHAPS]
    named = [s.details for s in image.subjects if thing_of(s.label) == "human"]
    somewhere = sum(max(1, d.count) for d in named if d.region is None)
    if somewhere > len(boxes):
        return (WHOLE,)
    regions = (d.region for d in named if d.region is not None)
    return tuple(dict.fromkeys([*(Region.of(b) for b in boxes), *regions]))


def draw_blurred(
    blobs: Blobs, decoders: Decoders, image: Image, people: tuple[Region, ...], side: int
) -> DrawnPicture:
    """Return a JPEG with people blurred, at most `side` px a side. Raises NotFound if the original
    disappears meanwhile, BadPicture or Unavailable."""
    with blobs.local(original(blobs, image).key) as path:
        try:
            content = decoders.blurred(path, [region.sides for region in people], side)
        except BadPicture:
            original(blobs, image)
            raise
    return DrawnPicture(content, JPEG, f"{Path(image.name).stem}.jpg")


def blurred_pieces(
    blobs: Blobs, decoders: Decoders, image: Image, people: tuple[Region, ...]
) -> Callable[[], Iterator[bytes]]:
    """Return a function that streams every pixel with people blurred, from the start at each call;
    raises as `draw_blurred`."""
    content = draw_blurred(blobs, decoders, image, people, EVERY_PIXEL).content
    return lambda: iter([content])
