"""How many pictures truly show a name, with an interval that counts the machine's errors.

Each picture has a lot, drawn once. The random half of review goes by these lots, so the pictures
with the smallest lots, as far as people looked at all of them, are a simple random sample of the
collection. Among those that the machine gave a name, the sample tells how many are right; among all
others, how many were missed. The sum over both strata is the prediction-powered estimate of a total
(Angelopoulos et al. 2023, Science 382: 669-674), which for a plain yes or no is post-stratification
(Cochran 1977, Sampling Techniques, 5A.9). Its interval is put together from those of the two shares
by MOVER (Donner and Zou 2012, Statistical Methods in Medical Research 21: 347-359), each of them
Jeffreys' (Brown et al. 2001, Statistical Science 16: 101-133), and narrowed as the sample becomes
the whole. bench.likely_counts measures how often it covers.

Not here: events and rates (field), whose intervals don't count errors of the machine.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from biosight.images import Image
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Question, Records, Where
from biosight.taxa.naming import Naming

LEAST = 30  # pictures of a sample, before which nothing is said
MOST = 5_000
TAIL = 0.025
UNSEEN = ("machine", "bulk", "nobody")


@dataclass(frozen=True, slots=True)
class RandomSample:
    """A simple random sample of a collection: for each picture the path of what people said, and of
    what the machine had said. `pictures` counts all pictures, and `said` those of each path that
    the machine gave."""

    truths: tuple[str, ...]
    answers: tuple[str, ...]
    pictures: int
    said: Counter[str]


@dataclass(frozen=True, slots=True)
class Counts:
    """A name with all below it: `said` pictures have it from the machine, of which the sample has
    `looked`, with `right` of them right; of the sample's `others`, `missed` show it too."""

    pictures: int
    said: int
    looked: int
    right: int
    others: int
    missed: int


@dataclass(frozen=True, slots=True)
class LikelyCount:
    """How many pictures show a name: an estimate, and the ends of its 95 % interval."""

    estimate: float
    low: float
    high: float


def sample_of(
    records: Records, collection: str, naming: Naming, accepted: Callable[[str], str]
) -> RandomSample:
    """Return the random sample that people have looked at so far; `accepted` gives the label that a
    name of a model has here. Pictures that nobody could name are left out."""
    living = living_images(collection)
    by_lot = Order("lottery")
    asked = [Question([*living, Where("who", "=", who)], by_lot) for who in UNSEEN]
    lots = [found[0].lottery for found in records.find_each(Image, asked) if found]
    seen = [*living, Where("who", "=", "person"), Where("lottery", "<", min(lots, default=2.0))]
    drawn = [i for i in records.find(Image, seen, order=by_lot, limit=MOST) if i.label]
    paths: dict[str, str] = {}

    def path_of(machine: str) -> str:
        if machine not in paths:
            paths[machine] = naming.path(accepted(machine)) if machine else ""
        return paths[machine]

    said: Counter[str] = Counter()
    for (machine,), n in records.tally(Image, living, ("machine_label",)).items():
        said[path_of(str(machine))] += n
    return RandomSample(
        tuple(i.label_path for i in drawn),
        tuple(path_of(i.machine_label) for i in drawn),
        sum(said.values()),
        said,
    )


def counts_of(sample: RandomSample, path: str) -> Counts:
    """Return what a sample says of a name with all below it."""
    true = [p.startswith(path) for p in sample.truths]
    given = [p.startswith(path) for p in sample.answers]
    looked = sum(given)
    right = sum(t and g for t, g in zip(true, given, strict=True))
    said = sum(n for p, n in sample.said.items() if p.startswith(path))
    others = len(true) - looked
    return Counts(sample.pictures, said, looked, right, others, sum(true) - right)


def likely_count(counts: Counts) -> LikelyCount:
    """Return how many pictures show a name."""
    rest = counts.pictures - counts.said
    drawn = [stratum(counts.said, counts.right, counts.looked)] if counts.looked else []
    drawn += [stratum(rest, counts.missed, counts.others)] if counts.others else []
    unseen = counts.said * (not counts.looked) + rest * (not counts.others)  # nothing is known
    estimate = sum(middle for middle, _, _ in drawn) + unseen / 2
    below = float(np.sqrt(sum((middle - low) ** 2 for middle, low, _ in drawn))) + unseen / 2
    above = float(np.sqrt(sum((high - middle) ** 2 for middle, _, high in drawn))) + unseen / 2
    known = counts.right + counts.missed  # seen by people
    none = counts.looked + counts.others - known
    return LikelyCount(
        estimate, max(estimate - below, known), min(estimate + above, counts.pictures - none)
    )


def stratum(size: int, found: int, looked: int) -> tuple[float, float, float]:
    """Return how many of a stratum's pictures show a name, and the ends of the interval, where
    `looked` (at least 1) of its `size` pictures were drawn and `found` of these show it."""
    from scipy.special import betaincinv  # 15 MB, which most servers never need

    share = found / looked
    low = float(betaincinv(found + 0.5, looked - found + 0.5, TAIL)) if found else 0.0
    high = float(betaincinv(found + 0.5, looked - found + 0.5, 1 - TAIL)) if found < looked else 1.0
    left = float(np.sqrt(max(size - looked, 0) / max(size - 1, 1)))
    return (
        size * share,
        size * (share - left * (share - low)),
        size * (share + left * (high - share)),
    )


def looks_needed(counts: Counts, within: float = 0.1) -> int | None:
    """Return about how many more random pictures make the interval as narrow as this share of the
    estimate on each side, None where even all would hardly do or it is so already."""
    drawn = counts.looked + counts.others
    if is_within(counts, within):
        return None
    for times in np.geomspace(1.25, max(counts.pictures / max(drawn, 1), 1.25), 10):
        more = enlarged(counts, float(times))
        if is_within(more, within):
            return more.looked + more.others - drawn
    return None


def is_within(counts: Counts, within: float) -> bool:
    """Return whether the interval ends within a share of the estimate on each side, on average."""
    likely = likely_count(counts)
    return (likely.high - likely.low) / 2 <= within * likely.estimate


def enlarged(counts: Counts, times: float) -> Counts:
    """Return the counts as they would be with a sample so many times as large."""
    looked, others = (
        min(round(n * times), size)
        for n, size in (
            (counts.looked, counts.said),
            (counts.others, counts.pictures - counts.said),
        )
    )
    right = round(counts.right / counts.looked * looked) if counts.looked else 0
    missed = round(counts.missed / counts.others * others) if counts.others else 0
    return Counts(counts.pictures, counts.said, looked, right, others, missed)


def likely_counts(sample: RandomSample, paths: Iterable[str]) -> dict[str, Counts]:
    """Return what a sample says of several names; none of it where the sample is too small."""
    if len(sample.truths) < LEAST:
        return {}
    return {path: counts_of(sample, path) for path in paths}
