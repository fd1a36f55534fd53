"""API: model versions: which there are, how good they are, which one serves."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from biosight import accounts, registry, sharing
from biosight.bootstrap import serving_key
from biosight.errors import Conflict, Forbidden, NotFound
from biosight.inference import quality
from biosight.inference.card import learnt_from
from biosight.inference.reference import read_reference
from biosight.registry import ModelVersion
from biosight.review.audit import audited
from biosight.web.api.people import Input
from biosight.web.deps import Open, Person, Signed, Store, Viewer

router = APIRouter(tags=["models"])


class VersionOut(BaseModel):
    """A model version.

    `serves` says whether it is its family's champion, `default` whether collections use the
    family that chose none, `there` is false for one that came with another BioSight.
    `collection` is where it was taught, or "".
    """

    id: str
    name: str
    version: str
    state: str
    serves: bool
    default: bool
    may_change: bool
    there: bool
    arch: str
    labels: list[str]
    base: str
    collection: str
    added_at: float
    promoted_at: float
    measured: dict[str, float]


class RecallOut(BaseModel):
    """A label's recall with its 95 % interval."""

    label: str
    pictures: int
    recall: float
    low: float
    high: float


class Quality(BaseModel):
    """Answers against truth: accuracy with its 95 % interval, calibration, risk and coverage.

    `accepted[t]` and `wrong[t]` count pictures of at least t % confidence. `confusion` has the
    true label in rows.
    """

    pictures: int
    accuracy: float
    low: float
    high: float
    ece: float
    bins: list[quality.Bin]
    accepted: list[int]
    wrong: list[int]
    labels: list[str]
    confusion: list[list[int]]
    recall: list[RecallOut]


class EventOut(BaseModel):
    """One line of the audit trail."""

    model: str
    kind: str
    by: str
    at: float
    reason: str


class VersionDetail(VersionOut):
    """A version with its card, its answers on left-out sources, and the gate's report if any;
    `before` is the version that a roll-back would bring, or ""."""

    before: str
    card: dict[str, Any]
    held: Quality | None
    report: dict[str, Any] | None
    events: list[EventOut]


class Reason(Input):
    """Why, for the audit trail."""

    reason: str = Field("", max_length=500)


class AuditOut(BaseModel):
    """How the serving version does in a collection, from the random half of review."""

    model: str
    quality: Quality | None


def visible(records: Store, person: Person) -> list[ModelVersion]:
    """The versions that a person may see."""
    mine = {a.collection.id for a in sharing.collections_of(records, person.user.id)}
    return registry.seen_by(registry.versions(records), mine)


def seen_version(records: Store, person: Person, key: str) -> ModelVersion:
    """A version, if the person may see it. Raises NotFound."""
    found = registry.get_version(records, key)
    if found.collection:
        try:
            sharing.access(records, person.user.id, found.collection)
        except NotFound:
            raise NotFound(f"There is no model {key}.") from None
    return found


def may_change(records: Store, person: Person, version: ModelVersion) -> bool:
    """May the person promote or retire it? Shared ones: administrators in the browser."""
    if not version.collection:
        return person.user.is_admin and bool(person.session)
    try:
        sharing.access(records, person.user.id, version.collection, "editor")
    except (NotFound, Forbidden):
        return False
    return True


def to_change(records: Store, person: Person, key: str) -> ModelVersion:
    """A version that the person may promote or retire. Raises NotFound or Forbidden."""
    found = seen_version(records, person, key)
    if not may_change(records, person, found):
        raise Forbidden("Everyone uses this model: only an administrator can change it.")
    return found


def version_out(biosight: Open, person: Person, version: ModelVersion) -> VersionOut:
    """A version as the API shows it."""
    card = version.card
    return VersionOut(
        id=version.id,
        name=version.name,
        version=card.version,
        state=version.state,
        serves=version.state == "champion",
        default=version.name == biosight.model.default,
        may_change=may_change(biosight.archive.records, person, version),
        there=biosight.model.there(version),
        arch=card.arch,
        labels=list(card.label_names),
        base=card.base,
        collection=version.collection,
        added_at=version.added_at,
        promoted_at=version.promoted_at,
        measured=card.measured,
    )


@router.get("/models")
def list_versions(person: Signed, biosight: Open, records: Store) -> list[VersionOut]:
    """All versions that one may use, the newest first."""
    return [version_out(biosight, person, v) for v in visible(records, person)]


@router.get("/models/{key}")
def show(key: str, person: Signed, biosight: Open, records: Store) -> VersionDetail:
    """One version in full."""
    version = seen_version(records, person, key)
    former = registry.before(records, version, biosight.model.there)
    return VersionDetail(
        **version_out(biosight, person, version).model_dump(),
        before=former.id if former else "",
        card=version.card.model_dump(by_alias=True),
        held=held_quality(biosight, version),
        report=json.loads(version.report) if version.report else None,
        events=events_out(records, version.name),
    )


def events_out(records: Store, family: str) -> list[EventOut]:
    """A family's audit trail, with people's names."""
    name = accounts.names_of(records)
    return [
        EventOut(model=e.model, kind=e.kind, by=name(e.by), at=e.at, reason=e.reason)
        for e in registry.trail(records, family)
    ]


def held_quality(biosight: Open, version: ModelVersion) -> Quality | None:
    """A version's answers on the sources left out of training; None without a reference, or where
    the version came with another BioSight and its files went."""
    try:
        reference = read_reference(biosight.model.classifiers.locate(version.id))
    except NotFound:
        return None
    if reference is None:
        return None
    card = version.card
    scores = quality.softmax(reference.held_logits, card.temperature)
    return measured(
        reference.held_labels, scores.argmax(axis=1), scores.max(axis=1), card.label_names
    )


def measured(
    truth: quality.Ints, said: quality.Ints, confidence: quality.Floats, labels: Sequence[str]
) -> Quality:
    """Label numbers (n,) and confidences (n,) as the pages draw them."""
    right = said == truth
    low, high = quality.wilson(int(right.sum()), len(truth))
    curve = quality.coverage(confidence, right)
    counts = quality.confusion(truth, said, len(labels))
    return Quality(
        pictures=len(truth),
        accuracy=float(right.mean()),
        low=low,
        high=high,
        ece=quality.expected_calibration_error(confidence, right),
        bins=quality.calibration_bins(confidence, right),
        accepted=list(curve.accepted),
        wrong=list(curve.wrong),
        labels=list(labels),
        confusion=counts.tolist(),
        recall=[recall_out(name, counts[i], i) for i, name in enumerate(labels)],
    )


def recall_out(label: str, row: quality.Ints, number: int) -> RecallOut:
    """One row of a confusion matrix as a recall."""
    hits, total = int(row[number]), int(row.sum())
    low, high = quality.wilson(hits, total)
    share = hits / total if total else 0.0
    return RecallOut(label=label, pictures=total, recall=share, low=low, high=high)


@router.get("/models/{key}/card.json")
def card_file(key: str, person: Signed, records: Store) -> Response:
    """The card, as a file."""
    text = seen_version(records, person, key).card.model_dump_json(indent=2, by_alias=True)
    return file_of(text + "\n", f"{key}.card.json")


def file_of(text: str, name: str) -> Response:
    """JSON to save under a name."""
    header = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="application/json", headers=header)


@router.get("/models/{key}/files/{name}", response_class=FileResponse)
def model_file(key: str, name: str, person: Signed, biosight: Open, records: Store) -> FileResponse:
    """model.onnx, and head.npz where the last layer is a file of its own."""
    version = seen_version(records, person, key)
    path = biosight.model.classifiers.locate(version.id) / name
    if name not in {"model.onnx", "head.npz"} or not path.is_file():
        raise NotFound("There is no such file.")
    return FileResponse(path, media_type="application/octet-stream", filename=f"{key}.{name}")


@router.post("/models/{key}/promote")
def promote(key: str, body: Reason, person: Signed, biosight: Open, records: Store) -> VersionOut:
    """Let a version serve its family; the one before it retires."""
    version = to_change(records, person, key)
    check_there(biosight, version)
    done = registry.promote(records, version, person.user.id, body.reason)
    return version_out(biosight, person, done)


def check_there(biosight: Open, version: ModelVersion) -> None:
    """Raise Conflict for a version that came with another BioSight and has no files here."""
    if not biosight.model.there(version):
        raise Conflict(f"{version.id} came with another version of BioSight; it isn't here now.")


@router.post("/models/{key}/retire")
def retire(key: str, body: Reason, person: Signed, biosight: Open, records: Store) -> VersionOut:
    """Put a candidate aside."""
    version = to_change(records, person, key)
    done = registry.retire(records, version, person.user.id, body.reason)
    return version_out(biosight, person, done)


@router.post("/models/{key}/roll-back")
def roll_back(key: str, body: Reason, person: Signed, biosight: Open, records: Store) -> VersionOut:
    """Let the version that served the same family before serve again."""
    version = to_change(records, person, key)
    there = biosight.model.there
    done = registry.roll_back(records, version.name, person.user.id, there, body.reason)
    return version_out(biosight, person, done)


@router.get("/collections/{collection}/audit")
def audit(access: Viewer, biosight: Open, records: Store) -> AuditOut:
    """How the serving version does here, from pictures drawn at random and named by people."""
    c = access.collection
    key = serving_key(biosight, c.model)
    taught = learnt_from(biosight.model.classifiers.locate(key))
    found = audited(records, c.id, key, dict(c.renamed), taught)
    if not found:
        return AuditOut(model=key, quality=None)
    names = sorted({x.truth for x in found} | {x.said for x in found}, key=str.casefold)
    number = {name: i for i, name in enumerate(names)}
    return AuditOut(
        model=key,
        quality=measured(
            np.array([number[x.truth] for x in found]),
            np.array([number[x.said] for x in found]),
            np.array([x.confidence for x in found]),
            names,
        ),
    )
