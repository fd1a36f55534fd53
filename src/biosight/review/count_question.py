"""A queue for one question: how many pictures show a name?

Pictures that have the name from the machine and all others are drawn apart, each by their lots, so
that each is a simple random sample of its part. How many of each are drawn next follows from
what is known so far (optimum allocation: Neyman 1934, Journal of the Royal Statistical Society 97:
558-625): the more a part can still change the number, the more of its pictures come. Answers to it
do not measure the model (Annotation.via), as they are no random sample of the whole collection. Not
here: the estimate (likely_counts.py).
"""

from math import sqrt

from biosight.images import Image
from biosight.review.likely_counts import (
    BY_LOT,
    MOST,
    Counts,
    Population,
    counts_from,
    first_unseen,
    pairs_in,
    pairs_of,
)
from biosight.review.queue import Drawn
from biosight.storage.conditions import at_or_below, living_images, unreviewed_images
from biosight.storage.records import Question, Records, Where
from biosight.taxa.paths import end_below

VIA = "count"


def with_and_without(path: str) -> tuple[list[Where], list[Where]]:
    """Return conditions for labels at or below a path, and for all others."""
    others = [Where("label_path", "<", path)], [Where("label_path", ">=", end_below(path))]
    return at_or_below("label_path", path), [Where.any(*others)]


def known_counts(records: Records, collection: str, population: Population, path: str) -> Counts:
    """Return what people have seen by lot of the pictures that the machine gave a name (with all
    below it), and of the others, each part as far as all smaller lots were looked at."""
    living = living_images(collection)
    ends = [first_unseen(records, [*living, *part]) for part in with_and_without(path)]
    seen = [*living, Where("who", "=", "person"), Where("lottery", "<", max(ends))]
    drawn = records.find(Image, seen, order=BY_LOT, limit=2 * MOST)
    parts = [pairs_of(population, (i for i in drawn if i.lottery < end)) for end in ends]
    given, others = (pairs_in(parts[n], path, said=not n) for n in (0, 1))
    return counts_from(population, {path: (*given, *others)})[path]


def pictures_for(
    records: Records, collection: str, path: str, counts: Counts, limit: int = 40
) -> list[Drawn]:
    """Return the pictures to look at next, those that the name was given to among the others as
    often as helps most."""
    unseen = unreviewed_images(collection)
    asked = [Question([*unseen, *part], BY_LOT, limit=limit) for part in with_and_without(path)]
    given, others = records.find_each(Image, asked)
    share = share_of_given(counts)
    many = min(len(given), max(round(limit * share), limit - len(others)))
    chosen = [*given[:many], *others[: limit - many]]
    return [Drawn(image, VIA) for image in sorted(chosen, key=lambda i: i.lottery)]


def share_of_given(counts: Counts) -> float:
    """Return the share of looks that the pictures with the name should get."""
    given = counts.said * spread(counts.right, counts.looked)
    rest = (counts.pictures - counts.said) * spread(counts.missed, counts.others)
    return given / (given + rest) if given + rest else 0.5


def spread(found: int, looked: int) -> float:
    """Return the standard deviation of a yes or no, never quite 0."""
    share = (found + 0.5) / (looked + 1)
    return sqrt(share * (1 - share))
