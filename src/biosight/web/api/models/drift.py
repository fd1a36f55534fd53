"""API: drift reports of a collection: check now, read, accept as normal."""

import json
import time
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from biosight import drift
from biosight.drift import DriftReport, Week
from biosight.web.access.deps import MayChange, MayLook, Open, Signed, Store, task_of
from biosight.workflows.models import drift_check

router = APIRouter(tags=["drift"])


class DriftOut(BaseModel):
    """A drift report.

    `verdict` is green, amber, red or unknown. `estimate` is the accuracy that the mean confidence
    promises. The check looked at one picture of each unit that `drawn` names, such as upload
    sessions. `details` holds histograms, label mix, nearest pictures, effect sizes and p values; it
    is empty when there was too little to tell.
    """

    id: str
    at: float
    since: float
    model: str
    pictures: int
    verdict: str
    sentence: str
    causes: list[str]
    firing: list[str]
    foreign: bool
    estimate: float
    strangest: list[str]
    drawn: str
    details: dict[str, Any]


class DriftLine(BaseModel):
    """One earlier check."""

    at: float
    verdict: str
    sentence: str
    pictures: int


class DriftHistory(BaseModel):
    """The latest report in full, all checks (the newest first), and the weeks (the oldest
    first)."""

    latest: DriftOut | None
    checks: list[DriftLine]
    weeks: list[Week]


def drift_out(report: DriftReport) -> DriftOut:
    """Return a report as the API shows it."""
    values = {name: getattr(report, name) for name in DriftOut.model_fields if name != "details"}
    return DriftOut(**values, details=json.loads(report.details))


@router.get("/collections/{collection}/drift")
def history(access: MayLook, records: Store) -> DriftHistory:
    """Show what the checks of this collection said."""
    found = drift.reports(records, access.collection.id)
    return DriftHistory(
        latest=drift_out(found[0]) if found else None,
        checks=[
            DriftLine(at=r.at, verdict=r.verdict, sentence=r.sentence, pictures=r.pictures)
            for r in found
        ],
        weeks=drift.weeks(records, access.collection.id, time.time()),
    )


@router.post("/collections/{collection}/drift", status_code=201)
def check(access: MayChange, biosight: Open, records: Store) -> DriftOut:
    """Check for drift now, from stored embeddings; this takes less than a second."""
    return drift_out(drift_check.check_collection(records, biosight.catalogue, access.collection))


@router.post("/collections/{collection}/drift/accept")
def accept(access: MayChange, person: Signed, biosight: Open, records: Store) -> dict[str, int]:
    """Accept what the last check looked at as what is normal here."""
    sessions = drift_check.accept(task_of(biosight, access, person))
    return {"sessions": sessions}
