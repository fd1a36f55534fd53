"""Checklists, lists of names as people publish them: CSV, or a Darwin Core Archive with a Taxon
core.

GBIF, WoRMS and the Catalogue of Life give such archives (Darwin Core text guide, TDWG 2023). Every
list is read in a separate process (untrusted/child_process.py). Not here: the archive's description
(description.py), or what becomes of the names in a collection (own_names/importing.py).
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, cast

from biosight.errors import BadRequest
from biosight.taxa.description import Table, bounded_lines, read_description, term_of
from biosight.taxa.ranks import HIGHER, rank_of
from biosight.taxa.written_names import higher_name, sound_name, without_author, written_name
from biosight.untrusted.child_process import Limits, run_in_child
from biosight.untrusted.zips import opened_zip

MOST_ROWS = 1_000_000
MOST_BYTES = 2_000_000_000
# A million names in fifteen columns take 1.7 GB and a minute on two old cores.
LIMITS = Limits(memory=3_000_000_000, cpu=240, wall=600.0)
BELOW_SPECIES = {"subspecies", "variety", "form"}
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
        "species",
        "specificepithet",
        "subspecies",
        "infraspecificepithet",
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
    with path.open(newline="", encoding=encoding_of_file(path)) as file:
        return from_table(bounded_lines(file))


def encoding_of_file(path: Path) -> str:
    """Return the encoding of a text file: UTF-16 by its mark, else UTF-8 if all of it is, else
    Windows-1252, as Excel saves it."""
    with path.open("rb") as file:
        if file.read(2) in {b"\xff\xfe", b"\xfe\xff"}:
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def from_table(lines: Iterable[str]) -> list[Listed]:
    """Return the names of a CSV with a header; it may use commas, semicolons or tabs. Between tabs
    quotes mean nothing, except around a whole cell. Raises BadRequest."""
    rows = iter(lines)
    first = next(rows, "")
    delimiter = max(",;\t", key=first.count)
    quoting: Literal[0, 3] = 3 if delimiter == "\t" else 0  # none, or where needed
    cells = next(csv.reader([first], delimiter=delimiter, quoting=quoting), [])
    header = [term_of(cell) for cell in cells]
    if not {"scientificname", "canonicalname", "species", "genus"} & set(header):
        raise BadRequest(
            "A checklist needs a column scientificName, or genus and species, in its first line."
        )
    read = columns_read(header)
    return names_listed(with_terms(csv.reader(rows, delimiter=delimiter, quoting=quoting), read))


def columns_read(header: Sequence[str]) -> list[tuple[int, str]]:
    """Return the columns that are read, by number; of two with one meaning the first."""
    first: dict[str, int] = {}
    for at, term in enumerate(header):
        if term in READ:
            first.setdefault(term, at)
    return [(at, term) for term, at in first.items()]


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
    kept = [(name, row) for row in rows if (name := written_name(row))]
    lines = LinesAbove({row["taxonid"]: (name, row) for name, row in kept if row.get("taxonid")})
    found: dict[Listed, None] = {}  # many rows name the same family; once is enough
    for name, row in kept:
        found |= dict.fromkeys(lines.of(name, row))
    return list(found)


class LinesAbove:
    """The lines of names above a list's names, from ids, columns of ranks, or a parent's name.

    Where two names are written alike but hang below different tops (Morus, a bird and a tree), the
    second is left out of the lines: what hangs below it hangs below the next name above.
    """

    def __init__(self, by_id: Mapping[str, tuple[str, Mapping[str, str]]]) -> None:
        self.by_id = by_id
        self.with_ids = {name for name, _ in by_id.values()}
        self.tops: dict[str, str] = {}

    def of(self, name: str, row: Mapping[str, str]) -> Iterator[Listed]:
        """Yield a row's name, after those above it where they have no row of their own."""
        rank, common = rank_of(row.get("taxonrank", "")), sound_name(row.get("vernacularname", ""))
        if accepted := self.accepted(name, row):
            yield Listed(name, rank, "", common, accepted)
            return
        line = self.above(name, row, rank)
        if not row.get("parent"):  # of a parent's name alone, nobody knows the top
            line = self.without_homonyms(line)
            self.tops.setdefault(name, line[0][1] if line else name)
        for number, (higher_rank, higher) in enumerate(line):
            if self.by_columns_alone(higher, row):
                yield Listed(higher, higher_rank, line[number - 1][1] if number else "")
        parent = line[-1][1] if line else ""
        yield Listed(name, rank or guessed_rank(name, row), parent, common)

    def above(self, name: str, row: Mapping[str, str], rank: str) -> list[tuple[str, str]]:
        """Return ranks and names above a row's name, from the top down."""
        if row.get("parentnameusageid") in self.by_id:
            return self.by_ids(row)
        if parent := sound_name(row.get("parent", "")):
            return [("", parent)] if parent != name else []
        return by_columns(name, row, rank)

    def by_columns_alone(self, name: str, row: Mapping[str, str]) -> bool:
        """Return whether only columns of ranks give a name above a row's. A name that an id or a
        parent's name gives has another row, or is doubtful."""
        return name not in self.with_ids and name != sound_name(row.get("parent", ""))

    def by_ids(self, row: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return the line above a row by the ids of its parents."""
        line: list[tuple[str, str]] = []
        seen: set[str] = set()
        id = row.get("parentnameusageid", "")
        while id in self.by_id and id not in seen and len(line) < MOST_LEVELS:
            seen.add(id)
            name, upper = self.by_id[id]
            rank = rank_of(upper.get("taxonrank", ""))
            line.insert(0, (rank, name))
            id = upper.get("parentnameusageid", "")
            if id not in self.by_id:
                line = by_columns(name, upper, rank) + line
        return line

    def without_homonyms(self, line: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return a line without names that stand below another top elsewhere in the list."""
        if not line:
            return line
        top = line[0][1]
        return [(r, n) for r, n in line if self.tops.setdefault(n, top) == top]

    def accepted(self, name: str, row: Mapping[str, str]) -> str:
        """Return the name that a synonym stands for, through synonyms of synonyms; its id where the
        list does not have that name; "" for an accepted name."""
        status = row.get("taxonomicstatus", "").strip().lower()
        if status in ACCEPTED and status:
            return ""
        said = row.get("acceptednameusageid", "").strip()
        synonym = "synonym" in status or status in {"unaccepted", "invalid", "not accepted"}
        if synonym and not said and not row.get("accepted"):
            said = row.get("parentnameusageid", "")  # so ColDP writes it
        seen: set[str] = set()
        while said in self.by_id and said not in seen:
            seen.add(said)
            found, upper = self.by_id[said]
            following = upper.get("acceptednameusageid", "").strip()
            if following in {"", said} or following not in self.by_id:
                return "" if found == name else found
            said = following
        named = without_author(sound_name(row.get("accepted", "")))
        if named:
            return "" if named == name else named
        return said if said and synonym else ""


def by_columns(name: str, row: Mapping[str, str], rank: str) -> list[tuple[str, str]]:
    """Return the line above a row's name by its columns of ranks."""
    columns = [(r, higher_name(row, r)) for r in HIGHER if r != rank]
    species = sound_name(row.get("species", ""))
    if " " in species and rank in BELOW_SPECIES:
        columns.append(("species", species))
    return [(r, n) for r, n in columns if n and n != name]


def guessed_rank(name: str, row: Mapping[str, str]) -> str:
    """Return the rank that a name put together from columns of ranks has; "" for others."""
    if row.get("scientificname") or row.get("canonicalname"):
        return ""
    if rank := next((r for r in HIGHER if higher_name(row, r) == name), ""):
        return rank
    return {2: "species", 3: "subspecies"}.get(len(name.split()), "")


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
    usual = {term: said for term, said in table.defaults if term in READ}
    for file in table.files:
        with archive.open(file) as raw:
            lines = bounded_lines(io.TextIOWrapper(raw, table.encoding, newline=""))
            reader = csv.reader(lines, **table.style)
            for _ in range(table.heads):
                if next(reader, None) is None:
                    break
            for row in with_terms(reader, read):
                yield usual | {term: said for term, said in row.items() if said}


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
