"""Sidecars: XMP files beside pictures, in which darktable, digiKam and Lightroom keep keywords.

Not here: the keywords inside a picture's own file (metadata/file.py).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from biosight.images.metadata.keywords import keywords_of
from biosight.images.metadata.xmp import LARGEST_PACKET, read_packet

SUFFIXES = (".xmp", ".XMP")


def possible_sidecars(picture: Path) -> Iterator[Path]:
    """Yield where a picture's sidecar may be: IMG_1.JPG.xmp, then IMG_1.xmp."""
    for suffix in SUFFIXES:
        yield picture.with_name(picture.name + suffix)
    for suffix in SUFFIXES:
        yield picture.with_suffix(suffix)


def sidecar_keywords(picture: Path) -> tuple[str, ...]:
    """Return the keywords in a picture's sidecar; none without one, or for one that is damaged or
    can't be read."""
    for path in possible_sidecars(picture):
        try:
            if path.is_file():
                with path.open("rb") as file:
                    return keywords_of(read_packet(file.read(LARGEST_PACKET)).lists, b"")
        except OSError:
            continue
    return ()


def sidecars_of(pictures: Iterable[Path]) -> set[Path]:
    """Return where these pictures may have sidecars."""
    return {path for picture in pictures for path in possible_sidecars(picture)}
