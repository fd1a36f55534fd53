"""Another model over a collection: tried on first, to see which labels would change; then for good.

People's labels always win, and earlier Predictions stay. Not here: how a picture is classified
(intake.py), or that this runs as a Job (jobs.py, cli/worker.py): both are passed in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from biosight.errors import BioSightError, Stale
from biosight.images import Image
from biosight.labels import Guess
from biosight.storage.living import living
from biosight.storage.records import Insert, Order, Records, Remove, Where, Write, pages

PIECE = 50
AT_ONCE = 4
TRIES = 5
SEPARATOR = "\x1f"

T = TypeVar("T")
Step = Callable[[int, int, str], None]
Again = Callable[[Image], Sequence[Write]]
Look = Callable[[Image], Guess]


@dataclass(frozen=True, slots=True)
class TryOnItem:
    """A picture whose label would change; `pair` is before and after, for counting."""

    table: ClassVar[str] = "try_on_items"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("job", "pair", "confidence", "id"),)

    id: str
    job: str
    image: str
    before: str
    after: str
    pair: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Pair:
    """How many pictures would go from one label to another, and the surest of them."""

    before: str
    after: str
    count: int
    images: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """What a run over a collection came to; the last two count pictures that people named."""

    seen: int = 0
    changed: int = 0
    failed: int = 0
    verified: int = 0
    right_before: int = 0
    right_after: int = 0


KINDS = (TryOnItem,)


def total(records: Records, collection: str) -> int:
    """How many pictures there are to see."""
    return records.count(Image, living(collection))


def reclassify(
    records: Records,
    collection: str,
    model: str,
    again: Again,
    step: Step,
    *,
    start: str = "",
    done: int = 0,
) -> Tally:
    """Give every picture the Prediction of `model`; those that have it are left, so that a run
    that broke off goes on. `again` makes the changes for one picture."""
    tally, many = Tally(seen=done), total(records, collection)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for piece in pages(records, Image, living(collection), start=start, size=PIECE):
            todo = [image for image in piece if image.model != model]
            made = list(pool.map(lambda image: attempt(again, image), todo))
            tally.failed += sum(changes is None for changes in made)
            write_piece(records, [c for c in made if c], again, todo, tally)
            tally.seen += len(piece)
            step(tally.seen, many, piece[-1].id)
    return tally


def attempt(ask: Callable[[Image], T], image: Image) -> T | None:
    """What is asked of one picture; None for one that can't be read any more."""
    try:
        return ask(image)
    except BioSightError:
        return None


def write_piece(
    records: Records,
    made: list[Sequence[Write]],
    again: Again,
    images: Sequence[Image],
    tally: Tally,
) -> None:
    """Write a piece at once; where somebody changed a picture meanwhile, one by one."""
    try:
        records.write(*(change for changes in made for change in changes))
        tally.changed += len(made)
    except Stale:
        for image in images:
            tally.changed += write_one(records, again, image.id)


def write_one(records: Records, again: Again, id: str) -> bool:
    """One picture, read anew each time; was it written?"""
    for _ in range(TRIES):
        image = records.get(Image, id)
        changes = attempt(again, image) if image else None
        if not changes:
            return False
        try:
            records.write(*changes)
            return True
        except Stale:
            continue
    return False


def try_on(
    records: Records,
    collection: str,
    job: str,
    look: Look,
    renamed: Mapping[str, str],
    step: Step,
) -> Tally:
    """Note which labels would change, and how often both models agree with people.

    A picture that a person named would keep its name, so it is only counted.
    """
    tally, many = Tally(), total(records, collection)
    records.remove(TryOnItem, [Where("job", "=", job)])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for piece in pages(records, Image, living(collection), size=PIECE):
            guesses = pool.map(lambda image: attempt(look, image), piece)
            items = [
                item
                for image, guess in zip(piece, guesses, strict=True)
                if (item := try_on_item(job, image, guess, renamed, tally))
            ]
            records.write(
                *(change for i in items for change in (Remove(TryOnItem, i.id), Insert(i)))
            )
            step(tally.seen, many, piece[-1].id)
    return tally


def try_on_item(
    job: str, image: Image, guess: Guess | None, renamed: Mapping[str, str], tally: Tally
) -> TryOnItem | None:
    """Count one picture; the item when its label would change."""
    tally.seen += 1
    if guess is None:
        tally.failed += 1
        return None
    after = renamed.get(guess.label, guess.label)
    if image.who == "person":
        tally.verified += 1
        tally.right_before += renamed.get(image.machine_label, image.machine_label) == image.label
        tally.right_after += after == image.label
        return None
    if after == image.label:
        return None
    tally.changed += 1
    pair = f"{image.label}{SEPARATOR}{after}"
    item_id = f"{job}.{image.id}"
    return TryOnItem(item_id, job, image.id, image.label, after, pair, guess.confidence)


def pairs(records: Records, job: str, show: int = 12) -> list[Pair]:
    """Label pairs of a try-on, the most pictures first, each with its surest."""
    counts = records.count_by(TryOnItem, [Where("job", "=", job)], "pair")
    found = []
    for pair, count in sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))):
        before, _, after = str(pair).partition(SEPARATOR)
        found.append(Pair(before, after, count, tuple(items_of(records, job, str(pair), show))))
    return found


def items_of(records: Records, job: str, pair: str, limit: int) -> Iterator[str]:
    """Image ids of one pair, the surest first."""
    where = [Where("job", "=", job), Where("pair", "=", pair)]
    surest = Order("confidence", descending=True)
    for item in records.find(TryOnItem, where, order=surest, limit=limit):
        yield item.image


def forget(records: Records, job: str) -> None:
    """Remove what a try-on noted."""
    records.remove(TryOnItem, [Where("job", "=", job)])
