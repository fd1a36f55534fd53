"""API: pictures for two readers, their answers, conflicts and agreement."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from biosight import accounts, gallery
from biosight.errors import Conflict
from biosight.images import Image
from biosight.labels import Identifications
from biosight.membership import Access
from biosight.review import identifications
from biosight.review.acts import Change, change_of
from biosight.review.agreement import agreement, agreement_by_rank, not_contradicting
from biosight.storage.records import Records
from biosight.web.access.deps import (
    ImageToAnswer,
    ImageToChange,
    ImageToSee,
    MayAnswer,
    MayLook,
    Open,
    Signed,
    Store,
)
from biosight.web.schemas.body import Input
from biosight.web.schemas.pictures import ImageOut, image_out
from biosight.workflows.collection_names import naming_of, with_path

router = APIRouter(tags=["review"])
MOST_CONFLICTS = 200


class ToIdentifyOut(BaseModel):
    """A picture to name, without what people or the machine said of it."""

    id: str
    name: str
    width: int
    height: int
    media_type: str
    taken: str


class ToIdentify(BaseModel):
    """Pictures to read next, and how many pictures are in each state.

    - `one`: they wait for a second reader; `yours` of them may be read by you.
    - `agreed`: both readers gave the same name.
    - `differ`: the readers gave different names.
    - `settled`: somebody decided since.
    """

    images: list[ToIdentifyOut]
    yours: int
    one: int
    agreed: int
    differ: int
    settled: int


class IdentifyAsked(Input):
    """What a picture shows; "" means "I can't name it"."""

    image: str = Field(max_length=64)
    label: str = Field(max_length=200)


class SettleAsked(Input):
    """What a picture is, "" for undecided."""

    label: str = Field(max_length=200)


class IdentificationsOut(BaseModel):
    """What two people called a picture, with the names of these people.

    While `state` is "one", the answer is sealed: only the person who gave it sees the label.
    `yours` says whether you may take the last answer back.
    """

    image: str
    state: str
    first_by: str
    first: str
    second_by: str
    second: str
    settled_by: str
    settled: str
    sealed: bool
    yours: bool


class ConflictOut(BaseModel):
    """A picture and the two answers that differ."""

    image: ImageOut
    identifications: IdentificationsOut


class LabelAgreementOut(BaseModel):
    """How two readers used a label ("" for undecided).

    `first` and `second` are how often each reader gave it, and `both` how often both gave it to the
    same picture. `share`, 0 to 1, is how much of what one reader called so the other did too.
    """

    label: str
    first: int
    second: int
    both: int
    share: float


class RankAgreementOut(BaseModel):
    """How often two readers gave the same name of one rank, of the pictures that both named at
    least that finely."""

    rank: str
    pictures: int
    alike: int


class AgreementOut(BaseModel):
    """Pictures read twice, how many were called alike, and Cohen's kappa with its 95 % interval.

    `as_far` counts pictures on which the readers agree as far as both go: one said Insecta, the
    other a family of it. `ranks` has the agreement at each rank of the tree. Kappa and its interval
    are null where they can't be calculated.
    """

    pictures: int
    alike: int
    as_far: int
    ranks: list[RankAgreementOut]
    kappa: float | None
    low: float | None
    high: float | None
    labels: list[LabelAgreementOut]


def identifications_out(records: Records, found: Identifications, me: str) -> IdentificationsOut:
    """Return two answers as this person may see them."""
    name = accounts.names_of(records)
    sealed = found.state == "one" and found.first_by != me
    last = found.second_by if found.second_by else found.first_by
    return IdentificationsOut(
        image=found.id,
        state=found.state,
        first_by="" if sealed else name(found.first_by),
        first="" if sealed else found.first,
        second_by=name(found.second_by),
        second=found.second,
        settled_by=name(found.settled_by),
        settled=found.settled,
        sealed=sealed,
        yours=last == me and found.state != "settled",
    )


def asked_for(access: Access) -> None:
    """Raise Conflict if the collection asks for no second reader."""
    if not access.collection.second_reader:
        raise Conflict("This collection does not ask for a second reader: see its settings.")


def as_said(biosight: Open, access: Access, label: str) -> Change:
    """Return a reader's answer as a change, with the label as the collection writes it."""
    said = label.strip()
    change = change_of("relabel" if said else "undecided", label=said, via=identifications.VIA)
    return with_path(biosight.archive.records, biosight.catalogue, access.collection, change)


@router.get("/collections/{collection}/to-identify")
def to_read(
    access: MayAnswer,
    person: Signed,
    records: Store,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ToIdentify:
    """List pictures for you to read; those that another reader has read come first."""
    asked_for(access)
    c, me = access.collection.id, person.user.id
    found = identifications.to_read(records, c, me, limit)
    return ToIdentify(
        images=[blind(x) for x in found], **identifications.counts_for(records, c, me)
    )


def blind(image: Image) -> ToIdentifyOut:
    """Return what a reader may know of a picture."""
    return ToIdentifyOut(
        id=image.id,
        name=image.name,
        width=image.width,
        height=image.height,
        media_type=image.media_type,
        taken=image.taken_at,
    )


@router.post("/collections/{collection}/identifications")
def answer(
    body: IdentifyAsked, access: MayAnswer, person: Signed, biosight: Open, records: Store
) -> IdentificationsOut:
    """Say what a picture shows, as its first or its second reader."""
    asked_for(access)
    image = gallery.get_image(records, body.image)
    if image.collection != access.collection.id:
        raise Conflict("This picture is in another collection by now.")
    change = as_said(biosight, access, body.label)
    done = identifications.identify(records, person.user.id, image.id, change)
    return identifications_out(records, done, person.user.id)


@router.get("/images/{image}/identifications")
def show(seen: ImageToSee, person: Signed, records: Store) -> IdentificationsOut | None:
    """Show the answers of a picture's readers, as far as you may know them."""
    found = records.get(Identifications, seen.image.id)
    if found is None or found.state == "none":
        return None
    return identifications_out(records, found, person.user.id)


@router.delete("/images/{image}/identifications", status_code=204)
def take_back(seen: ImageToAnswer, person: Signed, biosight: Open, records: Store) -> None:
    """Take back your own last answer."""
    naming = naming_of(records, biosight.catalogue, seen.access.collection)
    identifications.withdraw(records, person.user.id, seen.image.id, naming)


@router.get("/collections/{collection}/conflicts")
def conflicts(access: MayLook, person: Signed, records: Store) -> list[ConflictOut]:
    """List pictures that two readers named differently, the oldest first."""
    c, me = access.collection, person.user.id
    return [
        ConflictOut(
            image=image_out(image, access), identifications=identifications_out(records, r, me)
        )
        for r, image in identifications.differing_images(records, c.id, MOST_CONFLICTS)
    ]


@router.post("/images/{image}/identifications/settle")
def settle(
    body: SettleAsked, seen: ImageToChange, person: Signed, biosight: Open, records: Store
) -> IdentificationsOut:
    """Decide what a picture is when its two readers differ."""
    change = as_said(biosight, seen.access, body.label)
    done = identifications.settle_on(records, person.user.id, seen.image, change)
    return identifications_out(records, done, person.user.id)


@router.get("/collections/{collection}/agreement")
def agreed(access: MayLook, biosight: Open, records: Store) -> AgreementOut:
    """Show how well two readers agree in this collection."""
    pairs = identifications.said_twice(records, access.collection.id)
    found, tree = agreement(pairs), naming_of(records, biosight.catalogue, access.collection).tree
    return AgreementOut(
        pictures=found.pictures,
        alike=found.alike,
        as_far=not_contradicting(pairs, tree),
        ranks=[
            RankAgreementOut(rank=x.rank, pictures=x.pictures, alike=x.alike)
            for x in agreement_by_rank(pairs, tree)
        ],
        kappa=found.kappa,
        low=found.low,
        high=found.high,
        labels=[
            LabelAgreementOut(
                label=x.label, first=x.first, second=x.second, both=x.both, share=x.share
            )
            for x in found.labels
        ],
    )
