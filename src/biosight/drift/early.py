"""An early look, where upload sessions are too few for a check: days or deployments are compared.

Pictures of one day or one camera are alike, so each day (or deployment) counts once, by the means
of its pictures. The first half is compared with the later one by permuting days (Fisher 1935; the
greatest difference over all statistics as in Westfall and Young 1993). Not here: the full check
(check.py), which alone gives a verdict.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from biosight.drift.comparisons import energy, pairwise
from biosight.drift.kindred import Floats
from biosight.drift.window import MOST_IMAGES, MOST_SESSIONS, Window, embeddings_of, window_of
from biosight.images import Image
from biosight.images.measures import STATISTICS
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Records

LEAST_UNITS = 5
MOST_OF_UNIT = 20  # pictures, those with the lowest lots
MOST_EXACT, SHUFFLES = 2000, 999
SURE = 0.01
TESTS = 2  # the look and the content, each at half of what is allowed
Units = list[list[Image]]


@dataclass(frozen=True, slots=True)
class EarlyLook:
    """What the first and the later half of days (or deployments) say: how often chance alone makes
    such a difference (`p`), the least that `p` can be with so few, and the statistic of the look
    that differs most, "" for none."""

    unit: str
    before: Window
    later: Window
    halves: tuple[int, int]
    p: float
    least_p: float
    statistic: str
    higher: bool

    @property
    def sure(self) -> bool:
        return self.p <= SURE


def early_look(records: Records, collection: str, space: str, limit: float) -> EarlyLook | None:
    """Return an early look at a collection; None with fewer than LEAST_UNITS days and deployments.

    `limit` is the novelty beyond which one known picture in a hundred lies.
    """
    order = Order("created_at", descending=True)
    found = records.find(Image, living_images(collection), order=order, limit=MOST_IMAGES)
    unit, units = units_of(found)
    if len(units) < LEAST_UNITS:
        return None
    half = len(units) // 2
    before, later = (
        window_of(records, [i for one in part for i in one], space, limit)
        for part in (units[:half], units[half:])
    )
    vectors, looks = unit_means(records, units, space)
    if len(vectors) < len(units):
        return None  # some have no embedding by this model yet
    halves = (half, len(units) - half)
    content, (p_look, column, higher) = halves_compared(vectors, looks, half)
    p = min(1.0, TESTS * min(content, p_look))
    statistic = STATISTICS[column] if p_look <= content else ""
    return EarlyLook(unit, before, later, halves, p, least_p(len(units)), statistic, higher)


def units_of(images: Sequence[Image]) -> tuple[str, Units]:
    """Return what counts once, and its pictures, the earliest first: deployments where there are
    enough, otherwise days."""
    ways: tuple[tuple[str, Callable[[Image], str]], ...] = (
        ("deployments", lambda i: i.deployment),
        ("days", lambda i: i.taken[:10]),
    )
    units: Units = []
    for unit, key in ways:
        by: dict[str, list[Image]] = defaultdict(list)
        for image in images:
            if key(image) and image.taken:
                by[key(image)].append(image)
        drawn = [sorted(some, key=lambda i: i.lottery)[:MOST_OF_UNIT] for some in by.values()]
        units = sorted(drawn, key=lambda some: min(i.taken for i in some))
        if len(units) >= LEAST_UNITS:
            return unit, units[-MOST_SESSIONS:]
    return "days", units


def unit_means(records: Records, units: Units, space: str) -> tuple[Floats, Floats]:
    """Return the mean embedding of each one (n, d), of length 1, and its median statistics
    (n, 9); a one without an embedding in `space` has no row."""
    ids = [i.id for one in units for i in one]
    known = {e.id: e.floats().astype(np.float64) for e in embeddings_of(records, ids, space)}
    vectors, looks = [], []
    for one in units:
        kept = [i for i in one if i.id in known]
        if kept:
            rows = np.stack([known[i.id] for i in kept])
            rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
            mean = rows.mean(axis=0)
            vectors.append(mean / max(float(np.linalg.norm(mean)), 1e-12))
            looks.append(np.median([i.statistics for i in kept], axis=0))
    return np.array(vectors), np.array(looks)


def arrangements(n: int, first: int) -> npt.NDArray[np.float64]:
    """Return ways to call units later (k, n), 1 for later; the row at the top is the real one. All
    ways where they are few, otherwise random ones."""
    real = np.r_[np.zeros(first), np.ones(n - first)]
    if math.comb(n, first) <= MOST_EXACT:
        rows = np.ones((math.comb(n, first), n))
        for row, early in zip(rows, combinations(range(n), first), strict=True):
            row[list(early)] = 0
        return rows  # combinations begin with the first ones
    dice = np.random.default_rng(0)
    return np.stack([real, *(dice.permutation(real) for _ in range(SHUFFLES))])


def halves_compared(
    vectors: Floats, looks: Floats, first: int
) -> tuple[float, tuple[float, int, bool]]:
    """Compare the first units with the later ones. Return the p value of the content, and that of
    the look with the statistic that differs most and whether it is higher now."""
    ways = arrangements(len(vectors), first)
    energies = energy(pairwise(vectors), ways)
    content = float((energies >= energies[0] - 1e-12).mean())
    spread = looks.std(axis=0)
    scaled = (looks - looks.mean(axis=0)) / np.where(spread > 0, spread, 1)
    later = ways @ scaled / ways.sum(axis=1, keepdims=True)
    earlier = (1 - ways) @ scaled / (1 - ways).sum(axis=1, keepdims=True)
    apart = later - earlier
    greatest = np.abs(apart).max(axis=1)
    look = float((greatest >= greatest[0] - 1e-12).mean())
    column = int(np.abs(apart[0]).argmax())
    return content, (look, column, bool(apart[0, column] > 0))


def least_p(units: int) -> float:
    """Return the least p value that so many units can give. Halves of one size may be exchanged
    without a change."""
    alike = 2 if units % 2 == 0 else 1
    return min(1.0, TESTS * alike / min(math.comb(units, units // 2), SHUFFLES + 1))


def enough_for(sure: float = SURE) -> int:
    """Return from how many units on an early look can be sure."""
    n = LEAST_UNITS
    while max(least_p(n), least_p(n + 1)) > sure:
        n += 1
    return n
