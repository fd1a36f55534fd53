"""A file of another program's answers, whichever program wrote it, read as results.

Not here: what each format means (detections.py, addax.py, coco_results.py, label_tables.py).
"""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from biosight.errors import BadRequest
from biosight.places.tables import head_of, table_text
from biosight.publishing.file_names import OWN_TABLE
from biosight.untrusted.child_process import Limits, run_in_child
from biosight.untrusted.zips import folders_with
from biosight.workflows.results import addax, coco_results, detections
from biosight.workflows.results.label_tables import PROGRAMS, label_table
from biosight.workflows.results.result import Result

MOST_BYTES = 500_000_000
LIMITS = Limits(memory=3_000_000_000, cpu=300, wall=6 * 3600.0)
AS_JSON = TypeAdapter(Result)
TOO_LARGE = (
    "A file of results can be up to {most} MB here; biosight import-table on the server takes more."
)
NO_RESULTS = "This is no JSON of MegaDetector, SpeciesNet, AddaxAI or COCO."
UNKNOWN = (
    "This file is of no known form. These are read: JSON of MegaDetector, SpeciesNet, AddaxAI and "
    "COCO; tables of AddaxAI, {programs} and camtrapR; and any table with a column of files (file, "
    "filename, path) beside one of names (species, scientificName, label)."
)


def read_results(path: Path, most: int = MOST_BYTES) -> tuple[str, Iterator[Result]]:
    """Return which program wrote a file, in words, and the results in it. Raises BadRequest for any
    other format, and for a file of more than `most` bytes."""
    if path.stat().st_size > most:
        raise BadRequest(TOO_LARGE.format(most=most // 1_000_000))
    text = table_text(path, most)
    if text.lstrip().startswith(("{", "[")):
        return from_json(text)
    if addax.is_of_addax(head_of(text)[1]):
        return "AddaxAI", addax.from_addax(text)
    if found := label_table(text):
        return found
    raise BadRequest(UNKNOWN.format(programs=", ".join(p.name for p in PROGRAMS)))


def read_results_apart(path: Path, most: int) -> tuple[str, Iterator[Result]]:
    """Return the same from a child process with limits, for files that people send. Raises
    BadRequest, also while the results are taken, and Unavailable."""
    told = run_in_child(tell_results, [str(path), str(most)], LIMITS)
    program = str(next(told))
    return program, (AS_JSON.validate_python(one) for one in told)


def tell_results(path: str, most: str) -> Iterator[object]:
    """Yield the program that wrote a file, then each of its results as JSON; run in a child."""
    program, found = read_results(Path(path), int(most))
    yield program
    for one in found:
        yield AS_JSON.dump_python(one, mode="json")


def from_json(text: str) -> tuple[str, Iterator[Result]]:
    """Return which program wrote a JSON document, in words, and the results in it. Raises
    BadRequest."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{NO_RESULTS} It is not complete JSON.") from error
    if not isinstance(said, dict) or not isinstance(said.get("images"), list):
        raise BadRequest(NO_RESULTS)
    if coco_results.is_coco(said):
        return "COCO", coco_results.from_coco(said)
    return "MegaDetector's format", detections.from_megadetector(said)


def folder_of_table(folder: Path) -> Path:
    """Return the folder in which a download's own table lies: a folder, or the only one in it."""
    found = folders_with(folder, OWN_TABLE)
    return found[0] if len(found) == 1 else folder
