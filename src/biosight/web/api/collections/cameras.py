"""API: cameras that need a visit, as their pictures say."""

from fastapi import APIRouter
from pydantic import BaseModel

from biosight.images import Image
from biosight.places import CameraCheck, CameraFault, CameraSign
from biosight.storage.records import Records, among
from biosight.web.access.deps import MayChange, MayLook, Store
from biosight.workflows.places import camera_checks, deployment_acts

router = APIRouter(tags=["places"])
SECONDS = 3.0  # for which one request looks at cameras


class CameraSignOut(BaseModel):
    """A fault from `since` to `until` (corrected local times, or days where pictures are missing);
    `open` is whether it lasts. `first` is the first picture that shows it, and `before` the last
    one without it; "" where there is none."""

    fault: CameraFault
    words: str
    since: str
    until: str
    open: bool
    first: str
    before: str


class CameraOut(BaseModel):
    """What the pictures of a deployment say about its camera, and how many of them were compared;
    `at` is when, in seconds since 1970. The newest sign comes first."""

    deployment: str
    name: str
    site: str
    at: float
    pictures: int
    signs: list[CameraSignOut]


class CamerasOut(BaseModel):
    """Cameras with signs of a fault, those where it lasts first. `checked` counts all deployments
    that were looked at. `waiting` counts those with something new since then."""

    checked: int
    waiting: int
    cameras: list[CameraOut]


class CamerasLeft(BaseModel):
    """How many deployments still have to be looked at."""

    waiting: int


@router.get("/collections/{collection}/cameras")
def cameras(access: MayLook, records: Store) -> CamerasOut:
    """List the cameras that seem to need a visit, or did once."""
    c = access.collection.id
    deployments = deployment_acts.deployments_of(records, c)
    checks = camera_checks.checks_of(records, c)
    shown = [(d, checks[d.id]) for d in deployments if d.id in checks and checks[d.id].signs]
    there = pictures_there(records, [check for _, check in shown])
    found = [
        CameraOut(
            deployment=d.id,
            name=d.name,
            site=d.site,
            at=check.at,
            pictures=check.pictures,
            signs=[sign_out(s, there) for s in sorted(check.signs, key=lambda s: s.since)[::-1]],
        )
        for d, check in shown
    ]
    return CamerasOut(
        checked=sum(d.id in checks for d in deployments),
        waiting=len(camera_checks.unchecked(records, deployments)),
        cameras=sorted(found, key=lambda one: not any(sign.open for sign in one.signs)),
    )


def pictures_there(records: Records, checks: list[CameraCheck]) -> set[str]:
    """Return which pictures of some signs are still there."""
    named = {id for check in checks for s in check.signs for id in (s.first, s.before) if id}
    return {i.id for i in among(records, Image, sorted(named)) if not i.trashed}


def sign_out(sign: CameraSign, there: set[str]) -> CameraSignOut:
    """Return a sign as the API shows it."""
    return CameraSignOut(
        fault=sign.fault,
        words=camera_checks.IN_WORDS[sign.fault],
        since=sign.since,
        until=sign.until,
        open=sign.open,
        first=sign.first if sign.first in there else "",
        before=sign.before if sign.before in there else "",
    )


@router.post("/collections/{collection}/cameras/check")
def check_cameras(access: MayChange, records: Store) -> CamerasLeft:
    """Look at some cameras that have something new; call it until none is left."""
    return CamerasLeft(waiting=camera_checks.check_some(records, access.collection.id, SECONDS))


@router.post("/collections/{collection}/cameras/{deployment}/fine")
def camera_is_fine(deployment: str, access: MayChange, records: Store) -> CamerasLeft:
    """Note that somebody looked and all is fine: earlier pictures count no more."""
    camera_checks.all_is_fine(records, access.collection.id, deployment)
    return CamerasLeft(waiting=0)
