"""Scientific names as tables write them: with or without author, whole or as genus and epithet.

Sources: ICZN (1999) and ICN (2018) for the parts of a name; Darwin Core's terms (TDWG 2023). Not
here: the tables (checklist.py).
"""

import re
from collections.abc import Mapping

from biosight.taxa.ranks import HIGHER, rank_of

# Words that stand in a column for no name; programs write them for gaps.
NO_NAMES = {
    "",
    "na",
    "n/a",
    "nan",
    "null",
    "none",
    "nil",
    "-",
    "--",
    "?",
    "not assigned",
    "unassigned",
    "unknown",
    "unclassified",
    "undetermined",
    "unplaced",
    "incertae sedis",
}
# Lower-case words that begin or join authors, and are no epithets.
OF_AUTHORS = frozenset(
    [
        "de",
        "der",
        "den",
        "del",
        "della",
        "da",
        "do",
        "dos",
        "di",
        "du",
        "des",
        "la",
        "le",
        "van",
        "von",
        "vom",
        "zu",
        "zur",
        "af",
        "bin",
        "et",
        "ex",
        "in",
        "and",
        "al.",
        "non",
        "nec",
        "sensu",
    ]
)
CROSS = "\u00d7"
MARKERS = frozenset(f"subsp. ssp. var. f. forma subvar. nothosubsp. cf. aff. x {CROSS}".split())
BELOW = MARKERS - {"f.", "x", CROSS}
EPITHET = re.compile("[a-z\u00e0-\u00f6\u00f8-\u00ff][a-z\u00e0-\u00f6\u00f8-\u00ff\\-\u2019']+")
SUBGENUS = re.compile(r"\([A-Z][a-z\-]+\)")
YEAR = re.compile(r"\b1[5-9]\d\d\b|\b20\d\d\b")


def sound_name(said: str) -> str:
    """Return a name with single blanks, "" for what stands for none (NA, incertae sedis)."""
    name = " ".join(said.split()).strip("\"'") if said else ""
    low = name.casefold()
    return "" if low in NO_NAMES or "incertae sedis" in low or "not assigned" in low else name


def written_name(row: Mapping[str, str]) -> str:
    """Return the name of a table's row without its author: of the column of whole names, else of
    genus and epithets."""
    if canonical := sound_name(row.get("canonicalname", "")):
        return canonical
    if whole := sound_name(row.get("scientificname", "")):
        author = " ".join(row.get("scientificnameauthorship", "").split())
        if author and whole.endswith(author):
            return whole.removesuffix(author).strip(" ,")
        return without_author(whole, rank_of(row.get("taxonrank", "")))
    return put_together(row)


def put_together(row: Mapping[str, str]) -> str:
    """Return the name that genus and epithets make, else the finest rank that has a name; "" where
    there is an epithet without a genus."""
    genus = sound_name(row.get("genus", ""))
    epithet = sound_name(row.get("specificepithet", "")) or sound_name(row.get("species", ""))
    if " " in epithet:  # a whole name in the column of the species
        return without_author(epithet, "species")
    if not epithet:
        return next((n for r in reversed(HIGHER) if (n := higher_name(row, r))), "")
    if not genus:
        return ""
    below = sound_name(row.get("infraspecificepithet", "")) or sound_name(row.get("subspecies", ""))
    if " " in below:
        return below
    return " ".join(filter(None, (genus, epithet, below)))


def higher_name(row: Mapping[str, str], rank: str) -> str:
    """Return the name in the column of a higher rank: not in capitals, as the Red List writes it,
    and without the common name in brackets that eBird adds."""
    name = sound_name(row.get(rank, "")).partition(" (")[0]
    return name.capitalize() if len(name) > 1 and name.isupper() else name


def without_author(name: str, rank: str = "") -> str:
    """Return a scientific name without the author behind it. What does not look like an author,
    such as the second word of “Domestic Cat”, stays."""
    words = name.split()
    at, epithets = 1, 0
    if at < len(words) and SUBGENUS.fullmatch(words[at]) and followed_by_epithet(words, at):
        at += 1
    while at < len(words):
        if words[at] in MARKERS and at + 1 < len(words):
            at += 1
        elif EPITHET.fullmatch(words[at]) and words[at] not in OF_AUTHORS:
            at, epithets = at + 1, epithets + 1
        elif words[at] == "&" or not is_author(words[at:], sure=bool(epithets or rank)):
            return name
        else:
            # An author may stand between species and variety: Abies alba Mill. var. minor.
            rest = [i for i in range(at, len(words) - 1) if words[i] in BELOW]
            tail = words[rest[0] : rest[0] + 2] if rest else []
            return " ".join([*words[:at], *tail])
    return name


def followed_by_epithet(words: list[str], at: int) -> bool:
    return at + 1 < len(words) and bool(EPITHET.fullmatch(words[at + 1]))


def is_author(words: list[str], *, sure: bool) -> bool:
    """Return whether words read as an author: with a year, brackets, a dot or “&”; after an epithet
    or with a rank, a name in capitals suffices."""
    said = " ".join(words)
    if YEAR.search(said) or words[0].startswith("(") or said.endswith(".") or " & " in said:
        return True
    return sure and (words[0][:1].isupper() or words[0] in OF_AUTHORS)
