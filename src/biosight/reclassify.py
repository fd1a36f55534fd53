"""Another model for a collection: a try-on that shows which labels would change, and the real run.

People's labels always win, and earlier Predictions stay. Not here: how a picture is classified
(intake/verdicts.py), or how this runs as a Job (work/jobs.py, cli/server/worker.py); both are
passed in.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from biosight.errors import BioSightError, Busy, Unavailable
from biosight.images import Image
from biosight.labels import PEOPLE, Guess
from biosight.storage.batches import Note, Run, RunCount
from biosight.storage.conditions import living_images
from biosight.storage.records import Insert, Order, Records, Remove, Where, Write, pages
from biosight.taxa.naming import Naming
from biosight.taxa.paths import agree

BATCH = 50
AT_ONCE = 4
NOTHING = RunCount()
SEPARATOR = "\x1f"

T = TypeVar("T")
ReclassifyStep = Callable[[int, int, str], None]
Again = Callable[[Image], Sequence[Write]]
Look = Callable[[Image], Guess]


@dataclass(frozen=True, slots=True)
class TryOnItem:
    """A picture whose label would change; `pair` joins the labels before and after, for
    counting."""

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
    """How many pictures would change from one label to another, and the most confident of them."""

    before: str
    after: str
    count: int
    images: tuple[str, ...]


@dataclass(slots=True)
class Tried:
    """The result of a try-on. `verified` counts pictures that people named. Of those, `right_...`
    counts the answers of each model that do not contradict people, and `named_...` the answers with
    people's name or a finer one."""

    seen: int = 0
    changed: int = 0
    failed: int = 0
    verified: int = 0
    right_before: int = 0
    right_after: int = 0
    named_before: int = 0
    named_after: int = 0


KINDS = (TryOnItem,)


def total(records: Records, collection: str) -> int:
    """Return how many pictures the collection has outside the trash."""
    return records.count(Image, living_images(collection))


def reclassify(
    records: Records,
    collection: str,
    model: str,
    again: Again,
    note: Note,
    *,
    start: str = "",
    sofar: RunCount = NOTHING,
    anew: bool = False,
) -> RunCount:
    """Give every picture the Prediction of `model`; skip pictures that have it already, unless they
    are looked at `anew`.

    `again` returns the writes for one picture. `note` makes these writes together with the new
    tally and the id of the last picture. To continue a run that broke off, pass its last cursor and
    tally as `start` and `sofar`. No picture is then counted twice or left out.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def make(images: Sequence[Image]) -> list[Sequence[Write] | None]:
            return list(pool.map(one, images))

        def one(image: Image) -> Sequence[Write] | None:
            return [] if image.model == model and not anew else attempt(again, image)

        run = Run(records, Image, make, note, sofar, start)
        for piece in pages(records, Image, living_images(collection), start=start, size=BATCH):
            run.write(piece)
    return run.tally


def attempt(ask: Callable[[Image], T], image: Image) -> T | None:
    """Return what `ask` says of a picture, or None if the picture can no longer be read. Raises
    Unavailable while a store is away: no picture is passed over for that."""
    try:
        return ask(image)
    except Busy:
        return None
    except Unavailable:
        raise
    except BioSightError:
        return None


def try_on(
    records: Records,
    collection: str,
    job: str,
    look: Look,
    naming: Naming,
    step: ReclassifyStep,
) -> Tried:
    """Note which labels would change, and how often both models agree with people.

    A picture that a person named would keep its name, so it is only counted.
    """
    tally, many = Tried(), total(records, collection)
    records.remove(TryOnItem, [Where("job", "=", job)])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for piece in pages(records, Image, living_images(collection), size=BATCH):
            guesses = pool.map(lambda image: attempt(look, image), piece)
            items = [
                item
                for image, guess in zip(piece, guesses, strict=True)
                if (item := try_on_item(job, image, guess, naming, tally))
            ]
            records.write(
                *(change for i in items for change in (Remove(TryOnItem, i.id), Insert(i)))
            )
            step(tally.seen, many, piece[-1].id)
    return tally


def try_on_item(
    job: str, image: Image, guess: Guess | None, naming: Naming, tally: Tried
) -> TryOnItem | None:
    """Count one picture; return an item if its label would change."""
    tally.seen += 1
    if guess is None:
        tally.failed += 1
        return None
    after = naming.shown(guess.label)
    if image.who in PEOPLE:
        tally.verified += 1
        before = naming.path(naming.shown(image.machine_label))
        now, own = naming.path(after), image.label_path
        tally.right_before += agree(before, own)
        tally.right_after += agree(now, own)
        tally.named_before += bool(own) and before.startswith(own)
        tally.named_after += bool(own) and now.startswith(own)
        return None
    if after == image.label:
        return None
    tally.changed += 1
    pair = f"{image.label}{SEPARATOR}{after}"
    item_id = f"{job}.{image.id}"
    return TryOnItem(item_id, job, image.id, image.label, after, pair, guess.confidence)


def pairs(records: Records, job: str, show: int = 12) -> list[Pair]:
    """Return the label pairs of a try-on, those with the most pictures first, each with its most
    confident pictures."""
    counts = records.count_by(TryOnItem, [Where("job", "=", job)], "pair")
    found = []
    for pair, count in sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))):
        before, _, after = str(pair).partition(SEPARATOR)
        found.append(Pair(before, after, count, tuple(items_of(records, job, str(pair), show))))
    return found


def items_of(records: Records, job: str, pair: str, limit: int) -> Iterator[str]:
    """Yield the image ids of one pair, the most confident first."""
    where = [Where("job", "=", job), Where("pair", "=", pair)]
    surest = Order("confidence", descending=True)
    for item in records.find(TryOnItem, where, order=surest, limit=limit):
        yield item.image


def forget(records: Records, job: str) -> None:
    """Remove the items of a try-on."""
    records.remove(TryOnItem, [Where("job", "=", job)])
