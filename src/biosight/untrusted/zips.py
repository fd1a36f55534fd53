"""Zips that others made, opened with the refusals that all of them need.

Not here: what is in them, and how much of it is read.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from biosight.errors import BadRequest

ENCRYPTED = 1  # a bit of an entry's flags


@contextmanager
def opened_zip(path: Path, damaged: str) -> Iterator[zipfile.ZipFile]:
    """A zip to read from. Raises BadRequest for one that is locked by a password, and in the words
    `damaged` where it can't be read, then or later."""
    try:
        with zipfile.ZipFile(path) as found:
            if any(entry.flag_bits & ENCRYPTED for entry in found.infolist()):
                raise BadRequest("This zip is locked by a password; save it without one.")
            yield found
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise BadRequest(damaged) from error
