"""API: pictures like another, groups of unfamiliar ones, and what the model looked at."""

import io
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from PIL import Image as Pillow
from pydantic import BaseModel

from biosight import similar
from biosight.bootstrap import BioSight
from biosight.errors import NotFound
from biosight.images import Embedding, Image
from biosight.inference.reference import unit
from biosight.storage.blobs import keys
from biosight.storage.blobs.port import Blobs
from biosight.storage.conditions import unreviewed_images
from biosight.storage.records import Order, Where, among
from biosight.web.access.deps import Bytes, ImageToSee, MayLook, Open, Store
from biosight.web.files.streaming import on_byte_threads
from biosight.web.schemas.pictures import ImageOut, image_out

router = APIRouter(tags=["likeness"])
MOST_GROUPED = 1000
HEAT_SIDE = 256


class NearOut(BaseModel):
    """An image and its likeness, 1 for the same."""

    image: ImageOut
    likeness: float


class GroupOut(BaseModel):
    """Unfamiliar pictures that are like each other, the most typical first."""

    images: list[ImageOut]


class Groups(BaseModel):
    """The newest unfamiliar pictures in groups; `total` is how many there are in all."""

    total: int
    groups: list[GroupOut]


@router.get("/images/{image}/similar")
def similar_to(
    seen: ImageToSee,
    biosight: Open,
    records: Store,
    unreviewed: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 24,
) -> list[NearOut]:
    """List the pictures of the same collection that are most like this one.

    `unreviewed` leaves out pictures that a person named. The list is empty while the picture is not
    classified.
    """
    c, own = seen.access.collection, records.get(Embedding, seen.image.id)
    if own is None:
        return []
    near = biosight.similar.nearest(c.id, own, 20 * limit if unreviewed else limit + 20)
    found = {i.id: i for i in among(records, Image, [n.image for n in near])}
    shown = [
        NearOut(image=image_out(image, seen.access), likeness=n.likeness)
        for n in near
        if (image := found.get(n.image))
        and (image.collection, image.trashed) == (c.id, False)
        and (image.who == "machine" or not unreviewed)
    ]
    return shown[:limit]


@router.get("/collections/{collection}/unfamiliar")
def unfamiliar(access: MayLook, biosight: Open, records: Store) -> Groups:
    """List pictures that are unlike all that the model knows, grouped by likeness.

    Pictures that a person named are left out.
    """
    c = access.collection
    where = [*unreviewed_images(c.id), Where("unfamiliar", "=", True)]
    newest = Order("created_at", descending=True)
    images = {i.id: i for i in records.find(Image, where, order=newest, limit=MOST_GROUPED)}
    ids, rows = rows_of(records, list(images))
    grouped = similar.groups(ids, rows) if ids else []
    return Groups(
        total=records.count(Image, where),
        groups=[
            GroupOut(images=[image_out(images[i], access) for i in group]) for group in grouped
        ],
    )


def rows_of(records: Store, ids: list[str]) -> tuple[list[str], similar.Floats]:
    """Return ids and unit vectors (n, d) of images, only those of the most frequent space."""
    found = among(records, Embedding, ids)
    spaces = [e.space for e in found]
    usual = max(set(spaces), key=spaces.count) if spaces else ""
    kept = [e for e in found if e.space == usual]
    full = np.stack([e.floats() for e in kept]) if kept else np.empty((0, 0), np.float32)
    return [e.id for e in kept], unit(full)


@router.get(
    "/images/{image}/activation",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "A map, transparent where cold"}},
)
async def activation(
    request: Request,
    seen: ImageToSee,
    blobs: Bytes,
    biosight: Open,
    label: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Return where the evidence for a label is in the square that the model saw, as a PNG.

    Without `label`, the map is for the model's label. The status is 404 for networks without such a
    map.
    """
    return await on_byte_threads(request, lambda: drawn_map(biosight, blobs, seen.image, label))


def drawn_map(biosight: BioSight, blobs: Blobs, image: Image, label: str) -> Response:
    """Return the map of one label. Raises NotFound, BadPicture or Unavailable."""
    if not image.model:
        raise NotFound("No model has looked at this picture yet.")
    classifier = biosight.model.classifiers.get(image.model)
    wanted = label or image.machine_label
    if not classifier.knows(wanted):
        raise NotFound(f"{image.model} does not know the label {wanted}.")
    with blobs.local(keys.original(image.sha256)) as source:
        _, pixels = biosight.model.decoders.pixels(source, classifier.card.framing)
    heat = classifier.activation(pixels, wanted)
    if heat is None:
        raise NotFound(f"{image.model} has no map of what it looks at.")
    framing = classifier.card.framing
    share = f"{min(1.0, framing.input_size / framing.resize_short):.4f}"
    return Response(heat_png(heat), media_type="image/png", headers={"X-Square": share})


def heat_png(heat: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> bytes:
    """Return a map (h, w) of 0 to 1 as an orange veil, a PNG."""
    small = Pillow.fromarray((heat * 255).astype(np.uint8))
    veil = small.resize((HEAT_SIDE, HEAT_SIDE), Pillow.Resampling.BICUBIC)
    picture = Pillow.new("RGBA", veil.size, (255, 120, 0, 0))
    picture.putalpha(veil.point([round(v * 0.75) for v in range(256)]))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
