"""A list of names as people hand it out: CSV, or a Darwin Core Archive with a Taxon core.

GBIF, WoRMS and the Catalogue of Life give such archives (Darwin Core text guide, TDWG 2023). Not
here: what becomes of the names in a collection (taxonomy/importing.py).
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from xml.etree.ElementTree import Element, ParseError, fromstring

from biosight.errors import BadRequest
from biosight.taxa.ranks import HIGHER, rank_of

TEXT = "{http://rs.tdwg.org/dwc/text/}"
MOST_ROWS = 1_000_000
MOST_BYTES = 2_000_000_000
LARGEST_META = 1_000_000
ACCEPTED = {"", "accepted", "valid", "provisionally accepted", "doubtful"}
# What a column may be called, beside the term itself.
OTHER_NAMES = {
    "name": "scientificname",
    "species": "scientificname",
    "rank": "taxonrank",
    "id": "taxonid",
    "parentid": "parentnameusageid",
    "parentname": "parent",
    "parentnameusage": "parent",
    "acceptedname": "accepted",
    "acceptednameusage": "accepted",
    "acceptedid": "acceptednameusageid",
    "commonname": "vernacularname",
    "canonicalname": "canonicalname",
    "status": "taxonomicstatus",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a checklist. `parent` and `accepted` are names; "" where the row says none."""

    name: str
    rank: str = ""
    parent: str = ""
    vernacular: str = ""
    accepted: str = ""
    authorship: str = ""


def read_checklist(path: Path) -> list[Listed]:
    """The names of a file, in its order. Raises BadRequest in words for what is no checklist."""
    if zipfile.is_zipfile(path):
        return read_archive(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return from_table(file, "")
    except UnicodeDecodeError as error:
        raise BadRequest("This file is not UTF-8 text; save it as CSV in UTF-8.") from error


def from_table(lines: Iterable[str], delimiter: str) -> list[Listed]:
    """The names of a CSV with a header; commas, semicolons or tabs. Raises BadRequest."""
    rows = iter(lines)
    first = next(rows, "")
    delimiter = delimiter or max(",;\t", key=first.count)
    header = [term_of(cell) for cell in next(csv.reader([first], delimiter=delimiter), [])]
    if not {"scientificname", "canonicalname"} & set(header):
        raise BadRequest("A checklist needs a column scientificName in its first line.")
    reader = csv.reader(rows, delimiter=delimiter)
    return names_listed(dict(zip(header, row, strict=False)) for row in reader)


def term_of(column: str) -> str:
    """A column's name as a bare lower-case term."""
    bare = "".join(c for c in column.rpartition("/")[2].rpartition(":")[2] if c.isalnum()).lower()
    return OTHER_NAMES.get(bare, bare)


def names_listed(rows: Iterator[Mapping[str, str]]) -> list[Listed]:
    """Rows by term -> names; ids are turned into the names they stand for."""
    try:
        kept = [row for number, row in zip(range(MOST_ROWS + 1), rows, strict=False)]
    except csv.Error as error:
        raise BadRequest(f"The table can't be read: {error}.") from error
    if len(kept) > MOST_ROWS:
        raise BadRequest(f"A checklist can have {MOST_ROWS:,} names at most.")
    by_id = {row["taxonid"]: bare_name(row) for row in kept if row.get("taxonid")}
    found: list[Listed] = []
    for row in kept:
        if name := bare_name(row):
            found += line_of_row(name, row, by_id)
    return found


def bare_name(row: Mapping[str, str]) -> str:
    """A row's name without its author: "Pieris rapae (Linnaeus, 1758)" is Pieris rapae."""
    name = " ".join((row.get("canonicalname") or row.get("scientificname") or "").split())
    author = " ".join(row.get("scientificnameauthorship", "").split())
    if author and name.endswith(author):
        name = name.removesuffix(author).strip()
    return name


def line_of_row(name: str, row: Mapping[str, str], by_id: Mapping[str, str]) -> Iterator[Listed]:
    """A row's name, behind those of its higher ranks where they stand in columns."""
    accepted = by_id.get(row.get("acceptednameusageid", ""), "") or row.get("accepted", "").strip()
    status = row.get("taxonomicstatus", "").strip().lower()
    if accepted and (accepted == name or (status and status in ACCEPTED)):
        accepted = ""
    rank = rank_of(row.get("taxonrank", ""))
    parent = by_id.get(row.get("parentnameusageid", ""), "") or row.get("parent", "").strip()
    if not parent and not accepted:
        above = [(r, row.get(r, "").strip()) for r in HIGHER if r != rank]
        line = [(r, n) for r, n in above if n and n != name]
        for number, (r, n) in enumerate(line):
            yield Listed(n, r, line[number - 1][1] if number else "")
        parent = line[-1][1] if line else ""
    common = row.get("vernacularname", "").strip()
    yield Listed(name, rank, parent if parent != name else "", common, accepted)


def read_archive(path: Path) -> list[Listed]:
    """The Taxon core of a Darwin Core Archive, with the common names of its extension; a zip with
    one table goes too. Raises BadRequest."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                raise BadRequest("This archive is larger than 2 GB when it is unpacked.")
            metas = [n for n in archive.namelist() if PurePosixPath(n).name == "meta.xml"]
            return described(archive, metas[0]) if metas else lone_table(archive)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        raise BadRequest("This archive is damaged; download it again.") from error
    except UnicodeDecodeError as error:
        raise BadRequest("The archive's table is not UTF-8 text.") from error


def lone_table(archive: zipfile.ZipFile) -> list[Listed]:
    """The only table of an archive without a description."""
    tables = [n for n in archive.namelist() if n.endswith((".csv", ".tsv", ".txt"))]
    if len(tables) != 1:
        raise BadRequest("This zip has no meta.xml: it is no Darwin Core Archive.")
    with archive.open(tables[0]) as file:
        return from_table(io.TextIOWrapper(file, "utf-8-sig", newline=""), "")


def described(archive: zipfile.ZipFile, meta: str) -> list[Listed]:
    """The names that a meta.xml describes."""
    if archive.getinfo(meta).file_size > LARGEST_META:
        raise BadRequest("The archive's meta.xml is not one.")
    content = archive.read(meta)
    if b"<!" in content.replace(b"<!--", b""):  # entities could be made to fill the memory
        raise BadRequest("The archive's meta.xml declares more than a description may.")
    try:
        root = fromstring(content)
    except (ParseError, ValueError) as error:
        raise BadRequest("The archive's meta.xml can't be read.") from error
    core = root.find(f"{TEXT}core")
    if core is None or not core.get("rowType", "").endswith("/Taxon"):
        raise BadRequest("The archive's core is not a list of taxa; export a checklist.")
    folder = str(PurePosixPath(meta).parent)
    common = {
        row["coreid"]: row["vernacularname"]
        for extension in root.findall(f"{TEXT}extension")
        if extension.get("rowType", "").endswith("/VernacularName")
        for row in described_rows(archive, folder, extension)
        if row.get("vernacularname") and wanted_language(row)
    }
    rows = list(described_rows(archive, folder, core))
    return names_listed(
        {**row, "vernacularname": row.get("vernacularname") or common.get(row["taxonid"], "")}
        for row in rows
    )


def wanted_language(row: Mapping[str, str]) -> bool:
    """English common names, and those that say no language."""
    return row.get("language", "").lower()[:2] in {"", "en"}


def described_rows(
    archive: zipfile.ZipFile, folder: str, part: Element
) -> Iterator[dict[str, str]]:
    """A described table's rows by term; the id's column as taxonid, or coreid in an extension."""
    place = part.find(f"{TEXT}files/{TEXT}location")
    name = f"{folder}/{place.text}" if folder != "." and place is not None else None
    file_name = name or (place.text if place is not None else None) or ""
    if file_name not in archive.namelist():
        raise BadRequest(f"The archive names a table {file_name or '?'}, which is not in it.")
    terms = {
        int(field.get("index", "-1")): term_of(field.get("term", ""))
        for field in part.findall(f"{TEXT}field")
        if field.get("index")
    }
    own, key = ("taxonid", "id") if part.tag == f"{TEXT}core" else ("coreid", "coreid")
    at = part.find(f"{TEXT}{key}")
    if at is not None:
        terms[int(at.get("index", "0"))] = own
    split = part.get("fieldsTerminatedBy", ",").replace("\\t", "\t")
    quote = part.get("fieldsEnclosedBy", '"')
    encoding = part.get("encoding") or "utf-8"
    with archive.open(file_name) as raw:
        lines = io.TextIOWrapper(raw, encoding, newline="")
        style: Literal[0, 3] = 0 if quote else 3  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE
        reader = csv.reader(lines, delimiter=split, quotechar=quote or None, quoting=style)
        for _ in range(int(part.get("ignoreHeaderLines", "0") or 0)):
            next(reader, None)
        for cells in reader:
            yield {term: cells[i] for i, term in terms.items() if i < len(cells)}


def ordered(names: Sequence[Listed]) -> list[Listed]:
    """Each accepted name once, parents before what hangs below them; synonyms last."""
    first: dict[str, Listed] = {}
    for one in names:
        if not one.accepted and (one.name not in first or not first[one.name].parent):
            first[one.name] = one
    placed: dict[str, Listed] = {}
    for name in first:
        trail = [name]
        while (upper := first[trail[-1]].parent) in first and upper not in placed:
            if upper in trail:
                break  # a ring: the list contradicts itself
            trail.append(upper)
        for id in reversed(trail):
            placed.setdefault(id, first[id])
    return [*placed.values(), *(n for n in names if n.accepted and n.name not in placed)]
