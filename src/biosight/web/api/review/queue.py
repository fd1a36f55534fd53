"""API: the review queue, groups of look-alikes, and labels that are likely wrong."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from biosight.review import queue
from biosight.web.access.deps import MayLook, Open, Store
from biosight.web.schemas.body import Input
from biosight.web.schemas.pictures import ImageOut, image_out
from biosight.web.schemas.review_queue import DrawnOut, QueueOut
from biosight.workflows.pictures import groups

router = APIRouter(tags=["review"])
MOST_PUT_ASIDE = 20_000
Id = Annotated[str, Field(max_length=64)]


class GroupAsked(Input):
    """A label, or "" for the one under which most pictures wait.

    `without` are images that were put aside; they are left out.
    """

    label: str = Field("", max_length=200)
    without: list[Id] = Field(default=[], max_length=MOST_PUT_ASIDE)


class LookAlikes(BaseModel):
    """Look-alikes that nobody looked at, under one proposed name, the most typical first.

    From the position `odd` on, they are less alike. `left` is how many wait under the name and
    `waiting` how many in all; `kept` of these are for the random half alone.
    """

    label: str
    images: list[ImageOut]
    odd: int
    left: int
    waiting: int
    kept: int


class CohortOut(BaseModel):
    """Pictures named `label` whose nearest confirmed neighbours are called `suggested`."""

    label: str
    suggested: str
    images: list[ImageOut]


@router.get("/collections/{collection}/queue")
def review_queue(access: MayLook, records: Store, limit: int = 40) -> QueueOut:
    """List images to review: half drawn at random, half the machine's least certain."""
    c = access.collection
    drawn = queue.queue(records, c.id, max(1, min(limit, 200)))
    return QueueOut(
        images=[DrawnOut(image=image_out(d.image, access), via=d.via) for d in drawn],
        waiting=queue.count_waiting(records, c.id),
    )


@router.post("/collections/{collection}/group")
def group(body: GroupAsked, access: MayLook, biosight: Open, records: Store) -> LookAlikes:
    """Return the next group of look-alikes; nothing changes by asking."""
    c = access.collection
    found = groups.next_group(biosight, c, body.label, body.without) or groups.NONE
    return LookAlikes(
        label=found.label,
        images=[image_out(i, access) for i in found.images],
        odd=found.odd,
        left=found.left,
        waiting=queue.count_waiting(records, c.id),
        kept=queue.kept_for_chance(records, c.id),
    )


@router.get("/collections/{collection}/doubted")
def doubted(access: MayLook, biosight: Open) -> list[CohortOut]:
    """List labels of the machine that are likely wrong.

    They contradict what confirmed look-alikes are called.
    """
    c = access.collection
    return [
        CohortOut(
            label=found.label,
            suggested=found.suggested,
            images=[image_out(i, access) for i in found.images],
        )
        for found in groups.doubted_labels(biosight, c)
    ]
