"""Reading stored files again with today's code: dates, places, cameras, sizes, thumbnails.

Labels and predictions stay as they are; a file that can't be read keeps its known facts. Each
picture is written alone and remembers which code read it, so a run that was cut short continues
where it stopped. Not here: new guesses from new colours (reclassify).
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

WAITS = (1, 2, 4, 8)  # seconds between tries while the machine is busy with other pictures
NOT_YET = Where("reading", "<", READING)


@dataclass(slots=True)
class Reread:
    """How many pictures were read and which facts changed; `unread` were left as they are."""

    read: int = 0
    dates: int = 0
    places: int = 0
    sizes: int = 0
    unread: int = 0

    def count(self, before: Image, after: Image) -> None:
        """Count one picture, and the facts in which it differs from before."""
        self.read += 1
        self.dates += before.taken_at != after.taken_at
        self.places += (before.latitude, before.longitude) != (after.latitude, after.longitude)
        self.sizes += (before.width, before.height) != (after.width, after.height)


def left_to_read(records: Records) -> int:
    """Return how many pictures were last read by older code."""
    return records.count(Image, [NOT_YET])


def reread(
    archive: Archive, decoders: Decoders, step: Callable[[], object] = lambda: None
) -> Reread:
    """Read every file again that older code read. Raises Unavailable when a store can't be
    reached."""
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
    """Return the file as today's code reads it, or None if it can't be read or is gone."""
    try:
        with archive.blobs.local(keys.original(image.sha256)) as path:
            return patiently(partial(decoders.decode, path, ANY_FRAMING), WAITS)
    except (BadPicture, NotFound):
        return None


def renew_image(records: Records, image: Image, decoded: Decoded) -> Image | None:
    """Write the newly read facts into the image, whatever people changed meanwhile.

    Return the image, or None if it is gone or kept changing in every try.
    """
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
    """Store the new thumbnail; remove larger forms, which are made again when somebody looks."""
    archive.blobs.put_derived(keys.thumbnail(sha256), decoded.thumbnail)
    for key in (keys.view, keys.whole):
        archive.blobs.remove(key(sha256))
