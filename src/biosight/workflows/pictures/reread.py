"""Reading stored files anew, by today's code: dates, places, cameras, sizes, thumbnails.

What people and models said stays as it is; a file that can't be read keeps what is known of it.
Each picture is written alone and remembers which code read it, so that a run that was cut short
goes on where it stopped. Not here: new guesses from new colours (reclassify).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from biosight.bootstrap import Archive
from biosight.errors import BadPicture, NotFound, Stale
from biosight.images import READING, Image
from biosight.inference.sandbox.decoding import Decoded, Decoders, patiently
from biosight.intake import ANY_FRAMING, as_read
from biosight.storage.blobs import keys
from biosight.storage.patience import tries
from biosight.storage.records import Gone, Records, Replace, Where, pages

WAITS = (1, 2, 4, 8)  # seconds, while the machine is busy with other pictures
NOT_YET = Where("reading", "<", READING)


@dataclass(slots=True)
class Reread:
    """How many pictures were read, and what of them changed; `unread` were left as they are."""

    read: int = 0
    dates: int = 0
    places: int = 0
    sizes: int = 0
    unread: int = 0

    def count(self, before: Image, after: Image) -> None:
        """One picture more, and in what it differs from before."""
        self.read += 1
        self.dates += before.taken_at != after.taken_at
        self.places += (before.latitude, before.longitude) != (after.latitude, after.longitude)
        self.sizes += (before.width, before.height) != (after.width, after.height)


def left_to_read(records: Records) -> int:
    """How many pictures an older code read."""
    return records.count(Image, [NOT_YET])


def reread(
    archive: Archive, decoders: Decoders, step: Callable[[], object] = lambda: None
) -> Reread:
    """Read every file that an older code read. Raises Unavailable when a store goes away."""
    done = Reread()
    for page in pages(archive.records, Image, [NOT_YET]):
        for image in page:
            decoded = decoded_again(archive, decoders, image)
            after = renew_image(archive.records, image, decoded) if decoded else None
            if decoded and after:
                renew_small(archive, image.sha256, decoded)
                done.count(image, after)
            else:
                done.unread += 1
            step()
    return done


def decoded_again(archive: Archive, decoders: Decoders, image: Image) -> Decoded | None:
    """The file as today's code reads it; None where it can't be read or is gone."""
    try:
        with archive.blobs.local(keys.original(image.sha256)) as path:
            return patiently(partial(decoders.decode, path, ANY_FRAMING), WAITS)
    except (BadPicture, NotFound):
        return None


def renew_image(records: Records, image: Image, decoded: Decoded) -> Image | None:
    """The image with what was read, written over whatever people did meanwhile; None where it is
    gone, or never stands still."""
    now: Image | None = image
    for _ in tries(image.id):
        if now is None:
            return None
        after = replace(as_read(now, decoded), version=now.version + 1)
        try:
            records.write(Replace(after, now.version))
        except (Stale, Gone):
            now = records.get(Image, image.id)
        else:
            return after
    return None


def renew_small(archive: Archive, sha256: str, decoded: Decoded) -> None:
    """The new thumbnail; larger forms are made again when somebody looks."""
    archive.blobs.put_derived(keys.thumbnail(sha256), decoded.thumbnail)
    for key in (keys.view, keys.whole):
        archive.blobs.remove(key(sha256))
