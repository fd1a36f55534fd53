"""Result: what another program or archive says of one file, whichever format it came in.

Not here: the formats (detections.py, coco_results.py, label_tables.py).
"""

from dataclasses import dataclass, field

from biosight.places.tables import Row
from biosight.subjects import Subject
from biosight.taxa.checklist import Listed
from biosight.workflows.results.foreign_predictions import Told


@dataclass(frozen=True, slots=True)
class Result:
    """One file in a table of results: its path there (`others`: where else it may be called so),
    the model's answer, whether a person checked it, and the line of the likeliest name from the top
    down, where the table says it.

    A person's answer may come with its moment in seconds since 1970, a note, a count, and the place
    by Camtrap DP's column names; the told model is then that person. `undecided` is set where the
    person could not name the picture. `subjects` are all that the picture shows, the one that its
    label is about first, where that is more than a name.
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
    subjects: tuple[Subject, ...] = ()

    @property
    def label(self) -> str:
        """The likeliest name, "" for none."""
        return self.told.guesses[0].label if self.told.guesses else ""

    @property
    def files(self) -> tuple[str, ...]:
        """Return all paths that the picture may have."""
        return tuple(filter(None, (self.file, *self.others)))
