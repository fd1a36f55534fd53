"""Series: what is measured of a deployment's pictures, in order of time.

Nothing is decoded: a picture's statistics and its perceptual hash (images/measures.py) are stored
with it. Not here: what is concluded from them (signs.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC

import numpy as np
import numpy.typing as npt

from biosight.field.sun_hours import SunClock, clock_hours
from biosight.images import Image
from biosight.images.measures import STATISTICS
from biosight.places.clocks import instant

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
COLUMN = {name: n for n, name in enumerate(STATISTICS)}
COLOURLESS = 0.035  # mean saturation below which a picture was taken in infrared
NIGHT, DAYLIGHT = (19.0, 5.0), (8.0, 16.0)  # in sun time: the sun rises at 6 and sets at 18


@dataclass(frozen=True, slots=True)
class Series:
    """Dated pictures of one deployment in order of time.

    `at` is in seconds by the clock (n,); `hours` (n,) is sun time where place and zone are known
    (NaN on days without sunrise), else clock time. `statistics` (n, 9) are STATISTICS, and `hashes`
    (n, 64) the bits of the perceptual hashes.
    """

    ids: tuple[str, ...]
    taken: tuple[str, ...]
    at: Floats
    hours: Floats
    statistics: Floats
    hashes: Booleans

    def __len__(self) -> int:
        return len(self.ids)

    def column(self, name: str) -> Floats:
        """Return one of STATISTICS of all pictures (n,)."""
        return np.asarray(self.statistics[:, COLUMN[name]])

    @property
    def infrared(self) -> Booleans:
        """Which pictures have no colours (n,)."""
        return self.column("saturation") < COLOURLESS

    @property
    def night(self) -> Booleans:
        """Which pictures were taken well after sunset (n,)."""
        return (self.hours >= NIGHT[0]) | (self.hours < NIGHT[1])

    @property
    def daylight(self) -> Booleans:
        """Which pictures were taken while the sun stood high (n,)."""
        return (self.hours >= DAYLIGHT[0]) & (self.hours < DAYLIGHT[1])


def series_of(images: Iterable[Image], deployment: str, clock: SunClock) -> Series:
    """Return the series of a deployment's pictures; those without time or measures are left out."""
    timed = ((clock_seconds(i.taken_at), i) for i in images)
    usable = [
        (at, i)
        for at, i in timed
        if at is not None and len(i.statistics) == len(STATISTICS) and len(i.phash) == 16
    ]
    usable.sort(key=lambda pair: (pair[1].taken, pair[1].id))
    pictures = [i for _, i in usable]
    hours = [hour_of(clock, deployment, i.taken) for i in pictures]
    return Series(
        tuple(i.id for i in pictures),
        tuple(i.taken_at for i in pictures),
        np.array([at for at, _ in usable], dtype=np.float64),
        np.array(hours, dtype=np.float64),
        np.array([i.statistics for i in pictures], dtype=np.float64).reshape(-1, len(STATISTICS)),
        bits_of([i.phash for i in pictures]),
    )


def hour_of(clock: SunClock, deployment: str, taken: str) -> float:
    """Return the sun time of a picture, or its clock time where nobody knows place and time zone;
    NaN on days without sunrise or sunset."""
    if deployment not in clock.standpoints:
        return clock_hours(taken)
    found = clock.hour(deployment, taken)
    return np.nan if found is None else found


def clock_seconds(taken: str) -> float | None:
    """Return a picture's local time in seconds since 1970, as if its clock went by UTC; None where
    there is no time, or only a day."""
    moment = instant(taken)
    return moment.replace(tzinfo=UTC).timestamp() if moment else None


def bits_of(hashes: Sequence[str]) -> Booleans:
    """Return perceptual hashes in hex as bits (n, 64)."""
    packed = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(-1, 8)
    return np.unpackbits(packed, axis=1).astype(np.bool_)
