"""A file of another program's answers, whichever program wrote it, read as results.

Not here: what each format means (detections.py, label_tables.py).
"""

from collections.abc import Iterator
from pathlib import Path

from biosight.errors import BadRequest
from biosight.places.tables import head_of, table_text
from biosight.publishing.file_names import OWN_TABLE
from biosight.untrusted.zips import folders_with
from biosight.workflows.results import detections
from biosight.workflows.results.detections import Result
from biosight.workflows.results.label_tables import PROGRAMS, label_table

MOST_BYTES = 500_000_000
TOO_LARGE = (
    "A file of results can be up to {most} MB here; biosight import-table on the server takes more."
)
UNKNOWN = (
    "This file is of no known form. These are read: JSON of MegaDetector, SpeciesNet and AddaxAI; "
    "tables of AddaxAI, {programs} and camtrapR; and any table with a column of files (file, "
    "filename, path) beside one of names (species, scientificName, label)."
)


def read_results(path: Path, most: int = MOST_BYTES) -> tuple[str, Iterator[Result]]:
    """Return which program wrote a file, in words, and the results in it. Raises BadRequest for any
    other format, and for a file of more than `most` bytes."""
    if path.stat().st_size > most:
        raise BadRequest(TOO_LARGE.format(most=most // 1_000_000))
    text = table_text(path, most)
    if text.lstrip().startswith(("{", "[")):
        return "MegaDetector's format", detections.from_json(text)
    if detections.is_of_addax(head_of(text)[1]):
        return "AddaxAI", detections.from_csv(text)
    if found := label_table(text):
        return found
    raise BadRequest(UNKNOWN.format(programs=", ".join(p.name for p in PROGRAMS)))


def folder_of_table(folder: Path) -> Path:
    """Return the folder in which a download's own table lies: a folder, or the only one in it."""
    found = folders_with(folder, OWN_TABLE)
    return found[0] if len(found) == 1 else folder
