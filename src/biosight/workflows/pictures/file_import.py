"""Import of one file from a disk, in the same way as an upload in the browser.

Not here: folders of files (cli/pictures/import_folder.py), or the upload itself (intake).
"""

from pathlib import Path

from biosight.bootstrap import BioSight
from biosight.errors import Busy, TooLarge, Unavailable
from biosight.images import Image
from biosight.images.file_types import check_size
from biosight.images.sidecars import sidecar_keywords
from biosight.inference.sandbox import decoding
from biosight.intake import Destination, Duplicate, Outcome, Rejected, Upload, take_in


def import_file(
    biosight: BioSight, into: Destination, path: Path, called: str, session: str
) -> Outcome:
    """Import one file as an upload of that path. A file that can't be imported is Rejected, also
    where a store is away."""
    try:
        return take_file(biosight, into, path, called, session)
    except Unavailable as error:
        return Rejected(error.detail)


def take_file(
    biosight: BioSight, into: Destination, path: Path, called: str, session: str
) -> Outcome:
    """Import one file as `import_file` does. While the machine is busy it is tried again. Raises
    Unavailable where a store is away."""

    def send() -> Outcome:
        check_size(path.stat().st_size, biosight.settings.max_file_mb)
        with path.open("rb") as file:
            words = sidecar_keywords(path)
            upload = Upload(file, called.rpartition("/")[2], called, session, words)
            return take_in(biosight.intake, into, upload)

    try:
        return decoding.patiently(send, decoding.WAITS)
    except (Busy, TooLarge) as error:
        return Rejected(error.detail)
    except OSError as error:
        return Rejected(f"it can't be read: {error.strerror}")


def image_of(outcome: Outcome) -> Image | None:
    """Return the picture that an import led to, None for a refused file."""
    if isinstance(outcome, Rejected):
        return None
    return outcome.of if isinstance(outcome, Duplicate) else outcome.image
