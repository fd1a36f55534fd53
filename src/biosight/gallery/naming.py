"""File names for zips and export folders: safe on every system, unique, still readable.

Not here: keys of stored bytes, which never come from names (storage/blobs.py).
"""

import re
import unicodedata

from biosight.images.limits import SUFFIXES

DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
LONGEST_BYTES = 180
UNNAMED = "unlabelled"


def clean_part(text: str, fallback: str) -> str:
    """One path part without separators, device names, trailing dots or spaces, or controls."""
    normal = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode())
    kept = "".join(
        " " if unicodedata.category(c) in {"Zl", "Zp"} else c
        for c in normal
        if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    part = FORBIDDEN.sub("_", kept).strip(" .")
    part = cut(part, LONGEST_BYTES).strip(" .")
    if DEVICES.fullmatch(part.split(".")[0].strip()):
        part = f"_{part}"
    return part or fallback


def cut(text: str, longest: int) -> str:
    """`text` cut to at most `longest` bytes of UTF-8, between characters."""
    return text.encode("utf-8")[:longest].decode("utf-8", "ignore")


def folder_name(label: str) -> str:
    """A label as a folder."""
    return clean_part(label, UNNAMED)


def file_name(name: str, media_type: str) -> str:
    """A picture's own name, with a suffix that fits when it has none."""
    part = clean_part(name.replace("\\", "/").rsplit("/", 1)[-1], "picture")
    return part if "." in part else part + SUFFIXES.get(media_type, "")


class UniqueNames:
    """Hands out paths that stay apart after case folding and NFC."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.next: dict[str, int] = {}

    def take(self, folder: str, name: str) -> str:
        """`folder/name`, or `folder/name (2)` and so on."""
        stem, dot, suffix = name.rpartition(".")
        stem, tail = (stem, dot + suffix) if dot and stem else (name, "")
        wanted = self.key(f"{folder}/{name}")
        number = self.next.get(wanted, 1)
        path = f"{folder}/{name}"
        while self.key(path) in self.used:
            number += 1
            path = f"{folder}/{stem} ({number}){tail}"
        self.next[wanted] = number
        self.used.add(self.key(path))
        return path

    @staticmethod
    def key(path: str) -> str:
        """What two paths must not share."""
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
