"""API: acts on many images, their history and undo."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from biosight import accounts, membership
from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.errors import BadRequest, NotFound
from biosight.images import Image
from biosight.labels import IN_BULK
from biosight.membership import Access
from biosight.places import Deployment, Site
from biosight.review import copies, undo_acts
from biosight.review.acts import (
    DEPLOY,
    KINDS,
    MAX_NOTE,
    MOST_AT_ONCE,
    MOST_INDIVIDUALS,
    MOST_LOOKED_AT,
    Act,
    Change,
    change_of,
)
from biosight.review.perform_acts import perform
from biosight.storage.blobs.disk_space import check_limits, room_limits
from biosight.storage.records import Gone, Record, Records, Where, among
from biosight.web.access.deps import (
    ActToUndo,
    MayChange,
    MayLook,
    Open,
    Person,
    Signed,
    Store,
    task_of,
)
from biosight.web.access.rights import seen_rule
from biosight.web.schemas.body import Input
from biosight.web.schemas.filters import Matching, matching_images
from biosight.web.schemas.pictures import ImageOut, JobOut, image_out, job_out
from biosight.work.jobs import Job
from biosight.workflows.collection_names import with_path
from biosight.workflows.jobs import undo_act
from biosight.workflows.names import label_paths
from biosight.workflows.pictures import long_acts
from biosight.workflows.pictures.destinations import copy_limits
from biosight.workflows.places import deployment_acts

router = APIRouter(tags=["acts"])
MOST_NAMED = 10_000
MOST_SHOWN = 4
# The records that an act can depend on, in words.
WORDS: dict[type[Record], str] = {
    Collection: "other collection",
    Deployment: "deployment",
    Site: "site",
}


Id = Annotated[str, Field(max_length=64)]


class NewAct(Input):
    """What to do, either to the images in `images` or to all that `matching` selects.

    `kind` is one of these:

    - `confirm`, `undecided`, `trash`, `restore`
    - `relabel`, with `label`
    - `move` or `copy`, with `target`, a collection
    - `note`, with `note`
    - `deploy`, with `deployment`, or with `site` alone; "" takes the pictures out
    - `date`, with `when`: a local time or a day, or "" for the date in the file
    - `count`, with `individuals`; 0 for unsaid

    `versions` names the version that each image had when it was seen. Images that changed since are
    left alone and come back as `stale`.

    Some confirmed or relabelled pictures are marked as accepted in bulk, because nobody looked at
    each: all that `matching` selects, more than 100 at once, and those with `via` "bulk".
    """

    kind: str = Field(max_length=20)
    versions: dict[Id, int] | None = Field(None, max_length=MOST_NAMED)
    images: list[Id] | None = Field(None, max_length=MOST_NAMED)
    matching: Matching | None = None
    label: str = Field("", max_length=200)
    target: str = Field("", max_length=64)
    deployment: str = Field("", max_length=64)
    site: str = Field("", max_length=64)
    note: str = Field("", json_schema_extra={"maxLength": MAX_NOTE})
    when: str = Field("", max_length=30)
    individuals: int = Field(0, ge=0, le=MOST_INDIVIDUALS)
    via: str = Field("", pattern="^(random|margin|names|count|group|bulk)?$")


class ActDone(BaseModel):
    """What an act did. For more than 500 pictures a `job` does it; ask for the job until it ends.

    - `said` is what became of the pictures, in words: "confirmed", "moved to the trash".
    - `unchanged` counts pictures that were so already, or whose bytes are already where they were
      to go.
    - `conflicts` counts pictures that somebody else changed or removed at the same moment.
    - `skipped` counts both, and ids that are not here.
    """

    act: str
    said: str
    changed: list[ImageOut] = []
    unchanged: int = 0
    conflicts: int = 0
    skipped: int = 0
    stale: list[ImageOut] = []
    job: JobOut | None = None


class ActOut(BaseModel):
    """One line of a collection's history.

    `images` are the ids of the first pictures that it changed. `under_way` says whether a job still
    works on it.
    """

    id: str
    by: str
    mine: bool
    at: float
    kind: str
    summary: str
    count: int
    undone: bool
    can_undo: bool
    images: list[str]
    under_way: bool


class UndoneOut(BaseModel):
    """What an undo put back; an act of more than 500 pictures is undone by a `job`.

    `left` are images that changed again since the act, as they are now, and `left_alone` is their
    number. `gone` is how many images were removed for good.
    """

    changed: list[ImageOut] = []
    left: list[ImageOut] = []
    left_alone: int = 0
    gone: int = 0
    job: JobOut | None = None


@router.post("/collections/{collection}/acts", status_code=201)
def act(body: NewAct, access: MayChange, person: Signed, biosight: Open, records: Store) -> ActDone:
    """Do one thing to many images: at once for up to 500, as a job for more."""
    c = access.collection
    if body.kind == DEPLOY:
        change = deployment_acts.change_for(records, c.id, body.deployment, body.site)
    else:
        change = with_path(records, biosight.catalogue, c, checked_change(body, person, records))
    where, named = chosen(body, access)
    many = len(named) if named else records.count(Image, where)
    if KINDS[change.kind].goes and not KINDS[change.kind].copies:
        check_moved(records, change, where, named)
    try:
        if many > MOST_AT_ONCE:
            named, stale = as_seen(body, records, named)
            job = long_acts.ask(records, person.user.id, c.id, change, where, named)
            out = [image_out(i, access) for i in stale]
            return ActDone(act=job.id, said=change.done, stale=out, job=job_out(job))
        return at_once(body, access, person, biosight, change, where)
    except Gone as error:
        raise NotFound(f"The {WORDS[error.kind]} no longer exists.") from error


def check_moved(
    records: Records, change: Change, where: Sequence[Where], named: Sequence[str]
) -> None:
    """Raise TooLarge if the collection that pictures go to has no room for them."""
    found = records.get(Collection, change.target)
    under = room_limits("", 0, change.target, found.quota) if found else []
    if under and named:
        size = sum(i.size for i in among(records, Image, named))
    else:
        size = records.total(Image, where) if under else 0
    check_limits(records, size, under)


def as_seen(body: NewAct, records: Store, named: list[str]) -> tuple[list[str], list[Image]]:
    """Return those of many named images that nobody changed since they were seen, and the
    others."""
    seen = body.versions or {}
    found = among(records, Image, [id for id in named if id in seen])
    stale = [i for i in found if seen[i.id] != i.version]
    changed = {i.id for i in stale}
    return [id for id in named if id not in changed], stale[:MOST_AT_ONCE]


def at_once(
    body: NewAct,
    access: Access,
    person: Person,
    biosight: BioSight,
    change: Change,
    where: Sequence[Where],
) -> ActDone:
    """Apply the act to the images that match the conditions.

    Raises Gone if a record that it depends on was removed, and TooLarge if there is no room for
    copies.
    """
    c, records = access.collection, biosight.archive.records
    found = records.find(Image, where, limit=MOST_AT_ONCE)
    seen = body.versions or {}
    stale = [i for i in found if seen.get(i.id, i.version) != i.version]
    images = [i for i in found if seen.get(i.id, i.version) == i.version]
    by, rests_on = person.user.id, long_acts.required_records(change)
    if KINDS[change.kind].copies:
        under = copy_limits(records, biosight.intake.quota, by, change.target)
        done = copies.copy(records, by, c.id, change, images, rests_on=rests_on, under=under)
    else:
        done = perform(records, by, c.id, change, images, rests_on=rests_on)
    if KINDS[change.kind].goes:
        label_paths.settle_arrivals(records, biosight.catalogue, change.target)
    missing = len(set(body.images)) - len(found) if body.images else 0
    return ActDone(
        act=done.act,
        said=change.done,
        changed=[image_out(i, access) for i in done.changed],
        unchanged=done.unchanged,
        conflicts=done.conflicts,
        skipped=done.unchanged + done.conflicts + missing,
        stale=[image_out(i, access) for i in stale],
    )


def checked_change(body: NewAct, person: Signed, records: Store) -> Change:
    """Return the body as a Change; the person must be able to change the target collection."""
    target = ""
    name = ""
    if body.kind in KINDS and KINDS[body.kind].goes:
        granted = membership.access(records, person.user.id, body.target, "change")
        target, name = granted.collection.id, granted.collection.name
    return change_of(
        body.kind,
        label=body.label,
        target=target,
        target_name=name,
        note=body.note,
        via=IN_BULK if is_bulk(body) else body.via if body.via != IN_BULK else "",
        when=body.when,
        individuals=body.individuals,
    )


def is_bulk(body: NewAct) -> bool:
    """Return whether an act names pictures that nobody looked at one by one."""
    if body.kind not in {"confirm", "relabel"}:
        return False
    many = len(set(body.images or ()))
    return body.matching is not None or many > MOST_LOOKED_AT or body.via == IN_BULK


def chosen(body: NewAct, access: Access) -> tuple[list[Where], list[str]]:
    """Return which images of this collection an act is for.

    These are conditions, with the ids if the images were named one by one. Raises BadRequest.
    """
    if (body.images is None) == (body.matching is None):
        raise BadRequest("Name the images, or say which match.")
    if body.images is not None:
        ids = list(dict.fromkeys(body.images))
        here = [Where("collection", "=", access.collection.id)]
        return [*here, Where("id", "in", tuple(ids))] if len(ids) <= MOST_AT_ONCE else here, ids
    assert body.matching is not None
    return matching_images(access, body.matching.filter()), []


@router.get("/collections/{collection}/acts")
def history(
    access: MayLook,
    person: Signed,
    biosight: Open,
    records: Store,
    before: float = 0.0,
    limit: int = 50,
) -> list[ActOut]:
    """List the acts of a collection, the newest first.

    If an act names a sensitive label, viewers don't see which pictures it changed.
    """
    found = undo_acts.history(
        records, access.collection.id, before=before, limit=max(1, min(limit, 200))
    )
    names = seen_rule(access, biosight, records).names
    shown = acts_out(records, found, access, person)
    return [a.model_copy(update={"images": []}) if names.are_in(a.summary) else a for a in shown]


def acts_out(records: Store, found: Sequence[Act], access: Access, person: Person) -> list[ActOut]:
    """Return acts as the API shows them, all asked for at once."""
    ids = [a.id for a in found]
    images = undo_acts.first_images(records, ids, MOST_SHOWN)
    live = {job.id for job in among(records, Job, ids) if job.live}
    name = accounts.names_of(records, {a.by for a in found})
    return [
        act_out(a, access, person, name(a.by), images[a.id], under_way=a.id in live) for a in found
    ]


def act_out(
    act: Act, access: Access, person: Person, by: str, images: list[str], *, under_way: bool
) -> ActOut:
    """Return an act as the API shows it; `by` is the name of the person who did it."""
    mine = act.by == person.user.id
    allowed = access.may("own") or (mine and access.may("change"))
    return ActOut(
        id=act.id,
        by=by,
        mine=mine,
        at=act.at,
        kind=act.kind,
        summary=act.summary,
        count=act.count,
        undone=act.undone_at > 0,
        can_undo=allowed and not act.undone_at,
        images=images,
        under_way=under_way,
    )


@router.post("/acts/{act}/undo")
def undo(own: ActToUndo, person: Signed, biosight: Open) -> UndoneOut:
    """Undo an act: at once for up to 500 pictures, as a job for more.

    An act that is still under way is stopped first.
    """
    done = undo_act.take_back(task_of(biosight, own.access, person), own.act)
    if isinstance(done, Job):
        return UndoneOut(job=job_out(done))
    return UndoneOut(
        changed=[image_out(i, own.access) for i in done.changed],
        left=[image_out(i, own.access) for i in done.left],
        left_alone=len(done.left),
        gone=done.gone,
    )


@router.get("/collections/{collection}/last-act")
def last_act(access: MayLook, person: Signed, records: Store) -> list[ActOut]:
    """Return your latest act here that can be undone; the list is empty when there is none."""
    found = undo_acts.last_act(records, person.user.id, access.collection.id)
    return acts_out(records, [found] if found else [], access, person)
