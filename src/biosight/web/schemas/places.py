"""The bodies and answers of the routes for sites, deployments and clocks.

Not here: the routes (web/api/collections/places.py).
"""

from typing import Annotated

from pydantic import BaseModel, Field

from biosight.collection import LONGEST_GAP
from biosight.places.clocks import MOST_SHIFT
from biosight.web.schemas.body import Input
from biosight.web.schemas.pictures import JobOut
from biosight.workflows.places import deployment_acts

Id = Annotated[str, Field(max_length=64)]

When = Annotated[str, Field(pattern=r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?)?$")]


class SiteIn(Input):
    """A named place; coordinates as people write them: 52.1234, 52,1234 or 52° 7' 24" N.

    `uncertainty` is in metres.
    """

    name: str = Field(min_length=1, max_length=deployment_acts.LONGEST_NAME)
    latitude: str = Field(max_length=40)
    longitude: str = Field(max_length=40)
    uncertainty: int | None = Field(None, ge=1, le=20_000_000)
    habitat: str = Field("", max_length=500)


class SiteChange(Input):
    """What to change in a site; fields that are not sent stay as they are."""

    name: str = Field("", min_length=1, max_length=deployment_acts.LONGEST_NAME)
    latitude: str = Field("", max_length=40)
    longitude: str = Field("", max_length=40)
    uncertainty: int | None = Field(None, ge=1, le=20_000_000)
    habitat: str = Field("", max_length=500)


class SiteOut(BaseModel):
    """A named place in decimal degrees (WGS 84), with its numbers of pictures and deployments.

    `coarse` is the grid in degrees for people who may not see the exact place, 0 for exact.
    """

    id: str
    name: str
    latitude: float
    longitude: float
    uncertainty: int | None
    coarse: float
    habitat: str
    images: int
    deployments: int


Day = Annotated[str, Field(max_length=10)]


class DeploymentIn(Input):
    """A camera at a site for a time.

    `start` and `end` are local times, and `zone` is an IANA name. `shift`, in seconds, is added to
    what the clock said. `height` is in metres. `event_gap` is in seconds, null for the collection's
    gap. `off` says when the camera did not work: pairs of the day on which it stopped and the day
    on which it worked again.
    """

    name: str = Field(min_length=1, max_length=deployment_acts.LONGEST_NAME)
    site: Id = ""
    camera: str = Field("", max_length=120)
    start: When = ""
    end: When = ""
    zone: str = Field("", max_length=60)
    shift: int = Field(0, ge=-MOST_SHIFT, le=MOST_SHIFT)
    height: float | None = Field(None, ge=0, le=1000)
    bait: bool | None = None
    comments: str = Field("", max_length=2000)
    event_gap: int | None = Field(None, ge=0, le=LONGEST_GAP)
    off: list[tuple[Day, Day]] = Field([], max_length=100)


class DeploymentChange(DeploymentIn):
    """What to change in a deployment; fields that are not sent stay as they are."""

    name: str = Field("", min_length=1, max_length=deployment_acts.LONGEST_NAME)


class DeploymentOut(BaseModel):
    """A deployment, with how many pictures it has and their first and last corrected time.

    `shift_words` is the shift in words, "" for none. `silence` has the days of the pictures before
    and after its longest time without one, if that lasted a week.
    """

    id: str
    name: str
    site: str
    camera: str
    start: str
    end: str
    zone: str
    shift: int
    shift_words: str
    height: float | None
    bait: bool | None
    comments: str
    event_gap: int | None
    off: list[tuple[str, str]]
    silence: tuple[str, str] | None
    images: int
    first: str
    last: str


class PlaceChanged(BaseModel):
    """The act, which can be undone, the id, and how many pictures followed.

    More than 500 pictures follow by a `job`.
    """

    act: str
    id: str
    changed: int = 0
    job: JobOut | None = None


class ClockSeen(Input):
    """A picture whose true local time is known."""

    image: Id
    true: str = Field(max_length=30)


class ClockOut(BaseModel):
    """What the deployment's shift would be, in seconds and in words.

    `images` is how many pictures would move; `first` and `last` are the first and last time after
    the change.
    """

    shift: int
    words: str
    images: int
    first: str
    last: str


class TableSeen(BaseModel):
    """What a table of deployments would do: new sites and deployments, and those that change.

    `known` rows change nothing, and `doubtful` ones can't be read; `doubts` are the first of these,
    in words.
    """

    sites: int
    deployments: int
    changes: int
    known: int
    doubtful: int
    doubts: list[str]


class TableTaken(BaseModel):
    """The act of a table ("" if it changed nothing), and how many pictures followed.

    More than 500 pictures follow by a `job`.
    """

    act: str
    changed: int
    job: JobOut | None
