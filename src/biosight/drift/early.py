"""An early look, where upload sessions are too few for a check: the first days and the later ones.

Pictures of one day are alike, so each day counts once, by the means of its pictures. Days that
follow each other are alike too (weather, season, one camera), so no chance can be told: where the
halves differ more than nearly all other ways to part the days, that is a hint and no more. Not
here: the full check (check.py), which alone gives a verdict.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from biosight.drift.comparisons import Side, energy, pairwise
from biosight.drift.kindred import Floats
from biosight.drift.window import MOST_IMAGES, MOST_SESSIONS, Window, window_of
from biosight.images import Image
from biosight.images.measures import STATISTICS
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Records

LEAST_DAYS = 5
MOST_OF_DAY = 20  # pictures, those with the lowest lots
MOST_EXACT, SHUFFLES = 2000, 999

RARE = 0.05  # share of ways to part the days that differ as much


@dataclass(frozen=True, slots=True)
class EarlyLook:
    """What the first and the later half of the days show: the share of ways to part the days that
    differ as much (`share`), and the statistic of the look that differs most, "" where the content
    differs more."""

    before: Window
    later: Window
    days: tuple[int, int]
    share: float
    statistic: str
    higher: bool

    @property
    def hints(self) -> bool:
        """Whether the halves differ more than nearly all other ways to part the days."""
        return self.share <= RARE


def early_look(records: Records, collection: str, space: str, limit: float) -> EarlyLook | None:
    """Return an early look at a collection's newest pictures; None with fewer than LEAST_DAYS days.

    `limit` is the novelty beyond which one known picture in a hundred lies.
    """
    order = Order("created_at", descending=True)
    found = records.find(Image, living_images(collection), order=order, limit=MOST_IMAGES)
    window = window_of(records, drawn_by_day(found), space, limit)
    day_of = np.array([i.taken[:10] for i in window.images])
    days = np.unique(day_of)
    if len(days) < LEAST_DAYS:
        return None
    half = len(days) // 2
    is_later = day_of >= days[half]
    content, (look, column, higher) = halves_compared(*day_means(window.side, day_of), half)
    share = min(1.0, 2 * min(content, look))  # two looks at the same days
    statistic = STATISTICS[column] if look <= content else ""
    halves = half, len(days) - half
    before, later = some_of(window, ~is_later), some_of(window, is_later)
    return EarlyLook(before, later, halves, share, statistic, higher)


def drawn_by_day(images: Sequence[Image]) -> list[Image]:
    """Return some pictures of each day on which pictures were taken, of the newest days, in order
    of arrival."""
    by: dict[str, list[Image]] = defaultdict(list)
    for image in images:
        if image.taken:
            by[image.taken[:10]].append(image)
    newest = sorted(by)[-MOST_SESSIONS:]
    drawn = [i for day in newest for i in sorted(by[day], key=lambda i: i.lottery)[:MOST_OF_DAY]]
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


def day_means(side: Side, day_of: npt.NDArray[np.str_]) -> tuple[Floats, Floats]:
    """Return the mean embedding of each day (n, d), of length 1, and its median statistics (n, 9),
    NaN where no picture says anything; `day_of` is the day of each picture."""
    means, looks = [], []
    for day in np.unique(day_of):
        mean = side.embeddings[day_of == day].mean(axis=0)
        means.append(mean / max(float(np.linalg.norm(mean)), 1e-12))
        table = side.statistics[day_of == day]
        some = np.isfinite(table).any(axis=0)
        looks.append(np.where(some, np.nanmedian(np.where(some, table, 0), axis=0), np.nan))
    return np.array(means), np.array(looks)


def arrangements(n: int, first: int) -> npt.NDArray[np.float64]:
    """Return ways to part n days (k, n), 1 for later; the row at the top is the real one. All ways
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
    """Compare the first days with the later ones. Return the share of ways that differ as much in
    content, and in look, there with the statistic that differs most and whether it is higher now.
    A statistic that some day lacks is not compared."""
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
