"""New kinds: unfamiliar pictures that lie nearer to one another than to anything known.

A few pictures of one new kind are hardly farther from what the model learnt than odd pictures of
known kinds are. But odd pictures seldom resemble each other. The statistic is a nearest-neighbour
one (Schilling 1986) among the pictures beyond the distance of nine in ten held ones. It takes how
much more alike a picture is to its nearest fellow than to its nearest known picture, and sums the
square roots. Not here: the other comparisons (comparisons.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from biosight.inference.reference import Reference, other_sources, unit

Floats = npt.NDArray[np.float64]
Likeness = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
DRAWS = 1999  # windows drawn from the held pictures, enough for a p of one in two thousand
PERMUTATIONS = 999
STRANGE, FAR = 0.9, 0.99  # shares of held pictures
UNUSUAL = 0.05  # with a smaller p the baseline is unlike the reference, which is then ignored
ENOUGH = 0.15
LENIENT = 10  # the exchange's p may be so many times that of the reference


@dataclass(frozen=True)
class Known:
    """Pictures that the model learnt from and was held against: unit vectors (n + m, d), the held
    ones first; novelty (n,) of the held ones without their own source; likeness (n, n + m)."""

    vectors: Likeness
    novelty: Likeness
    likeness: Likeness

    @cached_property
    def limit(self) -> float:
        """The novelty within which 99 % of the held pictures lie."""
        return float(np.quantile(self.novelty, FAR))

    @cached_property
    def strange(self) -> float:
        """The novelty within which 90 % of them lie."""
        return float(np.quantile(self.novelty, STRANGE))

    def nearest(self, embeddings: Floats) -> Floats:
        """Return the likeness (k,) of unit embeddings (k, d) to the nearest of all that is
        known."""
        found: Floats = (embeddings.astype(np.float32) @ self.vectors.T).max(axis=1).astype(float)
        return found


def known_of(reference: Reference) -> Known:
    """Return a reference that is ready for comparison."""
    vectors = unit(np.concatenate([reference.held_embeddings, reference.replay_embeddings]))
    held = np.arange(len(reference.held_embeddings))
    likeness = vectors[held] @ vectors.T
    novelty = other_sources(likeness, reference.held_sources)
    likeness[held, held] = -1
    return Known(vectors, novelty, likeness)


@dataclass(frozen=True, slots=True)
class Pool:
    """Strange pictures among others: likeness (s, n) to all of them, -1 to itself; the index of
    each strange one (s,); and its likeness to the nearest known picture outside (s,)."""

    likeness: Floats | Likeness
    rows: npt.NDArray[np.int64]
    known: Floats | Likeness

    def excess(self, inside: Flags) -> Floats:
        """Return how much nearer a fellow is than everything outside, for the strange ones
        inside."""
        mine = inside[self.rows]
        near = self.likeness[mine]
        fellow = near[:, inside].max(axis=1, initial=-1)
        outside = np.maximum(near[:, ~inside].max(axis=1, initial=-1), self.known[mine])
        found: Floats = np.maximum(fellow - outside, 0)
        return found

    def total(self, inside: Flags) -> float:
        return float(np.sqrt(self.excess(inside)).sum())


def new_kinds(
    base: tuple[Floats, Floats], new: tuple[Floats, Floats], known: Known, dice: np.random.Generator
) -> tuple[float, float]:
    """Return p, and the share of the window that belongs to new kinds, above the baseline's.

    Each side is unit embeddings (n, d) and novelty (n,). Windows drawn from the held pictures show
    what is usual, and the exchange of pictures between baseline and window has to agree roughly.
    The exchange decides alone where the baseline itself is unusual: there a subject that the model
    never saw recurs from the beginning. p is 1 where the reference is too small to draw from.
    """
    sizes = len(new[0]), len(base[0])
    if len(known.novelty) < 2 * max(sizes):
        return 1.0, 0.0
    pool, inside = pool_of(base, new, known)
    found, before = pool.total(inside), own_total(pool, inside)
    usual = rank(found, lambda n: drawn_statistics(known, sizes[0], n, dice), DRAWS)
    exchanged = rank(found, lambda n: totals(pool, sum(sizes), sizes[0], n, dice), PERMUTATIONS)
    odd = rank(before, lambda n: drawn_statistics(known, sizes[1], n, dice), DRAWS) < UNUSUAL
    share = float((pool.excess(inside) > 0).sum()) / sizes[0]
    theirs = float((pool.excess(~inside) > 0).sum()) / sizes[1]
    return exchanged if odd else max(usual, exchanged / LENIENT), share - theirs


def pool_of(
    base: tuple[Floats, Floats], new: tuple[Floats, Floats], known: Known
) -> tuple[Pool, Flags]:
    """Return window and baseline together, and which pictures are the window's."""
    vectors = np.concatenate([new[0], base[0]])
    rows = np.flatnonzero(np.concatenate([new[1], base[1]]) > known.strange)
    likeness = vectors[rows] @ vectors.T
    likeness[np.arange(len(rows)), rows] = -1
    pool = Pool(likeness, rows, known.nearest(vectors[rows]) if len(rows) else np.zeros(0))
    return pool, np.arange(len(vectors)) < len(new[0])


def own_total(pool: Pool, inside: Flags) -> float:
    """Return the statistic of the baseline alone, as if there were no window."""
    mine = ~inside[pool.rows]
    numbers = np.cumsum(~inside)[pool.rows[mine]] - 1
    alone = Pool(pool.likeness[mine][:, ~inside], numbers, pool.known[mine])
    return alone.total(np.ones(int((~inside).sum()), dtype=bool))


def drawn_statistics(known: Known, count: int, times: int, dice: np.random.Generator) -> Floats:
    """Return the statistic of windows of `count` held pictures, among the others and the replayed
    ones."""
    held = len(known.novelty)
    rows = np.flatnonzero(known.novelty > known.strange)
    near = known.likeness[rows]
    pool = Pool(near[:, :held], rows, near[:, held:].max(axis=1, initial=-1))
    return totals(pool, held, count, times, dice)


def totals(pool: Pool, size: int, count: int, times: int, dice: np.random.Generator) -> Floats:
    """Return the statistic of random windows of `count` among `size`."""
    found = np.empty(times)
    for n in range(times):
        inside = np.zeros(size, dtype=bool)
        inside[dice.permutation(size)[:count]] = True
        found[n] = pool.total(inside)
    return found


def rank(value: float, sample: Callable[[int], Floats], times: int) -> float:
    """Return the Monte Carlo p of `value`: the share of samples, with itself, that reach it. A
    value that is plainly usual after a tenth of them is sampled no further (Besag and Clifford
    1991)."""
    others = sample(times // 10)
    if (others >= value - 1e-9).mean() < ENOUGH:
        others = np.concatenate([others, sample(times - len(others))])
    return float(1 + (others >= value - 1e-9).sum()) / (1 + len(others))
