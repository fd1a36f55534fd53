"""Small and viewable forms of a picture, made from its original when they are not there.

Not here: drawing them (images/reading.py, in the sandbox), or the first thumbnail (intake.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from biosight.errors import BadPicture, NotFound
from biosight.images import SHOWN_AS_IS, Image, placeless
from biosight.inference.decoding import Decoders
from biosight.storage import keys
from biosight.storage.blobs import Blobs

JPEG = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Derived:
    """Bytes in the store by key, their media type, and a name for a browser's file dialog."""

    key: str
    media_type: str
    name: str


def original(blobs: Blobs, image: Image) -> Derived:
    """The upload itself. Raises NotFound when the store has lost it."""
    key = keys.original(image.sha256)
    if not blobs.has(key):
        raise NotFound("The bytes of this picture are missing; run biosight doctor.")
    return Derived(key, image.media_type, image.name)


def thumbnail(blobs: Blobs, decoders: Decoders, image: Image) -> Derived:
    """The small JPEG without metadata. Raises NotFound, BadPicture or Unavailable."""
    return as_jpeg(blobs, image, keys.thumbnail(image.sha256), decoders.thumbnail)


def view(blobs: Blobs, decoders: Decoders, image: Image) -> Derived:
    """The picture as any browser shows it: the upload, or a JPEG of a TIFF or HEIC, of at most
    VIEW_SIDE px a side.

    Raises NotFound, BadPicture or Unavailable.
    """
    if image.media_type in SHOWN_AS_IS:
        return original(blobs, image)
    return as_jpeg(blobs, image, keys.view(image.sha256), decoders.render)


def whole(blobs: Blobs, decoders: Decoders, image: Image) -> Derived:
    """Every pixel as any browser shows it: the upload, or a JPEG of a TIFF or HEIC; raises as
    `view`."""
    if image.media_type in SHOWN_AS_IS:
        return original(blobs, image)
    return as_jpeg(blobs, image, keys.whole(image.sha256), decoders.whole)


def placeless_bytes(blobs: Blobs, found: Derived) -> bytes:
    """Stored bytes without where the picture was taken. Raises NotFound or Unavailable."""
    with blobs.local(found.key) as path:
        return placeless.without_place(path.read_bytes())


def as_jpeg(blobs: Blobs, image: Image, key: str, draw: Callable[[Path], bytes]) -> Derived:
    """A form of the picture under its key, drawn where it is not there."""
    if not blobs.has(key):
        make(blobs, image, key, draw)
    return Derived(key, JPEG, f"{key.partition('/')[0]}.jpg")


def make(blobs: Blobs, image: Image, key: str, draw: Callable[[Path], bytes]) -> None:
    """Draw from the original what is not there; an original that goes meanwhile is NotFound."""
    with blobs.local(original(blobs, image).key) as path:
        try:
            drawn = draw(path)
        except BadPicture:
            original(blobs, image)
            raise
    blobs.put_derived(key, drawn)
