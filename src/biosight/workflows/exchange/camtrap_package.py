"""An open Camtrap DP package: a folder or a zip, its three tables and its files.

A package may be damaged or hostile. It is unpacked within limits, its tables are read in a separate
process, and paths that lead out of it are ignored. A picture is found by the SHA-256 in its path,
as BioSight names them, else by its path in the package's folder. Not here: the meaning of the rows
(camtrap_import.py).
"""

import json
import re
import shutil
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from unicodedata import normalize

from biosight.errors import BadRequest
from biosight.images.file_types import KNOWN_SUFFIXES
from biosight.places.tables import MOST_PACKAGE_BYTES, Row, read_package_table
from biosight.untrusted.zips import folders_with, opened_zip

TABLES = ("deployments", "media", "observations")
DESCRIPTION = "datapackage.json"
NAMED_BY_SHA = re.compile(r"media/([0-9a-f]{64})(\.[a-z0-9]{1,5})?")
NO_PACKAGE = "This is not a Camtrap DP package: it has no datapackage.json"
MOST_DESCRIPTION, MOST_MEMBERS = 20_000_000, 2_000_000
TEXTS = {".csv", ".gz", ".json", ".txt", ".md", ".html", ".yml", ".xml"}


@dataclass(frozen=True)
class Package:
    """A package in a folder: the folder, its three tables, and what its description says of names
    (`taxonomic`)."""

    folder: Path
    deployments: list[Row]
    media: list[Row]
    observations: list[Row]
    taxonomic: tuple[Mapping[str, Any], ...] = ()

    @cached_property
    def named(self) -> dict[str, Path]:
        """The pictures in the folder by their names, as `files_by_name`."""
        return files_by_name(self.folder)

    @cached_property
    def rows_named(self) -> Counter[str]:
        """How many media rows have each file name: cameras number alike."""
        return Counter(file_name_key(row.get("fileName", "")) for row in self.media)


def unpack_package(source: Path, folder: Path, most_mb: int, tell: Callable[[str], None]) -> Path:
    """Unpack a zipped package into a folder and return that; return a folder as it is. Files larger
    than a picture of `most_mb` are reported and left out. Raises BadRequest in words."""
    if source.is_dir():
        return source
    with opened_zip(source, "This can't be unpacked: is the zip complete?") as zipped:
        for entry in fitting_entries(zipped, folder, most_mb, tell):
            take_out(zipped, entry, folder, tell)
    return folder


def fitting_entries(
    zipped: zipfile.ZipFile, folder: Path, most_mb: int, tell: Callable[[str], None]
) -> list[zipfile.ZipInfo]:
    """Return the entries to unpack. Raises BadRequest if there are too many, or too little disk
    space."""
    entries = zipped.infolist()
    if len(entries) > MOST_MEMBERS:
        raise BadRequest(f"This zip has more than {MOST_MEMBERS:,} files.")
    kept = []
    for entry in entries:
        text = Path(entry.filename).suffix.lower() in TEXTS
        if entry.file_size > (MOST_PACKAGE_BYTES if text else most_mb * 1_000_000):
            tell(f"{entry.filename[:80]}: too large, {entry.file_size // 1_000_000} MB")
        else:
            kept.append(entry)
    room, needed = shutil.disk_usage(folder).free, sum(entry.file_size for entry in kept)
    if needed > room:
        raise BadRequest(
            f"Unpacked, this zip needs {needed // 1_000_000:,} MB; {room // 1_000_000:,} MB are "
            "free. Unpack it elsewhere, and give the folder."
        )
    return kept


def take_out(
    zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, tell: Callable[[str], None]
) -> None:
    """Unpack one entry; a damaged one, or a name that is too long for a disk, is reported and left
    out."""
    if any(len(part.encode()) > 255 for part in Path(entry.filename).parts):
        tell(f"{entry.filename[:80]}…: its name is too long")
        return
    try:
        zipped.extract(entry, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        (folder / entry.filename).unlink(missing_ok=True)
        tell(f"{entry.filename[:80]}: it is damaged in the zip")


def read_package(folder: Path) -> Package:
    """Read the tables that datapackage.json names, in the folder or in the only one inside it that
    has one. Raises BadRequest in words."""
    folder = described_folder(folder)
    file = folder / DESCRIPTION
    try:
        if file.stat().st_size > MOST_DESCRIPTION:
            raise ValueError("too large")
        said = json.loads(file.read_text("utf-8-sig"))
        resources = {str(r["name"]): r for r in said["resources"] if "path" in r}
        taxonomic = said.get("taxonomic")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadRequest(f"{NO_PACKAGE} that can be read.") from error
    if absent := set(TABLES) - set(resources):
        raise BadRequest(f"The package has no table {', '.join(sorted(absent))}.")
    deployments, media, observations = (package_table(folder, resources[n]) for n in TABLES)
    listed = taxonomic if isinstance(taxonomic, list) else []
    named = tuple(t for t in listed if isinstance(t, dict))
    return Package(folder, deployments, media, observations, named)


def described_folder(folder: Path) -> Path:
    """Return the folder of a package's description: people also pack the folder around it."""
    kept = folders_with(folder, DESCRIPTION)
    if len(kept) > 1:
        names = ", ".join(p.name[:40] for p in kept[:5])
        raise BadRequest(f"There are several packages in it: {names}. Import one after the other.")
    return kept[0] if kept else folder


def package_table(folder: Path, resource: Mapping[str, Any]) -> list[Row]:
    """Return the rows of one table inside a package's folder: one file or several, perhaps packed
    by gzip, with the separator of its dialect (Data Package 1). Raises BadRequest in words."""
    paths = resource["path"] if isinstance(resource["path"], list) else [resource["path"]]
    dialect = resource.get("dialect")
    if isinstance(dialect, str):
        raise BadRequest("A dialect in another file is not read; write it beside the table's path.")
    mark = dialect.get("delimiter", ",") if isinstance(dialect, dict) else ","
    if not isinstance(mark, str) or len(mark) != 1:
        raise BadRequest(f"The delimiter {str(mark)[:20]!r} of a table is not one sign.")
    rows: list[Row] = []
    for path in map(str, paths):
        file = file_inside(folder, path)
        if file is None:
            raise BadRequest(f"The package's {path[:80]} is not in its folder.")
        try:
            rows += read_package_table(file, mark)
        except BadRequest as error:
            raise BadRequest(f"{path[:80]}: {error.detail}") from error
    return rows


def file_inside(folder: Path, path: str) -> Path | None:
    """Return a file of a package by its path, or None if it does not exist or the path leads out of
    the package."""
    try:
        file = (folder / path).resolve()
        return file if file.is_relative_to(folder.resolve()) and file.is_file() else None
    except (ValueError, OSError, RuntimeError):  # a NUL, a name that is too long, a cycle of links
        return None


def picture_file(package: Package, row: Row) -> Path | None:
    """Return the path of a media row's file in the package's folder: by its path there or, where
    that is an address, the only file of a name that only this row has. None if it is not there."""
    path = row.get("filePath", "")
    if "://" in path:
        key = file_name_key(row.get("fileName", ""))
        return package.named.get(key) if package.rows_named[key] == 1 else None
    if not path:
        return None
    windows = path.replace("\\", "/")
    return file_inside(package.folder, path) or file_inside(package.folder, windows)


def file_name_key(name: str) -> str:
    """Return a file's name as it is compared: without regard to case and Unicode form."""
    return normalize("NFC", name).casefold()


def files_by_name(folder: Path) -> dict[str, Path]:
    """Return the files of a folder by their names, without names that several have."""
    found: dict[str, list[Path]] = {}
    for path in folder.rglob("*"):
        if path.suffix.lower() in KNOWN_SUFFIXES and file_inside(folder, str(path)):
            found.setdefault(file_name_key(path.name), []).append(path)
    return {name: paths[0] for name, paths in found.items() if len(paths) == 1}


def sha_of(row: Row) -> str:
    """Return the SHA-256 in a picture's path in BioSight's packages, "" in others."""
    found = NAMED_BY_SHA.fullmatch(row.get("filePath", ""))
    return found.group(1) if found else ""
