"""Subject: one thing in a picture that can be named, and what people say of it.

The words and lists are those of Camtrap DP 1.0.2 (camtrap-dp.tdwg.org): sex, lifeStage, behavior,
individualID, bboxX and so on. A picture's first subject is the one that its own label is about, so
only its details are kept beside that label. Not here: what a detector found (box.py).
"""

from dataclasses import dataclass, field

from biosight.subjects.box import Box

SEXES = ("female", "male")
LIFE_STAGES = ("adult", "subadult", "juvenile")
MOST_SUBJECTS = 50
LONGEST_WORDS = 100


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle in an upright picture: its upper left corner, width and height, as shares of the
    picture's width and height (Camtrap DP's bboxX, bboxY, bboxWidth and bboxHeight)."""

    x: float
    y: float
    width: float
    height: float

    @staticmethod
    def of(box: Box) -> "Region":
        """Return where a detector's box is."""
        return Region(box.x, box.y, box.width, box.height)

    @property
    def sides(self) -> tuple[float, float, float, float]:
        """The corner, the width and the height, in the order of Camtrap DP and MegaDetector."""
        return self.x, self.y, self.width, self.height

    @property
    def is_inside(self) -> bool:
        """Return whether it lies in the picture and has a size. Corners that were rounded may stand
        out by a thousandth."""
        ends = (self.x + self.width, self.y + self.height)
        starts_inside = self.x >= 0 and self.y >= 0
        return starts_inside and self.width > 0 and self.height > 0 and max(ends) <= 1.001


@dataclass(frozen=True, slots=True)
class Details:
    """What is said of a subject beside its name; empty for what nobody said.

    `count` is the number of individuals, `sex` one of SEXES, `life_stage` one of LIFE_STAGES.
    `behaviour` may be several words with "|" between them, the dominant one first. `individual` is
    the id of a known individual, `region` where the subject is.
    """

    count: int = 0
    sex: str = ""
    life_stage: str = ""
    behaviour: str = ""
    individual: str = ""
    region: Region | None = None


NO_DETAILS = Details()


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing in a picture: its label, and what is said of it.

    `label_path` is where the label hangs in the collection's tree; it follows from the label, so
    two subjects that differ by it alone are equal. `by` is the account that named it and `at` when,
    in seconds since 1970 UTC; `source` says who named it in another program. `model` and
    `probability` (0 to 1) are those of a machine that named it there. All are empty for the first
    subject, whose label is the picture's own.
    """

    label: str
    details: Details = NO_DETAILS
    label_path: str = field(default="", compare=False)
    by: str = ""
    at: float = 0.0
    source: str = ""
    model: str = ""
    probability: float = 0.0

    @property
    def named(self) -> tuple[str, Details]:
        """What it is and what is said of it, whoever said so."""
        return self.label, self.details
