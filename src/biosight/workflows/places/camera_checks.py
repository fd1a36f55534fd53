"""Look whether cameras need a visit, keep what was found, and note that all is fine.

Not here: how faults are told from pictures (field/cameras), or who hears of them
(workflows/notices).
"""

import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from biosight.errors import NotFound, Stale
from biosight.field.cameras import silence
from biosight.field.cameras.series import Series, local_seconds, series_of
from biosight.field.cameras.signs import Sign, signs_of
from biosight.field.effort import DAY
from biosight.field.sun_hours import SunClock, standpoints
from biosight.images import Image
from biosight.places import CameraCheck, CameraFault, CameraSign, Deployment, Site
from biosight.storage.conditions import living_images
from biosight.storage.records import (
    Insert,
    InUse,
    Order,
    Question,
    Records,
    Replace,
    Where,
    among,
    find_all,
)

MOST_PICTURES = 2_000  # of a deployment, the newest
AT_ONCE = 200  # deployments in one round of housekeeping
RECENT_SECONDS = 30 * 86_400.0
LIVE_SECONDS = 2 * 86_400.0
IN_WORDS: dict[CameraFault, str] = {
    "lens": "the lens is fogged or dirty",
    "turned": "the camera was turned or has fallen",
    "flash": "the flash is dead: pictures of the night are black",
    "dark": "pictures of the day are black: the lens is covered, or the camera fails",
    "bright": "pictures are too bright",
    "covered": "something new is before the camera, such as grass or snow",
    "clock": "the clock is against the sun: night at noon",
    "silent": "no more pictures",
    "fewer": "far fewer pictures than in any fortnight before",
}
NEWEST, LAST = Order("created_at", descending=True), Order("taken", descending=True)


def checks_of(records: Records, collection: str) -> dict[str, CameraCheck]:
    """Return what was found at the deployments of a collection, by deployment."""
    here = [Where("collection", "=", collection)]
    return {check.id: check for check in find_all(records, CameraCheck, here)}


def faulty_sites(records: Records, collection: str) -> Counter[str]:
    """Return how many cameras seem to need a visit, by site."""
    checks = checks_of(records, collection)
    faulty = [id for id, check in checks.items() if any(sign.open for sign in check.signs)]
    return Counter(d.site for d in among(records, Deployment, faulty))


def unchecked(records: Records, deployments: Sequence[Deployment]) -> list[Deployment]:
    """Return the deployments with pictures that came in, or changes that were made, since they were
    looked at last."""
    asked = [Question(pictures_of(d), NEWEST) for d in deployments]
    newest = dict(zip((d.id for d in deployments), records.find_each(Image, asked), strict=True))
    known: dict[str, CameraCheck] = {}
    for collection in {d.collection for d in deployments}:
        known |= checks_of(records, collection)

    def is_new(deployment: Deployment) -> bool:
        found, check = newest[deployment.id], known.get(deployment.id)
        if check is None or not found:
            return bool(found)
        return found[0].created_at > check.newest or deployment.version != check.deployed

    return [d for d in deployments if is_new(d)]


def pictures_of(deployment: Deployment) -> list[Where]:
    """Return the conditions of a deployment's pictures."""
    return [*living_images(deployment.collection), Where("deployment", "=", deployment.id)]


def check_some(records: Records, collection: str, most: int) -> int:
    """Look at the cameras of a collection that were not looked at since something changed, at most
    so many; return how many are left."""
    here = [Where("collection", "=", collection)]
    waiting = unchecked(records, find_all(records, Deployment, here))
    for deployment in waiting[:most]:
        check_camera(records, deployment)
    return len(waiting[most:])


def check_all(records: Records) -> int:
    """Look at cameras of all collections, at most AT_ONCE, and forget those whose deployment is
    gone; return how many were looked at."""
    deployments = find_all(records, Deployment)
    there = {d.id for d in deployments}
    for check in find_all(records, CameraCheck):
        if check.id not in there:
            records.remove(CameraCheck, [Where("id", "=", check.id)])
    waiting = unchecked(records, deployments)[:AT_ONCE]
    for deployment in waiting:
        check_camera(records, deployment)
    return len(waiting)


def check_camera(records: Records, deployment: Deployment) -> CameraCheck:
    """Look at the newest pictures of a deployment, and keep what they say about its camera."""
    before = records.get(CameraCheck, deployment.id)
    fine = before.fine_until if before else ""
    where = [*pictures_of(deployment), Where("taken", ">", fine)]
    images = records.find(Image, where, order=LAST, limit=MOST_PICTURES)
    series = series_of(images, deployment.id, clock_of(records, deployment))
    seen = tuple(camera_sign(series, sign) for sign in signs_of(series))
    made = CameraCheck(
        deployment.id,
        deployment.collection,
        time.time(),
        newest_of(records, deployment),
        deployment.version,
        len(series),
        (*seen, *missing_pictures(images, deployment)),
        before.found_at if before else 0.0,
        fine,
        before.version + 1 if before else 1,
    )
    return write_check(records, before, replace(made, found_at=heard_at(before, made, images)))


def newest_of(records: Records, deployment: Deployment) -> float:
    """Return when the newest of a deployment's pictures came in, 0 for none."""
    found = records.find(Image, pictures_of(deployment), order=NEWEST, limit=1)
    return found[0].created_at if found else 0.0


def clock_of(records: Records, deployment: Deployment) -> SunClock:
    """Return the sun's time at a deployment, where its place and time zone are known."""
    site = records.get(Site, deployment.site) if deployment.site else None
    places = {site.id: (site.latitude, site.longitude)} if site else {}
    return SunClock(standpoints([deployment], places))


def camera_sign(series: Series, sign: Sign) -> CameraSign:
    """Return a sign as it is kept: with times and pictures instead of indexes."""
    return CameraSign(
        sign.fault,
        series.taken[sign.first],
        series.taken[sign.last],
        sign.open,
        series.ids[sign.first],
        series.ids[sign.before] if sign.before >= 0 else "",
    )


def missing_pictures(images: Sequence[Image], deployment: Deployment) -> list[CameraSign]:
    """Return the signs of a camera that took no pictures, or far fewer, at the end."""
    dated = [i for i in images if i.taken]
    days: dict[date, int] = {}
    for image in dated:
        day = date.fromisoformat(image.taken[:DAY])
        days[day] = days.get(day, 0) + 1
    until = date.fromisoformat(deployment.end[:DAY]) if deployment.end else today(dated)
    found = silence.silence(days, until), silence.fewer(days)
    return [sign for sign in found if sign is not None]


def today(images: Sequence[Image]) -> date | None:
    """Return today's date for a camera that sends its pictures as it takes them, else None."""
    lags = [abs(i.created_at - instant_of(i)) for i in images[:20]]
    if not lags or statistics.median(lags) > LIVE_SECONDS:
        return None
    return datetime.now(UTC).date()


def instant_of(image: Image) -> float:
    """Return when a picture was taken, in seconds since 1970, as if its clock went by UTC."""
    since = datetime(1970, 1, 1) - datetime.min
    return local_seconds(image.taken_at) - since.total_seconds() if len(image.taken) > DAY else 0.0


def heard_at(before: CameraCheck | None, now: CameraCheck, images: Sequence[Image]) -> float:
    """Return when a fault was first seen that people should hear of: one that lasts, is new, and
    is of a camera that took pictures in the last month."""
    known = {sign.fault for sign in before.signs if sign.open} if before else set()
    new = [s for s in now.signs if s.open and s.fault not in known]
    recent = any(time.time() - instant_of(i) < RECENT_SECONDS for i in images[:1])
    return now.at if new and recent else now.found_at


def all_is_fine(records: Records, collection: str, deployment: str) -> CameraCheck:
    """Note that a person looked and all is fine: from now on its camera is compared with pictures
    that come after those of today. Raises NotFound."""
    check = records.get(CameraCheck, deployment)
    there = records.get(Deployment, deployment)
    if check is None or there is None or check.collection != collection:
        raise NotFound("There is no such camera.")
    last = records.find(Image, [*pictures_of(there), Where("taken", "!=", "")], order=LAST, limit=1)
    until = last[0].taken if last else ""
    settled = replace(check, signs=(), fine_until=until, version=check.version + 1)
    return write_check(records, check, settled)


def write_check(records: Records, before: CameraCheck | None, made: CameraCheck) -> CameraCheck:
    """Write a check, unless another process wrote one in the meantime, which then counts."""
    try:
        records.write(Insert(made) if before is None else Replace(made, before.version))
    except (InUse, Stale):
        return records.get(CameraCheck, made.id) or made
    return made
