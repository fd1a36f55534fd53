"""What a picture shows, as the API takes and gives it: subjects with their details and boxes.

Not here: what a detector found (web/schemas/guesses.py).
"""

from typing import Literal

from pydantic import BaseModel, Field

from biosight.images import Image
from biosight.review.acts import MOST_INDIVIDUALS
from biosight.subjects import Details, Region, Subject
from biosight.subjects.subject import LONGEST_WORDS, MOST_SUBJECTS
from biosight.web.schemas.body import Input


class RegionBody(Input):
    """Where a subject is: the upper left corner and the size, as shares of the upright picture's
    width and height."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    w: float = Field(gt=0, le=1)
    h: float = Field(gt=0, le=1)


class SubjectBody(Input):
    """One thing in a picture: its label, and what is said of it, by the terms of Camtrap DP.

    `count` is the number of individuals, 0 for unsaid. `behaviour` may be several words with "|"
    between them. `individual` is the id of a known individual.
    """

    label: str = Field("", max_length=200)
    count: int = Field(0, ge=0, le=MOST_INDIVIDUALS)
    sex: Literal["", "female", "male"] = ""
    life_stage: Literal["", "adult", "subadult", "juvenile"] = ""
    behaviour: str = Field("", max_length=2 * LONGEST_WORDS)
    individual: str = Field("", max_length=2 * LONGEST_WORDS)
    region: RegionBody | None = None

    @property
    def subject(self) -> Subject:
        """The subject as it is kept."""
        box = self.region
        region = Region(box.x, box.y, box.w, box.h) if box else None
        details = Details(
            self.count, self.sex, self.life_stage, self.behaviour, self.individual, region
        )
        return Subject(self.label, details)


class SubjectsBody(Input):
    """All that a picture shows; the first is what the picture's label is about."""

    subjects: list[SubjectBody] = Field(min_length=1, max_length=MOST_SUBJECTS)


class RegionOut(BaseModel):
    """Where a subject is, as shares of the upright picture's width and height."""

    x: float
    y: float
    w: float
    h: float


class SubjectOut(BaseModel):
    """One thing in a picture; `machine` is set where a machine named it in another program."""

    label: str
    count: int
    sex: str
    life_stage: str
    behaviour: str
    individual: str
    region: RegionOut | None
    machine: str


def subjects_out(image: Image) -> list[SubjectOut]:
    """Return all that a picture shows, the first one first."""
    return [subject_out(s) for s in image.subjects]


def subject_out(subject: Subject) -> SubjectOut:
    """Return one subject as the API shows it."""
    said = subject.details
    region = None
    if said.region:
        x, y, w, h = said.region.sides
        region = RegionOut(x=x, y=y, w=w, h=h)
    return SubjectOut(
        label=subject.label,
        count=said.count,
        sex=said.sex,
        life_stage=said.life_stage,
        behaviour=said.behaviour,
        individual=said.individual,
        region=region,
        machine=subject.model,
    )
