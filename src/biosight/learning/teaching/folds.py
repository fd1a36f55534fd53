"""Folds of taught pictures: pictures that show the same thing stay on one side.

Not here: which pictures teach (examples.py), or which are locked away for judging
(learning/locking.py).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biosight.images import Image
from biosight.learning.locking import duplicate_groups

Ints = npt.NDArray[np.int64]
FOLDS = 5
# A label whose pictures come from fewer uploads can't be left out upload by upload.
FEWEST_GROUPS = 3


@dataclass(frozen=True, slots=True)
class Folds:
    """The fold of each picture (n,). `whole` says that no upload and no deployment was split;
    otherwise only near-duplicates were kept together, and figures flatter."""

    number: Ints
    whole: bool


def kept_together(images: Sequence[Image]) -> list[tuple[str, str]]:
    """Return two keys per picture. Pictures with the same first key share an upload, a deployment
    or a near-duplicate, perhaps through others; with the same second key they are
    near-duplicates."""
    from scipy.sparse import coo_array  # seldom needed, and slow to load
    from scipy.sparse.csgraph import connected_components

    alike = duplicate_groups([i.phash for i in images])
    links: dict[tuple[str, object], list[int]] = defaultdict(list)
    for n, image in enumerate(images):
        links["alike", alike[n]].append(n)
        links["upload", image.session or image.id].append(n)
        if image.deployment:
            links["deployment", image.deployment].append(n)
    pairs = [(group[0], n) for group in links.values() for n in group]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    size = len(images)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(size, size))
    _, linked = connected_components(graph, directed=False)
    return [(f"g{linked[n]}", f"a{alike[n]}") for n in range(size)]


def folds_of(labels: Sequence[str], together: Sequence[tuple[str, str]]) -> Folds:
    """Return folds of pictures with these labels and keys: whole uploads and deployments where
    every label comes from enough of them, else near-duplicates alone."""
    groups: dict[str, set[str]] = defaultdict(set)
    for label, (wide, _) in zip(labels, together, strict=True):
        groups[label].add(wide)
    whole = all(len(found) >= FEWEST_GROUPS for found in groups.values())
    keys = [wide if whole else narrow for wide, narrow in together]
    return Folds(even_folds(labels, keys), whole)


def even_folds(labels: Sequence[str], keys: Sequence[str]) -> Ints:
    """Return a fold for each picture (n,): pictures with one key share it, and each label is spread
    over the folds as evenly as that allows. Large groups are placed first."""
    groups: dict[str, list[int]] = defaultdict(list)
    for n, key in enumerate(keys):
        groups[key].append(n)
    held = [Counter[str]() for _ in range(FOLDS)]
    number = np.zeros(len(labels), dtype=np.int64)
    for key in sorted(groups, key=lambda k: (-len(groups[k]), k)):
        own = Counter(labels[n] for n in groups[key])
        main = own.most_common(1)[0][0]
        best = min(range(FOLDS), key=lambda f: (held[f][main], held[f].total(), f))
        held[best].update(own)
        number[groups[key]] = best
    return number
