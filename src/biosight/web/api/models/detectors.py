"""API: adding a detector that somebody else made.

Not here: listing, promoting and retiring it, which is as for any version (versions.py).
"""

from pathlib import Path

from fastapi import APIRouter, Request
from pydantic import Field

from biosight.inference.model_files.detector_card import Form
from biosight.web.access.deps import Admin, Open
from biosight.web.body_limits import body_limit
from biosight.web.files.network_form import OF_MODELS, network_body, take_network
from biosight.web.schemas.body import Input
from biosight.web.schemas.versions import VersionOut, version_out
from biosight.workflows.models.add_detector import add_detector, detector_card_for
from biosight.workflows.models.add_model import listed_labels

router = APIRouter(tags=["models"])


class DetectorAsked(Input):
    """The details of a detector to add.

    `classes` are separated by commas or stand one per line, in the order of the output; those that
    are no animal, person or vehicle are passed over. `form` is how its output is written, `size`
    the side of its input in pixels.
    """

    name: str = Field(max_length=64)
    classes: str = Field(max_length=50_000)
    form: Form
    version: str = Field("1", max_length=64)
    size: int = Field(640, ge=32, le=2048)


DETECTOR_BODY = network_body(DetectorAsked, "name", "classes", "form")


@router.post("/detectors", status_code=201, openapi_extra=DETECTOR_BODY)
@body_limit(OF_MODELS)
async def add(request: Request, person: Admin, biosight: Open) -> VersionOut:
    """Add a detector in ONNX for everybody; it waits as a candidate.

    It is checked and run on random input first. The detector that was promoted last looks at the
    new pictures of all collections of camera traps and photographs.
    """

    def keep(file: Path, _: str, asked: DetectorAsked) -> VersionOut:
        classes = listed_labels(asked.classes)
        card = detector_card_for(asked.name, asked.version, classes, asked.form, asked.size)
        made, _seconds = add_detector(biosight.archive, file, card, person.user.id)
        return version_out(biosight, person, made)

    return await take_network(request, "detector", DetectorAsked, keep)
