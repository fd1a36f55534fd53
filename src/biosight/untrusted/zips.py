"""Zips from outside, opened with the checks that all of them need.

Not here: their content, and how much of it is read.
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
    """Open a zip for reading. Raises BadRequest for a zip with a password, and with the message
    `damaged` if it can't be read, when it is opened or later."""
    try:
        with zipfile.ZipFile(path) as found:
            if any(entry.flag_bits & ENCRYPTED for entry in found.infolist()):
                raise BadRequest("This zip is locked by a password; save it without one.")
            yield found
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise BadRequest(damaged) from error
