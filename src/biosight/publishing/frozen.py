"""Frozen reports: a zip that names the SHA-256 of each of its files, and the check years later.

Not here: what is in one (workflows/exchange/freezing.py).
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from biosight.errors import BadRequest
from biosight.publishing.zips import ZipEntry, zip_of
from biosight.untrusted.zips import opened_zip

FORM = "BioSight frozen report 1"
SUMS, ABOUT, PICTURES = "SHA256SUMS", "report.json", "pictures.csv"
BATCH = 1 << 20
MOST_BYTES = 20_000_000_000  # unpacked, of a report that is checked
DAMAGED = "This is no frozen report, or it is damaged: the zip can't be read."


def frozen_zip(files: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    """Yield a report in pieces: its files by path, and at the end their SHA-256 in the form of the
    program sha256sum."""
    sums: list[str] = []

    def hashed(path: str, content: Iterable[bytes]) -> Iterator[bytes]:
        told = hashlib.sha256()
        for chunk in content:
            told.update(chunk)
            yield chunk
        sums.append(f"{told.hexdigest()}  {path}\n")

    def entries() -> Iterator[ZipEntry]:
        now = datetime.now(UTC)
        for path, content in files:
            yield ZipEntry(path, now, hashed(path, content))
        yield ZipEntry(SUMS, now, ("".join(sums).encode() for _ in "1"))

    return zip_of(entries())


@dataclass(frozen=True, slots=True)
class FrozenReport:
    """A report that was checked: what it says of itself, the files that are not as they were, and
    each of its pictures' SHA-256 with the label that it had then."""

    about: dict[str, Any]
    files: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    labels: dict[str, str]

    @property
    def whole(self) -> bool:
        """Return whether every file is as it was frozen, and none was added."""
        return not (self.changed or self.missing or self.added)


def read_frozen(path: Path) -> FrozenReport:
    """Check a report. Raises BadRequest if it is none, or can't be read."""
    with opened_zip(path, DAMAGED) as found:
        there = set(found.namelist())
        if not {SUMS, ABOUT} <= there:
            raise BadRequest(DAMAGED)
        if sum(entry.file_size for entry in found.infolist()) > MOST_BYTES:
            raise BadRequest("This report is too large to check.")
        said = sums_in(found)
        about = about_of(found)
        changed = [p for p in sorted(there & set(said)) if digest_in(found, p) != said[p]]
        return FrozenReport(
            about,
            len(said),
            tuple(changed),
            tuple(sorted(set(said) - there)),
            tuple(sorted(there - set(said) - {SUMS})),
            dict(labels_in(found)) if PICTURES in there else {},
        )


def about_of(found: ZipFile) -> dict[str, Any]:
    """Return what a report says of itself. Raises BadRequest."""
    try:
        about = json.loads(found.read(ABOUT))
    except (ValueError, RecursionError) as error:
        raise BadRequest(DAMAGED) from error
    if not isinstance(about, dict) or about.get("form") != FORM:
        raise BadRequest("This report has another form; a newer BioSight may know it.")
    return about


def sums_in(found: ZipFile) -> dict[str, str]:
    """Return the SHA-256 that a report names for each of its files. Raises BadRequest."""
    lines = found.read(SUMS).decode("utf-8", "replace").splitlines()
    if any(line.count("  ") < 1 for line in lines):
        raise BadRequest(DAMAGED)
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


def digest_in(found: ZipFile, name: str) -> str:
    """Return the SHA-256 of a file in a zip."""
    told = hashlib.sha256()
    with found.open(name) as file:
        while chunk := file.read(BATCH):
            told.update(chunk)
    return told.hexdigest()


def labels_in(found: ZipFile) -> Iterator[tuple[str, str]]:
    """Yield the SHA-256 and the label of each picture that has one."""
    with found.open(PICTURES) as file:
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", "replace")):
            if row.get("sha256"):
                yield row["sha256"], row.get("label") or ""
