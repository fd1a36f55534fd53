"""Events: pictures of one deployment that follow each other within a gap. Derived, never stored.

Source: Camtrap DP's eventID and event-based observations (tdwg.org, 1.0.2). Times are the corrected
local ones. Not here: acts on an event's pictures (review), or events in exports
(publishing/standards).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from biosight.field.gaps import Gaps
from biosight.images import Image
from biosight.places.clocks import instant, known_zone
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Position, Question, Records, Where

# How many pictures are read on either side, first and then: most events have few.
NEAR, FAR = 6, 400
SECONDS = len("2026-05-03T14:05:00")
LONGEST_SKIP = 2 * 3600  # seconds that clocks skip when summer time begins; usually one hour
Numbers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Event:
    """Event of a deployment: its first and last time, and how many pictures are in it."""

    deployment: str
    start: str
    end: str
    images: int

    @property
    def id(self) -> str:
        """Return its id: the deployment's id and its first time."""
        return f"{self.deployment}/{self.start[:19]}"


def follows(before: datetime, after: datetime, gap: int, zone: str = "") -> bool:
    """Return whether two local times lie within `gap` seconds of each other, whichever comes first.
    Where clocks of a zone skip an hour between them, that hour does not count."""
    apart = abs((after - before).total_seconds())
    if zone and gap < apart <= gap + LONGEST_SKIP:
        there = known_zone(zone)
        one, other = (m.replace(tzinfo=there).astimezone(UTC) for m in (before, after))
        apart = min(apart, abs((other - one).total_seconds()))
    return apart <= gap


def event_starts(pictures: Iterable[tuple[str, str]], gaps: Gaps) -> list[tuple[str, str]]:
    """Return the deployment and the first time of each event, given deployments and times in any
    order; a day alone is in no event."""
    dated = [(d, t) for d, t in pictures if len(t) >= SECONDS]
    if not dated:
        return []
    numbers = {d: n for n, d in enumerate(dict.fromkeys(d for d, _ in dated))}
    cameras = np.array([numbers[d] for d, _ in dated])
    # A leap second, written :60, counts as the second before it.
    said = [t[:SECONDS].replace(":60", ":59") for _, t in dated]
    moments = np.array(said, dtype="datetime64[s]").astype(np.int64)
    order = np.lexsort((moments, cameras))
    allowed = np.array([gaps.of(d) for d in numbers])[cameras[order][1:]]
    other = np.diff(cameras[order]) > 0
    apart = (np.diff(moments[order]) > allowed) | other
    for n in skipped_hours(np.diff(moments[order]) - allowed, other):
        deployment, before = dated[order[n]]
        moment, after = (instant(t) for t in (before, dated[order[n + 1]][1]))
        if moment and after and gaps.zone(deployment):
            apart[n] = not follows(moment, after, gaps.of(deployment), gaps.zone(deployment))
    return [dated[n] for n in order[np.concatenate(([True], apart))]]


def skipped_hours(beyond: Numbers, other: Booleans) -> list[int]:
    """Return the places in an order of times at which clocks may have skipped an hour: those that
    lie `beyond` the gap by at most that (seconds), in one deployment."""
    return [int(n) for n in np.flatnonzero((beyond > 0) & (beyond <= LONGEST_SKIP) & ~other)]


@dataclass(slots=True)
class Reach:
    """How far an event is known to reach to one side of a picture: the last time, and how many
    pictures are there. `gap` is in seconds, and `zone` the deployment's time zone."""

    image: Image
    gap: int
    zone: str
    descending: bool
    count: int = 0
    ended: bool = False
    far: Image = field(init=False)

    def __post_init__(self) -> None:
        self.far = self.image

    @property
    def size(self) -> int:
        """How many pictures are asked for next."""
        return FAR if self.count else NEAR

    @property
    def question(self) -> Question:
        """Return what to ask next."""
        where = [*living_images(self.image.collection)]
        where.append(Where("deployment", "=", self.image.deployment))
        order, after = Order("taken", self.descending), Position(self.far.taken, self.far.id)
        return Question(where, order, after, self.size)

    def extend(self, page: Sequence[Image]) -> None:
        """Take in the next pictures on this side."""
        size = self.size
        for one in page:
            here, now = instant(self.far.taken), instant(one.taken)
            if here is None or now is None or not follows(here, now, self.gap, self.zone):
                self.ended = True
                return
            self.far, self.count = one, self.count + 1
        self.ended = len(page) < size


def events_around(records: Records, pictures: Sequence[tuple[Image, int, str]]) -> list[Event]:
    """Return the event that each of some pictures with a deployment and a time of day belongs to,
    given each with its gap and time zone. All are looked at together, a step further each time."""
    sides = [[Reach(*one, descending=way) for way in (True, False)] for one in pictures]
    while left := [reach for both in sides for reach in both if not reach.ended]:
        answers = records.find_each(Image, [reach.question for reach in left])
        for reach, page in zip(left, answers, strict=True):
            reach.extend(page)
    return [joined_event(before, behind) for before, behind in sides]


def joined_event(before: Reach, behind: Reach) -> Event:
    """Return the event around a picture, given how far it reaches to either side."""
    images = before.count + 1 + behind.count
    return Event(before.image.deployment, before.far.taken, behind.far.taken, images)


def event_of(records: Records, image: Image, gap: int, zone: str = "") -> Event | None:
    """Return the event that a picture belongs to; None for one without a deployment or a time of
    day. `zone` is its deployment's time zone, "" for unknown."""
    if not image.deployment or instant(image.taken) is None:
        return None
    return events_around(records, [(image, gap, zone)])[0]


def events_of(records: Records, images: Sequence[Image], gaps: Gaps) -> dict[str, Event]:
    """Return the events of some pictures of a collection, by the pictures' ids; a trashed one is in
    none. Of pictures that follow each other, only the first is asked about."""
    first: dict[str, Image] = {}
    before: Image | None = None
    for image in sorted(images, key=lambda i: (i.deployment, i.taken)):
        if image.trashed or not image.deployment or instant(image.taken) is None:
            continue
        goes_on = before is not None and is_next(before, image, gaps)
        first[image.id] = first[before.id] if before and goes_on else image
        before = image
    asked = list({i.id: i for i in first.values()}.values())
    near = [(i, gaps.of(i.deployment), gaps.zone(i.deployment)) for i in asked]
    events = dict(zip([i.id for i in asked], events_around(records, near), strict=True))
    return {id: events[one.id] for id, one in first.items()}


def is_next(before: Image, image: Image, gaps: Gaps) -> bool:
    """Return whether a picture is in the event of one before it, whatever lies between them."""
    then, now = instant(before.taken), instant(image.taken)
    if before.deployment != image.deployment or then is None or now is None:
        return False
    return follows(then, now, gaps.of(image.deployment), gaps.zone(image.deployment))


def with_event_starts(
    images: Iterable[Image], gap: int, zone: str = ""
) -> Iterator[tuple[Image, str]]:
    """Yield pictures of one deployment in order of time, each with its event's first time, "" for a
    picture without a time of day. `zone` is the deployment's time zone, "" for unknown."""
    first, latest = "", None
    for image in images:
        now = instant(image.taken)
        if now is None:
            yield image, ""
            continue
        if latest is None or not follows(latest, now, gap, zone):
            first = image.taken
        latest = now
        yield image, first
