"""Observations of a package as the subjects of a picture, and as what machines said of it.

Source: observations of Camtrap DP 1.0.2 (camtrap-dp.tdwg.org). Words of earlier versions are read
as those of today. Not here: writing them to pictures (camtrap_import.py).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from biosight.labels import Guess, clean_label, subject_kind
from biosight.places.tables import Row
from biosight.publishing.standards.camtrap_observations import BBOX
from biosight.review.acts import change_of
from biosight.subjects import NO_DETAILS, Box, Details, Region, Subject
from biosight.subjects.subject import LIFE_STAGES, LONGEST_WORDS, MOST_SUBJECTS, SEXES
from biosight.workflows.results.foreign_predictions import Told, model_name, source_of

LONGEST_COUNT = 20  # digits; longer than any count that is accepted
THINGS = {"blank": "Empty", "human": "Human", "vehicle": "Vehicle"}
# Words of Camtrap DP before 1.0, and of programs that write every cell.
FORMERLY = {"offspring": "juvenile", "unknown": "", "undefined": "", "na": ""}


@dataclass(slots=True)
class Sightings:
    """Rows about one picture as subjects, each with its row."""

    rows: list[tuple[Subject, Row]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, subject: Subject, row: Row) -> None:
        """Add a row with its subject, and count its individuals."""
        self.rows.append((subject, row))
        self.counts[subject.label] += subject.details.count

    @property
    def label(self) -> str:
        """The label of most individuals; a name goes before none."""
        labels = dict.fromkeys(s.label for s, _ in self.rows)
        return max(labels, key=lambda x: (bool(x), self.counts[x]), default="")

    @property
    def largest(self) -> int:
        """How many individuals have that label, 0 where nobody counted."""
        return self.counts[self.label]

    def left_out(self) -> list[str]:
        """Return what is left out, in words: rows without a name beside others, as a subject needs
        a name unless it is the first, and those beyond the most that a picture can have."""
        if not self.label:
            return ["only one subject without a name is kept"] * (len(self.rows) - 1)
        named = sum(bool(s.label) for s, _ in self.rows)
        words = ["a subject without a name is left out"] * (len(self.rows) - named)
        more = f"a picture can have up to {MOST_SUBJECTS} subjects"
        return words + [more] * max(0, named - MOST_SUBJECTS)

    def ordered(self) -> tuple[tuple[Subject, ...], Row]:
        """Return the subjects, that of `label` first, and the row of that one. A count alone is not
        kept with a single subject: it is the picture's."""
        kept = [pair for pair in self.rows if pair[0].label] or self.rows[:1]
        kept.sort(key=lambda pair: pair[0].label != self.label)
        kept = kept[:MOST_SUBJECTS]
        subjects = [s for s, _ in kept]
        if len(kept) == 1 and replace(subjects[0].details, count=0) == NO_DETAILS:
            subjects = [replace(subjects[0], details=NO_DETAILS)]
        return tuple(subjects), kept[0][1]

    def told(self) -> Iterator[Told]:
        """Yield what each machine says of the picture: its names, the surest first, with boxes."""
        models: dict[str, list[tuple[Subject, Row]]] = {}
        for subject, row in self.rows:
            if subject.label:
                models.setdefault(subject.model, []).append((subject, row))
        for model, said in models.items():
            said.sort(key=lambda pair: -pair[0].probability)
            sure: dict[str, float] = {}
            for subject, _ in said:
                sure.setdefault(subject.label, subject.probability)
            guesses = tuple(Guess(label, share) for label, share in sure.items())
            boxes = tuple(box for box in (box_of(s) for s, _ in said) if box)
            yield Told(model, guesses, seconds(said[0][1]), boxes)


def box_of(subject: Subject) -> Box | None:
    """Return a machine's subject as a detector's box, None where it has none."""
    region = subject.details.region
    if region is None:
        return None
    return Box(*region.sides, subject_kind(subject.label), subject.probability)


def subject_of_row(row: Row) -> tuple[Subject, list[str]]:
    """Return a row as a subject, and in words what of it can't be kept. Raises BadRequest for a
    label or a count that is not allowed."""
    doubts: list[str] = []
    details = Details(
        count=counted(row),
        sex=listed(row, "sex", SEXES, doubts),
        life_stage=listed(row, "lifeStage", LIFE_STAGES, doubts),
        behaviour=shortened(row, "behavior", doubts),
        individual=shortened(row, "individualID", doubts),
        region=region_of(row, doubts),
    )
    by_machine = row.get("classificationMethod") == "machine"
    who = row.get("classifiedBy", "")
    said = Subject(
        said_label(row),
        details,
        at=seconds(row),
        source="" if by_machine else source_of(who),
        model=model_name(who) if by_machine else "",
        probability=probability(row.get("classificationProbability", "")) if by_machine else 0.0,
    )
    return said, doubts


def listed(row: Row, column: str, known: tuple[str, ...], doubts: list[str]) -> str:
    """Return a word of a closed list, "" for none; a word outside it goes to the doubts."""
    said = " ".join(row.get(column, "").split()).casefold()
    word = FORMERLY.get(said, said)
    if word and word not in known:
        doubts.append(f"{column} “{said}” is not one of {', '.join(known)}, and is left out")
        return ""
    return word


def shortened(row: Row, column: str, doubts: list[str]) -> str:
    """Return a short text; what is longer goes to the doubts and is cut."""
    said = " ".join(row.get(column, "").split())
    if len(said) > LONGEST_WORDS:
        doubts.append(f"{column} is cut after {LONGEST_WORDS} characters")
    return said[:LONGEST_WORDS].strip()


def region_of(row: Row, doubts: list[str]) -> Region | None:
    """Return where a row's subject is, None without a box; a box that can't be read or leaves the
    picture goes to the doubts."""
    sides = [row.get(name, "").strip() for name in BBOX]
    if not any(sides):
        return None
    try:
        region = Region(*(float(side) for side in sides))
    except ValueError:
        region = None
    if region is None or not region.is_inside:
        doubts.append("the box lies outside the picture, and is left out")
        return None
    return region


def counted(row: Row) -> int:
    """Return a row's count of individuals, 0 for none that can be read; programs also write 2.0.
    Raises BadRequest for a count that is not allowed."""
    whole, _, part = row.get("count", "")[:LONGEST_COUNT].partition(".")
    if not whole.isdecimal() or part.strip("0"):
        return 0
    return change_of("count", individuals=int(whole)).individuals


def said_label(row: Row) -> str:
    """Return the label that a row gives: BioSight's own word for it, else the name or the kind."""
    thing = THINGS.get(row.get("observationType", ""), "")
    said = row.get("observationComments", "") if own_word(row) else ""
    name = said or row.get("scientificName", "") or thing
    return clean_label(name[:80]) if name.strip() else ""


def own_word(row: Row) -> bool:
    """Return whether the comment holds the label. It does in BioSight's packages when the label is
    not a scientific name, because the row has no other field for it."""
    return row.get("observationTags", "") == "label"


def probability(said: str) -> float:
    """Return a probability from 0 to 1; 1 if none is given."""
    try:
        return min(1.0, max(0.0, float(said or 1)))
    except ValueError:
        return 1.0


def seconds(row: Row) -> float:
    """Return the time of the label in seconds since 1970 UTC; 0 if unknown."""
    try:
        return datetime.fromisoformat(row.get("classificationTimestamp", "")).timestamp()
    except (ValueError, OverflowError):
        return 0.0
