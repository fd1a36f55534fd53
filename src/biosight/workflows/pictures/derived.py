"""Small and viewable forms of a picture, made from its original when they are not there.

Not here: drawing them (images/reading.py, in the sandbox), or the first thumbnail (intake.py).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from biosight.errors import BadPicture, NotFound
from biosight.images import SHOWN_AS_IS, Image, placeless
from biosight.inference.sandbox.decoding import Decoders
from biosight.storage.blobs import keys
from biosight.storage.blobs.port import Blobs

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
    """The picture as any browser shows it, without its place: its own pixels, or a JPEG of at most
    VIEW_SIDE px a side of a TIFF, HEIC or AVIF.

    Raises NotFound, BadPicture or Unavailable.
    """
    if image.media_type in SHOWN_AS_IS:
        return placeless_file(blobs, decoders, image)
    return as_jpeg(blobs, image, keys.view(image.sha256), decoders.render)


def whole(blobs: Blobs, decoders: Decoders, image: Image) -> Derived:
    """Every pixel as any browser shows it, without its place; raises as `view`."""
    if image.media_type in SHOWN_AS_IS:
        return placeless_file(blobs, decoders, image)
    return as_jpeg(blobs, image, keys.whole(image.sha256), decoders.whole)


def placeless_file(blobs: Blobs, decoders: Decoders, image: Image) -> Derived:
    """The picture and nothing but the picture (images/placeless.py), written once and kept.

    Raises NotFound, BadPicture, NoSpace or Unavailable.
    """
    key, media_type = keys.placeless(image.sha256), placeless.placeless_type(image.media_type)
    if not blobs.has(key):
        write_placeless(blobs, decoders, image, key)
    name = image.name if media_type == image.media_type else f"{Path(image.name).stem}.jpg"
    return Derived(key, media_type, name)


def write_placeless(blobs: Blobs, decoders: Decoders, image: Image, key: str) -> None:
    """Build the file in the sandbox and store it; an original that goes meanwhile is NotFound."""
    blobs.room_for(image.size)
    target = blobs.begin().path
    try:
        with blobs.local(original(blobs, image).key) as source:
            try:
                decoders.without_place(source, target)
            except BadPicture:
                original(blobs, image)
                raise
        blobs.keep(target, key)
    finally:
        target.unlink(missing_ok=True)


def placeless_pieces(
    blobs: Blobs, decoders: Decoders, image: Image
) -> Callable[[], Iterator[bytes]]:
    """A function that reads the picture without its place from the start; raises as
    `placeless_file`."""
    found = placeless_file(blobs, decoders, image)
    return lambda: blobs.stream(found.key)


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
