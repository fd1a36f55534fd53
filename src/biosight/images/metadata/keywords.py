"""Keywords that people gave a picture in another program, from XMP and IPTC.

A keyword of a tree of keywords is written from the top down with | between, as Lightroom does.
Sources: XMP's dc:subject (ISO 16684-1), Lightroom's hierarchicalSubject (also Darktable's),
digiKam's TagsList, Microsoft's LastKeywordXMP; IPTC's dataset 2:25 (IIM 4.2). Not here: where a
file keeps these blocks (images/formats), or which keywords name organisms
(workflows/results/folder_labels.py).
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from biosight.images.formats.jpeg import PHOTOSHOP

MOST, LONGEST = 60, 200
IPTC_RESOURCE = 0x0404
KEYWORD, CHARSET = (2, 25), (1, 90)
UTF_8 = b"\x1b%G"
# Properties with trees of keywords, and what stands between their levels.
TREES = {
    "lr:hierarchicalSubject": "|",
    "digiKam:TagsList": "/",
    "MicrosoftPhoto:LastKeywordXMP": "/",
}
FLAT = "dc:subject"


def keywords_of(lists: Mapping[str, Sequence[str]], resources: bytes) -> tuple[str, ...]:
    """Return a picture's keywords, at most MOST: those of trees, then single ones that are no part
    of them. `lists` are the lists of its XMP, `resources` its Photoshop resources."""
    trees = [
        "|".join(filter(None, (clean(part) for part in text.split(mark))))
        for name, mark in TREES.items()
        for text in lists.get(name, ())
    ]
    parts = {part for tree in trees for part in tree.split("|")}
    single = (clean(word) for word in (*lists.get(FLAT, ()), *in_iptc(resources)))
    found = [*trees, *(word for word in single if word not in parts)]
    return tuple(list(dict.fromkeys(word[:LONGEST] for word in found if word))[:MOST])


def given_keywords(words: Iterable[str]) -> tuple[str, ...]:
    """Return keywords that a program sent, cleaned, at most MOST; levels have | between them."""
    found = ("|".join(filter(None, (clean(part) for part in w.split("|")))) for w in words)
    return tuple(list(dict.fromkeys(word[:LONGEST] for word in found if word))[:MOST])


def clean(text: str) -> str:
    """Return untrusted text without control characters and extra blanks."""
    kept = (c for c in text[:LONGEST] if unicodedata.category(c)[0] != "C")
    return " ".join("".join(kept).replace("|", " ").split())


def in_iptc(resources: bytes) -> list[str]:
    """Return the keywords of Photoshop's resources; none where they make no sense."""
    for number, content in resource_blocks(resources.removeprefix(PHOTOSHOP)):
        if number == IPTC_RESOURCE:
            found = list(datasets(content))
            utf_8 = (CHARSET, UTF_8) in found
            return [decoded(text, utf_8=utf_8) for kind, text in found if kind == KEYWORD]
    return []


def resource_blocks(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each resource; stop where they make no sense."""
    at = 0
    while content[at : at + 4] == b"8BIM" and at + 12 <= len(content):
        number = int.from_bytes(content[at + 4 : at + 6])
        name = content[at + 6] + 1
        at += 6 + name + name % 2
        size = int.from_bytes(content[at : at + 4])
        yield number, content[at + 4 : at + 4 + size]
        at += 4 + size + size % 2


def datasets(content: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Yield IPTC's datasets: record and number, and the bytes; stop at an extended one."""
    at = 0
    while content[at : at + 1] == b"\x1c" and at + 5 <= len(content):
        size = int.from_bytes(content[at + 3 : at + 5])
        if size & 0x8000:
            return
        yield (content[at + 1], content[at + 2]), content[at + 5 : at + 5 + size]
        at += 5 + size


def decoded(text: bytes, *, utf_8: bool) -> str:
    """Return a dataset's text; programs often write UTF-8 without saying so."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("utf-8" if utf_8 else "latin-1", "replace")


def as_folder(keyword: str) -> str:
    """Return a keyword in the form of a folder's path: "/Birds/Parus major/"."""
    return "".join(f"/{part.replace('/', ' ')}" for part in keyword.split("|")) + "/"
