"""Small and viewable forms of a picture, made from its original when they are missing.

Not here: drawing them (images/reading.py, in the sandbox), or the first thumbnail
(intake/upload.py).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from biosight.errors import BadPicture, NotFound
from biosight.images import SHOWN_AS_IS, Image, placeless
from biosight.images.reading import VIEW_BYTES, VIEW_SIDE
from biosight.images.stack import plane_names
from biosight.inference.sandbox.decoding import Decoders
from biosight.storage.blobs import keys
from biosight.storage.blobs.port import Blobs

JPEG = "image/jpeg"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Derived:
    """A stored form of a picture: its key, its media type, and a name for a browser's file
    dialog."""

    key: str
    media_type: str
    name: str


def original(blobs: Blobs, image: Image) -> Derived:
    """Return the upload itself. Raises NotFound when the store has lost it."""
    key = keys.original(image.sha256)
    if not blobs.has(key):
        raise NotFound("The bytes of this picture are missing; run biosight doctor.")
    return Derived(key, image.media_type, image.name)


def thumbnail(blobs: Blobs, decoders: Decoders, image: Image) -> Derived:
    """Return the small JPEG without metadata. Raises NotFound, BadPicture or Unavailable."""
    return as_jpeg(blobs, image, keys.thumbnail(image.sha256), decoders.thumbnail)


def view(blobs: Blobs, decoders: Decoders, image: Image) -> Derived:
    """Return the picture as a screen shows it, without its place.

    These are its own pixels where the file is small enough for a slow line, or may move; else a
    JPEG of at most VIEW_SIDE pixels a side. Raises NotFound, BadPicture or Unavailable.
    """
    if image.media_type in SHOWN_AS_IS and fits_screen(image):
        return placeless_file(blobs, decoders, image)
    return as_jpeg(blobs, image, keys.view(image.sha256), decoders.render)


def fits_screen(image: Image) -> bool:
    """Return whether a browser gets the file itself to show on a screen: it is small, or a GIF,
    whose pictures move."""
    small = image.size <= VIEW_BYTES and max(image.width, image.height) <= VIEW_SIDE
    return small or image.media_type == "image/gif"


def whole(blobs: Blobs, decoders: Decoders, image: Image) -> Derived:
    """Return every pixel in a form that any browser shows, without the place; raises as `view`."""
    if image.media_type in SHOWN_AS_IS:
        return placeless_file(blobs, decoders, image)
    return as_jpeg(blobs, image, keys.whole(image.sha256), decoders.whole)


def plane(blobs: Blobs, decoders: Decoders, image: Image, number: int) -> bytes:
    """Return a stack's plane, counted from 0, as a JPEG; it is drawn each time. Raises as `view`,
    and NotFound where there is no such plane."""
    if number >= len(plane_names(image.planes, image.channels)):
        raise NotFound("This picture has no such plane.")
    with blobs.local(original(blobs, image).key) as path:
        return decoders.plane(path, number)


def placeless_file(blobs: Blobs, decoders: Decoders, image: Image) -> Derived:
    """Return the picture and nothing but the picture (images/placeless.py); it is written once and
    kept.

    Raises NotFound, BadPicture, NoSpace or Unavailable.
    """
    key, media_type = keys.placeless(image.sha256), placeless.placeless_type(image.media_type)
    if not blobs.has(key):
        write_placeless(blobs, decoders, image, key)
    name = image.name if media_type == image.media_type else f"{Path(image.name).stem}.jpg"
    return Derived(key, media_type, name)


def write_placeless(blobs: Blobs, decoders: Decoders, image: Image, key: str) -> None:
    """Build the file in the sandbox and store it. Raises NotFound if the original disappears
    meanwhile."""
    blobs.room_for(image.size)
    target = blobs.begin().path
    try:
        from_original(blobs, image, lambda source: decoders.without_place(source, target))
        blobs.keep(target, key)
    finally:
        target.unlink(missing_ok=True)


def placeless_pieces(
    blobs: Blobs, decoders: Decoders, image: Image
) -> Callable[[], Iterator[bytes]]:
    """Return a function that streams the picture without its place from the start; raises as
    `placeless_file`."""
    found = placeless_file(blobs, decoders, image)
    return lambda: blobs.stream(found.key)


def as_jpeg(blobs: Blobs, image: Image, key: str, draw: Callable[[Path], bytes]) -> Derived:
    """Return the form of the picture under this key; draw it first if it is missing."""
    if not blobs.has(key):
        make(blobs, image, key, draw)
    return Derived(key, JPEG, f"{key.partition('/')[0]}.jpg")


def make(blobs: Blobs, image: Image, key: str, draw: Callable[[Path], bytes]) -> None:
    """Draw a missing form from the original. Raises NotFound if the original disappears
    meanwhile."""
    blobs.put_derived(key, from_original(blobs, image, draw))


def from_original(blobs: Blobs, image: Image, draw: Callable[[Path], T]) -> T:
    """Return what `draw` makes of the original. Raises NotFound if the original disappears
    meanwhile, BadPicture or Unavailable."""
    with blobs.local(original(blobs, image).key) as path:
        try:
            return draw(path)
        except BadPicture:
            original(blobs, image)
            raise
