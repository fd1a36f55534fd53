"""Events: pictures of one deployment that follow each other within a gap. Derived, never stored.

Source: Camtrap DP's eventID and event-based observations (tdwg.org, 1.0.2). Times are the corrected
local ones. Not here: acts on an event's pictures (review), or events in exports
(publishing/standards).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from biosight.field.gaps import Gaps
from biosight.images import Image
from biosight.places.clocks import instant
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Position, Records, Where

# How many pictures are read on either side, first and then: most events have few.
NEAR, FAR = 6, 400
SECONDS = len("2026-05-03T14:05:00")


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


def follows(before: datetime, after: datetime, gap: int) -> bool:
    """Return whether two times lie within `gap` seconds of each other, whichever comes first."""
    return abs((after - before).total_seconds()) <= gap


def starts(pictures: Iterable[tuple[str, str]], gaps: Gaps) -> list[str]:
    """Return the first time of each event, given deployments and times in any order; a day alone is
    in no event."""
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
    apart = (np.diff(moments[order]) > allowed) | (np.diff(cameras[order]) > 0)
    return [dated[n][1] for n in order[np.concatenate(([True], apart))]]


def event_of(records: Records, image: Image, gap: int) -> Event | None:
    """Return the event that a picture belongs to; None for one without a deployment or a time of
    day."""
    if not image.deployment or instant(image.taken) is None:
        return None
    start, before = reach(records, image, gap, descending=True)
    end, behind = reach(records, image, gap, descending=False)
    return Event(image.deployment, start, end, before + 1 + behind)


def reach(records: Records, image: Image, gap: int, *, descending: bool) -> tuple[str, int]:
    """Return the last time within the event on one side of a picture, and how many pictures are
    there."""
    where = [*living_images(image.collection), Where("deployment", "=", image.deployment)]
    order = Order("taken", descending=descending)
    far, count, size = image, 0, NEAR
    while True:
        after = Position(far.taken, far.id)
        page = records.find(Image, where, order=order, after=after, limit=size)
        for one in page:
            here, now = instant(far.taken), instant(one.taken)
            if here is None or now is None or not follows(here, now, gap):
                return far.taken, count
            far, count = one, count + 1
        if len(page) < size:
            return far.taken, count
        size = FAR


def events_of(records: Records, images: Sequence[Image], gaps: Gaps) -> dict[str, Event]:
    """Return the events of some pictures of a collection, by the pictures' ids; a trashed one is in
    none. Each event is queried once."""
    found: dict[str, Event] = {}
    latest: Event | None = None
    for image in sorted(images, key=lambda i: (i.deployment, i.taken)):
        inside = latest is not None and latest.deployment == image.deployment
        if latest is None or not inside or image.taken > latest.end:
            latest = None if image.trashed else event_of(records, image, gaps.of(image.deployment))
        if latest is not None:
            found[image.id] = latest
    return found


def with_event_starts(images: Iterable[Image], gap: int) -> Iterator[tuple[Image, str]]:
    """Yield pictures of one deployment in order of time, each with its event's first time, "" for a
    picture without a time of day."""
    first, latest = "", None
    for image in images:
        now = instant(image.taken)
        if now is None:
            yield image, ""
            continue
        if latest is None or not follows(latest, now, gap):
            first = image.taken
        latest = now
        yield image, first
