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

Pictures that taught the serving version are counted as they are, since it knows them. Where
pictures went after people had looked at them, the rest is no random sample: that shows in how many
lots are left, and nothing is said. Not here: events and rates (field), whose intervals don't count
errors of the machine.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from biosight.images import Image
from biosight.labels import IN_BULK, PEOPLE
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Question, Records, Where
from biosight.taxa.naming import Naming
from biosight.taxa.paths import counts_below, paths_down_to

LEAST = 30  # pictures of a sample, before which nothing is said
MOST = 5_000
TAIL = 0.025
UNSEEN = ("machine", IN_BULK, "nobody")
BY_LOT = Order("lottery")
FAIR = 2.5  # standard deviations by which the number of small lots may differ from the expected


@dataclass(frozen=True, slots=True)
class Population:
    """A collection's living pictures: how many the machine gave each path (`said`), and how many
    people named so (`verified`). Pictures that taught the serving version are in `taught` alone, by
    the path that people gave them. `path_of` gives the path that a name of the model has here, and
    `teachers` are the ids of pictures that taught."""

    said: Counter[str]
    verified: Counter[str]
    taught: Counter[str]
    path_of: Callable[[str], str]
    teachers: frozenset[str]

    @property
    def pictures(self) -> int:
        """Return how many pictures did not teach."""
        return self.said.total()

    @property
    def whole(self) -> int:
        """Return how many pictures there are."""
        return self.pictures + self.taught.total()


@dataclass(frozen=True, slots=True)
class RandomSample:
    """A simple random sample of a population: for each picture the path that people gave it, and
    the machine's. `fair` is false where it is none, as pictures went after they were looked at, and
    `whole` is true where people have looked at all of them."""

    population: Population
    pairs: tuple[tuple[str, str], ...]
    fair: bool = True
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """A name with all below it: `said` of the `pictures` have it from the machine, of which the
    sample has `looked`, with `right` of them right; of the sample's `others`, `missed` show it too.
    `taught` pictures more show it for sure. People say it of at least `surely` pictures in all, and
    something else of `surely_not`; `whole` counts all pictures."""

    pictures: int
    said: int
    looked: int
    right: int
    others: int
    missed: int
    taught: int = 0
    surely: int = 0
    surely_not: int = 0
    whole: int = 0


@dataclass(frozen=True, slots=True)
class LikelyCount:
    """How many pictures show a name: an estimate, and the ends of its 95 % interval."""

    estimate: float
    low: float
    high: float


def population_of(
    records: Records,
    collection: str,
    naming: Naming,
    accepted: Callable[[str], str],
    teachers: Iterable[str] = (),
) -> Population:
    """Return what machine and people say of a collection; `accepted` gives the label that a name of
    a model has here, and `teachers` are pictures that taught the serving version."""
    living = living_images(collection)
    paths: dict[str, str] = {}

    def path_of(machine: str) -> str:
        if machine not in paths:
            paths[machine] = naming.path(accepted(machine)) if machine else ""
        return paths[machine]

    said, verified, taught = Counter[str](), Counter[str](), Counter[str]()
    for (machine,), n in records.tally(Image, living, ("machine_label",)).items():
        said[path_of(str(machine))] += n
    for (path, who), n in records.tally(Image, living, ("label_path", "who")).items():
        verified[str(path)] += n * (who == "person" and bool(path))
    ids = frozenset(teachers)
    if ids:
        those = [*living, Where("who", "in", PEOPLE)]
        fields = "id", "machine_label", "label_path"
        for id, machine, path in records.tally(Image, those, fields):
            if id in ids:
                said[path_of(str(machine))] -= 1
                taught[str(path)] += 1
    return Population(said, verified, taught, path_of, ids)


def sample_of(records: Records, collection: str, population: Population) -> RandomSample:
    """Return the random sample that people have looked at so far. Pictures that nobody could name
    are left out."""
    living = living_images(collection)
    end = first_unseen(records, living)
    seen = [*living, Where("who", "=", "person"), Where("lottery", "<", end)]
    drawn = records.find(Image, seen, order=BY_LOT, limit=MOST)
    whole = end > 1
    if len(drawn) == MOST:
        end = drawn[-1].lottery
    fair = is_fair(len(drawn), population.whole, end)
    return RandomSample(population, pairs_of(population, drawn), fair, whole)


def first_unseen(records: Records, where: Sequence[Where]) -> float:
    """Return the smallest lot that nobody has looked at, 2 where somebody saw all."""
    asked = [Question([*where, Where("who", "=", who)], BY_LOT) for who in UNSEEN]
    return min((f[0].lottery for f in records.find_each(Image, asked) if f), default=2.0)


def pairs_of(population: Population, drawn: Iterable[Image]) -> tuple[tuple[str, str], ...]:
    """Return what people and the machine say of pictures that did not teach it."""
    return tuple(
        (i.label_path, population.path_of(i.machine_label))
        for i in drawn
        if i.label and i.id not in population.teachers
    )


def is_fair(found: int, pictures: int, end: float) -> bool:
    """Return whether as many pictures have lots below `end` as chance gives."""
    if end >= 1:
        return True
    expected = pictures * end
    return bool(abs(found - expected) <= FAIR * max(np.sqrt(expected * (1 - end)), 1))


def small_lots_unseen(records: Records, collection: str) -> int:
    """Return how many pictures must be looked at until a sample has LEAST."""
    first = records.find(Image, living_images(collection), order=BY_LOT, limit=LEAST)
    return sum(image.who != "person" for image in first)


def counts_by_path(sample: RandomSample, paths: Iterable[str]) -> dict[str, Counts]:
    """Return what a sample says of several names, each with all below it; none of it where the
    sample is too small or no longer fair, and people have not looked at everything."""
    if sample.whole:
        verified = counts_below(sample.population.verified)
        return {p: Counts(0, 0, 0, 0, 0, 0, verified[p], whole=verified[p]) for p in paths}
    if len(sample.pairs) < LEAST or not sample.fair:
        return {}
    true, given, both = Counter[str](), Counter[str](), Counter[str]()
    for truth, answer in sample.pairs:
        above_truth, above_answer = paths_down_to(truth), paths_down_to(answer)
        true.update(above_truth)
        given.update(above_answer)
        both.update(set(above_truth) & set(above_answer))
    size = len(sample.pairs)
    seen = {p: (given[p], both[p], size - given[p], true[p] - both[p]) for p in paths}
    return counts_from(sample.population, seen)


def counts_from(
    population: Population, seen: Mapping[str, tuple[int, int, int, int]]
) -> dict[str, Counts]:
    """Return the counts of names in a population, given what a sample has of each path: `looked`,
    `right`, `others` and `missed`."""
    said, taught = counts_below(population.said), counts_below(population.taught)
    verified, named = counts_below(population.verified), population.verified.total()
    return {
        path: Counts(
            population.pictures,
            said[path],
            *four,
            taught[path],
            verified[path],
            named - verified[path],
            population.whole,
        )
        for path, four in seen.items()
    }


def likely_count(counts: Counts) -> LikelyCount:
    """Return how many pictures show a name."""
    rest = counts.pictures - counts.said
    drawn = [stratum(counts.said, counts.right, counts.looked)] if counts.looked else []
    drawn += [stratum(rest, counts.missed, counts.others)] if counts.others else []
    unseen = counts.said * (not counts.looked) + rest * (not counts.others)  # nothing is known
    estimate = sum(middle for middle, _, _ in drawn) + unseen / 2 + counts.taught
    below_it = float(np.sqrt(sum((middle - low) ** 2 for middle, low, _ in drawn)))
    above_it = float(np.sqrt(sum((high - middle) ** 2 for middle, _, high in drawn)))
    low, high = estimate - below_it - unseen / 2, estimate + above_it + unseen / 2
    least = max(counts.surely, counts.right + counts.missed + counts.taught)
    whole = counts.whole or counts.pictures + counts.taught
    wrong = counts.looked + counts.others - counts.right - counts.missed
    most = whole - max(counts.surely_not, wrong)
    ends = (float(min(max(n, least), most)) for n in (estimate, low, high))
    return LikelyCount(*ends)


def stratum(size: int, found: int, looked: int) -> tuple[float, float, float]:
    """Return how many of a stratum's pictures show a name, and the ends of the interval, where
    `looked` (at least 1) of its `size` pictures were drawn and `found` of these show it."""
    from scipy.special import betaincinv  # 15 MB, which most servers never need

    share, a, b = found / looked, found + 0.5, looked - found + 0.5
    low = float(betaincinv(a, b, TAIL)) if found else 0.0
    high = float(betaincinv(a, b, 1 - TAIL)) if found < looked else 1.0
    left = size * float(np.sqrt(max(size - looked, 0) / max(size - 1, 1)))
    middle = size * share
    return middle, middle - left * (share - low), middle + left * (high - share)


def looks_needed(counts: Counts, within: float = 0.1) -> int | None:
    """Return about how many more random pictures make the interval as narrow as this share of the
    estimate on each side, None where even all would hardly do or it is so already."""
    drawn = counts.looked + counts.others
    if not drawn or is_within(counts, within):
        return None
    for times in np.geomspace(1.25, max(counts.pictures / drawn, 1.25), 10):
        more = enlarged(counts, float(times))
        if is_within(more, within):
            return more.looked + more.others - drawn
    return None


def is_within(counts: Counts, within: float) -> bool:
    """Return whether the interval ends within a share of the estimate on each side, on average."""
    likely = likely_count(counts)
    return (likely.high - likely.low) / 2 <= within * likely.estimate


def enlarged(counts: Counts, times: float) -> Counts:
    """Return the counts that a sample would give if it were that many `times` as large."""
    rest = counts.pictures - counts.said
    looked = min(round(counts.looked * times), counts.said)
    others = min(round(counts.others * times), rest)
    right = round(counts.right / counts.looked * looked) if counts.looked else 0
    missed = round(counts.missed / counts.others * others) if counts.others else 0
    return replace(counts, looked=looked, right=right, others=others, missed=missed)


def pairs_in(sample: Sequence[tuple[str, str]], path: str, *, said: bool) -> tuple[int, int]:
    """Return how many pairs of truth and answer have a path (with all below it) from the machine,
    or (`said` false) have not, and of how many of these it is true."""
    chosen = [truth for truth, answer in sample if answer.startswith(path) == said]
    return len(chosen), sum(truth.startswith(path) for truth in chosen)
