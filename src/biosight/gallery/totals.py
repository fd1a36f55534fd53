"""What collections hold: pictures by what is said of them, the newest, and covers, for all of some
collections at once.

Not here: counts of labels (browse.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from biosight.collection import Collection
from biosight.gallery.browse import largest_groups
from biosight.images import Image
from biosight.storage.conditions import LIVING, living_images, unreviewed_images
from biosight.storage.records import Order, Question, Records, Where, parts
from biosight.taxa.paths import line_of

MOST_COVERS = 4
NEWEST = Order("created_at", descending=True)


@dataclass(frozen=True, slots=True)
class Totals:
    """Pictures of a collection: all outside the trash, those that only the machine named and of
    these the unsure and the unfamiliar ones, and those in the trash. `newest` is the newest
    picture's id, "" for none, and `covers` are its largest groups, each with a picture's id."""

    images: int
    unreviewed: int
    unsure: int
    unfamiliar: int
    trashed: int
    newest: str
    covers: tuple[tuple[str, str], ...]


def totals_of(records: Records, collections: Iterable[Collection]) -> dict[str, Totals]:
    """Return what collections hold, by their ids. A few hundred are asked about at once."""
    known = {c.id: c for c in collections}
    found: dict[str, Totals] = {}
    for part in parts(list(known)):
        found |= some_totals(records, {id: known[id] for id in part})
    return found


def some_totals(records: Records, known: Mapping[str, Collection]) -> dict[str, Totals]:
    """Return what some collections hold, by their ids."""
    every = Where("collection", "in", tuple(known))
    paths: dict[str, dict[str, int]] = {id: {} for id in known}
    living = records.tally(Image, [every, LIVING], ("collection", "label_path"))
    for (id, path), n in living.items():
        paths[str(id)][str(path)] = n
    wheres = [where for c in known.values() for where in counted_of(c)]
    counts = records.count_each(Image, wheres)
    first = shown_pictures_of(records, paths)
    found = {}
    for number, id in enumerate(known):
        unreviewed, unsure, unfamiliar, trashed = counts[4 * number : 4 * number + 4]
        images, (newest, covers) = sum(paths[id].values()), first[id]
        found[id] = Totals(images, unreviewed, unsure, unfamiliar, trashed, newest, covers)
    return found


def counted_of(collection: Collection) -> tuple[list[Where], ...]:
    """Return conditions for the pictures of a collection that only the machine named, the unsure
    and the unfamiliar ones of them, and those in the trash."""
    machine = unreviewed_images(collection.id)
    return (
        machine,
        [*machine, Where("percent", "<", collection.threshold)],
        [*machine, Where("unfamiliar", "=", True)],
        [Where("collection", "=", collection.id), Where("trashed", "=", True)],
    )


def shown_pictures_of(
    records: Records, paths: Mapping[str, Mapping[str, int]]
) -> dict[str, tuple[str, tuple[tuple[str, str], ...]]]:
    """Return each collection's newest picture and its covers, given its pictures by path."""
    groups = {id: largest_groups(many, MOST_COVERS) for id, many in paths.items()}
    questions: list[Question] = []
    for id, chosen in groups.items():
        questions.append(Question(living_images(id), NEWEST))
        questions += [Question(of_group(id, group, paths[id]), NEWEST) for group in chosen]
    answers = iter(records.find_each(Image, questions))
    found = {}
    for id, chosen in groups.items():
        newest = next(answers)
        covers = [(group, next(answers)) for group in chosen]
        shown = tuple((line_of(g)[-1], image.id) for g, images in covers for image in images)
        found[id] = newest[0].id if newest else "", shown
    return found


def of_group(id: str, group: str, many: Mapping[str, int]) -> Sequence[Where]:
    """Return conditions for the pictures of the fullest label of a group: the newest of a label is
    at the end of an index, while that of a branch needs a search."""
    fullest = max((p for p in many if p.startswith(group)), key=lambda p: (many[p], p))
    return [*living_images(id), Where("label_path", "=", fullest)]
