"""Images as the API shows them, wherever they are shown.

Not here: one image in full (web/api/images.py).
"""

from pydantic import BaseModel

from biosight.images import Image
from biosight.labels import Guess


class GuessOut(BaseModel):
    """A label and its confidence, 0 to 1."""

    label: str
    confidence: float


class ImageOut(BaseModel):
    """An image; `who` is machine, person or nobody; `unsure` by the collection's threshold."""

    id: str
    collection: str
    name: str
    path: str
    label: str
    who: str
    unsure: bool
    machine_label: str
    confidence: float
    model: str
    novelty: float
    unfamiliar: bool
    width: int
    height: int
    size: int
    media_type: str
    sha256: str
    created_at: float
    taken: str
    day: str
    note: str
    trashed: bool
    session: str
    version: int


SHOWN = ImageOut.model_fields.keys() - {"unsure", "taken"}


def image_out(image: Image, threshold: int) -> ImageOut:
    """An image under its collection's threshold, in whole percent."""
    unsure = image.who == "machine" and image.percent < threshold
    return ImageOut.model_construct(
        **{name: getattr(image, name) for name in SHOWN},
        taken=image.taken_at,
        unsure=unsure,
    )


def guesses_out(top: tuple[Guess, ...]) -> list[GuessOut]:
    """A prediction's best guesses, the likeliest first."""
    return [GuessOut(label=g.label, confidence=g.confidence) for g in top]


def etag(image: Image) -> str:
    """The version as an entity tag."""
    return f'"{image.version}"'
