"""Performing acts: pictures change together with their history, some hundred in one write, or one
by one where somebody was faster.

Not here: which acts there are (acts.py), undoing (undo_acts.py), or acts on thousands, which are
jobs (workflows).
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from biosight import metrics
from biosight.errors import BadRequest, NotFound, Stale
from biosight.images import ActItem, Image, Standing
from biosight.labels import PEOPLE, UNDECIDED, Annotation
from biosight.places import Deployment
from biosight.review.acts import DEPLOY, KINDS, MOST_AT_ONCE, Act, Change, new_act
from biosight.storage.batches import Make, Run, RunCount
from biosight.storage.records import (
    Insert,
    Record,
    Records,
    Replace,
    Require,
    Where,
    Write,
    among,
    new_id,
)


@dataclass(frozen=True, slots=True)
class Done:
    """Result of an act: the changed images in their new form, and how many did not change, because
    they were so already or their bytes are there. `conflicts` counts those that others changed or
    removed at the same moment."""

    act: str
    changed: list[Image]
    unchanged: int
    conflicts: int


@dataclass(slots=True)
class HistoryLine:
    """An act as its line in the history, which counts pictures in the write that changes them.

    `there` is whether the act is stored yet; an act without changes is never stored.
    """

    records: Records
    act: Act
    there: bool
    rests_on: Sequence[Require] = ()
    changed: list[Image] = field(default_factory=list)

    @property
    def rests_on_kinds(self) -> tuple[type[Record], ...]:
        return tuple(r.kind for r in self.rests_on)

    def along(self, writes: Sequence[Write]) -> list[Write]:
        """Return the writes that change pictures, with what they require and the act that counts
        them."""
        more = len(items_in(writes))
        if not more:
            return list(writes)
        now = replace(self.act, count=self.act.count + more)
        mark: Write = Insert(now)
        if self.there:
            mark = Replace(replace(now, version=now.version + 1), self.act.version)
        rests = dict.fromkeys(w for w in (*self.rests_on, *writes) if isinstance(w, Require))
        return [*rests, *(w for w in writes if not isinstance(w, Require)), mark]

    def took(self, written: Sequence[Write]) -> None:
        """Note that the writes that `along` returned are stored."""
        for w in written:
            record = w.record if isinstance(w, Insert | Replace) else None
            if isinstance(record, Act):
                self.act, self.there = record, True
            elif isinstance(record, Image):
                self.changed.append(record)
        tell_metrics(self.act.kind, written)

    def write(self, _: RunCount, __: str, writes: Sequence[Write]) -> None:
        """Store writes that change pictures, as a Note (storage/batches.py). Raises InUse, Stale or
        Gone."""
        written = self.along(writes)
        if not written:
            return
        try:
            self.records.write(*written)
        except Stale:
            self.act = self.records.get(Act, self.act.id) or self.act
            raise
        self.took(written)


def items_in(writes: Sequence[Write]) -> list[ActItem]:
    """Return the parts of a history among writes."""
    found = [w.record for w in writes if isinstance(w, Insert)]
    return [r for r in found if isinstance(r, ActItem)]


def tell_metrics(kind: str, written: Sequence[Write]) -> None:
    """Count for the metrics what was done: pictures, and how often people agree with the
    machine."""
    items = items_in(written)
    metrics.acts.labels(kind).inc(len(items))
    if not KINDS[kind].speaks:
        return
    by_machine = {i.image for i in items if i.before.who == "machine"}
    for w in written:
        said = w.record if isinstance(w, Insert) else None
        if isinstance(said, Annotation) and said.image in by_machine:
            metrics.checked.labels(said.kind).inc()


def perform(
    records: Records,
    by: str,
    collection: str,
    change: Change,
    images: Sequence[Image],
    *,
    act: str = "",
    expected: int | None = None,
    rests_on: Sequence[Require] = (),
) -> Done:
    """Do `change` to at most MOST_AT_ONCE images, under a new act or the named one.

    `expected` is the version that a single image must still have: Stale is raised otherwise.
    Without it an image that changed meanwhile is read again and changed on top. `rests_on` is what
    each write requires, such as the collection they move to: Gone is raised otherwise.
    """
    line = history_line(records, by, collection, change, act, rests_on)
    make = to_change(records, line.act, by, change)
    if expected is None:
        return in_pieces(line, make, images)
    if any(i.version != expected for i in images):
        raise Stale("Somebody changed this picture in the meantime.")
    line.write(RunCount(), "", [w for some in make(images) for w in some or ()])
    return Done(line.act.id, line.changed, len(images) - len(line.changed), 0)


def in_pieces(line: HistoryLine, make: Make[Image], images: Sequence[Image]) -> Done:
    """Change some images, in one write unless somebody was faster. Raises BadRequest for more than
    MOST_AT_ONCE."""
    if len(images) > MOST_AT_ONCE:
        raise BadRequest(f"At most {MOST_AT_ONCE} pictures at once.")
    run = Run(line.records, Image, make, line.write, rests_on=line.rests_on_kinds)
    if images:
        run.write(sorted(images, key=lambda i: i.id))
    return Done(line.act.id, line.changed, run.tally.left, run.tally.failed)


def history_line(
    records: Records,
    by: str,
    collection: str,
    change: Change,
    act: str,
    rests_on: Sequence[Require] = (),
) -> HistoryLine:
    """Return the line to add to. Raises NotFound when `act` isn't this person's, of this kind."""
    if not act:
        return HistoryLine(records, new_act(by, collection, change), False, rests_on)
    found = records.get(Act, act)
    same = found and (found.by, found.collection, found.kind) == (by, collection, change.kind)
    if found is None or not same or found.undone_at:
        raise NotFound("There is no such act to go on with.")
    return HistoryLine(records, found, True, rests_on)


def to_change(records: Records, act: Act, by: str, change: Change) -> Make[Image]:
    """Return a function that makes the writes to change images as they are when it is called."""
    return each_changed(records, act, by, lambda _: change)


def each_changed(
    records: Records, act: Act, by: str, change_of: Callable[[Image], Change | None]
) -> Make[Image]:
    """Return the same with a change of its own for each image, None to leave it."""

    def make(images: Sequence[Image]) -> list[list[Write] | None]:
        wanted, rests = as_of_now(records, [change_of(image) for image in images])
        there = already_there(records, images, wanted)
        return [
            None
            if image.collection != act.collection
            else []
            if change is None or image.sha256 in there
            else [*rests.get(change.target, ()), *writes]
            if (writes := change_writes(act, by, change, image))
            else []
            for image, change in zip(images, wanted, strict=True)
        ]

    return make


def as_of_now(
    records: Records, wanted: Sequence[Change | None]
) -> tuple[list[Change | None], dict[str, list[Require]]]:
    """Return changes that put pictures into deployments, with the site and the clock that these
    have now. Also return what they require, by deployment: that it stays so until they are
    written."""
    ids = sorted({c.target for c in wanted if c and c.kind == DEPLOY and c.target})
    there = {d.id: d for d in among(records, Deployment, ids)}
    now = [
        replace(c, site=there[c.target].site, shift=there[c.target].shift)
        if c and c.kind == DEPLOY and c.target in there
        else c
        for c in wanted
    ]
    return now, {d.id: [Require(Deployment, d.id, d.version)] for d in there.values()}


def already_there(
    records: Records, images: Sequence[Image], wanted: Sequence[Change | None]
) -> set[str]:
    """Return which of the images' bytes the target collection already has."""
    targets = {c.target for c in wanted if c and KINDS[c.kind].goes}
    hashes = tuple(i.sha256 for i in images)
    found: set[str] = set()
    for target in targets:
        where = [Where("collection", "=", target), Where("sha256", "in", hashes)]
        found |= {i.sha256 for i in records.find(Image, where, limit=len(hashes))}
    return found


def change_writes(act: Act, by: str, change: Change, image: Image) -> list[Write]:
    """Return the writes for one image with its history; none where it is so already."""
    standing = change.standing(image)
    if standing == image.standing:
        return []
    new = replace(image.put(standing), version=image.version + 1)
    if new.collection != image.collection:
        new = replace(new, lottery=random.random())  # a lot counts in one collection
    item = ActItem(new_id(), act.id, image.id, image.standing, standing)
    said = annotation(act, by, change, image, standing)
    return [*said, Insert(item), Replace(new, image.version, image)]


def changed_later(records: Records, act: Act, images: Sequence[Image]) -> set[str]:
    """Return which of the images were changed by an act that was asked for after this one: ids grow
    with time."""
    where = [Where("image", "in", tuple(i.id for i in images)), Where("act", ">", act.id)]
    return {item.image for item in records.find(ActItem, where, limit=100 * len(images))}


def kind_of(image: Image, standing: Standing) -> str:
    """Return whether a person confirmed the label, corrected it, or left the picture undecided."""
    if not standing.label:
        return UNDECIDED
    return "confirmed" if standing.label == image.label else "corrected"


def annotation(act: Act, by: str, change: Change, image: Image, standing: Standing) -> list[Write]:
    """Return what a person said, where the act says something about the label."""
    is_same = (standing.label, standing.who) == (image.label, image.who)
    if is_same or standing.who not in PEOPLE or not KINDS[change.kind].speaks:
        return []
    kind = kind_of(image, standing)
    when, told = change.said_at or time.time(), (act.id, change.via, change.source)
    return [Insert(Annotation(new_id(), image.id, standing.label, kind, by, when, *told))]
