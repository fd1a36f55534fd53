"""A picture cut to its subject, for tiles: small animals are seen at a glance.

It is drawn for each answer, since boxes change; browsers keep it. Not here: the drawing
(inference/sandbox/worker.py).
"""

from pathlib import Path

from biosight.images import Image
from biosight.images.reading import THUMBNAIL_SIDE
from biosight.inference.sandbox.decoding import Decoders
from biosight.review.undo_acts import latest_prediction
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records
from biosight.subjects import KINDS, Region
from biosight.subjects.box import surest
from biosight.workflows.pictures.derived import JPEG, from_original
from biosight.workflows.pictures.people import DrawnPicture


def main_region(records: Records, image: Image) -> Region | None:
    """Return where a picture's first subject is: as people said, else the surest box, of an animal
    if there is one. None where nobody knows."""
    if image.details.region:
        return image.details.region
    prediction = latest_prediction(records, image.id)
    boxes = prediction.boxes if prediction else ()
    found = (surest(boxes, kind) for kind in KINDS)
    best = next((box for box in found if box), None)
    return Region.of(best) if best else None


def draw_closer(
    blobs: Blobs, decoders: Decoders, image: Image, region: Region, people: tuple[Region, ...]
) -> DrawnPicture:
    """Return a JPEG of the part around a region, with people blurred. Raises NotFound if the
    original disappears meanwhile, BadPicture or Unavailable."""
    hidden = [person.sides for person in people]

    def draw(path: Path) -> bytes:
        return decoders.closer(path, region.sides, THUMBNAIL_SIDE, hidden)

    content = from_original(blobs, image, draw)
    return DrawnPicture(content, JPEG, f"{Path(image.name).stem}.jpg")
