"""Undo of any act, from a history list, also later and by the collection's owner.

What an act changed and somebody changed again since is left alone and counted; a later note, say,
does not keep an earlier label. Not here: the acts (acts.py).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from biosight.errors import Conflict, NotFound, Stale
from biosight.images import ActItem, Image
from biosight.labels import Annotation, Prediction, current_label
from biosight.review.acts import KINDS, MOST_AT_ONCE, TRIES, Act
from biosight.storage.living import still_there
from biosight.storage.records import (
    Gone,
    Insert,
    InUse,
    Order,
    Records,
    Replace,
    Where,
    Write,
    among,
    behind,
    new_id,
)
from biosight.taxa.naming import Naming


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did so far: images that it put back, those that it left, as they are now, and
    how many are gone for good; `next` is where to go on ("" when finished)."""

    changed: list[Image]
    left: list[Image]
    gone: int
    next: str


def history(
    records: Records, collection: str, *, before: float = 0.0, limit: int = 50
) -> list[Act]:
    """Acts of a collection, the newest first."""
    earlier = [Where("at", "<", before)] if before else []
    newest = Order("at", descending=True)
    found: dict[str, Act] = {}
    for field in ("collection", "target"):
        where = [Where(field, "=", collection), *earlier]
        found |= {a.id: a for a in records.find(Act, where, order=newest, limit=limit)}
    return sorted(found.values(), key=lambda a: -a.at)[:limit]


def last_act(records: Records, by: str, collection: str) -> Act | None:
    """A person's latest act here that is not undone."""
    where = [Where("by", "=", by), Where("undone_at", "=", 0.0)]
    where.append(Where("collection", "=", collection))
    found = records.find(Act, where, order=Order("at", descending=True), limit=1)
    return found[0] if found else None


def get_act(records: Records, id: str) -> Act:
    """An act by id, without asking who may see it. Raises NotFound."""
    found = records.get(Act, id)
    if found is None:
        raise NotFound("There is no such act.")
    return found


def nothing() -> list[Write]:
    """What goes along with most undos."""
    return []


def undo(
    records: Records,
    act: Act,
    by: str,
    naming: Naming,
    *,
    start: str = "",
    along: Callable[[], list[Write]] = nothing,
) -> Undone:
    """Put up to MOST_AT_ONCE images back as they were before `act`; call again with `next`.

    `along` gives what is written with the act's mark, read anew at each try. Raises Conflict when
    the act was undone already.
    """
    if act.undone_at and not start:
        raise Conflict("This was undone already.")
    where = [Where("act", "=", act.id)]
    items = records.find(ActItem, where, after=behind(start), limit=MOST_AT_ONCE)
    outcomes = [(item, undo_one(records, act, item, by, naming)) for item in items]
    changed = [new for _, new in outcomes if new is not None]
    if (changed or act.stays) and not act.undone_at:
        mark_undone(records, act, by, along)
    others = [item.image for item, new in outcomes if new is None]
    left = among(records, Image, others)
    following = items[-1].id if len(items) == MOST_AT_ONCE else ""
    return Undone(changed, left, len(set(others)) - len(left), following)


def mark_undone(records: Records, act: Act, by: str, along: Callable[[], list[Write]]) -> None:
    """Note that an act was undone, by whom; tried again when what goes along was changed at the
    same moment. Raises Stale when somebody else changed the act."""
    now = replace(act, undone_at=time.time(), undone_by=by, version=act.version + 1)
    for left in reversed(range(TRIES)):
        try:
            records.write(Replace(now, act.version), *along())
            return
        except Stale:
            if not left or get_act(records, act.id).version != act.version:
                raise


def undo_one(records: Records, act: Act, item: ActItem, by: str, naming: Naming) -> Image | None:
    """Put back what the act changed of one image; None when that was changed again since, or when
    the collection that it would go back to is not there."""
    was, then = item.before.read, item.after.read
    for _ in range(TRIES):
        image = records.get(Image, item.image)
        before = was.changed(then)
        if image is None or any(
            getattr(image.standing, name) != getattr(then, name)
            for name in before
            if name != "label_path"
        ):
            return None
        said = withdrawal(act, item, by)
        if said and before.get("who") != "person":
            current = current_label(latest_prediction(records, image.id), [said])
            label = naming.shown(current.label)
            before |= {"label": label, "who": current.who if label else "nobody"}
        if "label" in before:
            before["label_path"] = naming.path(before["label"])
        standing = replace(image.standing, **before)
        new = replace(image.put(standing), version=image.version + 1)
        rests_on = [still_there(before["collection"])] if "collection" in before else []
        try:
            records.write(*rests_on, *([Insert(said)] if said else []), Replace(new, image.version))
        except (InUse, Gone):
            return None
        except Stale:
            continue
        return new
    return None


def withdrawal(act: Act, item: ActItem, by: str) -> Annotation | None:
    """What undoing says: the earlier person's label again, or nothing."""
    if not KINDS[act.kind].speaks:
        return None
    label = item.before.read.label if item.before.who == "person" else ""
    return Annotation(new_id(), item.image, label, "withdrawn", by, time.time(), act.id)


def latest_prediction(records: Records, image: str) -> Prediction | None:
    """The last thing a model said of an image."""
    where = [Where("image", "=", image)]
    found = records.find(Prediction, where, order=Order("at", descending=True), limit=1)
    return found[0] if found else None
