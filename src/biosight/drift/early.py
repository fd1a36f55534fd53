"""An early look, where upload sessions are too few for a check: the first days and the later ones,
or, with fewer days, the first deployments and the later ones.

Pictures of one day (or deployment) are alike, so each counts once, by the means of its pictures.
Neighbouring ones are alike too (weather, season, one camera), so no chance can be told: where the
halves differ more than nearly all other ways to part them, that is a hint and no more. Not here:
the full check (check.py), which alone gives a verdict.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt

from biosight.drift.comparisons import Side, energy, pairwise
from biosight.drift.kindred import Floats
from biosight.drift.window import MOST_IMAGES, MOST_SESSIONS, Window, window_of
from biosight.images import Image
from biosight.images.measures import STATISTICS
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Records

LEAST = 5  # days or deployments
MOST_OF_UNIT = 20  # pictures, those with the lowest lots
MOST_EXACT, SHUFFLES = 2000, 999

RARE = 0.05  # share of ways to part the units that differ as much
EarlyUnit = Literal["days", "deployments"]
UNITS: dict[EarlyUnit, Callable[[Image], str]] = {
    "days": lambda image: image.taken[:10],
    "deployments": lambda image: image.deployment,
}


@dataclass(frozen=True, slots=True)
class EarlyLook:
    """What the first and the later half of some units show: the share of ways to part them that
    differ as much (`share`), and the statistic of the look that differs most, "" where the content
    differs more. `unit` says what they are, `halves` how many there are of each."""

    before: Window
    later: Window
    unit: EarlyUnit
    halves: tuple[int, int]
    share: float
    statistic: str
    higher: bool

    @property
    def hints(self) -> bool:
        """Whether the halves differ more than nearly all other ways to part the units."""
        return self.share <= RARE


def early_look(records: Records, collection: str, space: str, limit: float) -> EarlyLook | None:
    """Return an early look at a collection's newest pictures, by days or else by deployments; None
    with fewer than LEAST of both.

    `limit` is the novelty beyond which one known picture in a hundred lies.
    """
    order = Order("created_at", descending=True)
    found = records.find(Image, living_images(collection), order=order, limit=MOST_IMAGES)
    for kind, unit_of in UNITS.items():
        window = window_of(records, drawn_by_unit(found, unit_of), space, limit)
        units = np.array([unit_of(i) for i in window.images])
        if len(np.unique(units)) >= LEAST:
            return look_at_halves(window, in_turn(window.images, unit_of), units, kind)
    return None


def look_at_halves(
    window: Window, turns: Sequence[str], units: npt.NDArray[np.str_], kind: EarlyUnit
) -> EarlyLook:
    """Return what the first and the later half of some units show; `turns` are these in time, and
    `units` has that of each picture."""
    half = len(turns) // 2
    is_later = np.isin(units, turns[half:])
    means = unit_means(window.side, units, turns)
    content, (look, column, higher) = halves_compared(*means, half)
    share = min(1.0, 2 * min(content, look))  # two looks at the same units
    statistic = STATISTICS[column] if look <= content else ""
    halves = half, len(turns) - half
    before, later = some_of(window, ~is_later), some_of(window, is_later)
    return EarlyLook(before, later, kind, halves, share, statistic, higher)


def in_turn(images: Sequence[Image], unit_of: Callable[[Image], str]) -> list[str]:
    """Return the units of pictures by when each began: days by themselves, deployments by their
    first picture."""
    first: dict[str, str] = {}
    for image in images:
        unit = unit_of(image)
        first[unit] = min(first.get(unit, image.taken or image.day), image.taken or image.day)
    return sorted(first, key=lambda unit: (first[unit], unit))


def drawn_by_unit(images: Sequence[Image], unit_of: Callable[[Image], str]) -> list[Image]:
    """Return some pictures of each unit, of the newest units, in order of arrival."""
    by: dict[str, list[Image]] = defaultdict(list)
    for image in images:
        if unit := unit_of(image):
            by[unit].append(image)
    newest = in_turn([i for some in by.values() for i in some], unit_of)[-MOST_SESSIONS:]
    drawn = [i for unit in newest for i in sorted(by[unit], key=lambda i: i.lottery)[:MOST_OF_UNIT]]
    return sorted(drawn, key=lambda i: (i.created_at, i.id))


def some_of(window: Window, chosen: npt.NDArray[np.bool_]) -> Window:
    """Return the chosen pictures (n,) of a window, with what the tests need of them."""
    side, at = window.side, np.flatnonzero(chosen)
    kept = replace(
        side,
        embeddings=side.embeddings[at],
        statistics=side.statistics[at],
        novelty=side.novelty[at],
        labels=tuple(side.labels[n] for n in at),
    )
    return Window(tuple(window.images[n] for n in at), kept)


def unit_means(
    side: Side, units: npt.NDArray[np.str_], turns: Sequence[str]
) -> tuple[Floats, Floats]:
    """Return the mean embedding of each unit (n, d), of length 1, and its median statistics (n, 9),
    NaN where no picture says anything; `units` has the unit of each picture, `turns` their
    order."""
    means, looks = [], []
    for unit in turns:
        mean = side.embeddings[units == unit].mean(axis=0)
        means.append(mean / max(float(np.linalg.norm(mean)), 1e-12))
        table = side.statistics[units == unit]
        some = np.isfinite(table).any(axis=0)
        looks.append(np.where(some, np.nanmedian(np.where(some, table, 0), axis=0), np.nan))
    return np.array(means), np.array(looks)


def arrangements(n: int, first: int) -> npt.NDArray[np.float64]:
    """Return ways to part n units (k, n), 1 for later; the row at the top is the real one. All ways
    where they are few, otherwise random ones."""
    if math.comb(n, first) <= MOST_EXACT:
        rows = np.ones((math.comb(n, first), n))
        for row, early in zip(rows, combinations(range(n), first), strict=True):
            row[list(early)] = 0
        return rows  # combinations begin with the first ones
    real = np.r_[np.zeros(first), np.ones(n - first)]
    dice = np.random.default_rng(0)
    return np.stack([real, *(dice.permutation(real) for _ in range(SHUFFLES))])


def halves_compared(
    vectors: Floats, looks: Floats, first: int
) -> tuple[float, tuple[float, int, bool]]:
    """Compare the first units with the later ones. Return the share of ways that differ as much in
    content, and in look, there with the statistic that differs most and whether it is higher now.
    A statistic that some unit lacks is not compared."""
    ways = arrangements(len(vectors), first)
    energies = energy(pairwise(vectors), ways)
    content = float((energies >= energies[0] - 1e-12).mean())
    whole = np.where(np.isfinite(looks).all(axis=0), looks, 0.0)
    spread = whole.std(axis=0)
    scaled = (whole - whole.mean(axis=0)) / np.where(spread > 0, spread, 1)
    later = ways @ scaled / ways.sum(axis=1, keepdims=True)
    apart = later - (1 - ways) @ scaled / (1 - ways).sum(axis=1, keepdims=True)
    greatest = np.abs(apart).max(axis=1)
    look = float((greatest >= greatest[0] - 1e-12).mean())
    column = int(np.abs(apart[0]).argmax())
    return content, (look, column, bool(apart[0, column] > 0))
