"""API: collections, their labels and members."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from biosight import accounts, gallery, membership, registry
from biosight.accounts import User
from biosight.collection import (
    FINEST_GRID,
    LONGEST_GAP,
    MOST_ANSWERABLE,
    WIDEST_GRID,
)
from biosight.errors import Forbidden
from biosight.gallery import trash
from biosight.gallery.totals import Totals, totals_of
from biosight.images import Image
from biosight.membership import OWNER, Access
from biosight.storage.records import Where
from biosight.subjects.picture_kind import PictureKind
from biosight.taxa.kinds import thing_of
from biosight.web.access.deps import Bytes, MayChange, MayLook, MayOwn, Open, Signed, Store, task_of
from biosight.web.access.rights import MemberToRemove, seen_version
from biosight.web.schemas.body import Input
from biosight.web.schemas.filters import Filtered, matching_images
from biosight.web.schemas.pictures import JobOut, TaxonOut, job_out, taxon_out
from biosight.work.jobs import Job
from biosight.workflows.collection_names import names_in, twins
from biosight.workflows.models import try_version
from biosight.workflows.names import rename
from biosight.workflows.names.answer_list import known_answers
from biosight.workflows.names.sensitivity import known_sensitive
from biosight.workflows.people import members as members_now
from biosight.workflows.pictures import trash_job
from biosight.workflows.upkeep import collection_removal

router = APIRouter(tags=["collections"])
Said = Literal["title", "license", "rights_holder", "coarse", "utc_offset"]


class CoverOut(BaseModel):
    """One of a collection's largest groups, and an image of it."""

    group: str
    image: str


class CollectionOut(BaseModel):
    """A collection as this person may use it.

    `may` lists what their role allows, and `owners` the names of its owners. `cover` is an image id
    or "". `covers` are up to four of its largest groups, with an image each.
    """

    id: str
    name: str
    role: str
    may: list[str]
    owners: list[str]
    threshold: int
    favourites: list[str]
    event_gap: int
    sensitive: list[str]
    coarse: float
    published: dict[str, str]
    second_reader: bool
    comments: bool
    answerable: list[str]
    picture_kind: PictureKind
    blur_people: bool
    example: bool
    model: str
    images: int
    unsure: int
    unfamiliar: int
    unreviewed: int
    trashed_images: int
    cover: str
    covers: list[CoverOut]
    trashed: bool
    version: int


class NewCollection(Input):
    """A name, the model family that names its pictures ("" for the server's default), and what the
    pictures are ("" for not said). `example` marks a collection for example pictures."""

    name: str = Field(max_length=200)
    model: str = Field("", max_length=64)
    picture_kind: PictureKind = ""
    example: bool = False


class CollectionChange(Input):
    """What to change in a collection.

    - `threshold`: in whole percent.
    - `model`: the name of a family.
    - `event_gap`: in seconds.
    - `sensitive`: labels whose places are hidden, with all labels below them. Viewers and exports
      get these places as coarse as `coarse`, in degrees.
    - `published`: what exports say of themselves unless they say otherwise.
    - `second_reader`: asks for two independent readings of each picture.
    - `comments`: lets members comment on pictures.
    - `answerable`: the names of the tree that alone may be answered; none for all.
    - `picture_kind`: what the pictures are. Animals and people are sought in new photographs and
      frames of camera traps, and empty frames among these.
    - `blur_people`: viewers and visitors see people blurred.
    """

    name: str | None = Field(None, max_length=200)
    threshold: int | None = Field(None, ge=0, le=100)
    model: str | None = Field(None, max_length=64)
    favourites: list[Annotated[str, Field(max_length=200)]] | None = Field(None, max_length=9)
    event_gap: int | None = Field(None, ge=0, le=LONGEST_GAP)
    sensitive: list[Annotated[str, Field(max_length=200)]] | None = Field(None, max_length=400)
    coarse: float | None = Field(None, ge=FINEST_GRID, le=WIDEST_GRID)
    published: dict[Said, Annotated[str, Field(max_length=200)]] | None = None
    second_reader: bool | None = None
    comments: bool | None = None
    answerable: list[Annotated[str, Field(max_length=200)]] | None = Field(
        None, max_length=MOST_ANSWERABLE
    )
    picture_kind: PictureKind | None = None
    blur_people: bool | None = None


class LabelOut(BaseModel):
    """A label folder; `label` is "" for pictures that nobody named.

    `images` counts all pictures that show it, `further` those of them that show it on a further
    subject alone. `further_below` counts those that show it or something below it on a further
    subject, and nothing of it on the first; a name for which this alone is known has no `images`.

    `path` is its place in the tree of names, and `taxon` what it is there. `thing` is empty, human
    or vehicle for the usual things that are no taxon. `twin` is a label that differs only by case,
    accents or Unicode form; the two should be merged.
    """

    label: str
    images: int
    verified: int
    unsure: int
    path: str
    further: int
    further_below: int
    taxon: TaxonOut | None
    thing: str
    twin: str


class LabelChange(Input):
    """A label to rename from `old` to `new`; an empty `new` removes it.

    If `new` exists already and would absorb a sensitive name, `sensitive` says whether it is
    sensitive from then on.
    """

    old: str = Field(min_length=1, max_length=200)
    new: str = Field("", max_length=200)
    sensitive: bool | None = None


class LabelChanged(BaseModel):
    """The act of a rename, and how many pictures it changed; for more than 500, a `job` does it."""

    act: str
    changed: int
    job: JobOut | None


class Emptied(BaseModel):
    """How many pictures were removed for good; if there are many, a `job` removes them."""

    removed: int
    job: JobOut | None


class MemberOut(BaseModel):
    """A member; `you` marks the person who asks."""

    user: str
    name: str
    email: str
    role: str
    you: bool


class RoleChange(Input):
    """The new role: viewer, editor or owner."""

    role: str = Field(max_length=20)


def collection_out(records: Store, access: Access) -> CollectionOut:
    """Return a collection with its counts."""
    return collections_out(records, [access])[0]


def collections_out(records: Store, found: Sequence[Access]) -> list[CollectionOut]:
    """Return collections with their counts, all asked for at once."""
    holds = totals_of(records, [a.collection for a in found])
    owners = membership.owners_of(records, [a.collection.id for a in found])
    name = accounts.names_of(records, {user for users in owners.values() for user in users})
    return [
        with_totals(access, holds[access.collection.id], map(name, owners[access.collection.id]))
        for access in found
    ]


def with_totals(access: Access, holds: Totals, owners: Iterable[str]) -> CollectionOut:
    """Return a collection as the API shows it."""
    c = access.collection
    return CollectionOut(
        id=c.id,
        name=c.name,
        role=access.role,
        may=list(access.abilities),
        owners=list(owners),
        threshold=c.threshold,
        favourites=list(c.favourites),
        event_gap=c.event_gap,
        sensitive=list(c.sensitive),
        coarse=c.coarse,
        published=dict(c.published),
        second_reader=c.second_reader,
        comments=c.comments,
        answerable=list(c.answerable),
        picture_kind=c.picture_kind,
        blur_people=c.blur_people,
        example=c.example,
        model=c.model,
        images=holds.images,
        unsure=holds.unsure,
        unfamiliar=holds.unfamiliar,
        unreviewed=holds.unreviewed,
        trashed_images=holds.trashed,
        cover=holds.newest,
        covers=[CoverOut(group=group, image=image) for group, image in holds.covers],
        trashed=c.trashed_at > 0,
        version=c.version,
    )


@router.get("/collections")
def list_collections(person: Signed, records: Store, trash: bool = False) -> list[CollectionOut]:
    """List the collections of which you are a member."""
    found = membership.collections_of(records, person.user.id, trashed=trash)
    return collections_out(records, found)


@router.post("/collections", status_code=201)
def create(body: NewCollection, person: Signed, records: Store) -> CollectionOut:
    """Create a collection, which you then own.

    A model that was taught in another collection is refused.
    """
    if body.model:
        chosen = seen_version(records, person, registry.champion(records, body.model).id)
        try_version.check_fits(chosen, None)
    made = membership.create_collection(
        records,
        person.user.id,
        body.name,
        model=body.model,
        picture_kind=body.picture_kind,
        example=body.example,
    )
    return collection_out(records, Access(made, OWNER))


@router.get("/collections/{collection}")
def show(access: MayLook, records: Store) -> CollectionOut:
    """Show one collection."""
    return collection_out(records, access)


@router.patch("/collections/{collection}")
def change(
    body: CollectionChange, access: MayChange, person: Signed, biosight: Open, records: Store
) -> CollectionOut:
    """Change the settings of a collection (editors) or its name (owners).

    Pictures that are there keep their labels; a try-on is the way to change those.
    """
    if body.model:
        chosen = registry.champion(records, body.model)
        try_version.check_fits(seen_version(records, person, chosen.id), access.collection)
    if body.name is not None and not access.may("own"):
        raise Forbidden("Only an owner can rename a collection.")
    wanted = body.model_dump()
    if body.sensitive is not None:
        names = names_in(records, biosight.catalogue, access.collection)
        wanted["sensitive"] = known_sensitive(records, access.collection, names, body.sensitive)
    if body.answerable is not None:
        names = names_in(records, biosight.catalogue, access.collection)
        wanted["answerable"] = known_answers(names, body.answerable)
    changed = membership.change_collection(records, access.collection, **wanted)
    return collection_out(records, Access(changed, access.role))


@router.delete("/collections/{collection}", status_code=204)
def to_trash(access: MayOwn, records: Store) -> None:
    """Move a collection to the trash; its pictures go with it and come back with it."""
    membership.set_trashed(records, access.collection, trashed=True)


@router.post("/collections/{collection}/restore")
def restore(collection: str, person: Signed, records: Store) -> CollectionOut:
    """Restore a collection from the trash."""
    access = membership.access(records, person.user.id, collection, "own", trashed=True)
    restored = membership.set_trashed(records, access.collection, trashed=False)
    return collection_out(records, Access(restored, OWNER))


@router.delete("/collections/{collection}/forever", status_code=204)
def remove_forever(collection: str, person: Signed, biosight: Open, records: Store) -> None:
    """Remove a trashed collection for good, with its pictures and the models taught in it."""
    access = membership.access(records, person.user.id, collection, "own", trashed=True)
    collection_removal.remove_collection(biosight, access.collection)


@router.delete(
    "/collections/{collection}/trash",
    responses={202: {"model": Emptied, "description": "A job goes on with it"}},
)
def empty_trash(
    access: MayOwn, person: Signed, records: Store, blobs: Bytes, response: Response
) -> Emptied:
    """Remove what is in the trash now for good: at once if it is little, else as a job."""
    c = access.collection.id
    where = [Where("collection", "=", c), Where("trashed", "=", True)]
    if records.count(Image, where) > trash.PAGE:
        response.status_code = 202
        return Emptied(removed=0, job=job_out(trash_job.ask(records, c, person.user.id)))
    return Emptied(removed=trash.purge(records, blobs, where), job=None)


@router.get("/collections/{collection}/labels")
def labels(access: MayLook, biosight: Open, records: Store, chosen: Filtered) -> list[LabelOut]:
    """List the label folders with counts of what a filter matches, the fullest first."""
    c = access.collection
    names = names_in(records, biosight.catalogue, c)
    where = matching_images(access, chosen)
    counts = gallery.label_counts(records, where, c.threshold)
    same = twins(names, {x.label: x.images for x in counts if x.label})
    return [
        LabelOut.model_construct(
            label=x.label,
            images=x.images,
            verified=x.verified,
            unsure=x.unsure,
            path=x.path,
            further=x.further,
            further_below=x.further_below,
            taxon=taxon_out(names.tree, x.label),
            thing=thing_of(x.label),
            twin=same.get(x.label, ""),
        )
        for x in counts
    ]


@router.post("/collections/{collection}/labels/rename")
def rename_label(
    body: LabelChange, access: MayChange, person: Signed, biosight: Open
) -> LabelChanged:
    """Rename, merge (into a name that exists) or remove a label.

    This is done at once if up to 500 pictures have the label, and as a job if more do. A 409 with
    the code needs_answer asks for `sensitive`.
    """
    task = task_of(biosight, access, person)
    done = rename.rename_label(task, body.old, body.new, sensitive=body.sensitive)
    if isinstance(done, Job):
        return LabelChanged(act=done.id, changed=0, job=job_out(done))
    return LabelChanged(act=done.act, changed=len(done.changed), job=None)


@router.get("/collections/{collection}/members")
def members(access: MayLook, person: Signed, records: Store) -> list[MemberOut]:
    """List the members of a collection."""
    found = []
    for member in membership.members_of(records, access.collection.id):
        if user := records.get(User, member.user):
            found.append(
                MemberOut(
                    user=user.id,
                    name=user.name,
                    email=user.email,
                    role=member.role,
                    you=user.id == person.user.id,
                )
            )
    return found


@router.patch("/collections/{collection}/members/{user}", status_code=204)
def set_role(user: str, body: RoleChange, access: MayOwn, records: Store) -> None:
    """Change a member's role. Their links end if the new role cannot invite."""
    members_now.change_role(records, access.collection.id, user, body.role)


@router.delete("/collections/{collection}/members/{user}", status_code=204)
def remove_member(collection: str, user: MemberToRemove, records: Store) -> None:
    """Remove a member (owners), or leave the collection (yourself).

    Links that the member made end, and work that they started here stops.
    """
    members_now.end_membership(records, collection, user)
