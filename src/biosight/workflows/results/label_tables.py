"""Tables in which other programs, or BioSight itself, say what pictures show: read as results.

Sources: biosight.csv (publishing/table.py), EcoTaxa's export (ecotaxa.obs-vlfr.fr), iNaturalist's
observations (inaturalist.org/observations/export), Timelapse's data
(saul.cpsc.ucalgary.ca/timelapse), camtrapR's record tables, and any table with a column of files
and one of names. A new program is a row of PROGRAMS and its function. Not here: results of
detectors (detections.py), or putting results on pictures (results_import.py).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from biosight.errors import BadRequest
from biosight.labels import FORMERLY_UNDECIDED, PEOPLE, Guess, clean_label
from biosight.places.tables import Row, bounded_rows, head_of
from biosight.publishing.table import DANGEROUS
from biosight.subjects import Subject
from biosight.subjects.plain import read_subjects
from biosight.workflows.results.foreign_predictions import Told, model_name, source_of
from biosight.workflows.results.foreign_words import WORDS, as_share, is_yes
from biosight.workflows.results.result import Result

MOST_ROWS = 2_000_000
FILES = (
    "file",
    "filename",
    "imagefile",
    "imagename",
    "mediafile",
    "image",
    "picture",
    "photo",
    "sourcefile",
    "filepath",
    "path",
    "relativepath",
)
FOLDERS = ("directory", "folder", "relativepath", "path")
NAMES = (
    "scientificname",
    "species",
    "taxon",
    "taxonname",
    "label",
    "class",
    "category",
    "commonname",
    "vernacularname",
    "animal",
    "classification",
    "identification",
)
COUNTS = (
    "count",
    "counts",
    "individuals",
    "individualcount",
    "quantity",
    "howmany",
    "groupsize",
    "numberofindividuals",
    "nindividuals",
)
NOTES = ("note", "notes", "comment", "comments", "remark", "remarks", "description")
SURE = ("confidence", "probability", "score")
WHO = ("by", "user", "observer", "identifiedby", "annotator", "analyst", "userlogin")
GAPS = {"", "na", "n/a", "nan", "none", "null", "unknown", "unidentified"}


@dataclass(frozen=True, slots=True)
class Program:
    """A program whose tables are read: the headings by which they are known, and what makes a
    result of a row, None for a row that names nothing."""

    name: str
    known_by: frozenset[str]
    read: Callable[[Row], Result | None]


def label_table(text: str) -> tuple[str, Iterator[Result]] | None:
    """Return the program that wrote a table, and its results, None where the table has no column
    of files beside one of names. Raises BadRequest while the rows are read."""
    mark, columns = head_of(text)
    headings = {bare_heading(c) for c in columns}
    for program in PROGRAMS:
        if program.known_by <= headings:
            return program.name, read_rows(text, mark, program)
    if headings & set(FILES) and headings & set(NAMES):
        return ANY.name, read_rows(text, mark, ANY)
    return None


def read_rows(text: str, mark: str, program: Program) -> Iterator[Result]:
    """Yield what each row of a table says."""
    for cells in bounded_rows(text, mark, MOST_ROWS):
        row = {bare_heading(k): v.strip() for k, v in cells.items() if k and isinstance(v, str)}
        found = program.read(row)
        if found and found.files:
            yield found


def bare_heading(heading: str) -> str:
    """Return a heading without case, blanks and signs."""
    return "".join(c for c in heading.casefold() if c.isalnum())


def first(row: Row, columns: tuple[str, ...]) -> str:
    """Return the first cell of some columns that says something."""
    return next((row[c] for c in columns if row.get(c, "").casefold() not in GAPS), "")


def as_name(said: str) -> str:
    """Return a name as a label, with the word used here for what is no organism; "" for one that
    can't be one."""
    return kept_name(WORDS.get(said.casefold(), said))


def kept_name(said: str) -> str:
    """Return a name as a label, "" for one that can't be one."""
    try:
        return clean_label(said[:80]) if said.strip() else ""
    except BadRequest:
        return ""


def whole(said: str) -> int:
    """Return a count, also where a program writes 2.0 or 1,000; 0 for none."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", said):
        return int(said.replace(",", ""))
    found = re.fullmatch(r"(\d{1,6})(?:[.,]0{0,2})?", said)
    return int(found[1]) if found else 0


def seconds_of(said: str) -> float:
    """Return a moment in seconds since 1970, read as UTC where it has no offset; 0 for none."""
    try:
        when = datetime.fromisoformat(said)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def by_person(label: str, said: str) -> Told:
    """Return a person's name for a picture in the form of results: wholly sure."""
    return Told(source_of(said), (Guess(label, 1.0),))


def from_own(row: Row) -> Result | None:
    """Return a row of biosight.csv: labels of people, notes, counts and places. What a machine said
    is left out: the machine here looks itself."""
    row = {
        k: v[1:] if v.startswith("'") and v[1:].startswith(DANGEROUS) else v for k, v in row.items()
    }
    label = row.get("label", "")
    said = row.get("saidby") in PEOPLE
    undecided = said and label in {"", FORMERLY_UNDECIDED}
    who = source_of(row.get("annotatedby", ""))
    places = {
        "deploymentID": row.get("deployment", ""),
        "locationName": row.get("site", ""),
        "latitude": row.get("latitude", ""),
        "longitude": row.get("longitude", ""),
    }
    return Result(
        row.get("file", ""),
        Told(who, (Guess(kept_name(label) if said else "", 1.0),)),
        checked=said,
        others=tuple(filter(None, (row.get("originalpath"), row.get("originalname")))),
        sha256=row.get("sha256", ""),
        note=row.get("note", ""),
        individuals=whole(row.get("individuals", "")),
        said_at=seconds_of(row.get("annotatedat", "")),
        places={k: v for k, v in places.items() if v} if places["deploymentID"] else {},
        undecided=undecided,
        subjects=own_subjects(row.get("subjects", ""), label),
    )


def own_subjects(said: str, label: str) -> tuple[Subject, ...]:
    """Return the subjects in a cell of biosight.csv; further ones need a name. None where the first
    is not what the row's label says: somebody edited one of both."""
    first, *others = read_subjects(said) or (Subject(label),)
    if not said or first.label != label:
        return ()
    return (first, *(s for s in others if kept_name(s.label)))


def from_ecotaxa(row: Row) -> Result | None:
    """Return a row of EcoTaxa's export. Validated names are people's, predicted ones a machine's;
    a category is written name<parent where two are alike."""
    label = as_name(row.get("objectannotationcategory", "").partition("<")[0].rpartition(">")[2])
    if not label:
        return None
    told = by_person(label, row.get("objectannotationpersonname", ""))
    checked = row.get("objectannotationstatus", "").casefold() in {"validated", "v"}
    if not checked:
        sure = as_share(row.get("classifautoscore") or row.get("objectannotationscore") or "1")
        told = Told("EcoTaxa", (Guess(label, sure),))
    day, time = row.get("objectannotationdate", ""), row.get("objectannotationtime", "")
    return Result(
        row.get("imgfilename", ""), told, checked, said_at=seconds_of(f"{day}T{time or '00:00'}")
    )


def from_inaturalist(row: Row) -> Result | None:
    """Return a row of iNaturalist's export. A picture is known by the number of its photograph or
    of its observation, as the name of a file."""
    label = as_name(row.get("scientificname", "") or row.get("speciesguess", ""))
    if not label:
        return None
    photo = re.search(r"photos?/(\d+)/", row.get("imageurl", ""))
    stems = [photo[1]] if photo else []
    stems += [row["id"]] if row.get("id") else []
    files = [f"{stem}{end}" for stem in stems for end in (".jpg", ".jpeg", ".png", ".JPG")]
    told = by_person(label, row.get("userlogin", ""))
    return Result(
        files[0] if files else "",
        told,
        checked=True,
        others=tuple(files[1:]),
        note=row.get("description", ""),
        said_at=seconds_of(row.get("updatedat", "").replace(" UTC", "+00:00")),
    )


def from_timelapse(row: Row) -> Result | None:
    """Return a row of Timelapse's data: its own columns say the file, the user's columns the name,
    under the usual headings."""
    file = "/".join(filter(None, (row.get("relativepath", ""), row.get("file", ""))))
    empty = is_yes(row.get("empty")) or is_yes(row.get("blank"))
    label = "Empty" if empty else as_name(first(row, numbered(row, NAMES)))
    note, count = first(row, numbered(row, NOTES)), whole(first(row, numbered(row, COUNTS)))
    if not (label or note or count):
        return None
    told = by_person(label, first(row, numbered(row, WHO)))
    return Result(file, told, checked=bool(label), note=note, individuals=count)


def numbered(row: Row, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return columns, and those that a program numbered: Species0, Note0."""
    return tuple(
        c for base in columns for c in (base, *(f"{base}{n}" for n in range(3))) if c in row
    )


def from_any(row: Row) -> Result | None:
    """Return a row of a table with a column of files and one of names. With a confidence, a machine
    said it."""
    label = as_name(first(row, NAMES))
    if not label:
        return None
    file = first(row, FILES)
    folder = "" if "/" in file or "\\" in file else first(row, FOLDERS)
    told, sure = by_person(label, first(row, WHO)), first(row, SURE)
    if sure:
        told = Told(model_name(row.get("model", "")), (Guess(label, as_share(sure)),))
    return Result(
        f"{folder}/{file}" if folder and folder != file else file,
        told,
        checked=not sure,
        note=first(row, NOTES),
        individuals=whole(first(row, COUNTS)),
    )


PROGRAMS = (
    Program("BioSight", frozenset({"file", "label", "saidby", "sha256"}), from_own),
    Program("EcoTaxa", frozenset({"imgfilename", "objectannotationcategory"}), from_ecotaxa),
    Program(
        "iNaturalist", frozenset({"imageurl", "scientificname", "qualitygrade"}), from_inaturalist
    ),
    Program("Timelapse", frozenset({"file", "relativepath", "deleteflag"}), from_timelapse),
)
ANY = Program("a table of names", frozenset(), from_any)
