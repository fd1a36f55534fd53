"""Looking into a parcel before it is imported: what would come in, and what would not.

Not here: the import (import_parcel.py), or answers for pictures that are here
(workflows/results/results_match.py).
"""

import zipfile
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from biosight.errors import BadRequest
from biosight.images import Image
from biosight.images.file_types import KNOWN_SUFFIXES
from biosight.images.record import folder_of
from biosight.own_names.collected import Names
from biosight.publishing.file_names import OWN_TABLE
from biosight.storage.conditions import living_images
from biosight.storage.records import Where, parts
from biosight.taxa.kinds import thing_of
from biosight.untrusted.zips import is_zip, opened_zip
from biosight.workflows.collection_names import names_in
from biosight.workflows.exchange.camtrap_package import (
    DESCRIPTION,
    Package,
    file_name_key,
    fitting_entries,
    read_package,
    sha_of,
    take_out,
)
from biosight.workflows.exchange.camtrap_rows import prepared
from biosight.workflows.exchange.camtrap_subjects import said_label
from biosight.workflows.parcels.kept import (
    DAMAGED,
    MOST_LIST_BYTES,
    MOST_TABLE_BYTES,
    room_for_parcel,
    unpacked_bytes,
)
from biosight.workflows.places import deployment_tables
from biosight.workflows.results.folder_labels import FolderMeaning, folder_meanings
from biosight.workflows.results.results_file import read_results_apart
from biosight.workflows.results.results_match import counted, in_words, outlook_of
from biosight.workflows.task import Task

CAMTRAP, TABLE, PICTURES = "camtrap", "table", "pictures"
TABLES_END = {".csv", ".gz", ".json"}
MOST_TEXT_BYTES = 400_000_000
MOST_LOOKED_AT = 20_000  # rows of a table, each of which is a question to the store


@dataclass(slots=True)
class ParcelSeen:
    """What is in a parcel: its kind (CAMTRAP, TABLE or PICTURES) and who wrote it, in words; lines
    in words; names that the tree has or lacks, with their rows; what would be left out; and for
    pictures in folders what the folders' names mean."""

    kind: str
    program: str
    lines: list[str] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)
    new: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    folders: list[FolderMeaning] = field(default_factory=list)


def look_into_parcel(task: Task, path: Path, room: Path, most_mb: int) -> ParcelSeen:
    """Return what a parcel would bring to a collection; nothing changes. `room` is a folder for
    unpacked tables, and `most_mb` the largest picture. Raises BadRequest for other files."""
    if not is_zip(path):
        return look_into_table(task, path)
    with opened_zip(path, DAMAGED, MOST_LIST_BYTES) as zipped, room_for_parcel(room) as folder:
        unpacked_bytes(zipped)  # refuses what is too large
        names = [e.filename for e in zipped.infolist() if not e.is_dir()]
        if any(is_description(name) for name in names):
            left_out = unpack_texts(zipped, folder, most_mb)
            return look_into_camtrap(task, read_package(folder), names, left_out)
        return look_into_pictures(task, names, own_table(zipped, folder))


def is_description(name: str) -> bool:
    """Return whether an entry describes a data package, which may lie in one folder."""
    return is_at_the_top(name, DESCRIPTION)


def is_at_the_top(name: str, wanted: str) -> bool:
    """Return whether an entry is the wanted file, which may lie in one folder."""
    parts = PurePosixPath(name).parts
    return len(parts) <= 2 and parts[-1:] == (wanted,) and parts[0] != "__MACOSX"


def own_table(zipped: zipfile.ZipFile, folder: Path) -> Path | None:
    """Unpack the biosight.csv of a zip; return None where it has none. Raises BadRequest for one
    that is too large."""
    names = [n for n in zipped.namelist() if is_at_the_top(n, OWN_TABLE)]
    if len(names) != 1:
        return None
    entry = zipped.getinfo(names[0])
    if entry.file_size > MOST_TABLE_BYTES:
        raise BadRequest(f"The {OWN_TABLE} in this zip is too large.")
    return Path(zipped.extract(entry, folder))


def unpack_texts(zipped: zipfile.ZipFile, folder: Path, most_mb: int) -> list[str]:
    """Unpack the description and the tables of a package; return what would be left out. Raises
    BadRequest where they are too large to be looked into."""
    left_out: list[str] = []
    entries = fitting_entries(zipped, folder, most_mb, left_out.append)
    texts = [e for e in entries if PurePosixPath(e.filename).suffix.lower() in TABLES_END]
    if sum(e.file_size for e in texts) > MOST_TEXT_BYTES:
        raise BadRequest("The tables in this zip are too large; use biosight import-camtrap.")
    for entry in texts:
        take_out(zipped, entry, folder, left_out.append)
    return left_out


def look_into_table(task: Task, path: Path) -> ParcelSeen:
    """Return what a table of answers would change."""
    program, found = read_results_apart(path, MOST_TABLE_BYTES)
    seen = outlook_of(task, program, islice(found, MOST_LOOKED_AT))
    lines = in_words(seen)
    if next(found, None) is not None:
        lines.append(f"and more: only the first {MOST_LOOKED_AT:,} rows were looked at")
    return ParcelSeen(TABLE, program, lines, seen.known, seen.new, seen.not_taken)


def look_into_pictures(task: Task, names: list[str], table: Path | None) -> ParcelSeen:
    """Return what a zip of pictures would bring."""
    pictures = [n for n in names if PurePosixPath(n).suffix.lower() in KNOWN_SUFFIXES]
    if not pictures:
        raise BadRequest("There is no picture and no table of results in this zip.")
    found = names_now(task)
    folders = Counter(f for n in pictures if (f := folder_of(n)) != "/")
    seen = ParcelSeen(PICTURES, "a zip of pictures", [counted(len(pictures), "picture")])
    if table is None:
        seen.folders = folder_meanings(found, folders)
        return seen
    seen.program, rows = read_results_apart(table, MOST_TABLE_BYTES)
    said = Counter(found.accepted(r.label) for r in rows if r.checked and r.label)
    split_names(seen, found, said)
    seen.lines.append(f"{counted(sum(said.values()), 'label')} of people, from {OWN_TABLE}")
    return seen


def look_into_camtrap(
    task: Task, package: Package, names: list[str], left_out: list[str]
) -> ParcelSeen:
    """Return what a Camtrap DP package would bring."""
    ready = prepared(task.records, task.id, package.deployments, {})
    places = deployment_tables.outlook(task.records, task.id, ready.rows)
    labels, doubts = labels_of(package)
    seen = ParcelSeen(CAMTRAP, "Camtrap DP")
    seen.left_out = [*left_out, *ready.told, *places.doubts, *doubts]
    inside, here = where_pictures_are(task, package, names)
    elsewhere = len(package.media) - inside - here
    seen.lines = [
        counted(inside, "picture") + " in the package",
        counted(here, "picture") + " that are in this collection already",
        counted(elsewhere, "other picture") + ", looked for here by name",
        counted(len(places.new_sites), "new site"),
        counted(len(places.new_deployments), "new deployment"),
        counted(places.known + len(places.changed), "known deployment"),
        counted(sum(labels.values()), "label") + ", as far as their pictures are found",
        counted(event_rows_of(package), "observation") + " of whole events",
    ]
    seen.lines = [words for words in seen.lines if not words.startswith("0 ")]
    split_names(seen, names_now(task), labels)
    return seen


def labels_of(package: Package) -> tuple[Counter[str], list[str]]:
    """Return the labels of a package's observations of pictures, and rows that have none."""
    labels: Counter[str] = Counter()
    doubts = []
    for number, row in enumerate(package.observations, start=2):
        if row.get("observationLevel") == "event":
            continue
        try:
            labels[said_label(row)] += 1
        except BadRequest as error:
            doubts.append(f"observations, row {number}: {error.detail}")
    del labels[""]
    return labels, doubts


def event_rows_of(package: Package) -> int:
    """Return how many rows of a package are about whole events."""
    return sum(row.get("observationLevel") == "event" for row in package.observations)


def where_pictures_are(task: Task, package: Package, names: list[str]) -> tuple[int, int]:
    """Return how many media rows have their file in the zip, and how many others have their bytes
    in the collection."""
    files = {n.casefold() for n in names}
    called = Counter(file_name_key(PurePosixPath(n).name) for n in names)
    tops = {"", *(f"{PurePosixPath(n).parts[0]}/".casefold() for n in names if is_description(n))}
    inside, hashes = 0, []
    for row in package.media:
        path = row.get("filePath", "").replace("\\", "/").casefold()
        key = file_name_key(row.get("fileName", ""))
        own_name = "://" in path and called[key] == package.rows_named[key] == 1
        if own_name or any(f"{top}{path}" in files for top in tops):
            inside += 1
        elif sha := sha_of(row):
            hashes.append(sha)
    living = living_images(task.id)
    found = (task.records.count(Image, [*living, Where("sha256", "in", p)]) for p in parts(hashes))
    return inside, sum(found)


def names_now(task: Task) -> Names:
    """Return the collection's names as they are now."""
    return names_in(task.records, task.catalogue, task.collection_now())


def split_names(seen: ParcelSeen, names: Names, labels: Counter[str]) -> None:
    """Note which labels the tree has, and which it lacks. Empty pictures, people and vehicles need
    no tree."""
    for label, n in labels.most_common():
        known = names.find(label) or thing_of(label)
        (seen.known if known else seen.new)[label] = n
