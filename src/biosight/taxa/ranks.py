"""Taxonomic ranks in order, as Darwin Core's taxonRank writes them (TDWG 2023; ICZN, ICN).

Not here: the tree they stand in (tree.py).
"""

RANKS = (
    "domain",
    "kingdom",
    "subkingdom",
    "infrakingdom",
    "superphylum",
    "phylum",
    "subphylum",
    "infraphylum",
    "superclass",
    "class",
    "subclass",
    "infraclass",
    "superorder",
    "order",
    "suborder",
    "infraorder",
    "parvorder",
    "superfamily",
    "epifamily",
    "family",
    "subfamily",
    "tribe",
    "subtribe",
    "genus",
    "subgenus",
    "section",
    "species",
    "subspecies",
    "variety",
    "form",
)
# Darwin Core has a term of its own for each of these.
HIGHER = ("kingdom", "phylum", "class", "order", "family", "genus")
OTHER_WORDS = {
    "division": "phylum",
    "regnum": "kingdom",
    "classis": "class",
    "ordo": "order",
    "familia": "family",
    "forma": "form",
    "varietas": "variety",
    "ssp": "subspecies",
    "subsp": "subspecies",
    "sp": "species",
    "var": "variety",
    "f": "form",
}


def rank_of(word: str) -> str:
    """Return a rank in its stored form: lower case, by its English name; an unknown word stays as
    it is."""
    said = " ".join(word.split()).casefold().rstrip(".")
    return OTHER_WORDS.get(said, said)


def stands_above(upper: str, lower: str) -> bool:
    """Return whether `upper` may be an ancestor of `lower`. Unknown ranks, and none, may be
    anywhere."""
    if upper not in RANKS or lower not in RANKS:
        return True
    return RANKS.index(upper) < RANKS.index(lower)
