"""Checklists, lists of names as people publish them: CSV, or a Darwin Core Archive with a Taxon
core.

GBIF, WoRMS and the Catalogue of Life give such archives (Darwin Core text guide, TDWG 2023). Every
list is read in a separate process (untrusted/child_process.py). Not here: the archive's description
(description.py), or what becomes of the names in a collection (own_names/importing.py).
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from biosight.errors import BadRequest
from biosight.taxa.description import Table, bounded_lines, read_description, term_of
from biosight.taxa.ranks import HIGHER, rank_of
from biosight.untrusted.child_process import Limits, run_in_child
from biosight.untrusted.zips import opened_zip

MOST_ROWS = 1_000_000
MOST_BYTES = 2_000_000_000
# A million names in fifteen columns take 1.7 GB and a minute on two old cores.
LIMITS = Limits(memory=3_000_000_000, cpu=240, wall=600.0)
ACCEPTED = {"", "accepted", "valid", "provisionally accepted", "doubtful"}
# The terms that are read; a table may have any others.
READ = frozenset(
    {
        "taxonid",
        "scientificname",
        "canonicalname",
        "scientificnameauthorship",
        "taxonrank",
        "taxonomicstatus",
        "parentnameusageid",
        "parent",
        "acceptednameusageid",
        "accepted",
        "vernacularname",
        "language",
        "coreid",
        *HIGHER,
    }
)


MOST_LEVELS = 200  # the deepest classifications have some fifty


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
    """Return the names of a file, in its order. Raises BadRequest in words for a file that is no
    checklist, or takes too much to read; Unavailable while others are read."""
    found = run_in_child(named_rows, [str(path)], LIMITS)
    return [Listed(*cast("list[str]", row)) for row in found]


def named_rows(path: str) -> Iterator[tuple[str, ...]]:
    """Yield the names of a file as plain fields; for a separate process. Raises BadRequest."""
    try:
        file = Path(path)
        found = read_archive(file) if zipfile.is_zipfile(file) else read_plain(file)
        for n in found:
            yield n.name, n.rank, n.parent, n.vernacular, n.accepted, n.authorship
    except UnicodeError as error:
        raise BadRequest("This file is not UTF-8 text; save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise BadRequest(f"The table can't be read: {error}.") from error


def read_plain(path: Path) -> list[Listed]:
    """Return the names of a CSV file. Raises BadRequest, UnicodeError or csv.Error."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return from_table(bounded_lines(file))


def from_table(lines: Iterable[str]) -> list[Listed]:
    """Return the names of a CSV with a header; it may use commas, semicolons or tabs. Raises
    BadRequest."""
    rows = iter(lines)
    first = next(rows, "")
    delimiter = max(",;\t", key=first.count)
    header = [term_of(cell) for cell in next(csv.reader([first], delimiter=delimiter), [])]
    if not {"scientificname", "canonicalname"} & set(header):
        raise BadRequest("A checklist needs a column scientificName in its first line.")
    read = [(at, term) for at, term in enumerate(header) if term in READ]
    return names_listed(with_terms(csv.reader(rows, delimiter=delimiter), read))


def with_terms(
    rows: Iterable[Sequence[str]], read: Sequence[tuple[int, str]]
) -> Iterator[dict[str, str]]:
    """Yield rows by term, with the columns in `read`. Raises BadRequest for too many rows."""
    for number, cells in enumerate(rows):
        if number >= MOST_ROWS:
            raise BadRequest(f"A checklist can have up to {MOST_ROWS:,} names.")
        if cells:
            yield {term: cells[at] for at, term in read if at < len(cells)}


def names_listed(rows: Iterable[Mapping[str, str]]) -> list[Listed]:
    """Return the names of rows by term; ids are replaced by the names they stand for."""
    kept = list(rows)
    by_id = {row["taxonid"]: bare_name(row) for row in kept if row.get("taxonid")}
    found: dict[Listed, None] = {}  # many rows name the same family; once is enough
    for row in kept:
        if name := bare_name(row):
            found |= dict.fromkeys(line_of_row(name, row, by_id))
    return list(found)


def bare_name(row: Mapping[str, str]) -> str:
    """Return a row's name without its author: "Pieris rapae (Linnaeus, 1758)" is Pieris rapae."""
    name = " ".join((row.get("canonicalname") or row.get("scientificname") or "").split())
    author = " ".join(row.get("scientificnameauthorship", "").split())
    if author and name.endswith(author):
        name = name.removesuffix(author).strip()
    return name


def line_of_row(name: str, row: Mapping[str, str], by_id: Mapping[str, str]) -> Iterator[Listed]:
    """Yield a row's name, after those of its higher ranks where they have columns."""
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
    """Return the Taxon core of a Darwin Core Archive, with the common names of its extension; a zip
    with one table is accepted too. Raises BadRequest, UnicodeError or csv.Error."""
    with opened_zip(path, "This archive is damaged; download it again.") as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
            raise BadRequest("This archive is larger than 2 GB when it is unpacked.")
        metas = [n for n in archive.namelist() if PurePosixPath(n).name == "meta.xml"]
        return described_names(archive, metas[0]) if metas else lone_table(archive)


def lone_table(archive: zipfile.ZipFile) -> list[Listed]:
    """Return the names of the only table of an archive without a description."""
    tables = [n for n in archive.namelist() if n.endswith((".csv", ".tsv", ".txt"))]
    if len(tables) != 1:
        raise BadRequest("This zip has no meta.xml: it is not a Darwin Core Archive.")
    with archive.open(tables[0]) as file:
        return from_table(bounded_lines(io.TextIOWrapper(file, "utf-8-sig", newline="")))


def described_names(archive: zipfile.ZipFile, meta: str) -> list[Listed]:
    """Return the names that a meta.xml describes. Raises BadRequest."""
    core, extensions = read_description(archive, meta)
    if not core.kind.endswith("/Taxon"):
        raise BadRequest("The archive's core is not a list of taxa; export a checklist.")
    common = {
        row.get("coreid", ""): row["vernacularname"]
        for extension in extensions
        if extension.kind.endswith("/VernacularName")
        for row in described_rows(archive, extension)
        if row.get("vernacularname") and wanted_language(row)
    }
    return names_listed(
        {**row, "vernacularname": row.get("vernacularname") or common.get(row["taxonid"], "")}
        if row.get("taxonid")
        else row
        for row in described_rows(archive, core)
    )


def wanted_language(row: Mapping[str, str]) -> bool:
    """Return whether a common name is English or states no language."""
    return row.get("language", "").lower()[:2] in {"", "en"}


def described_rows(archive: zipfile.ZipFile, table: Table) -> Iterator[dict[str, str]]:
    """Yield a described table's rows by term; the id's column is taxonid, or coreid in an
    extension. Raises BadRequest."""
    read = [(at, term) for at, term in table.terms if term in READ]
    with archive.open(table.file) as raw:
        lines = bounded_lines(io.TextIOWrapper(raw, table.encoding, newline=""))
        reader = csv.reader(lines, **table.style)
        for _ in range(table.heads):
            if next(reader, None) is None:
                return
        yield from with_terms(reader, read)


def lines_listed(names: Sequence[Listed]) -> dict[str, tuple[str, ...]]:
    """Return the accepted names of a list at its ends, that is without names that only stand above
    others, each with the names above it, from the top down."""
    by = {one.name: one for one in names}
    upper = {one.parent for one in names if one.parent}
    found: dict[str, tuple[str, ...]] = {}
    for one in names:
        accepted = by.get(one.accepted, one) if one.accepted else one
        if accepted.name in upper or accepted.name in found:
            continue
        line: list[str] = []
        above = accepted.parent
        while above and above not in line and len(line) < MOST_LEVELS:
            line.insert(0, above)
            above = by[above].parent if above in by else ""
        found[accepted.name] = tuple(line)
    return found


def parents_first(names: Sequence[Listed]) -> list[Listed]:
    """Return each accepted name once, parents before what hangs below them; synonyms last."""
    first: dict[str, Listed] = {}
    for one in names:
        if not one.accepted and (one.name not in first or not first[one.name].parent):
            first[one.name] = one
    placed: dict[str, Listed] = {}
    for name in first:
        trail = {name: None}  # ordered, and fast to search
        last = name
        while (upper := first[last].parent) in first and upper not in placed:
            if upper in trail:
                break  # a cycle: the list contradicts itself
            trail[upper] = None
            last = upper
        for id in reversed(trail):
            placed.setdefault(id, first[id])
    return [*placed.values(), *(n for n in names if n.accepted and n.name not in placed)]
