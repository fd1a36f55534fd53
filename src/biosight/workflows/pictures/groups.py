"""Pictures by likeness, for people to look through: groups under one proposed name, pictures whose
label is probably wrong, and an order that puts look-alikes together.

Neighbours are exact, from the stored embeddings. Not here: the measures (similar.py), or people's
answers, which are acts (review).
"""

from collections import Counter, defaultdict
from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from biosight import similar
from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.errors import BadRequest
from biosight.gallery.browse import LARGEST_PAGE, Page
from biosight.images import Embedding, Image
from biosight.inference.reference import unit
from biosight.review.queue import not_reserved
from biosight.similar import Floats
from biosight.storage.conditions import at_or_below, named_by_people, unreviewed_images
from biosight.storage.records import Order, Where, among
from biosight.taxa.paths import agree, as_path, line_of

MOST_TOGETHER = 60
ENOUGH = 12
SAMPLE = 1200  # pictures of a label among which the middle of a group is searched
NEIGHBOURS = 5
LIKE_ENOUGH = 0.5
MOST_DOUBTED = 2000
MOST_CONFIRMED = 6000
MOST_ORDERED = 10_000
ALIKE = "alike"  # the name of the order


@dataclass(frozen=True, slots=True)
class Group:
    """Look-alikes under one proposed name, or names below it, the most typical first.

    From position `odd` on they are less like the first picture than members of a group should be.
    `left` is the number of pictures that wait under the name, these included.
    """

    label: str
    images: list[Image]
    odd: int
    left: int


NONE = Group("", [], 0, 0)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Pictures whose nearest confirmed neighbours have another name than they do."""

    label: str
    suggested: str
    images: list[Image]


@dataclass(frozen=True, slots=True)
class Space:
    """Embeddings of some images in the network's space that most of them have: ids, and unit rows
    (n, d) in the same order."""

    ids: list[str]
    rows: Floats


def next_group(
    biosight: BioSight, collection: Collection, label: str = "", without: Several[str] = ()
) -> Group | None:
    """Return the next look-alikes that nobody has looked at, or None when nothing waits.

    They come from `label`, or from the name with the most waiting pictures. Pictures in `without`
    and those reserved for the random half are left out. If only a few pictures wait under a name,
    the group takes all pictures below a name above it, each under its own name.
    """
    records, skipped = biosight.archive.records, set(without)
    here = [*unreviewed_images(collection.id), *not_reserved()]
    waiting = {str(k): n for k, n in records.count_by(Image, here, "label_path").items() if k}
    for path in first_of(waiting, label):
        name, where = under(path, waiting)
        ids = [id for id in records.ids(Image, [*here, *where]) if id not in skipped]
        if ids:
            return as_group(biosight, collection.id, name, ids)
    return None


def as_group(biosight: BioSight, collection: str, name: str, ids: Sequence[str]) -> Group:
    """Return the look-alikes among some ids as a group."""
    chosen, odd = together(space_of(biosight, collection, ids), ids)
    found = {i.id: i for i in among(biosight.archive.records, Image, chosen)}
    images = [found[id] for id in chosen if id in found]
    return Group(name, images, min(odd, len(images)), len(ids))


def first_of(waiting: Mapping[str, int], label: str) -> list[str]:
    """Return paths in the order in which people look through them: first the label's own or one
    below it, then those with the most waiting pictures."""
    paths = sorted(waiting, key=lambda path: (-waiting[path], path))
    return sorted(paths, key=lambda path: label not in line_of(path)) if label else paths


def under(path: str, waiting: Mapping[str, int]) -> tuple[str, list[Where]]:
    """Return a name and the conditions that select the pictures of its group.

    That is the path's own name if enough pictures wait under it, else the nearest name above it
    that has enough at or below it.
    """
    line = line_of(path)
    if waiting[path] >= ENOUGH or len(line) < 2:
        return line[-1], [Where("label_path", "=", path)]
    for depth in range(len(line), 0, -1):
        above = as_path(line[:depth])
        if depth == 1 or sum(n for p, n in waiting.items() if p.startswith(above)) >= ENOUGH:
            break
    return line[depth - 1], at_or_below("label_path", above)


def space_of(biosight: BioSight, collection: str, ids: Sequence[str]) -> Space:
    """Return the embeddings of a collection's images, in the space that most of the first images
    have."""
    spaces = Counter(e.space for e in among(biosight.archive.records, Embedding, ids[:100]))
    if not spaces:
        return Space([], np.empty((0, 0), np.float32))
    vectors = biosight.similar.vectors(collection, spaces.most_common(1)[0][0])
    place = {id: number for number, id in enumerate(vectors.ids)}
    there = [id for id in ids if id in place]
    return Space(there, unit(vectors.rows[[place[id] for id in there]].astype(np.float32)))


def together(space: Space, ids: Sequence[str]) -> tuple[list[str], int]:
    """Return at most MOST_TOGETHER ids around the densest point of a sample, the likest first, and
    the position from which they are unlike the first. Without embeddings, return the first ids."""
    if not space.ids:
        return list(ids[:MOST_TOGETHER]), MOST_TOGETHER
    middle = densest(space.rows)
    likeness = space.rows @ space.rows[middle]
    best = np.argsort(-likeness, kind="stable")[:MOST_TOGETHER]
    odd = int((likeness[best] >= similar.ALIKE).sum())
    return [space.ids[i] for i in best], odd


def densest(rows: Floats) -> int:
    """Return the index of the row (n, d) whose MOST_TOGETHER nearest neighbours are likest, among a
    sample."""
    step = max(1, len(rows) // SAMPLE)
    places = np.arange(0, len(rows), step)[:SAMPLE]
    likeness = rows[places] @ rows[places].T
    near = min(MOST_TOGETHER, len(places))
    nearest = np.partition(likeness, len(places) - near, axis=1)[:, -near:]
    return int(places[nearest.sum(axis=1).argmax()])


def doubted_labels(biosight: BioSight, collection: Collection) -> list[Cohort]:
    """Return pictures with a machine's label whose nearest confirmed pictures mostly contradict it.

    They are grouped by current and suggested name, the largest cohort first. The newest
    MOST_DOUBTED pictures are compared with the newest MOST_CONFIRMED, each with its NEIGHBOURS
    nearest.
    """
    records, newest = biosight.archive.records, Order("id", descending=True)
    here = [*unreviewed_images(collection.id), *not_reserved()]
    asked = records.find(Image, here, order=newest, limit=MOST_DOUBTED)
    known = records.find(Image, named_by_people(collection.id), order=newest, limit=MOST_CONFIRMED)
    images = {i.id: i for i in [*asked, *known] if i.label}
    space = space_of(biosight, collection.id, sorted(images))
    own = np.array([images[id].who == "machine" for id in space.ids], dtype=bool)
    if own.all() or not own.any():
        return []
    near = nearest_rows(space.rows[own], space.rows[~own])
    teachers = [images[id] for id, mine in zip(space.ids, own, strict=True) if not mine]
    cohorts: dict[tuple[str, str], list[Image]] = defaultdict(list)
    doubtful = [images[id] for id, mine in zip(space.ids, own, strict=True) if mine]
    for image, (places, likeness) in zip(doubtful, near, strict=True):
        close = [
            teachers[p] for p, like in zip(places, likeness, strict=True) if like >= LIKE_ENOUGH
        ]
        suggested = other_name(image, close)
        if suggested:
            cohorts[image.label, suggested].append(image)
    found = [Cohort(label, name, some) for (label, name), some in cohorts.items()]
    return sorted(found, key=lambda c: -len(c.images))


def nearest_rows(rows: Floats, others: Floats) -> list[tuple[list[int], list[float]]]:
    """Return, for each of `rows`, the positions and likenesses of its NEIGHBOURS nearest among
    `others`."""
    many = min(NEIGHBOURS, len(others))
    found = []
    for start in range(0, len(rows), similar.BLOCK):
        likeness = rows[start : start + similar.BLOCK] @ others.T
        places = np.argpartition(-likeness, many - 1, axis=1)[:, :many]
        for one, at in zip(likeness, places, strict=True):
            found.append((at.tolist(), one[at].tolist()))
    return found


def other_name(image: Image, close: Sequence[Image]) -> str:
    """Return the name of most of an image's neighbours if it contradicts the image's label; "" if
    it does not, or if too few are near."""
    if len(close) < NEIGHBOURS - 2:
        return ""
    against = [n for n in close if not agree(n.label_path, image.label_path)]
    names = Counter(n.label for n in against)
    if not names:
        return ""
    name, many = names.most_common(1)[0]
    return name if 2 * many > len(close) else ""


def by_likeness(biosight: BioSight, collection: str, ids: Sequence[str]) -> list[str]:
    """Return ids in an order that puts look-alikes together, the largest groups first. Ids without
    an embedding come last. More than SAMPLE ids are ordered by likeness to the average of all."""
    space = space_of(biosight, collection, ids)
    there = set(space.ids)
    rest = [id for id in ids if id not in there]
    if not space.ids:
        return rest
    if len(space.ids) > SAMPLE:
        likeness = space.rows @ space.rows.mean(axis=0)
        return [space.ids[i] for i in np.argsort(-likeness, kind="stable")] + rest
    return [id for group in similar.groups(space.ids, space.rows) for id in group] + rest


def alike_page(
    biosight: BioSight, collection: str, where: Sequence[Where], cursor: str, limit: int
) -> Page:
    """Return a page of the matching pictures in the order of `by_likeness`; the cursor is a
    position in that order. Raises BadRequest."""
    if not (cursor or "0").isdecimal():
        raise BadRequest("The cursor is not one that BioSight gave.")
    start, many = int(cursor or 0), max(1, min(limit, LARGEST_PAGE))
    ids = alike_in_order(biosight, collection, where)
    shown = ids[start : start + many]
    found = {i.id: i for i in among(biosight.archive.records, Image, shown)}
    following = str(start + many) if start + many < len(ids) else ""
    return Page([found[id] for id in shown if id in found], following)


def next_alike(
    biosight: BioSight, collection: str, where: Sequence[Where], image: str
) -> tuple[str, str]:
    """Return the ids before and after an image in the order of `by_likeness`, "" at the ends."""
    ids = ["", *alike_in_order(biosight, collection, where), ""]
    if image not in ids:
        return "", ""
    at = ids.index(image)
    return ids[at - 1], ids[at + 1]


def alike_in_order(biosight: BioSight, collection: str, where: Sequence[Where]) -> list[str]:
    """Return the ids of all matching pictures, look-alikes together. Raises BadRequest for more
    than MOST_ORDERED."""
    ids = biosight.archive.records.ids(Image, where)
    if len(ids) > MOST_ORDERED:
        raise BadRequest(f"More than {MOST_ORDERED:,} pictures: choose a label first.")
    return by_likeness(biosight, collection, ids)
