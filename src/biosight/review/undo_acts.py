"""Undo of any act in the history, also later and by the collection's owner.

A picture is left alone and counted where somebody has since changed again what the act changed.
Other changes do not matter: a later note, say, does not protect an earlier label. Not here: the
acts (acts.py).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from biosight.collection import Collection
from biosight.errors import Conflict, NotFound, Stale
from biosight.images import ActItem, Image, Standing
from biosight.labels import IN_BULK, PEOPLE, Annotation, Prediction, current_label
from biosight.places import Deployment, Site
from biosight.review.acts import KINDS, MOST_AT_ONCE, Act
from biosight.review.copies import MOST_SAID
from biosight.storage.batches import BATCH, Make, Run, RunCount
from biosight.storage.conditions import still_there
from biosight.storage.patience import TRIES, tries
from biosight.storage.records import (
    Insert,
    Order,
    Question,
    Records,
    Replace,
    Require,
    Where,
    Write,
    among,
    new_id,
    parts,
)
from biosight.subjects import Subject
from biosight.taxa.naming import Naming


@dataclass(frozen=True, slots=True)
class Undone:
    """Result of an undo: images that it put back, images that it left, as they are now, and how
    many are gone for good."""

    changed: list[Image]
    left: list[Image]
    gone: int


def history(
    records: Records, collection: str, *, before: float = 0.0, limit: int = 50
) -> list[Act]:
    """Return the acts of a collection, the newest first."""
    earlier = [Where("at", "<", before)] if before else []
    newest = Order("at", descending=True)
    found: dict[str, Act] = {}
    for field in ("collection", "target"):
        where = [Where(field, "=", collection), *earlier]
        found |= {a.id: a for a in records.find(Act, where, order=newest, limit=limit)}
    return sorted(found.values(), key=lambda a: -a.at)[:limit]


def last_act(records: Records, by: str, collection: str) -> Act | None:
    """Return a person's latest act here that is not undone."""
    where = [Where("by", "=", by), Where("undone_at", "=", 0.0)]
    where.append(Where("collection", "=", collection))
    found = records.find(Act, where, order=Order("at", descending=True), limit=1)
    return found[0] if found else None


def first_images(records: Records, acts: Sequence[str], limit: int) -> dict[str, list[str]]:
    """Return the first pictures that each act changed and that still exist, by id."""
    asked = [Question([Where("act", "=", act)], limit=limit) for act in acts]
    items = dict(zip(acts, records.find_each(ActItem, asked), strict=True))
    ids = sorted({item.image for found in items.values() for item in found})
    there = {i.id for i in among(records, Image, ids)}
    return {a: [i.image for i in found if i.image in there] for a, found in items.items()}


def get_act(records: Records, id: str) -> Act:
    """Return an act by id, without asking who may see it. Raises NotFound."""
    found = records.get(Act, id)
    if found is None:
        raise NotFound("There is no such act.")
    return found


def no_writes() -> list[Write]:
    """Return no more writes, as for most undos."""
    return []


def undo(
    records: Records,
    act: Act,
    by: str,
    naming: Naming,
    *,
    along: Callable[[], list[Write]] = no_writes,
) -> Undone:
    """Put the images of an act of at most MOST_AT_ONCE back as they were before it.

    `along` returns what is written with the act's mark; it is called again at each try. Raises
    Conflict when the act was already undone.
    """
    if act.undone_at:
        raise Conflict("This is already undone.")
    if act.places_before:
        # Pictures take site and clock from their deployments, so these are put back first.
        mark_undone(records, act, by, along)
    items = records.find(ActItem, [Where("act", "=", act.id)], limit=MOST_AT_ONCE)
    changed: list[Image] = []

    def note(_: RunCount, __: str, writes: Sequence[Write]) -> None:
        if writes:
            records.write(*writes)
            changed.extend(images_in(writes))

    run = Run(records, ActItem, to_put_back(records, act, by, naming), note)
    if items:
        run.write(items)
    if (changed or act.stays) and not act.places_before:
        mark_undone(records, act, by, along)
    others = list({item.image for item in items} - {i.id for i in changed})
    left = among(records, Image, others)
    return Undone(changed, left, len(others) - len(left))


def images_in(writes: Sequence[Write]) -> list[Image]:
    """Return the images among writes, as they are after them."""
    found = [w.record for w in writes if isinstance(w, Replace)]
    return [r for r in found if isinstance(r, Image)]


def mark_undone(
    records: Records,
    act: Act,
    by: str,
    along: Callable[[], list[Write]] = no_writes,
    also: Sequence[Write] = (),
) -> None:
    """Store that an act was undone, and by whom; try again when what goes along was changed at the
    same moment. Raises Stale when somebody else changed the act."""
    now = replace(act, undone_at=time.time(), undone_by=by, version=act.version + 1)
    for number in tries(act.id):
        try:
            records.write(Replace(now, act.version), *along(), *also)
            return
        except Stale:
            if number == TRIES - 1 or get_act(records, act.id).version != act.version:
                raise


def to_put_back(records: Records, act: Act, by: str, naming: Naming) -> Make[ActItem]:
    """Return a function that makes the writes to put images back. It makes none for an image that
    was changed again since or whose collection is not there, and None for one that is gone for
    good."""

    def make(items: Sequence[ActItem]) -> list[list[Write] | None]:
        ids = [item.image for item in items]
        images = {i.id: i for i in among(records, Image, ids)}
        said = latest_predictions(records, ids) if KINDS[act.kind].speaks else {}
        moved = {i.before.collection for i in items if i.before.collection != i.after.collection}
        homes = living_among(records, moved)
        places = Places(records, [(item, images.get(item.image)) for item in items])
        return [
            putting_back(
                act, item, images[item.image], by, naming, said.get(item.image), homes, places
            )
            if item.image in images
            else None
            for item in items
        ]

    return make


def living_among(records: Records, collections: set[str]) -> set[str]:
    """Return those of some collections that exist and are not in the trash."""
    return {c.id for c in among(records, Collection, sorted(collections)) if not c.trashed_at}


def putting_back(
    act: Act,
    item: ActItem,
    image: Image,
    by: str,
    naming: Naming,
    predicted: Prediction | None,
    homes: set[str],
    places: "Places",
) -> list[Write]:
    """Return the writes that put back what the act changed of one image. Site and clock follow from
    the deployment as it is now; a deployment that is gone gives none."""
    was, then = item.before.read, item.after.read
    before = was.changed(then)
    follows = {"label_path", *(("site", "shift") if then.deployment else ())}
    changed_since = any(
        getattr(image.standing, name) != getattr(then, name)
        for name in before
        if name not in follows  # a later change of it was not made to the picture itself
    )
    if changed_since or ("collection" in before and was.collection not in homes):
        return []
    said = withdrawal(act, item, by)
    if said and predicted and before.get("who") not in PEOPLE:
        current = current_label(predicted, [said])
        label = naming.shown(current.label)
        before |= {"label": label, "who": current.who if label else "nobody"}
    if "label" in before:
        before["label_path"] = naming.path(before["label"])
    if "others" in before:
        before["others"] = with_paths(was.others, naming)
    standing, placed_by = places.put_right(replace(image.standing, **before), before)
    if standing == image.standing:
        return []
    new = replace(image.put(standing), version=image.version + 1)
    rests_on = [still_there(before["collection"])] if "collection" in before else []
    return [
        *rests_on,
        *placed_by,
        *([Insert(said)] if said else []),
        Replace(new, image.version, image),
    ]


def with_paths(subjects: Sequence[Subject], naming: Naming) -> tuple[Subject, ...]:
    """Return subjects with the paths that their labels have in a tree."""
    return tuple(replace(s, label_path=naming.path(s.label)) for s in subjects)


class Places:
    """Deployments and sites that pictures may go back to, as they are now."""

    def __init__(self, records: Records, items: Sequence[tuple[ActItem, Image | None]]) -> None:
        standings = [s for item, _ in items for s in (item.before.read, item.after.read)]
        standings += [image.standing for _, image in items if image]
        self.deployments = {
            d.id: d
            for d in among(records, Deployment, sorted({s.deployment for s in standings} - {""}))
        }
        self.sites = {
            s.id: s for s in among(records, Site, sorted({s.site for s in standings} - {""}))
        }

    def put_right(
        self, standing: Standing, before: Mapping[str, Any]
    ) -> tuple[Standing, list[Require]]:
        """Return a standing with the site and clock of its deployment, and what that requires.
        Where deployment or site are gone, the standing has none. A standing whose place does not
        change stays."""
        if not before.keys() & {"deployment", "site", "shift"}:
            return standing, []
        found = self.deployments.get(standing.deployment)
        if found is not None and found.collection == standing.collection:
            rests = [Require(Deployment, found.id, found.version)]
            return replace(standing, site=found.site, shift=found.shift), rests
        if standing.deployment:
            return replace(standing, deployment="", site="", shift=0), []
        site = self.sites.get(standing.site)
        if site is None or site.collection != standing.collection:
            return replace(standing, site="", shift=0), []
        return replace(standing, shift=0), [Require(Site, site.id)]


def withdrawal(act: Act, item: ActItem, by: str) -> Annotation | None:
    """Return the annotation of an undo: the earlier person's label again, or nothing."""
    before, after = item.before.read, item.after.read
    if not KINDS[act.kind].speaks or (before.label, before.who) == (after.label, after.who):
        return None
    label = before.label if before.who in PEOPLE else ""
    via = IN_BULK if before.who == IN_BULK else ""
    return Annotation(new_id(), item.image, label, "withdrawn", by, time.time(), act.id, via)


def latest_prediction(records: Records, image: str) -> Prediction | None:
    """Return the last thing that a model said of an image, in the order in which BioSight learned
    it: an imported answer may be older than the machine's own."""
    where = [Where("image", "=", image)]
    found = records.find(Prediction, where, order=Order("id", descending=True), limit=1)
    return found[0] if found else None


def latest_predictions(records: Records, images: Sequence[str]) -> dict[str, Prediction]:
    """Return the last thing that a model said of each image, ordered as by `latest_prediction`."""
    found: dict[str, Prediction] = {}
    for part in parts(images, BATCH):
        where = [Where("image", "in", part)]
        for said in records.find(Prediction, where, order=Order("id"), limit=MOST_SAID * len(part)):
            found[said.image] = said
    return found
