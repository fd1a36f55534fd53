"""API: model versions, how good they are, and which one serves."""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from biosight import accounts, registry
from biosight.errors import NotFound
from biosight.web.access.deps import Admin, MayLook, Open, Signed, Store
from biosight.web.access.rights import VersionToChange, VersionToSee, visible_versions
from biosight.web.body_limits import body_limit
from biosight.web.files.network_form import OF_MODELS, network_body, take_network
from biosight.web.schemas.body import Input, Reason
from biosight.web.schemas.quality import Quality, held_quality, measured_quality
from biosight.web.schemas.versions import VersionOut, version_out
from biosight.workflows import serving_version
from biosight.workflows.models import add_model
from biosight.workflows.models.accuracy import audited_here

router = APIRouter(tags=["models"])


class ModelAsked(Input):
    """The details of a network to add.

    `labels` are separated by commas or stand one per line, in the order of the network's outputs.
    `size` is the side of its input in pixels.
    """

    name: str = Field(max_length=64)
    labels: str = Field(max_length=500_000)
    version: str = Field("1", max_length=64)
    size: int = Field(224, ge=16, le=1024)
    layout: Literal["nchw", "nhwc"] = "nchw"


MODEL_BODY = network_body(ModelAsked, "name", "labels")


class VersionEvent(BaseModel):
    """One line of the audit trail."""

    model: str
    kind: str
    by: str
    at: float
    reason: str


class VersionDetail(VersionOut):
    """A version with its card, its quality on left-out sources, and the gate's report if there is
    one.

    `before` is the version that a roll-back would bring back, or "". `network` is the file's name.
    """

    before: str
    network: str
    card: dict[str, Any]
    held: Quality | None
    report: dict[str, Any] | None
    events: list[VersionEvent]


class AuditOut(BaseModel):
    """The quality of the serving version in a collection, from the random half of review."""

    model: str
    quality: Quality | None


@router.get("/models")
def list_versions(person: Signed, biosight: Open, records: Store) -> list[VersionOut]:
    """List all versions that you may use, the newest first."""
    return [version_out(biosight, person, v) for v in visible_versions(records, person)]


@router.post("/models", status_code=201, openapi_extra=MODEL_BODY)
@body_limit(OF_MODELS)
async def add(request: Request, person: Admin, biosight: Open) -> VersionOut:
    """Add a classifier in ONNX for everybody; it waits as a candidate.

    It is checked and run on random input first. The upload is read only after you are known to be
    an administrator.
    """

    def keep(file: Path, brought: str, asked: ModelAsked) -> VersionOut:
        labels = add_model.listed_labels(asked.labels)
        card = add_model.card_for(asked.name, asked.version, labels, brought, size=asked.size)
        by = person.user.id
        made, _ = add_model.add_model(biosight.archive, file, card, asked.layout, by)
        return version_out(biosight, person, made)

    return await take_network(request, "model", ModelAsked, keep)


@router.get("/models/{key}")
def show(version: VersionToSee, person: Signed, biosight: Open, records: Store) -> VersionDetail:
    """Show one version in full."""
    former = registry.before(records, version, biosight.catalogue.bundled)
    return VersionDetail(
        **version_out(biosight, person, version).model_dump(),
        before=former.id if former else "",
        network="model.tflite" if "model.tflite" in dict(version.files) else "model.onnx",
        card=version.card.model_dump(by_alias=True),
        held=held_quality(biosight, version),
        report=json.loads(version.report) if version.report else None,
        events=events_out(records, version.name),
    )


def events_out(records: Store, family: str) -> list[VersionEvent]:
    """Return a family's audit trail, with people's names."""
    name = accounts.names_of(records)
    return [
        VersionEvent(model=e.model, kind=e.kind, by=name(e.by), at=e.at, reason=e.reason)
        for e in registry.trail(records, family)
    ]


@router.get("/models/{key}/card.json")
def card_file(version: VersionToSee) -> Response:
    """Download the card as a file."""
    text = version.card.model_dump_json(indent=2, by_alias=True)
    return file_of(text + "\n", f"{version.id}.card.json")


def file_of(text: str, name: str) -> Response:
    """Return JSON as a file to save under a name."""
    header = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="application/json", headers=header)


@router.get("/models/{key}/files/{name}", response_class=FileResponse)
def model_file(name: str, version: VersionToSee, biosight: Open) -> FileResponse:
    """Download model.onnx or model.tflite, or head.npz if the last layer is a separate file."""
    path = biosight.catalogue.locate(version.id) / name
    if name not in {"model.onnx", "model.tflite", "head.npz"} or not path.is_file():
        raise NotFound("There is no such file.")
    return FileResponse(
        path, media_type="application/octet-stream", filename=f"{version.id}.{name}"
    )


@router.post("/models/{key}/promote")
def promote(
    body: Reason, version: VersionToChange, person: Signed, biosight: Open, records: Store
) -> VersionOut:
    """Let a version serve its family; the one before it retires."""
    by = person.user.id
    done = serving_version.promote_version(records, biosight.catalogue, version, by, body.reason)
    return version_out(biosight, person, done)


@router.post("/models/{key}/retire")
def retire(
    body: Reason, version: VersionToChange, person: Signed, biosight: Open, records: Store
) -> VersionOut:
    """Retire a candidate, or a model that no collection uses: it is put aside."""
    by = person.user.id
    done = serving_version.retire_version(records, biosight.catalogue, version, by, body.reason)
    return version_out(biosight, person, done)


@router.post("/models/{key}/roll-back")
def roll_back(
    body: Reason, version: VersionToChange, person: Signed, biosight: Open, records: Store
) -> VersionOut:
    """Let the family's former version serve again."""
    by, bundled = person.user.id, biosight.catalogue.bundled
    done = registry.roll_back(records, version.name, by, bundled, body.reason)
    return version_out(biosight, person, done)


@router.get("/collections/{collection}/audit")
def audit(access: MayLook, biosight: Open, records: Store) -> AuditOut:
    """Show how well the serving version does here.

    It is measured on pictures that were drawn at random and named by people.
    """
    key, found = audited_here(records, biosight.catalogue, access.collection)
    if not found:
        return AuditOut(model=key, quality=None)
    names = sorted({x.truth for x in found} | {x.said for x in found}, key=str.casefold)
    number = {name: i for i, name in enumerate(names)}
    return AuditOut(
        model=key,
        quality=measured_quality(
            np.array([number[x.truth] for x in found]),
            np.array([number[x.said] for x in found]),
            np.array([x.confidence for x in found]),
            names,
        ),
    )
