"""Look whether cameras need a visit, keep what was found, and note that all is fine.

Not here: how faults are told from pictures (field/cameras), or who hears of them
(workflows/notices).
"""

import logging
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from biosight.collection import Collection
from biosight.errors import NotFound, Stale
from biosight.field.cameras import silence
from biosight.field.cameras.series import Series, clock_seconds, series_of
from biosight.field.cameras.signs import Sign, signs_of
from biosight.field.effort import DAY
from biosight.field.sun_hours import SunClock, standpoints
from biosight.images import Image
from biosight.places import CameraCheck, CameraFault, CameraSign, Deployment, Site
from biosight.places.days_off import nights_off
from biosight.storage.conditions import living_images
from biosight.storage.patience import tries
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
from biosight.workflows.places.deployment_acts import deployments_of

log = logging.getLogger(__name__)
MOST_PICTURES = 2_000  # of a deployment, the newest
ROUND_SECONDS = 120.0  # of one round of housekeeping
DAY_SECONDS = 86_400.0
RECENT_SECONDS = 30 * DAY_SECONDS
LIVE_SECONDS = 2 * DAY_SECONDS
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


def unchecked(records: Records, deployments: Sequence[Deployment]) -> dict[Deployment, str]:
    """Return the deployments whose pictures, site or own fields changed since they were looked at
    last, and those that may have fallen silent meanwhile, each with what is seen of it now."""
    seen = seen_now(records, deployments)
    known: dict[str, CameraCheck] = {}
    for collection in {d.collection for d in deployments}:
        known |= checks_of(records, collection)
    return {d: seen[d.id] for d in deployments if is_due(known.get(d.id), seen[d.id])}


def is_due(check: CameraCheck | None, seen: str) -> bool:
    """Return whether a deployment has to be looked at: something changed, or a day has gone since
    its pictures still came in."""
    if check is None or check.seen != seen:
        return bool(seen) or check is not None
    newest = float(seen.split()[0])
    return check.at < time.time() - DAY_SECONDS and newest > check.at - RECENT_SECONDS


def seen_now(records: Records, deployments: Sequence[Deployment]) -> dict[str, str]:
    """Return when the newest picture of each deployment came in, how many there are, and the
    versions of deployment and site, as one text; "" where there are none."""
    asked = [Question(pictures_of(d), NEWEST) for d in deployments]
    newest = records.find_each(Image, asked)
    sites = {s.id: s.version for s in among(records, Site, sorted({d.site for d in deployments}))}
    many: Counter[str] = Counter()
    for collection in sorted({d.collection for d in deployments}):
        counts = records.count_by(Image, living_images(collection), "deployment")
        many.update({str(id): n for id, n in counts.items()})
    return {
        d.id: f"{found[0].created_at} {many[d.id]} {d.version} {sites.get(d.site, 0)}"
        if found
        else ""
        for d, found in zip(deployments, newest, strict=True)
    }


def pictures_of(deployment: Deployment) -> list[Where]:
    """Return the conditions of a deployment's pictures."""
    return [*living_images(deployment.collection), Where("deployment", "=", deployment.id)]


def check_some(records: Records, collection: str, seconds: float) -> int:
    """Look at the cameras of a collection that have something new, for so long and at least at one;
    return how many are left."""
    waiting = unchecked(records, deployments_of(records, collection))
    return check_in_turn(records, waiting, seconds)


def check_all(records: Records) -> int:
    """Look at cameras of all collections, for at most ROUND_SECONDS, and forget those whose
    deployment is gone; return how many are left."""
    trashed = {c.id for c in find_all(records, Collection, [Where("trashed_at", ">", 0.0)])}
    every = find_all(records, Deployment)
    there = {d.id for d in every}
    for check in find_all(records, CameraCheck):
        if check.id not in there:
            records.remove(CameraCheck, [Where("id", "=", check.id)])
    waiting = unchecked(records, [d for d in every if d.collection not in trashed])
    return check_in_turn(records, waiting, ROUND_SECONDS)


def check_in_turn(records: Records, waiting: Mapping[Deployment, str], seconds: float) -> int:
    """Look at one camera after the other until the time is over; return how many are left. One that
    can't be looked at is logged, and keeps none of the others from it."""
    end = time.monotonic() + seconds
    for n, (deployment, seen) in enumerate(waiting.items()):
        if n and time.monotonic() > end:
            return len(waiting) - n
        try:
            check_camera(records, deployment, seen)
        except Exception:
            log.exception("a camera was not looked at", extra={"deployment": deployment.id})
    return 0


def check_camera(records: Records, deployment: Deployment, seen: str) -> None:
    """Look at the newest pictures of a deployment, and keep what they say about its camera; `seen`
    is what is seen of it now (`seen_now`)."""
    if not seen:
        records.remove(CameraCheck, [Where("id", "=", deployment.id)])
        return
    before = records.get(CameraCheck, deployment.id)
    fine = before.fine_until if before else ""
    where = [*pictures_of(deployment), Where("taken", ">", fine)]
    images = records.find(Image, where, order=LAST, limit=MOST_PICTURES)
    series = series_of(images, deployment.id, clock_of(records, deployment))
    found = tuple(camera_sign(series, sign) for sign in signs_of(series))
    made = CameraCheck(
        deployment.id,
        deployment.collection,
        time.time(),
        seen,
        len(series),
        (*found, *missing_pictures(images, deployment)),
        before.found_at if before else 0.0,
        fine,
        before.version + 1 if before else 1,
    )
    made = replace(made, found_at=heard_at(before, made, series))
    try:
        records.write(Insert(made) if before is None else Replace(made, before.version))
    except (InUse, Stale):
        log.info("a camera was looked at twice at once", extra={"deployment": deployment.id})


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
    today = datetime.now(UTC).date()
    dated = [i for i in images if i.taken]
    taken = (date.fromisoformat(image.taken[:DAY]) for image in dated)
    days = Counter(day for day in taken if day <= today + timedelta(1))
    off = set(nights_off(deployment.off))
    end = date.fromisoformat(deployment.end[:DAY]) if deployment.end else today
    known = end < today or is_live(dated)  # for others nobody knows what is still on the card
    found = silence.silence(days, min(end, today) if known else None, off), silence.fewer(days, off)
    return [sign for sign in found if sign is not None]


def is_live(images: Sequence[Image]) -> bool:
    """Return whether a camera sends its pictures as it takes them."""
    times = ((i.created_at, clock_seconds(i.taken_at)) for i in images[:20])
    lags = [abs(sent - taken) for sent, taken in times if taken is not None]
    return bool(lags) and statistics.median(lags) <= LIVE_SECONDS


def heard_at(before: CameraCheck | None, now: CameraCheck, series: Series) -> float:
    """Return when a fault was first seen that people should hear of: one that lasts, is new, and
    is of a camera that took pictures in the last month."""
    known = {sign.fault for sign in before.signs if sign.open} if before else set()
    new = [s for s in now.signs if s.open and s.fault not in known]
    since = time.time() - series.at
    recent = ((since >= -DAY_SECONDS) & (since < RECENT_SECONDS)).any()
    return now.at if new and recent else now.found_at


def all_is_fine(records: Records, collection: str, deployment: str) -> None:
    """Note that a person looked and all is fine: from now on its camera is compared with pictures
    that come after those of today. Raises NotFound, and Stale if others write all the time."""
    there = records.get(Deployment, deployment)
    if there is None or there.collection != collection:
        raise NotFound("There is no such camera.")
    tomorrow = (datetime.now(UTC) + timedelta(1)).isoformat()[:19]
    dated = [Where("taken", "!=", ""), Where("taken", "<=", tomorrow)]
    last = records.find(Image, [*pictures_of(there), *dated], order=LAST, limit=1)
    until = last[0].taken if last else ""

    for _ in tries(deployment):
        check = records.get(CameraCheck, deployment)
        if check is None:
            raise NotFound("There is no such camera.")
        settled = replace(check, signs=(), fine_until=until, version=check.version + 1)
        try:
            records.write(Replace(settled, check.version))
        except Stale:
            continue
        return
    raise Stale("This camera is being looked at; try again.")
