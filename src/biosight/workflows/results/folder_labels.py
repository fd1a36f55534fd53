"""Folder names as labels: which folders of an upload name what their pictures show.

A name that the collection's tree has is known, also as a synonym or common name. A name beside
known ones is new; a name that is only a date, a card's folder or a word such as "photos" is no
label, and what else there is may be a place: it is left alone unless a person says otherwise. Not
here: giving the labels (results_import.py, review/acts.py), or the folders of memory cards
(images/folders.py).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from biosight.errors import BadRequest
from biosight.images.folders import is_card_folder
from biosight.labels import FORMERLY_UNDECIDED, clean_label
from biosight.own_names.collected import Names
from biosight.publishing.file_names import UNNAMED
from biosight.workflows.results.foreign_words import WORDS

KNOWN, NEW, DATE, NOTHING, OTHER = "known", "new", "date", "nothing", "other"
# What stands before or behind a name in sorted folders: a number, a count.
NUMBERED = re.compile(r"^\d{1,3}[\s._)-]+(?=\D)|\s*[(\[]\d+[)\]]$")
# A genus and an epithet with an ending that English words hardly have, or the genus said twice.
SPECIES = re.compile(r"[A-Z][a-z]+( [a-z-]+)? [a-z-]+(us|a|um|is|i|ae|ens)|([A-Z][a-z]+) (?i:\3)")
MONTHS = frozenset(
    word
    for month in (
        "january januar janvier enero",
        "february februar février febrero",
        "march märz mars marzo",
        "april avril abril",
        "may mai mayo",
        "june juni juin junio",
        "july juli juillet julio",
        "august août agosto",
        "september septembre septiembre",
        "october oktober octobre octubre",
        "november novembre noviembre",
        "december dezember décembre diciembre",
    )
    for word in [*month.split(), *(name[:3] for name in month.split())]
)
# Words for a heap of pictures, which say nothing of what is in them.
HEAPS = frozenset(
    {"photo", "photos", "picture", "pictures", "image", "images", "img", "pics", "bilder", "fotos"}
    | {"originals", "raw", "jpg", "jpeg", "export", "exports", "upload", "uploads", "sorted"}
    | {"unsorted", "new", "misc", "various", "other", "others", "todo", "card", "sd"}
)
NAMELESS = {UNNAMED, "undecided", FORMERLY_UNDECIDED.casefold(), "unknown", "unidentified"}


@dataclass(frozen=True, slots=True)
class FolderMeaning:
    """One folder with pictures in it or below: its path as images keep it, its name, what that
    means (KNOWN, NEW, DATE, NOTHING or OTHER), the label to give, "" for none, and the number of
    pictures."""

    folder: str
    name: str
    means: str
    label: str
    images: int


def folder_meanings(
    names: Names, images: Mapping[str, int], *, keywords: bool = False
) -> list[FolderMeaning]:
    """Return what each folder's name means, from the top down. `images` counts the pictures
    directly in each folder, by its path ("/Birds/Parus major/").

    Keywords stand beside each other without order: a new name is only one below a known one. A
    folder below a known one is a new name too if it is written like a species.
    """
    counts = folders_above(images)
    spoken = spoken_names(names)
    found = [
        FolderMeaning(path, name, *meaning_of(names, spoken, name), images=n)
        for path, n in sorted(counts.items())
        if (name := path.strip("/").rpartition("/")[2])
    ]
    known = [m for m in found if m.means == KNOWN]
    depths, paths = {depth_of(m.folder) for m in known}, {m.folder for m in known}

    def is_new(m: FolderMeaning) -> bool:
        if m.means != OTHER:
            return False
        below = above(m.folder) in paths
        if keywords:
            return below
        species = SPECIES.fullmatch(m.name.replace("_", " "))
        return depth_of(m.folder) in depths or (below and species is not None)

    return [as_new(m) if is_new(m) else m for m in found]


def above(folder: str) -> str:
    """Return the path of the folder that holds another."""
    return folder.rstrip("/").rpartition("/")[0] + "/"


def folders_above(images: Mapping[str, int]) -> dict[str, int]:
    """Return each folder, and those above it, with the number of pictures in and below it."""
    counts: dict[str, int] = {}
    for path, n in images.items():
        parts = path.strip("/").split("/")
        for depth in range(1, len(parts) + 1):
            folder = f"/{'/'.join(parts[:depth])}/"
            counts[folder] = counts.get(folder, 0) + n
    return counts


def depth_of(folder: str) -> int:
    """Return how many folders a path has."""
    return folder.strip("/").count("/")


def spoken_names(names: Names) -> dict[str, str]:
    """Return the label of each common name that only one label has, by its folded form."""
    labels: dict[str, set[str]] = {}
    for taxon in names.tree:
        for name in filter(None, taxon.vernacular_name.split("; ")):
            labels.setdefault(name.casefold(), set()).add(taxon.id)
    return {name: next(iter(found)) for name, found in labels.items() if len(found) == 1}


def meaning_of(names: Names, spoken: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return what a folder's name means, and the label to give for it."""
    if is_date(name):
        return DATE, ""
    plain = " ".join(NUMBERED.sub("", name.replace("_", " ")).split())
    word = plain.casefold()
    if is_card_folder(name) or word in HEAPS or word in NAMELESS or not plain:
        return NOTHING, ""
    if thing := WORDS.get(word):
        return KNOWN, names.accepted(thing)
    label = names.find(name) or names.find(plain) or spoken.get(word, "")
    return (KNOWN, label) if label else (OTHER, "")


def is_date(name: str) -> bool:
    """Return whether a folder's name is only a day, a month or a year, such as "2024-05 May"."""
    words = [w for w in re.split(r"[\s._,-]+", name.casefold()) if w]
    dated = all(w in MONTHS or (w.isdecimal() and len(w) <= 8) for w in words)
    return dated and any(w.isdecimal() for w in words)


def as_new(meaning: FolderMeaning) -> FolderMeaning:
    """Return a folder whose name becomes a new label, unless it can't be one."""
    try:
        label = clean_label(" ".join(NUMBERED.sub("", meaning.name.replace("_", " ")).split()))
    except BadRequest:
        return meaning
    return replace(meaning, means=NEW, label=label)


def labels_of(meanings: Iterable[FolderMeaning]) -> dict[str, str]:
    """Return the labels that folders give, by path; folders without are left out."""
    return {m.folder: m.label for m in meanings if m.label}


def lowest_labels(labels: Mapping[str, str], folders: Iterable[str]) -> dict[str, str]:
    """Return the label of the pictures directly in each folder: that of the lowest folder on their
    path that has one. Folders without are left out."""
    found = {}
    for folder in folders:
        parts = folder.strip("/").split("/")
        paths = (f"/{'/'.join(parts[:depth])}/" for depth in range(len(parts), 0, -1))
        label = next((labels[p] for p in paths if p in labels), "")
        if label:
            found[folder] = label
    return found
