"""Frozen reports: a zip that names the SHA-256 of each of its files, and the check years later.

Not here: what is in one (workflows/exchange/freezing.py).
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

from biosight.errors import BadRequest
from biosight.publishing.table import unsafe_text
from biosight.publishing.zips import ZipEntry, zip_of
from biosight.untrusted.zips import opened_zip

FORM = "BioSight frozen report 1"
SUMS, ABOUT, PICTURES = "SHA256SUMS", "report.json", "pictures.csv"
BATCH = 1 << 20
MOST_TEXT = 5_000_000  # of a list of sums, or of what a report says of itself
MOST_BYTES = 20_000_000_000  # unpacked, of a report that is checked
DAMAGED = "This is no frozen report, or it is damaged: the zip can't be read."


def frozen_zip(
    files: Iterable[tuple[str, Iterable[bytes]]], tell: Callable[[str], object] = str
) -> Iterator[bytes]:
    """Yield a report in pieces: its files by path, and at the end their SHA-256 in the form of the
    program sha256sum. `tell` is given the SHA-256 of this list."""
    sums: list[str] = []

    def hashed(path: str, content: Iterable[bytes]) -> Iterator[bytes]:
        told = hashlib.sha256()
        for chunk in content:
            told.update(chunk)
            yield chunk
        sums.append(f"{told.hexdigest()}  {path}\n")

    def listed() -> Iterator[bytes]:
        text = "".join(sums).encode()
        tell(hashlib.sha256(text).hexdigest())
        yield text

    def entries() -> Iterator[ZipEntry]:
        now = datetime.now(UTC)
        for path, content in files:
            yield ZipEntry(path, now, hashed(path, content))
        yield ZipEntry(SUMS, now, listed())

    return zip_of(entries())


@dataclass(frozen=True, slots=True)
class FrozenReport:
    """A report that was checked: what it says of itself, the SHA-256 of its list of sums, the files
    that don't fit this list, each of its pictures' SHA-256 with the label that it had then, and how
    many pictures have none because their place or their people are hidden."""

    about: Mapping[str, object]
    sha256: str
    files: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    labels: Mapping[str, str]
    unnamed: int

    @property
    def whole(self) -> bool:
        """Return whether its files fit its list of sums, and none was added."""
        return not (self.changed or self.missing or self.added)


def read_frozen(path: Path) -> FrozenReport:
    """Check a report. Raises BadRequest if it is none, or can't be read."""
    with opened_zip(path, DAMAGED) as found:
        there = found.namelist()
        if not {SUMS, ABOUT} <= set(there) or len(there) != len(set(there)):
            raise BadRequest(DAMAGED)
        if sum(entry.file_size for entry in found.infolist()) > MOST_BYTES:
            raise BadRequest("This report is too large to check.")
        said, about = sums_in(found), about_of(found)
        changed = [p for p in sorted({*there} & {*said}) if digest_in(found, p) != said[p]]
        labels, unnamed = labels_in(found) if PICTURES in there else ({}, 0)
        return FrozenReport(
            about,
            digest_in(found, SUMS),
            len(said),
            tuple(changed),
            tuple(sorted({*said} - {*there})),
            tuple(sorted({*there} - {*said} - {SUMS})),
            labels,
            unnamed,
        )


def small_text(found: ZipFile, name: str) -> str:
    """Return the text of a file of a report. Raises BadRequest for one that is too large."""
    if found.getinfo(name).file_size > MOST_TEXT:
        raise BadRequest(DAMAGED)
    return found.read(name).decode("utf-8", "replace")


def about_of(found: ZipFile) -> Mapping[str, object]:
    """Return what a report says of itself, texts without signs that steer a screen. Raises
    BadRequest."""
    try:
        about = json.loads(small_text(found, ABOUT))
    except (ValueError, RecursionError) as error:
        raise BadRequest(DAMAGED) from error
    if not isinstance(about, dict) or about.get("form") != FORM:
        raise BadRequest("This report has another form; a newer BioSight may know it.")
    return {key: on_one_row(value) for key, value in about.items()}


def on_one_row(value: object) -> object:
    """Return a text on one line, with signs that can be printed alone; other values as they are."""
    if not isinstance(value, str):
        return value
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())


def sums_in(found: ZipFile) -> dict[str, str]:
    """Return the SHA-256 that a report names for each of its files. Raises BadRequest."""
    lines = [line.split("  ", 1) for line in small_text(found, SUMS).splitlines()]
    if any(len(line) != 2 for line in lines):
        raise BadRequest(DAMAGED)
    sums = {path: digest for digest, path in lines}
    if len(sums) != len(lines):
        raise BadRequest(DAMAGED)
    return sums


def digest_in(found: ZipFile, name: str) -> str:
    """Return the SHA-256 of a file in a zip."""
    told = hashlib.sha256()
    with found.open(name) as file:
        while chunk := file.read(BATCH):
            told.update(chunk)
    return told.hexdigest()


def labels_in(found: ZipFile) -> tuple[dict[str, str], int]:
    """Return the label of each picture by its SHA-256, and how many pictures have none. Raises
    BadRequest."""
    labels, unnamed = dict[str, str](), 0
    try:
        with found.open(PICTURES) as file:
            for row in csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", "replace")):
                if sha256 := row.get("sha256"):
                    labels[sha256] = unsafe_text(row.get("label") or "")
                else:
                    unnamed += 1
    except csv.Error as error:
        raise BadRequest(DAMAGED) from error
    return labels, unnamed
