"""Two readers: two people name each picture independently.

The first answer is sealed: the picture keeps its label until the second reader has answered. If
both agree, their answer becomes the label. If not, the picture waits for somebody who looks at both
answers. A label that a person gave outside counts as a first answer for everybody else. Not here:
how well readers agree (agreement.py).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from biosight.errors import Conflict, Forbidden, NotFound, Stale
from biosight.images import Image
from biosight.labels import IN_BULK, Annotation, Identifications
from biosight.review.acts import Act, Change
from biosight.review.copies import MOST_SAID
from biosight.review.perform_acts import change_writes, history_line
from biosight.review.undo_acts import undo
from biosight.storage.conditions import living_images, named_by_people
from biosight.storage.patience import tries
from biosight.storage.records import (
    AT_ONCE,
    Insert,
    InUse,
    Order,
    Position,
    Records,
    Remove,
    Replace,
    Where,
    Write,
    among,
    pages,
)
from biosight.taxa.naming import Naming, are_alike

VIA = "readers"
PAGE = 100
TWICE = ("agreed", "differ", "settled")
STATES = ("one", *TWICE)
OPEN = ("one", "none")
FASTER = "Somebody else read this picture at the same moment."


def to_read(records: Records, collection: str, me: str, limit: int) -> list[Image]:
    """Return the next pictures for one reader: first those that another has read, then, in random
    order, those that nobody has. Pictures that the reader named are left out."""
    every = chain(
        read_by_others(records, collection, me),
        reopened_images(records, collection),
        unread_images(records, collection),
    )
    return list(islice(every, limit))


def read_by_others(records: Records, collection: str, me: str) -> Iterator[Image]:
    """Yield pictures that somebody else has read, sealed ones first."""
    where = [Where("state", "=", "one"), Where("first_by", "!=", me)]
    yield from (image for _, image in with_pictures(records, collection, where))
    for named in pages(records, Image, named_by_people(collection), size=PAGE):
        open_ones = not_identified(records, named)
        by = {image: a.by for image, a in last_said(records, open_ones).items()}
        yield from (i for i in open_ones if by.get(i.id) != me)


def reopened_images(records: Records, collection: str) -> Iterator[Image]:
    """Yield pictures whose readers withdrew their answers after they had seen one another's."""
    found = with_pictures(records, collection, [Where("state", "=", "none")])
    yield from (image for _, image in found)


def with_pictures(
    records: Records, collection: str, where: Sequence[Where]
) -> Iterator[tuple[Identifications, Image]]:
    """Yield a collection's answers, the oldest first, with those pictures that are still in it."""
    here = [Where("collection", "=", collection), *where]
    for page in pages(records, Identifications, here, size=PAGE):
        images = {i.id: i for i in among(records, Image, [r.id for r in page])}
        there = [(r, images[r.id]) for r in page if r.id in images]
        yield from ((r, i) for r, i in there if i.collection == collection and not i.trashed)


def unread_images(records: Records, collection: str) -> Iterator[Image]:
    """Yield pictures that nobody named or read, in order of the lot that each drew."""
    for who in ("machine", IN_BULK, "nobody"):
        where = [*living_images(collection), Where("who", "=", who)]
        after: Position | None = None
        while found := records.find(
            Image, where, order=Order("lottery"), after=after, limit=AT_ONCE
        ):
            yield from not_identified(records, found)
            after = Position(found[-1].lottery, found[-1].id)


def not_identified(records: Records, images: Sequence[Image]) -> list[Image]:
    """Return those of some pictures that no reader has answered."""
    read = {r.id for r in among(records, Identifications, [i.id for i in images])}
    return [i for i in images if i.id not in read]


def last_said(records: Records, images: Sequence[Image]) -> dict[str, Annotation]:
    """Return what a person last said of each picture that has a person's label."""
    where = [Where("image", "in", tuple(i.id for i in images))]
    order, most = Order("id"), MOST_SAID * len(images)  # in the order in which they came in
    return {a.image: a for a in records.find(Annotation, where, order=order, limit=most)}


def counts_for(records: Records, collection: str, me: str) -> dict[str, int]:
    """Return how many pictures wait for a second reader ("one"), and how many of these for this
    person ("yours"). Also return how many were read twice with the same answer ("agreed"), with
    different answers ("differ"), and settled since ("settled")."""
    where = [Where("collection", "=", collection)]
    counts = records.count_by(Identifications, where, "state")
    mine = [*where, Where("state", "=", "one"), Where("first_by", "=", me)]
    found = {state: counts.get(state, 0) for state in STATES}
    return found | {"yours": found["one"] - records.count(Identifications, mine)}


def identify(records: Records, me: str, image: str, change: Change) -> Identifications:
    """Store one reader's answer for a picture; where both say the same, it becomes the label.
    `change` is a relabelling, or undecided.

    Raises Conflict when two others have read it, NotFound when it is gone.
    """
    for _ in tries(image):
        picture = records.get(Image, image)
        if picture is None:
            raise NotFound("This picture no longer exists.")
        there = records.get(Identifications, image)
        try:
            return write_identification(records, me, picture, there, change)
        except (InUse, Stale):
            continue
    raise Conflict(FASTER)


def write_identification(
    records: Records, me: str, image: Image, there: Identifications | None, change: Change
) -> Identifications:
    """Try once to store an answer. Raises InUse or Stale when somebody was faster."""
    if there and there.state not in OPEN:
        raise Conflict("Two people have already read this picture.")
    seen_by = there.seen_by if there else ()
    found = there if there and there.state == "one" else said_outside(records, me, image)
    now = time.time()
    if found is None or found.first_by == me:
        fresh = Identifications(image.id, image.collection, me, change.label, now, seen_by=seen_by)
        new = replace(fresh, version=there.version + 1) if there else fresh
        records.write(taking_place(new, there))
        return new
    agree = are_alike(found.first, change.label)
    said = replace(change, label=found.first) if agree else change
    state = "agreed" if agree else "differ"
    version = there.version + 1 if there else 1
    new = replace(
        found,
        second_by=me,
        second=said.label,
        second_at=now,
        state=state,
        seen_by=seen_by,
        informed=bool({me, found.first_by} & set(seen_by)),
        version=version,
    )
    return keep_with_label(records, me, image, new, there, said if agree else None)


def said_outside(records: Records, me: str, image: Image) -> Identifications | None:
    """Return a label that another person gave outside, as the first answer; None for none."""
    if image.who != "person":
        return None
    said = last_said(records, [image]).get(image.id)
    by, at = (said.by, said.at) if said else ("", image.created_at)
    return None if by == me else Identifications(image.id, image.collection, by, image.label, at)


def taking_place(new: Identifications, there: Identifications | None) -> Write:
    """Return the write that inserts `new`, or puts it in the place of `there`."""
    return Replace(new, there.version, there) if there else Insert(new)


def keep_with_label(
    records: Records,
    me: str,
    image: Image,
    new: Identifications,
    there: Identifications | None,
    change: Change | None,
) -> Identifications:
    """Store two answers, and what they change on the picture, in the same write."""
    line = history_line(records, me, image.collection, change, "") if change else None
    writes = change_writes(line.act, me, change, image) if line and change else []
    if line is None or not writes:
        records.write(taking_place(new, there))
        return new
    new = replace(new, act=line.act.id)
    along = line.along(writes)
    records.write(taking_place(new, there), *along)
    line.took(along)
    return new


def withdraw(records: Records, me: str, image: str, naming: Naming) -> None:
    """Withdraw a person's own last answer, with the label that it wrote down. It is stored that
    they have seen the first answer: a later answer of theirs is not independent.

    Raises NotFound without one, Forbidden when another has answered since.
    """
    there = records.get(Identifications, image)
    if there is None or me not in {there.first_by, there.second_by}:
        raise NotFound("You have not read this picture.")
    if there.state == "one":
        gone: Write = Remove(Identifications, image, there.version)
        if there.seen_by:
            empty = replace(there, first_by="", first="", first_at=0.0, state="none")
            gone = Replace(replace(empty, version=there.version + 1), there.version)
        records.write(gone)
        return
    if there.second_by != me or there.state == "settled":
        raise Forbidden("Somebody has answered since then, so you can't take your answer back.")
    act = records.get(Act, there.act) if there.act else None
    if act and not act.undone_at:
        undo(records, act, me, naming)
    first = Identifications(there.id, there.collection, there.first_by, there.first, there.first_at)
    seen = tuple(dict.fromkeys((*there.seen_by, me)))
    open_again = replace(first, seen_by=seen, version=there.version + 1)
    records.write(Replace(open_again, there.version))


def differing_images(
    records: Records, collection: str, limit: int
) -> list[tuple[Identifications, Image]]:
    """Return pictures on which two readers differ and that nobody settled, the oldest first."""
    where = [Where("state", "=", "differ")]
    return list(islice(with_pictures(records, collection, where), limit))


def settle_on(records: Records, me: str, image: Image, change: Change) -> Identifications:
    """Decide the label of a picture on which two readers differ. Raises NotFound where none do,
    Stale when somebody settled it at the same moment."""
    there = records.get(Identifications, image.id)
    if there is None or there.state not in {"differ", "settled"}:
        raise NotFound("No two readers differ about this picture.")
    said = replace(there, state="settled", settled_by=me, settled=change.label)
    new = replace(said, settled_at=time.time(), version=there.version + 1)
    return keep_with_label(records, me, image, new, there, change)


def said_twice(records: Records, collection: str) -> dict[tuple[str, str], int]:
    """Return how often the first reader said one label and the second the same or another, where
    neither knew the other's answer."""
    both = [Where("collection", "=", collection), Where("state", "in", TWICE)]
    both.append(Where("informed", "=", False))
    found = records.tally(Identifications, both, ("first", "second"))
    return {(str(first), str(second)): n for (first, second), n in found.items()}
