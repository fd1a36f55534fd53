"""API: what a collection's pictures are, by their cameras and by what people say."""

from fastapi import APIRouter
from pydantic import BaseModel

from biosight.subjects.picture_kind import PictureKind
from biosight.web.access.deps import MayChange, Open, Signed, Store, task_of
from biosight.web.schemas.body import Input
from biosight.web.schemas.filters import Filtered, matching_images
from biosight.web.schemas.pictures import JobOut, job_out
from biosight.workflows.models.picture_kind import choose_kind, suggestion

router = APIRouter(tags=["collections"])
MOST_NAMED = 5


class PictureKindOut(BaseModel):
    """What the pictures are, "" until somebody said so.

    `suggested` is what the cameras of the matching pictures say, "" where they say nothing;
    `cameras` are up to five of these, and `images` counts their pictures.
    """

    picture_kind: PictureKind
    suggested: PictureKind
    cameras: list[str]
    images: int


class PictureKindChange(Input):
    """What the pictures are. With `again`, the pictures that are there are looked at anew; labels
    of people stay."""

    picture_kind: PictureKind
    again: bool = False


class PictureKindChanged(BaseModel):
    """What the pictures are from now on, and the job that looks at those that are there."""

    picture_kind: PictureKind
    job: JobOut | None


@router.get("/collections/{collection}/picture-kind")
def show_picture_kind(access: MayChange, records: Store, chosen: Filtered) -> PictureKindOut:
    """Show what the pictures are, and what the cameras of the matching ones suggest."""
    found = suggestion(records, matching_images(access, chosen))
    return PictureKindOut(
        picture_kind=access.collection.picture_kind,
        suggested=found.kind,
        cameras=list(found.cameras[:MOST_NAMED]),
        images=found.images,
    )


@router.put("/collections/{collection}/picture-kind")
def set_picture_kind(
    body: PictureKindChange, access: MayChange, person: Signed, biosight: Open
) -> PictureKindChanged:
    """Say what the pictures are, and whether those that are there are looked at anew."""
    made = choose_kind(task_of(biosight, access, person), body.picture_kind, again=body.again)
    return PictureKindChanged(
        picture_kind=body.picture_kind, job=job_out(made) if made is not None else None
    )
