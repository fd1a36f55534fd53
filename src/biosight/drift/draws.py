"""Draws: an upload session counts as one, or, where uploads are few, a folder or day within one.

Pictures of one memory card are alike, and often its folders are too. Folders count apart only where
those of one upload are no more alike than those of different uploads. bench/drift.py measures what
that does to false alarms. Not here: drawing (window.py).
"""

from collections.abc import Callable, Sequence

import numpy as np

from biosight.drift.kindred import Floats
from biosight.images import Image

# If a smaller share of shuffles is as alike, uploads explain how alike folders are.
LEAST_P = 0.2
SHUFFLES = 499
LEAST_DRAWS = 20
Draw = Callable[[Image], str]


def by_session(image: Image) -> str:
    """Return one draw for each upload."""
    return image.session or image.id


def by_folder_and_day(image: Image) -> str:
    """Return one draw for each folder of an upload, and each day in it that the pictures state."""
    return f"{by_session(image)} {image.folder} {image.taken[:10]}"


def counts_apart(vectors: Floats, uploads: Sequence[str]) -> bool:
    """Return whether draws, unit vectors (n, d) of one picture each, may count on their own. They
    may not where those of one upload are more alike than by chance (a permutation test of the mean
    cosine), nor where there are too few to tell."""
    names, number = np.unique(np.asarray(uploads), return_inverse=True)
    if len(uploads) < LEAST_DRAWS or len(names) < 2:
        return False
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, 0)

    def within(order: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> float:
        one = np.eye(len(names))[order]
        return float((one * (likeness @ one)).sum())

    dice = np.random.default_rng(0)
    found = within(number)
    as_alike = sum(within(dice.permutation(number)) >= found - 1e-9 for _ in range(SHUFFLES))
    return (as_alike + 1) / (SHUFFLES + 1) >= LEAST_P
