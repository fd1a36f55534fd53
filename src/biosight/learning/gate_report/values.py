"""What the gate compares and says: answers of models, parts of a trial, and its report.

Not here: measuring (measures.py), or judging (learning/gate.py).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import numpy.typing as npt

from biosight.learning.by_level import LevelLine

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
HERE, BEFORE = "here", "before"
PARTS = {
    HERE: "this collection's locked pictures",
    BEFORE: "sources that taught neither",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What one model said of the same pictures: label numbers (n,) and confidences (n,)."""

    said: Ints
    confidence: Floats


@dataclass(frozen=True, slots=True)
class LabelLine:
    """One label: pictures that are it, recall of both, the champion's 95 % interval."""

    label: str
    pictures: int
    champion: float
    candidate: float
    low: float
    high: float

    @property
    def falls(self) -> bool:
        """Does the recall fall out of the champion's interval?"""
        return self.pictures > 0 and self.candidate < self.low


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label that was taught, cross-validated: `pictures` are it, `recall` and `precision` are a
    value and its 95 % interval.

    `before` and `after` count its pictures to which champion and candidate give that name, `said`
    all pictures that get it. A name below a group is said from the probability `threshold` on; 0
    where it is a group, said whenever it is the likeliest, or a guess that is not said yet. That
    takes at least `more` pictures. `known` says that the champion's tree has the name already.
    """

    label: str
    pictures: int
    recall: tuple[float, float, float]
    precision: tuple[float, float, float]
    before: int = 0
    after: int = 0
    said: int = 0
    threshold: float = 0.0
    more: int = 0
    known: bool = False

    @property
    def in_words(self) -> str:
        """What became of it, for people who choose."""
        if self.threshold or self.said:
            return (
                f"{self.label}: {self.before} of {self.pictures} found before, {self.after} now; "
                f"{self.precision[0]:.0%} of what is called so is right."
            )
        more = f" ({self.more} more pictures are needed)" if self.more else ""
        return f"{self.label}: a guess only, not said yet{more}."


@dataclass(frozen=True, slots=True)
class Part:
    """Both sides on one kind of picture; `low` and `high` bound the difference (95 %)."""

    name: str
    pictures: int
    champion: float
    candidate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trial:
    """What champion and candidate said of the same pictures (n,) of one part; `levels` are figures
    by level of the tree (learning/by_level.py)."""

    part: str
    truth: Ints
    champion: Answers
    candidate: Answers
    levels: Mapping[str, float] = field(default_factory=dict)

    def only(self, labels: int) -> "Trial":
        """The pictures whose true label is one of the first `labels`."""
        kept = self.truth < labels
        return Trial(
            self.part,
            self.truth[kept],
            Answers(self.champion.said[kept], self.champion.confidence[kept]),
            Answers(self.candidate.said[kept], self.candidate.confidence[kept]),
            self.levels,
        )


@dataclass(frozen=True, slots=True)
class GateReport:
    """A comparison as a person reads it; accuracies 0 to 1, `difference` candidate - champion.

    `low` and `high` bound the difference (95 %), `floor` is its one-sided 95 % lower bound.
    `verdict` is "better", "no worse", "worse" or "a person decides".
    """

    pictures: int
    champion_accuracy: float
    candidate_accuracy: float
    difference: float
    low: float
    high: float
    floor: float
    only_champion_right: int
    only_candidate_right: int
    mcnemar_p: float
    champion_ece: float
    candidate_ece: float
    labels: tuple[LabelLine, ...]
    champion_confusion: tuple[tuple[int, ...], ...]
    candidate_confusion: tuple[tuple[int, ...], ...]
    verdict: str
    reasons: tuple[str, ...]
    new_labels: tuple[NewLabel, ...] = ()
    measured_on: str = ""
    champion: str = ""
    candidate: str = ""
    parts: tuple[Part, ...] = ()
    champion_ms: float = 0.0
    candidate_ms: float = 0.0
    levels: tuple[LevelLine, ...] = ()

    @property
    def latency_ratio(self) -> float:
        """The candidate's time for a picture over the champion's; 0 when not measured."""
        return self.candidate_ms / self.champion_ms if self.champion_ms else 0.0

    def as_json(self) -> dict[str, object]:
        """For the registry and the pages."""
        return asdict(self)
