"""Signs that a camera needs a visit, found in the measures of its pictures.

Pictures are compared with earlier ones of the same camera and of the same kind (colour, or
infrared): statistics by robust distances (median and median absolute deviation: Leys et al. 2013,
Journal of Experimental Social Psychology 49: 764-766), backgrounds by the bits in which perceptual
hashes differ. A single picture shows an animal, and a single day its weather: so a sign must be
seen in MANY of WINDOW pictures in a row, over LEAST_HOURS. Pictures that differ don't join those
with which later ones are compared. bench.cameras measures what is found and what is wrong.

Not here: how the pictures are read (series.py), or cameras that fell silent (silence.py).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from biosight.field.cameras.series import COLUMN, Booleans, Floats, Series
from biosight.places import FAULTS, CameraFault

WINDOW, MANY, FEW = 10, 8, 4
LEAST_HOURS = 18.0
LEAST_EACH = 2  # pictures against the sun by day, and as many by night
LEAST_BEFORE, MOST_BEFORE = 20, 240  # pictures of one kind to compare with
BLACK = 0.06  # brightness of a picture on which nothing can be seen
FLOORS = np.array([0.02, 0.01, 0.02, 0.01, 0.01, 0.008, 0.008, 0.08, 0.002])
MOVED_BITS = 8.0


@dataclass(frozen=True, slots=True)
class Sign:
    """A fault seen in pictures `first` to `last` of a series, by index. `before` is the last
    picture without it, -1 for none, and `open` whether it lasts to the end of the series."""

    fault: CameraFault
    first: int
    last: int
    before: int
    open: bool


@dataclass(frozen=True, slots=True)
class Norm:
    """What is usual: medians and spreads of STATISTICS (9), the bits that most pictures have (64),
    in how many bits half of them differ, and all but one of 20."""

    middle: Floats
    spread: Floats
    background: Booleans
    apart: float
    far: float

    def moved(self, bits: Booleans) -> bool:
        """Return whether a background (64) differs in more bits than one of 20 pictures does, and
        in MOVED_BITS more than half of them."""
        apart = float((bits != self.background).sum())
        return apart > max(self.far, self.apart + MOVED_BITS)


@dataclass(slots=True)
class Usual:
    """How pictures of one kind looked so far. The newest WINDOW wait until it is clear that they
    are no beginning of something else."""

    series: Series
    taken: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_BEFORE))
    waiting: deque[tuple[int, bool]] = field(default_factory=deque)
    known: Norm | None = None

    def add(self, n: int, differs: bool) -> None:
        """Add a picture, by index."""
        self.waiting.append((n, differs))
        if len(self.waiting) <= WINDOW:
            return
        strange = sum(other for _, other in self.waiting)
        oldest, _ = self.waiting.popleft()
        if strange <= WINDOW // 2:
            self.taken.append(oldest)
            if len(self.taken) >= LEAST_BEFORE and (self.known is None or not oldest % 5):
                self.known = norm_from(self.series, list(self.taken))


def norm_from(series: Series, pictures: list[int]) -> Norm:
    """Return what is usual among some pictures of a series, by index."""
    rows, hashes = series.statistics[pictures], series.hashes[pictures]
    middle = np.median(rows, axis=0)
    spread = 1.4826 * np.median(np.abs(rows - middle), axis=0)
    background = hashes.mean(axis=0) > 0.5
    half, far = np.quantile((hashes != background).sum(axis=1), (0.5, 0.95))
    return Norm(middle, np.maximum(spread, FLOORS), background, float(half), float(far))


def signs_of(series: Series) -> list[Sign]:
    """Return the signs in a series, in order of time. A fault that ended is there too, not open."""
    infrared = series.infrared
    black = series.column("brightness") < BLACK
    against = (infrared == series.daylight) & ~black
    clock = spells(
        series, "clock", np.flatnonzero((series.night | series.daylight) & ~black), against
    )
    found = [
        *(sign for sign in clock if is_both_ways(series, sign)),
        *spells(series, "flash", np.flatnonzero(series.night), black),
        *spells(series, "dark", np.flatnonzero(~series.night), black),
    ]
    for kind in (infrared, ~infrared):
        of = np.flatnonzero(kind & ~black)
        looks = looks_of(series, of)
        for fault, flags in looks.items():
            found += spells(series, fault, of, flags)
    return sorted(without_echoes(found), key=lambda s: (s.first, FAULTS.index(s.fault)))


def looks_of(series: Series, pictures: Iterable[int]) -> dict[CameraFault, Booleans]:
    """Return which pictures of one kind, by index, look as if there was a fault, by fault."""
    usual = Usual(series)
    found = {fault: np.zeros(len(series), dtype=np.bool_) for fault in FAULTS}
    for n in pictures:
        faults = set(differences(series.statistics[n], series.hashes[n], usual.known))
        for fault in faults:
            found[fault][n] = True
        usual.add(n, bool(faults))
    return {fault: flags for fault, flags in found.items() if flags.any()}


def differences(row: Floats, bits: Booleans, known: Norm | None) -> Iterator[CameraFault]:
    """Yield what a picture's statistics (9) and hash (64) look like, beside what is usual."""
    if known is None:
        return
    z = {name: float((row[n] - known.middle[n]) / known.spread[n]) for name, n in COLUMN.items()}
    lost = float(known.middle[COLUMN["sharpness"]] - row[COLUMN["sharpness"]])
    glaring = row[COLUMN["bright_share"]] > 0.3 and z["bright_share"] > 3
    if glaring or (row[COLUMN["brightness"]] > 0.65 and z["brightness"] > 5):
        yield "bright"
    elif z["sharpness"] < -2.5 and lost > 0.5:
        yield "lens"
    elif snow_like(z) or grass_like(z):
        yield "covered"
    if known.moved(bits):
        yield "turned"


def snow_like(z: Mapping[str, float]) -> bool:
    """Return whether a picture is brighter and smoother than usual, as with snow."""
    return z["brightness"] > 2 and z["noise"] < -1.2 and z["sharpness"] < -0.8


def grass_like(z: Mapping[str, float]) -> bool:
    """Return whether a picture is greener than usual, and more so if its contrast is not less."""
    return z["red_green"] < (-2 if z["contrast"] < -2 else -4)


def spells(
    series: Series, fault: CameraFault, pictures: Iterable[int], flags: Booleans
) -> Iterator[Sign]:
    """Yield the times in which most of some pictures, by index, are flagged (n,)."""
    window: deque[int] = deque(maxlen=WINDOW)
    others: deque[int] = deque([-1], maxlen=WINDOW + 1)
    first, last = -1, -1
    for n in map(int, pictures):
        window.append(n)
        flagged = [m for m in window if flags[m]]
        if first < 0 and len(flagged) >= MANY:
            first, before = flagged[0], max(m for m in others if m < flagged[0])
        elif first >= 0 and len(flagged) <= FEW:
            if is_long(series, first, last):
                yield Sign(fault, first, last, before, False)
            first = -1
        if flags[n]:
            last = n
        else:
            others.append(n)
    if first >= 0 and is_long(series, first, last):
        yield Sign(fault, first, last, before, True)


def is_both_ways(series: Series, sign: Sign) -> bool:
    """Return whether there were colours at night and infrared at noon: a flash of visible light
    gives the one without the other, and so does a forest that is dark by day."""
    time = slice(sign.first, sign.last + 1)
    infrared, black = series.infrared[time], series.column("brightness")[time] < BLACK
    lit = (series.night[time] & ~infrared).sum()
    dark = (series.daylight[time] & infrared & ~black).sum()
    return bool(min(lit, dark) >= LEAST_EACH)


def is_long(series: Series, first: int, last: int) -> bool:
    """Return whether two pictures lie at least LEAST_HOURS apart."""
    return bool(series.at[last] - series.at[first] >= LEAST_HOURS * 3600)


def without_echoes(signs: list[Sign]) -> list[Sign]:
    """Return signs without those that others explain: a covered lens has no flash, and what is seen
    in colour is also seen in infrared."""
    kept: list[Sign] = []
    for sign in sorted(signs, key=lambda s: (not s.open, s.first)):
        same = any(o.fault == sign.fault and overlap(o, sign) for o in kept)
        covered = any(o.fault == "dark" and overlap(o, sign) for o in signs)
        if not same and not (sign.fault == "flash" and covered):
            kept.append(sign)
    return kept


def overlap(one: Sign, other: Sign) -> bool:
    """Return whether two signs are of the same time."""
    return one.first <= other.last and other.first <= one.last
