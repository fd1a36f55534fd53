"""Pages of a collection's images under a filter, and counts per label.

Not here: what a filter is (filters.py), or who may see the collection (membership).
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from biosight.errors import BadRequest, NotFound
from biosight.images import Image
from biosight.storage.records import Order, Position, Records, Value, Where
from biosight.taxa.paths import as_path, line_of, paths_down_to


@dataclass(frozen=True, slots=True)
class Sort:
    """Order of pictures; `words` for the page, "" for an order that only programs ask for. The page
    also offers `alike`, which groups look-alikes (workflows/pictures/groups.py)."""

    order: Order
    words: str = ""


SORTS = {
    "newest": Sort(Order("created_at", descending=True), "newest first"),
    "oldest": Sort(Order("created_at"), "oldest first"),
    "taken": Sort(Order("taken", descending=True), "date taken, latest first"),
    "taken-first": Sort(Order("taken"), "date taken, earliest first"),
    "unsure": Sort(Order("confidence"), "least sure first"),
    "sure": Sort(Order("confidence", descending=True), "surest first"),
    "strange": Sort(Order("novelty", descending=True), "strangest first"),
    "name": Sort(Order("name"), "name"),
    "site": Sort(Order("site"), "site"),
    "deployment": Sort(Order("deployment"), "deployment"),
    "camera": Sort(Order("camera"), "camera model"),
    "uploader": Sort(Order("uploaded_by"), "uploader"),
    "id": Sort(Order("id")),
}
LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Page:
    """Images in order, and the cursor of the next page ("" at the end)."""

    images: list[Image]
    next: str


@dataclass(frozen=True, slots=True)
class LabelCount:
    """Counts of one label, which hangs at `path`: all pictures that show it, and of those whose own
    label it is the ones that people confirmed, and unsure ones.

    `further` of the pictures show it on a further subject alone. `further_below` counts those that
    show it or something below it on a further subject, and nothing of it on the first.
    """

    label: str
    images: int
    verified: int
    unsure: int
    path: str = ""
    further: int = 0
    further_below: int = 0


def page(records: Records, where: Sequence[Where], sort: str, cursor: str, limit: int) -> Page:
    """Return one page; the cost does not grow with the distance scrolled. Raises BadRequest."""
    if sort not in SORTS:
        raise BadRequest(f"Sort by one of {', '.join(SORTS)}.")
    limit = max(1, min(limit, LARGEST_PAGE))
    after = parse_cursor(cursor) if cursor else None
    found = records.find(Image, where, order=SORTS[sort].order, after=after, limit=limit + 1)
    shown = found[:limit]
    following = page_cursor(shown[-1], sort) if len(found) > limit else ""
    return Page(shown, following)


def neighbours(
    records: Records, where: Sequence[Where], sort: str, image: Image
) -> tuple[str, str]:
    """Return the ids before and after an image in an order, "" at the ends. Raises BadRequest."""
    if sort not in SORTS:
        raise BadRequest(f"Sort by one of {', '.join(SORTS)}.")
    order = SORTS[sort].order
    here = Position(getattr(image, order.field), image.id)
    found = []
    for way in (Order(order.field, not order.descending), order):
        beside = records.find(Image, where, order=way, after=here, limit=1)
        found.append(beside[0].id if beside else "")
    return found[0], found[1]


def page_cursor(image: Image, sort: str) -> str:
    """Return the position after an image in an order, as opaque text."""
    value: Value = getattr(image, SORTS[sort].order.field)
    return base64.urlsafe_b64encode(json.dumps([value, image.id]).encode()).decode().rstrip("=")


def parse_cursor(cursor: str) -> Position:
    """Return the position that a cursor states. Raises BadRequest."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        value, key = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if not isinstance(key, str) or not fits_a_store(value):
            raise ValueError
        key.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise BadRequest("The cursor is not one that BioSight gave.") from error
    return Position(value, key)


def fits_a_store(value: object) -> bool:
    """Return whether a store can compare with this value."""
    if isinstance(value, str):
        return value.isprintable()
    return isinstance(value, int | float) and abs(value) < 2**63


def label_counts(records: Records, where: Sequence[Where], threshold: int) -> list[LabelCount]:
    """Return all labels of the matching pictures with their counts, the most pictures first."""
    images = records.count_by(Image, where, "label_path")
    verified = records.count_by(Image, [*where, Where("who", "=", "person")], "label_path")
    below = [*where, Where("who", "=", "machine"), Where("percent", "<", threshold)]
    unsure = records.count_by(Image, below, "label_path")
    counts: dict[str, LabelCount] = {}
    for path, n in images.items():
        label = (line_of(str(path)) or ("",))[-1]
        found = LabelCount(label, n, verified.get(path, 0), unsure.get(path, 0), str(path))
        # A label has two paths while pictures are updated to a changed tree.
        counts[label] = both(found, counts[label]) if label in counts else found
    add_further(records, where, counts)
    return sorted(counts.values(), key=lambda c: (-c.images, c.label.casefold()))


def add_further(records: Records, where: Sequence[Where], counts: dict[str, LabelCount]) -> None:
    """Add to the counts of labels what pictures show on further subjects."""
    exact = {str(k): n for k, n in records.count_by(Image, where, "also_labels").items()}
    below = {str(k): n for k, n in records.count_by(Image, where, "also_paths").items()}
    paths = {line_of(path)[-1]: path for path in below}
    for label in exact.keys() - paths.keys():  # above the picture's own label
        lines = (p for c in counts.values() for p in paths_down_to(c.path))
        paths[label] = next((p for p in lines if line_of(p)[-1] == label), as_path((label,)))
    for label, path in paths.items():
        known, n = counts.get(label, LabelCount(label, 0, 0, 0, path)), exact.get(label, 0)
        counts[label] = replace(
            known, images=known.images + n, further=n, further_below=below.get(path, 0)
        )


def both(first: LabelCount, second: LabelCount) -> LabelCount:
    """Add up one label's counts at two paths; keep the path with more pictures."""
    return LabelCount(
        first.label,
        first.images + second.images,
        first.verified + second.verified,
        first.unsure + second.unsure,
        max(first, second, key=lambda c: c.images).path,
    )


def largest_groups(counts: Mapping[str, int], most: int) -> list[str]:
    """Return the paths of a collection's largest groups, given pictures by path. The tree is opened
    from the top where one branch has nearly all pictures, until `most` branches are told apart."""
    groups = {"/": sum(n for path, n in counts.items() if path)}
    while groups:
        widest = max(groups, key=lambda p: groups[p])
        below: dict[str, int] = {}
        for path, n in counts.items():
            rest = path.removeprefix(widest)
            if path.startswith(widest) and rest:
                child = f"{widest}{rest.split('/')[0]}/"
                below[child] = below.get(child, 0) + n
        here = counts.get(widest, 0)
        many = len(groups) - 1 + len(below) > most and widest != "/"
        if not below or many or here > groups[widest] / 2:
            break
        groups = {p: n for p, n in groups.items() if p != widest} | below
    groups.pop("/", None)
    return sorted(groups, key=lambda p: -groups[p])[:most]


def get_image(records: Records, id: str) -> Image:
    """Return an image by id, without asking who may see it. Raises NotFound."""
    found = records.get(Image, id)
    if found is None:
        raise NotFound("There is no such picture, or it is not shared with you.")
    return found
