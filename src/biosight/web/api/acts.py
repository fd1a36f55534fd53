"""API: acts on many images, their history and undo, the review queue."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from biosight import accounts, sharing
from biosight.collection import Collection
from biosight.errands import locating, renaming
from biosight.errands.names import placed
from biosight.errors import BadRequest, NotFound
from biosight.images import Image
from biosight.places import Deployment, Site
from biosight.review import copies, queue, undoing
from biosight.review.acts import (
    DEPLOY,
    KINDS,
    MOST_AT_ONCE,
    MOST_INDIVIDUALS,
    Act,
    Change,
    change_of,
    perform,
)
from biosight.sharing import Access
from biosight.storage.living import still_there
from biosight.storage.records import Gone, Record, Require, Where, behind
from biosight.web.deps import ActToUndo, Editor, Open, Person, Signed, Store, Viewer
from biosight.web.filtering import Matching, matching
from biosight.web.inputs import Input
from biosight.web.shown import ImageOut, image_out

router = APIRouter(tags=["acts"])
# What an act can rest on, in words.
WORDS: dict[type[Record], str] = {
    Collection: "other collection",
    Deployment: "deployment",
    Site: "site",
}


Id = Annotated[str, Field(max_length=64)]


class NewAct(Input):
    """What to do, to these images or to all that match; `act` and `start` go on with a long one.

    `kind`: confirm, relabel (with `label`), unsure, trash, restore, move or copy (with `target`,
    a collection), note (with `note`), deploy (with `deployment`, or `site` alone, "" to take them
    out), date (with `when`, a local time or a day, "" for what the file says), count (with
    `individuals`, 0 for unsaid). `versions` names the version each image had when it was
    seen: images that changed since are left alone and come back as `stale`.
    """

    kind: str = Field(max_length=20)
    versions: dict[str, int] | None = Field(None, max_length=MOST_AT_ONCE)
    images: list[Id] | None = Field(None, max_length=MOST_AT_ONCE)
    matching: Matching | None = None
    label: str = Field("", max_length=200)
    target: str = Field("", max_length=64)
    deployment: str = Field("", max_length=64)
    site: str = Field("", max_length=64)
    note: str = Field("", max_length=4000)
    when: str = Field("", max_length=30)
    individuals: int = Field(0, ge=0, le=MOST_INDIVIDUALS)
    via: str = Field("", pattern="^(random|margin)?$")
    act: str = Field("", max_length=64)
    start: str = Field("", max_length=64)


class ActDone(BaseModel):
    """How far an act got; call again with `act` and `next` as `start` until `next` is "".

    `said` is what became of the pictures, in words: "confirmed", "moved to the trash". `unchanged`
    were so already, or their bytes are where they were to go; `conflicts` somebody else changed or
    removed at the same moment; `skipped` is both, and ids that are not here.
    """

    act: str
    said: str
    changed: list[ImageOut]
    unchanged: int
    conflicts: int
    skipped: int
    stale: list[ImageOut]
    next: str


class ActOut(BaseModel):
    """One line of a collection's history."""

    id: str
    by: str
    mine: bool
    at: float
    kind: str
    summary: str
    count: int
    undone: bool
    can_undo: bool


class UndoneOut(BaseModel):
    """What was put back; `left` are images that changed again since, as they are now, `left_alone`
    how many these are, `gone` how many were removed for good."""

    changed: list[ImageOut]
    left: list[ImageOut]
    left_alone: int
    gone: int
    next: str


class DrawnOut(BaseModel):
    """An image of the review queue and why it was drawn: random or margin."""

    image: ImageOut
    via: str


class QueueOut(BaseModel):
    """The next images to review, and how many wait in all."""

    images: list[DrawnOut]
    waiting: int


class Start(Input):
    """Where to go on with an undo."""

    start: str = Field("", max_length=64)


@router.post("/collections/{collection}/acts", status_code=201)
def act(body: NewAct, access: Editor, person: Signed, biosight: Open, records: Store) -> ActDone:
    """Do one thing to many images; up to 500 a call."""
    c = access.collection
    if body.kind == DEPLOY:
        change = locating.change_for(records, c.id, body.deployment, body.site)
    else:
        change = placed(records, biosight.catalogue, c, checked_change(body, person, records))
    found, following = chosen(body, access, records)
    seen = body.versions or {}
    stale = [i for i in found if seen.get(i.id, i.version) != i.version]
    images = [i for i in found if seen.get(i.id, i.version) == i.version]
    rests_on = [still_there(change.target)] if KINDS[change.kind].goes else []
    if change.kind == DEPLOY and change.target:
        rests_on = [Require(Deployment, change.target)]
    if change.kind == DEPLOY and change.site:
        rests_on.append(Require(Site, change.site))
    do = copies.copy if KINDS[change.kind].copies else perform
    try:
        done = do(records, person.user.id, c.id, change, images, act=body.act, rests_on=rests_on)
    except Gone as error:
        raise NotFound(f"The {WORDS[error.kind]} is not there any more.") from error
    missing = len(set(body.images)) - len(found) if body.images else 0
    return ActDone(
        act=done.act,
        said=KINDS[body.kind].done.format(label=change.words),
        changed=[image_out(i, c.threshold) for i in done.changed],
        unchanged=done.unchanged,
        conflicts=done.conflicts,
        skipped=done.unchanged + done.conflicts + missing,
        stale=[image_out(i, c.threshold) for i in stale],
        next=following,
    )


def checked_change(body: NewAct, person: Signed, records: Store) -> Change:
    """The body as a Change; the target collection must be one's own to edit."""
    target = ""
    name = ""
    if body.kind in KINDS and KINDS[body.kind].goes:
        granted = sharing.access(records, person.user.id, body.target, "editor")
        target, name = granted.collection.id, granted.collection.name
    return change_of(
        body.kind,
        label=body.label,
        target=target,
        target_name=name,
        note=body.note,
        via=body.via,
        when=body.when,
        individuals=body.individuals,
    )


def chosen(body: NewAct, access: Access, records: Store) -> tuple[list[Image], str]:
    """The images an act is for, in this collection only, and where to go on."""
    if (body.images is None) == (body.matching is None):
        raise BadRequest("Name the images, or say which match.")
    if body.images is not None:
        ids = tuple(dict.fromkeys(body.images))
        here = Where("collection", "=", access.collection.id)
        found = records.find(Image, [here, Where("id", "in", ids)], limit=MOST_AT_ONCE)
        return found, ""
    assert body.matching is not None
    where = matching(access, body.matching.filter())
    found = records.find(Image, where, after=behind(body.start), limit=MOST_AT_ONCE)
    return found, found[-1].id if len(found) == MOST_AT_ONCE else ""


@router.get("/collections/{collection}/acts")
def history(
    access: Viewer, person: Signed, records: Store, before: float = 0.0, limit: int = 50
) -> list[ActOut]:
    """A collection's history, the newest first."""
    found = undoing.history(
        records, access.collection.id, before=before, limit=max(1, min(limit, 200))
    )
    name = accounts.names_of(records)
    return [act_out(a, access, person, name) for a in found]


def act_out(act: Act, access: Access, person: Person, name: Callable[[str], str]) -> ActOut:
    """An act as the API shows it; `name` says how people are called."""
    mine = act.by == person.user.id
    allowed = access.allows("owner") or (mine and access.allows("editor"))
    return ActOut(
        id=act.id,
        by=name(act.by),
        mine=mine,
        at=act.at,
        kind=act.kind,
        summary=act.summary,
        count=act.count,
        undone=act.undone_at > 0,
        can_undo=allowed and not act.undone_at,
    )


@router.post("/acts/{act}/undo")
def undo(body: Start, own: ActToUndo, person: Signed, biosight: Open, records: Store) -> UndoneOut:
    """Undo an act; up to 500 images a call."""
    c = own.access.collection
    done = renaming.take_back(
        records, biosight.catalogue, own.act, person.user.id, c, start=body.start
    )
    return UndoneOut(
        changed=[image_out(i, c.threshold) for i in done.changed],
        left=[image_out(i, c.threshold) for i in done.left],
        left_alone=len(done.left),
        gone=done.gone,
        next=done.next,
    )


@router.get("/collections/{collection}/last-act")
def last_act(access: Viewer, person: Signed, records: Store) -> list[ActOut]:
    """One's own latest act here that can be undone; empty when there is none."""
    found = undoing.last_act(records, person.user.id, access.collection.id)
    return [act_out(found, access, person, accounts.names_of(records))] if found else []


@router.get("/collections/{collection}/queue")
def review_queue(access: Viewer, records: Store, limit: int = 40) -> QueueOut:
    """Images to review: half drawn at random, half the machine's least certain."""
    c = access.collection
    drawn = queue.queue(records, c.id, max(1, min(limit, 200)))
    return QueueOut(
        images=[DrawnOut(image=image_out(d.image, c.threshold), via=d.via) for d in drawn],
        waiting=queue.waiting(records, c.id),
    )
