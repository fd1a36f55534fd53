"""Results of MegaDetector and AddaxAI, read as a model's predictions for pictures in a collection.

Sources: the MegaDetector batch format (lila.science/megadetector-output-format) in JSON, which
AddaxAI writes too, and AddaxAI's results_detections.csv. Boxes are not kept: the most confident
detection names the picture. Not here: writing (foreign_predictions.py).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from biosight.errors import BadRequest
from biosight.labels import Guess, clean_label
from biosight.places.tables import Row, bounded_rows, head_of
from biosight.taxa.checklist import Listed
from biosight.workflows.results.foreign_predictions import Told, model_name

LEAST = 0.2
MOST_ROWS = 5_000_000
# The detector's own words -> the names used here.
WORDS = {
    "animal": "Animalia",
    "person": "Human",
    "human": "Human",
    "vehicle": "Vehicle",
    "blank": "Empty",
    "empty": "Empty",
}
EMPTY = "Empty"
# What stands for no name: SpeciesNet's classes without an answer, and gaps of R, pandas and Excel.
NOTHING = {"", "no cv result", "unknown", "na", "n/a", "nan", "none", "null"}
RANKS = ("class", "order", "family", "genus", "species")
# The fields by which AddaxAI says that a person looked.
CHECKED = ("human_verified", "manually_checked")
NO_RESULTS = "This is no JSON of MegaDetector, SpeciesNet or AddaxAI."


@dataclass(frozen=True, slots=True)
class Result:
    """One file in a table of results: its path there (`others`: where else it may be called so),
    the model's answer, whether a person checked it, and the line of the likeliest name from the top
    down, where the table says it.

    A person's answer may come with its moment in seconds since 1970, a note, a count, and the place
    by Camtrap DP's column names; the told model is then that person. `undecided` is set where the
    person could not name the picture.
    """

    file: str
    told: Told
    checked: bool = False
    line: tuple[Listed, ...] = ()
    others: tuple[str, ...] = ()
    sha256: str = ""
    note: str = ""
    individuals: int = 0
    said_at: float = 0.0
    places: Row = field(default_factory=dict)
    undecided: bool = False

    @property
    def label(self) -> str:
        """The likeliest name, "" for none."""
        return self.told.guesses[0].label if self.told.guesses else ""

    @property
    def files(self) -> tuple[str, ...]:
        """Return all paths that the picture may have."""
        return tuple(filter(None, (self.file, *self.others)))


def from_json(text: str) -> Iterator[Result]:
    """Yield the results of the MegaDetector batch format; pictures that failed there are left
    out."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{NO_RESULTS} It is not complete JSON.") from error
    if not isinstance(said, dict) or not isinstance(said.get("images"), list):
        raise BadRequest(NO_RESULTS)
    info = as_object(said.get("info"))
    # The descriptions hold SpeciesNet's ranks; the categories beside them only a common name.
    classes = words(said, "classification_categories")
    classes |= words(said, "classification_category_descriptions")
    names = (words(said, "detection_categories"), classes)
    lines = {as_label(c): tuple(ranks_of(c)) for c in classes.values() if ";" in c}
    model = model_name(str(info.get("classifier") or info.get("detector") or "MegaDetector"))
    threshold = as_object(info.get("detector_metadata")).get("typical_detection_threshold")
    least = threshold if isinstance(threshold, int | float) else LEAST
    for image in said["images"]:
        if isinstance(image, dict) and isinstance(image.get("detections"), list):
            checked = any(is_yes(image.get(word)) for word in CHECKED)
            guesses = guesses_of(image["detections"], names, 0.0 if checked else least)
            line = lines.get(guesses[0].label, ())
            yield Result(str(image.get("file", "")), Told(model, guesses), checked, line)


def as_object(said: object) -> dict[str, Any]:
    """Return a JSON object, or an empty one for anything else."""
    return said if isinstance(said, dict) else {}


def words(said: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return a table of names by number."""
    return {str(k): str(v) for k, v in as_object(said.get(key)).items()}


def guesses_of(
    detections: list[Any], names: tuple[dict[str, str], dict[str, str]], least: float
) -> tuple[Guess, ...]:
    """Return the guesses for a picture, the most confident first; Empty where no detection is
    confident enough."""
    found: dict[str, float] = {}
    surest = 0.0
    for one in detections:
        if not isinstance(one, dict) or not isinstance(one.get("conf"), int | float):
            continue
        sure = as_share(one["conf"])
        surest = max(surest, sure)
        if sure < least:
            continue
        for label, share in labels_of(one, names):
            found[label] = max(found.get(label, 0.0), sure * share)
    if not found:
        return (Guess(EMPTY, 1.0 - surest),)
    return tuple(Guess(n, c) for n, c in sorted(found.items(), key=lambda g: -g[1])[:5])


def labels_of(
    one: dict[str, Any], names: tuple[dict[str, str], dict[str, str]]
) -> list[tuple[str, float]]:
    """Return the labels of a detection: its classes with their shares, else the detector's own
    word."""
    detector, classes = names
    found = []
    pairs = one.get("classifications")
    for pair in pairs if isinstance(pairs, list) else []:
        sound = isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], int | float)
        label = as_label(classes.get(str(pair[0]), "")) if sound else ""
        if label:
            found.append((label, as_share(pair[1])))
    return found or [(as_label(detector.get(str(one.get("category")), "animal")), 1.0)]


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


def is_of_addax(columns: Sequence[str]) -> bool:
    """Return whether a table with these columns is one of AddaxAI's."""
    return {"relative_path", "label", "confidence"} <= set(columns) or "n_detections" in columns


def from_csv(text: str) -> Iterator[Result]:
    """Yield the results of AddaxAI's tables. results_detections.csv has one row per detection;
    results_files.csv has one row per file, including files without detections. Where a person
    checked a row, only what they checked counts for its file."""
    mark, _ = head_of(text)
    rows = bounded_rows(text, mark, MOST_ROWS)
    found: dict[str, Counted] = {}
    for row in rows:
        found.setdefault(row.get("relative_path") or "", Counted()).note(row)
    for file, seen in found.items():
        yield Result(file, Told("AddaxAI", seen.guesses()), bool(seen.checked))


@dataclass(slots=True)
class Counted:
    """What AddaxAI's rows say of one file: labels with the surest confidence, apart by who gave
    them."""

    machine: dict[str, float] = field(default_factory=dict)
    checked: dict[str, float] = field(default_factory=dict)

    def note(self, row: Row) -> None:
        """Note one row: a detection, or a file with the confidence of its surest one."""
        label, sure = as_label(row.get("label") or ""), as_share(row.get("confidence"))
        most = as_share(row.get("max_confidence"))
        if label and any(is_yes(row.get(word)) for word in CHECKED):
            self.checked[label] = max(self.checked.get(label, 0.0), sure)
        elif label and sure >= LEAST:
            self.machine[label] = max(self.machine.get(label, 0.0), sure)
        elif not label and most >= LEAST:
            self.machine["Animalia"] = most

    def guesses(self) -> tuple[Guess, ...]:
        """Return the likeliest labels; Empty where nothing is sure enough."""
        said = self.checked or self.machine
        best = sorted(said.items(), key=lambda g: -g[1])[:5]
        return tuple(Guess(n, c) for n, c in best) or (Guess(EMPTY, 1.0),)


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
