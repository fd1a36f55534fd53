"""Zips from outside, opened with the checks that all of them need.

Not here: their content, and how much of it is read.
"""

import errno
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from biosight.errors import BadRequest, NoSpace

FULL = {errno.ENOSPC, errno.EDQUOT}
ENCRYPTED = 1  # a bit of an entry's flags
# The list of a zip's entries is read as a whole: some hundred bytes of memory for each.
MOST_LIST_BYTES = 200_000_000
END, LARGE_END = b"PK\5\6", b"PK\6\6"  # of a zip, and of a zip64 (APPNOTE 4.3.14 and 4.3.16)
TAIL_BYTES = 1 << 17
BEGINS = (b"PK\3\4", END)  # with an entry, or empty


@contextmanager
def opened_zip(
    path: Path, damaged: str, most_list: int = MOST_LIST_BYTES
) -> Iterator[zipfile.ZipFile]:
    """Open a zip for reading. Raises BadRequest for a zip with a password or a list of entries of
    more than `most_list` bytes, and with the message `damaged` if it can't be read, when it is
    opened or later."""
    try:
        if list_bytes(path) > most_list:
            raise BadRequest("There are too many files in this zip; split it.")
        with zipfile.ZipFile(path) as found:
            if any(entry.flag_bits & ENCRYPTED for entry in found.infolist()):
                raise BadRequest("This zip is locked by a password; save it without one.")
            yield found
    except OSError as error:
        if error.errno in FULL:
            raise NoSpace("The disk is full; nothing was unpacked.") from error
        raise BadRequest(damaged) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise BadRequest(damaged) from error


def list_bytes(path: Path) -> int:
    """Return how long a zip says that its list of entries is, in bytes; 0 where it has none."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
    at, large = tail.rfind(END), tail.rfind(LARGE_END)
    found = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if large >= 0:
        found = max(found % 0xFFFFFFFF, int.from_bytes(tail[large + 40 : large + 48], "little"))
    return found


def is_zip(path: Path) -> bool:
    """Return whether a file begins as a zip does, whatever it ends with."""
    with path.open("rb") as file:
        return file.read(4).startswith(BEGINS)


def folders_with(folder: Path, name: str) -> list[Path]:
    """Return where a file lies in an unpacked zip: the folder itself, else those directly in it,
    because people also pack the folder around it. Links that lead out are no part of it."""
    if (folder / name).is_file():
        return [folder]
    inside = sorted(path.parent for path in folder.glob(f"*/{name}"))
    return [p for p in inside if p.name != "__MACOSX" and p.is_relative_to(folder)]
