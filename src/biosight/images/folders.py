"""A folder's files one by one: the pictures, and for every other file the reason why it is none.

Nothing in a folder ends the walk, and nothing is skipped silently: the caller reports what was left
out. Not here: reading pictures (reading.py), or buckets (storage/source.py).
"""

import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from biosight.images.file_types import HEAD_BYTES, sniff

NO_FILES = {
    stat.S_IFIFO: "a pipe, not a file",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFBLK: "a device, not a file",
    stat.S_IFCHR: "a device, not a file",
}
SYSTEM_FILES = {"thumbs.db", "desktop.ini", "ehthumbs.db"}
# Folders in which NAS, Windows and Macs keep small copies, deleted files and notes of their own.
SYSTEM_FOLDERS = {
    "@eadir",
    "#recycle",
    "@recycle",
    "$recycle.bin",
    "recycler",
    "recycled",
    "system volume information",
    "#snapshot",
    "@tmp",
    "__macosx",
    "lost+found",
}
# Folders that cameras make on their cards (DCF, JEITA CP-3461): they say nothing of the place.
CARD_FOLDER = re.compile(r"dcim|misc|\d{3}[a-z0-9_]{3,8}", re.IGNORECASE)
NOT_A_PICTURE = "not a picture"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """File, or a folder that is not searched; `reason` is "" for a picture."""

    path: Path
    reason: str = ""
    size: int = 0


def every_file(root: Path) -> Iterator[FoundFile]:
    """Yield everything below a folder in order of name; follow links, but search each folder once.

    Pictures are recognised by their first bytes. Raises OSError only where `root` itself can't be
    read.
    """
    seen = {identity(root.stat())}
    open_folders = [inside(root)]
    while open_folders:
        if (path := next(open_folders[-1], None)) is None:
            open_folders.pop()
            continue
        try:
            about = path.stat()
            if not stat.S_ISDIR(about.st_mode):
                yield FoundFile(path, reason_of(path, about), about.st_size)
            elif path.name.startswith("."):
                yield FoundFile(path, "a hidden folder")
            elif path.name.casefold() in SYSTEM_FOLDERS:
                yield FoundFile(path, "a folder of the system")
            elif identity(about) in seen:
                yield FoundFile(path, "a link to a folder that was looked through already")
            else:
                seen.add(identity(about))
                open_folders.append(inside(path))
        except OSError as error:
            yield FoundFile(path, why_not(path, error))


def inside(folder: Path) -> Iterator[Path]:
    """Return a folder's entries in order of name."""
    return iter(sorted(folder.iterdir()))


def identity(about: os.stat_result) -> tuple[int, int]:
    """Return what identifies a folder, whatever path leads to it."""
    return about.st_dev, about.st_ino


def why_not(path: Path, error: OSError) -> str:
    """Return why the file or folder at a path can't be read."""
    if path.is_symlink() and error.errno == errno.ENOENT:
        return "a link that leads nowhere"
    if error.errno == errno.ELOOP:
        return "a link that leads to itself"
    return f"it can't be read: {error.strerror}"


def reason_of(path: Path, about: os.stat_result) -> str:
    """Return why a file is no picture, "" where it is one."""
    if not stat.S_ISREG(about.st_mode):
        return NO_FILES.get(stat.S_IFMT(about.st_mode), "not a file")
    if path.name.startswith("._"):
        return "a Mac's note about another file"
    if path.name.startswith(".") or path.name.casefold() in SYSTEM_FILES:
        return "a file of the system"
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        return why_not(path, error)
    if not head:
        return "an empty file"
    return "" if sniff(head) else NOT_A_PICTURE


def is_card_folder(name: str) -> bool:
    """Return whether a camera makes folders of this name on its card, such as DCIM and 100RECNX."""
    return CARD_FOLDER.fullmatch(name) is not None and not name.isdecimal()


def card_name(folders: Sequence[str]) -> str:
    """Return what a card is called whose pictures lie in these folders, from the top down: the
    lowest that no camera made, else the uppermost; "" for none."""
    named = [name for name in folders if not is_card_folder(name)]
    return named[-1] if named else folders[0] if folders else ""


def printable(path: Path | str) -> str:
    """Return a path as text that can be written anywhere; parts that are not UTF-8 are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")
