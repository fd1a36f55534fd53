"""File names for zips and export folders: safe on every system, unique, still readable.

Not here: keys of stored bytes, which never come from names (storage/blobs/keys.py).
"""

import re
import unicodedata

from biosight.images import fold_text
from biosight.images.file_types import KNOWN_SUFFIXES, SUFFIXES

DEVICES = re.compile(
    r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)", re.IGNORECASE
)
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
LONGEST_BYTES = 180
# Files beside the label folders in a zip or an export.
OWN_TABLE = "biosight.csv"
OWN_FILES = frozenset({OWN_TABLE, f"{OWN_TABLE}.part"})
# A spreadsheet reads a cell that begins so as a formula, so the table could not name the folder.
FORMULA = ("=", "+", "-", "@")
UNNAMED = "unlabelled"


def clean_part(text: str, fallback: str) -> str:
    """Return one path part without separators, device names, trailing dots or spaces, or control
    characters."""
    normal = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode())
    kept = "".join(
        " " if unicodedata.category(c) in {"Zl", "Zp"} else c
        for c in normal
        if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    part = FORBIDDEN.sub("_", kept).strip(" .")
    part = cut_to_bytes(part, LONGEST_BYTES).strip(" .")
    if DEVICES.fullmatch(part.split(".")[0].strip()):
        part = f"_{part}"
    return part or fallback


def cut_to_bytes(text: str, longest: int) -> str:
    """Return `text` cut to at most `longest` bytes of UTF-8, between characters."""
    return text.encode("utf-8")[:longest].decode("utf-8", "ignore")


def folder_name(label: str) -> str:
    """Return a label as a folder name that is none of BioSight's own files."""
    part = clean_part(label, UNNAMED)
    return f"_{part}" if fold_text(part) in OWN_FILES or part.startswith(FORMULA) else part


def file_name(name: str, media_type: str) -> str:
    """Return a picture's own file name. A picture's suffix stays however long the name is; where
    there is none, its type's is added."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1].strip(" .")
    stem, dot, suffix = last.rpartition(".")
    if not (dot and stem and f".{suffix.lower()}" in KNOWN_SUFFIXES):
        stem, suffix = last, SUFFIXES.get(media_type, "")[1:]
    tail = f".{suffix}" if suffix else ""
    part = cut_to_bytes(clean_part(stem, "picture"), LONGEST_BYTES - len(tail)).strip(" .")
    return f"{part}{tail}"


class UniqueNames:
    """Source of paths that stay different after case folding and NFC."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.next: dict[str, int] = {}
        self.folders: dict[str, str] = {}
        self.labels: dict[str, str] = {}

    def folder(self, label: str) -> str:
        """Return a label's folder: the same each time, and different from every other label's on
        any system."""
        if label not in self.labels:
            name = wanted = folder_name(label)
            number = 1
            while self.folders.setdefault(fold_text(name), label) != label:
                number += 1
                name = f"{wanted} ({number})"
            self.labels[label] = name
        return self.labels[label]

    def take(self, folder: str, name: str) -> str:
        """Return `folder/name`, or `folder/name (2)` and so on where it is taken."""
        stem, dot, suffix = name.rpartition(".")
        stem, tail = (stem, dot + suffix) if dot and stem else (name, "")
        wanted = fold_text(f"{folder}/{name}")
        number = self.next.get(wanted, 1)
        path = f"{folder}/{name}"
        while fold_text(path) in self.used:
            number += 1
            path = f"{folder}/{stem} ({number}){tail}"
        self.next[wanted] = number
        self.used.add(fold_text(path))
        return path
