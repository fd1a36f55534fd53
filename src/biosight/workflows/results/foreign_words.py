"""Names, shares and flags as other programs write them, read as BioSight's own.

Sources: SpeciesNet's lists of ranks (github.com/google/cameratrapai), MegaDetector's categories.
Not here: the files that they stand in (detections.py, coco_results.py, label_tables.py).
"""

from collections.abc import Iterator
from typing import Any

from biosight.errors import BadRequest
from biosight.labels import clean_label
from biosight.taxa.checklist import Listed

# The detector's own words -> the names used here.
WORDS = {
    "animal": "Animalia",
    "person": "Human",
    "human": "Human",
    "vehicle": "Vehicle",
    "blank": "Empty",
    "empty": "Empty",
}
# What stands for no name: SpeciesNet's classes without an answer, and gaps of R, pandas and Excel.
NOTHING = {"", "no cv result", "unknown", "na", "n/a", "nan", "none", "null"}
RANKS = ("class", "order", "family", "genus", "species")
# The fields by which AddaxAI says that a person looked.
CHECKED = ("human_verified", "manually_checked")


def as_object(said: object) -> dict[str, Any]:
    """Return a JSON object, or an empty one for anything else."""
    return said if isinstance(said, dict) else {}


def as_label(said: str) -> str:
    """Return a name as a label here, "" for what says nothing. SpeciesNet's lists of ranks (class,
    order, family, genus, species, common name, perhaps an id before them) give the finest rank."""
    name = finest_rank(said) if ";" in said else said.strip()
    if name.casefold() in NOTHING:
        return ""
    known = WORDS.get(name.casefold(), name)
    try:
        return clean_label(known[:1].upper() + known[1:])
    except BadRequest:  # not usable as a label
        return ""


def finest_rank(said: str) -> str:
    """Return the finest rank of SpeciesNet's list, in the field's spelling; the common name where
    no rank is given or where it names a thing, such as a person."""
    *ranks, common = (part.strip() for part in said.split(";"))
    if common.casefold() in WORDS or common.casefold() in NOTHING:
        return common
    *above, genus, species = ["", "", *ranks][-len(RANKS) :]
    if genus and species:
        return species if " " in species else f"{genus} {species}"
    return next((name for name in (genus, *reversed(above)) if name), common)


def ranks_of(said: str) -> Iterator[Listed]:
    """Yield the names of SpeciesNet's list from the top down, each below the one before it."""
    parts = [part.strip() for part in said.split(";")]
    ranks, common = ["", *parts[:-1]][-len(RANKS) :], parts[-1]
    if len(parts) < len(RANKS) or as_label(said) in {"", *WORDS.values()}:
        return
    above, finest = "", as_label(said)
    for rank, name in zip(RANKS, ranks, strict=False):
        if not name or (rank == "species" and not ranks[-2]):
            continue
        label = finest if rank == "species" else name[:1].upper() + name[1:]
        spoken = common if label == finest else ""
        yield Listed(label, rank, above, spoken)
        above = label


def is_yes(said: object) -> bool:
    """Return whether a field of another program says yes."""
    return said is True or str(said).strip().casefold() in {"true", "1", "yes"}


def as_share(said: object) -> float:
    """Return a share from 0 to 1, given as a number or text; 0 if none is given."""
    if isinstance(said, int | float):
        return float(min(1.0, max(0.0, said)))
    try:
        return min(1.0, max(0.0, float(str(said or "0").replace(",", "."))))
    except ValueError:
        return 0.0
