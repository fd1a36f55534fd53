"""Description of a Darwin Core Archive: its meta.xml, checked before any table is read by it.

Source: Darwin Core text guide (TDWG 2023). Not here: what the tables hold (checklist.py).
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, TextIO, TypedDict
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat

from biosight.errors import BadRequest

TEXT = "{http://rs.tdwg.org/dwc/text/}"
LARGEST_META = 1_000_000
LONGEST_LINE = 1_000_000
MOST_COLUMNS, MOST_HEADS, MOST_EXTENSIONS = 2_000, 1_000, 50
UNREADABLE = "The archive's meta.xml can't be read."
# Other names that a column may have, besides the term itself: in GBIF's and WoRMS' downloads, the
# Catalogue of Life, the Red List, eBird's taxonomy, and tables of R.
OTHER_NAMES = {
    "name": "scientificname",
    "sciname": "scientificname",
    "taxon": "scientificname",
    "taxonname": "scientificname",
    "rank": "taxonrank",
    "id": "taxonid",
    "taxonkey": "taxonid",
    "usagekey": "taxonid",
    "aphiaid": "taxonid",
    "parentid": "parentnameusageid",
    "parentkey": "parentnameusageid",
    "parentname": "parent",
    "parentnameusage": "parent",
    "acceptedname": "accepted",
    "acceptednameusage": "accepted",
    "acceptedscientificname": "accepted",
    "scientificnameaccepted": "accepted",
    "validname": "accepted",
    "acceptedid": "acceptednameusageid",
    "acceptedtaxonkey": "acceptednameusageid",
    "acceptedusagekey": "acceptednameusageid",
    "aphiaidaccepted": "acceptednameusageid",
    "commonname": "vernacularname",
    "commonnames": "vernacularname",
    "englishname": "vernacularname",
    "primarycomname": "vernacularname",
    "comname": "vernacularname",
    "status": "taxonomicstatus",
    "taxonstatus": "taxonomicstatus",
    "authorship": "scientificnameauthorship",
    "author": "scientificnameauthorship",
    "authority": "scientificnameauthorship",
    "epithet": "specificepithet",
    "speciesname": "specificepithet",
    "infraname": "infraspecificepithet",
    "infraspecies": "infraspecificepithet",
    "kingdomname": "kingdom",
    "phylumname": "phylum",
    "classname": "class",
    "ordername": "order",
    "order1": "order",
    "familyname": "family",
    "genusname": "genus",
}


class Style(TypedDict):
    """Format of a table, in the csv module's terms."""

    delimiter: str
    quotechar: str | None
    quoting: Literal[0, 3]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of an archive: the kind of its rows, its files, their encoding and format, the
    lines before the first row, the term of each column that has one, and what a term says in every
    row that says nothing else."""

    kind: str
    files: tuple[str, ...]
    encoding: str
    style: Style
    heads: int
    terms: tuple[tuple[int, str], ...]
    defaults: tuple[tuple[str, str], ...] = ()


def bounded_lines(file: TextIO) -> Iterator[str]:
    """Yield the lines of a text as they come. Raises BadRequest for a line that is too long for a
    table."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise BadRequest("A line of this table is longer than a million characters.")
        yield line


def term_of(column: str) -> str:
    """Return a column's name as a bare lower-case term."""
    bare = "".join(c for c in column.rpartition("/")[2].rpartition(":")[2] if c.isalnum()).lower()
    return OTHER_NAMES.get(bare, bare)


def read_description(archive: zipfile.ZipFile, meta: str) -> tuple[Table, list[Table]]:
    """Return the core and its extensions, whose files all exist. Raises BadRequest in words."""
    if archive.getinfo(meta).file_size > LARGEST_META:
        raise BadRequest("The archive's meta.xml is not one.")
    root = parsed_plainly(archive.read(meta))
    core = root.find(f"{TEXT}core")
    if core is None:
        raise BadRequest("The archive's core is not a list of taxa; export a checklist.")
    extensions = root.findall(f"{TEXT}extension")[:MOST_EXTENSIONS]
    folder, there = str(PurePosixPath(meta).parent), set(archive.namelist())
    return table_of(core, folder, there), [table_of(e, folder, there) for e in extensions]


def parsed_plainly(content: bytes) -> Element:
    """Parse an XML text, in whatever encoding, that makes no declarations of its own: entities
    could be made to fill the memory. Raises BadRequest."""

    def refuse(*_: object) -> None:
        raise BadRequest("The archive's meta.xml has declarations that are not allowed.")

    try:
        checker = expat.ParserCreate()
        checker.StartDoctypeDeclHandler = refuse
        checker.EntityDeclHandler = refuse
        checker.Parse(content, True)
        return fromstring(content)
    except (expat.ExpatError, ParseError, ValueError, LookupError) as error:
        raise BadRequest(UNREADABLE) from error


def table_of(part: Element, folder: str, there: set[str]) -> Table:
    """Return a table as one part of a meta.xml describes it. Raises BadRequest."""
    said = [(p.text or "").strip() for p in part.findall(f"{TEXT}files/{TEXT}location")]
    files = tuple(f"{folder}/{name}" if folder != "." else name for name in said or [""])
    for file in files:
        if file not in there:
            raise BadRequest(f"The archive names a table {file[:80] or '?'}, which is not in it.")
    return Table(
        part.get("rowType", ""),
        files,
        encoding_of(part),
        style_of(part),
        bounded_number(part.get("ignoreHeaderLines") or "0", MOST_HEADS),
        terms_of(part),
        defaults_of(part),
    )


def defaults_of(part: Element) -> tuple[tuple[str, str], ...]:
    """Return what terms say in every row by their default (text guide, `field`)."""
    found = ((f.get("term", ""), f.get("default", "")) for f in part.findall(f"{TEXT}field"))
    return tuple((term_of(term), said) for term, said in found if said)


def terms_of(part: Element) -> tuple[tuple[int, str], ...]:
    """Return the columns that have a term; the id's column as taxonid, or coreid. Raises
    BadRequest."""
    terms = {
        bounded_number(field.get("index", ""), MOST_COLUMNS): term_of(field.get("term", ""))
        for field in part.findall(f"{TEXT}field")
        if field.get("index")
    }
    own, key = ("taxonid", "id") if part.tag == f"{TEXT}core" else ("coreid", "coreid")
    at = part.find(f"{TEXT}{key}")
    if at is not None:
        terms[bounded_number(at.get("index", "0"), MOST_COLUMNS)] = own
    return tuple(terms.items())


def bounded_number(said: str, most: int) -> int:
    """Return a whole number from 0 to `most`. Raises BadRequest."""
    if not (said.isascii() and said.isdecimal() and len(said) < 10 and int(said) <= most):
        raise BadRequest(f"The archive's meta.xml says “{said[:20]}” where a number belongs.")
    return int(said)


def style_of(part: Element) -> Style:
    """Return the format of a table. Raises BadRequest for a format that no table has."""
    split = part.get("fieldsTerminatedBy", ",").replace("\\t", "\t")
    quote = part.get("fieldsEnclosedBy", '"')
    if len(split) != 1 or len(quote) > 1 or split in {"\r", "\n"} or quote in {"\r", "\n", split}:
        raise BadRequest("The archive's meta.xml needs one character between fields.")
    return Style(delimiter=split, quotechar=quote or None, quoting=0 if quote else 3)


def encoding_of(part: Element) -> str:
    """Return the text encoding of a table. Raises BadRequest for an unknown one."""
    said = part.get("encoding") or "utf-8"
    try:
        "a".encode(said)
    except (LookupError, UnicodeError, ValueError) as error:
        raise BadRequest(f"The archive's meta.xml has an unknown encoding: {said[:40]}.") from error
    return said
