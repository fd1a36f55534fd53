"""Acts: confirm, relabel, trash, restore, move, note - one or many images, with a history.

Every act keeps each image's standing before and after, so that any act can be undone. Not
here: undoing (undoing.py), copies (copies.py), or who may act where (sharing.py).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from biosight import metrics
from biosight.errors import BadRequest, NotFound, Stale
from biosight.images import Image, Standing
from biosight.labels import NOT_SURE, Annotation, clean_label
from biosight.storage.records import Insert, Records, Remove, Replace, Require, Taken, new_id

MOST_AT_ONCE = 500
TRIES = 5
MAX_NOTE = 2000
SUMMARIES = {
    "confirm": "Confirmed",
    "relabel": "Relabelled as {label}",
    "trash": "Moved to the trash",
    "restore": "Restored from the trash",
    "move": "Moved to {label}",
    "copy": "Copied to {label}",
    "note": "Changed the note",
    "rename": "{label}",
}


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person did in a collection, to `count` images.

    `undone_at` is 0 until undone; `target` is where a move or copy went.
    """

    table: ClassVar[str] = "acts"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("collection", "at", "id"),
        ("target", "at", "id"),
        ("by", "undone_at", "at", "id"),
    )

    id: str
    collection: str
    by: str
    at: float
    kind: str
    summary: str
    count: int
    undone_at: float = 0.0
    undone_by: str = ""
    renamed_before: tuple[tuple[str, str], ...] | None = None
    target: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class ActItem:
    """One image's standing before and after an act."""

    table: ClassVar[str] = "act_items"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("act", "id"), ("image", "id"))

    id: str
    act: str
    image: str
    before: Standing
    after: Standing


@dataclass(frozen=True, slots=True)
class Done:
    """What became of some images: changed ones anew, and how many were left as they are."""

    act: str
    changed: list[Image]
    skipped: int


@dataclass(frozen=True, slots=True)
class Change:
    """What to do to an image. `label` is the new label, `target` a collection, `note` a text."""

    kind: str
    label: str = ""
    target: str = ""
    target_name: str = ""
    note: str = ""
    via: str = ""

    def standing(self, image: Image) -> Standing:
        """The image's standing afterwards."""
        old = image.standing
        if self.kind == "confirm" and image.label:
            return replace(old, who="person")
        if self.kind == "relabel":
            return replace(old, label=self.label, who="person")
        if self.kind == "trash":
            return old if old.trashed_at else replace(old, trashed_at=time.time())
        if self.kind == "restore":
            return replace(old, trashed_at=0.0)
        if self.kind == "move":
            return replace(old, collection=self.target)
        if self.kind == "note":
            return replace(old, note=self.note)
        return old

    @property
    def summary(self) -> str:
        """The act in words, for the history."""
        return SUMMARIES[self.kind].format(label=self.target_name or self.label)


KINDS = ("confirm", "relabel", "unsure", "trash", "restore", "move", "copy", "note")
RECORD_KINDS = (Act, ActItem)


def change_of(
    kind: str,
    *,
    label: str = "",
    target: str = "",
    target_name: str = "",
    note: str = "",
    via: str = "",
) -> Change:
    """A checked Change. Raises BadRequest for unknown kinds and empty labels."""
    if kind == "unsure":
        return Change("relabel", label=NOT_SURE, via=via)
    if kind not in KINDS:
        raise BadRequest(f"An act is one of {', '.join(KINDS)}.")
    if kind == "relabel":
        return Change(kind, label=clean_label(label), via=via)
    if len(note) > MAX_NOTE:
        raise BadRequest(f"A note can be {MAX_NOTE} characters long at most.")
    return Change(kind, target=target, target_name=target_name, note=note.strip(), via=via)


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
    Without it an image that changed meanwhile is read again and changed on top. `rests_on` is
    what must be there when each is written, such as the collection they move to.
    """
    if len(images) > MOST_AT_ONCE:
        raise BadRequest(f"At most {MOST_AT_ONCE} pictures at once.")
    if expected is not None and any(i.version != expected for i in images):
        raise Stale("Somebody changed this picture in the meantime.")
    current = open_act(records, by, collection, change, act)
    changed = []
    for image in images:
        new = change_one(
            records, current, by, change, image, retry=expected is None, rests_on=rests_on
        )
        changed += [new] if new else []
    close_act(records, current, len(changed))
    metrics.acts.labels(change.kind).inc(len(changed))
    return Done(current.id, changed, len(images) - len(changed))


def new_act(
    by: str,
    collection: str,
    change: Change,
    renamed_before: tuple[tuple[str, str], ...] | None = None,
) -> Act:
    """An act that has done nothing yet; `renamed_before` are a rename's former names."""
    return Act(
        new_id(),
        collection,
        by,
        time.time(),
        change.kind,
        change.summary,
        0,
        target=change.target,
        renamed_before=renamed_before,
    )


def open_act(records: Records, by: str, collection: str, change: Change, act: str) -> Act:
    """The act to add to. Raises NotFound when `act` isn't this person's, of this kind."""
    if not act:
        made = new_act(by, collection, change)
        records.write(Insert(made))
        return made
    found = records.get(Act, act)
    same = found and (found.by, found.collection, found.kind) == (by, collection, change.kind)
    if found is None or not same or found.undone_at:
        raise NotFound("There is no such act to go on with.")
    return found


def close_act(records: Records, act: Act, more: int) -> None:
    """Count what was done; an act that did nothing leaves the history."""
    now = records.get(Act, act.id)
    if now is not None and more:
        counted = replace(now, count=now.count + more, version=now.version + 1)
        records.write(Replace(counted, now.version))
    elif now is not None and not now.count:
        records.write(Remove(Act, act.id))


def change_one(
    records: Records,
    act: Act,
    by: str,
    change: Change,
    image: Image,
    *,
    retry: bool,
    rests_on: Sequence[Require] = (),
) -> Image | None:
    """Change one image with its history in one write; None when there is nothing to change."""
    for _ in range(TRIES):
        standing = change.standing(image)
        if standing == image.standing:
            return None
        new = replace(image.put(standing), version=image.version + 1)
        item = ActItem(new_id(), act.id, image.id, image.standing, standing)
        said = annotation(act, by, change, image, standing)
        try:
            records.write(*rests_on, *said, Insert(item), Replace(new, image.version))
            if said and image.who == "machine":
                metrics.checked.labels(kind_of(image, standing)).inc()
            return new
        except Taken:
            return None  # the target collection has these bytes already
        except Stale:
            if not retry:
                raise
            found = records.get(type(image), image.id)
            if found is None or found.collection != image.collection:
                return None
            image = found
    return None


def kind_of(image: Image, standing: Standing) -> str:
    """Did a person agree with the label that was there?"""
    return "confirmed" if standing.label == image.label else "corrected"


def annotation(act: Act, by: str, change: Change, image: Image, standing: Standing) -> list[Insert]:
    """What a person said, where the act says something about the label."""
    if standing.who != "person" or change.kind not in {"confirm", "relabel"}:
        return []
    kind = kind_of(image, standing)
    said = Annotation(new_id(), image.id, standing.label, kind, by, time.time(), act.id, change.via)
    return [Insert(said)]
