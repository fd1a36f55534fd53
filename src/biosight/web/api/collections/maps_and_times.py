"""API: where and when pictures were taken, as a map, as days, and as the hours of a name."""

from collections import Counter
from dataclasses import asdict

from fastapi import APIRouter
from pydantic import BaseModel

from biosight.field.activity import activity, busiest
from biosight.field.coarse_places import Coarsening, hidden_groups
from biosight.field.days import days_of
from biosight.field.gaps import gaps_among
from biosight.field.grid import ShownPlace, shown_place
from biosight.field.sun_hours import SunClock, standpoints
from biosight.images import Image
from biosight.storage.records import Records, Where
from biosight.web.access.deps import MayLook, Open, Store
from biosight.web.access.rights import seen_rule
from biosight.web.schemas.filters import Filtered, TreePaths, matching_images
from biosight.workflows.places import camera_checks, deployment_acts

router = APIRouter(tags=["places"])


class ActivityOut(BaseModel):
    """Dated pictures and events at and below a name, by hour of the day (24) and month (12).

    `sun_hours` count by sun time: the sun rises at 6 and sets at 18. They leave out what has no
    site, no time zone, or no sunrise on its day.
    """

    path: str
    label: str
    images: int
    hours: list[int]
    months: list[int]
    events: int
    event_hours: list[int]
    event_months: list[int]
    sun_hours: list[int]
    event_sun_hours: list[int]


@router.get("/collections/{collection}/activity")
def show_activity(
    access: MayLook, biosight: Open, records: Store, under: TreePaths = ()
) -> list[ActivityOut]:
    """Show when pictures were taken, by name and corrected local time.

    `under` takes up to twelve paths of the tree of names. Without it, these are the four paths that
    most pictures have.
    """
    c = access.collection.id
    chosen = under or tuple(busiest(records, c, 4))
    sites, deployments = deployment_acts.places_by_id(records, c)
    gaps = gaps_among(access.collection, deployments.values())
    rule = seen_rule(access, biosight, records)
    seen = {id: rule.place_of_site(s) for id, s in sites.items()}
    places = {id: (p.latitude, p.longitude) for id, p in seen.items()}
    sun = SunClock(standpoints(deployments.values(), places))
    return [ActivityOut(**asdict(activity(records, c, path, gaps, sun))) for path in chosen]


class DaysOut(BaseModel):
    """Pictures by day of one deployment.

    `deployment` is "" for pictures without one. `name`, `start` and `end` are the deployment's.
    """

    deployment: str
    name: str
    start: str
    end: str
    days: dict[str, int]


@router.get("/collections/{collection}/days")
def show_days(access: MayLook, records: Store, chosen: Filtered) -> list[DaysOut]:
    """Count what a filter matches, by deployment and day."""
    c = access.collection
    _, deployments = deployment_acts.places_by_id(records, c.id)
    where = matching_images(access, chosen)
    found = []
    for one in days_of(records, where):
        d = deployments.get(one.deployment)
        name, start, end = (d.name, d.start[:10], d.end[:10]) if d else ("", "", "")
        row = DaysOut(deployment=one.deployment, name=name, start=start, end=end, days=one.days)
        found.append(row)
    return sorted(found, key=lambda d: (not d.name, d.name.casefold()))


class PointOut(BaseModel):
    """A point of the map: a site, or a place of pictures without a site.

    A site has its id and name. Places of pictures without a site are given to a hundredth of a
    degree. `coarse` is the grid in degrees for people who may not see the exact place, 0 for exact.
    `faults` counts the cameras of a site that seem to need a visit.
    """

    site: str
    name: str
    latitude: float
    longitude: float
    coarse: float
    images: int
    faults: int = 0


@router.get("/collections/{collection}/map")
def show_map(access: MayLook, biosight: Open, records: Store, chosen: Filtered) -> list[PointOut]:
    """List where the pictures that a filter matches were taken.

    These are sites, and the coordinates of pictures without a site.
    """
    c = access.collection
    where = matching_images(access, chosen)
    rule = seen_rule(access, biosight, records)
    images = records.count_by(Image, where, "site")
    faults = camera_checks.faulty_sites(records, c.id)
    points = [
        point(s.id, s.name, rule.place_of_site(s), images.get(s.id, 0), faults[s.id])
        for s in deployment_acts.sites_of(records, c.id)
    ]
    return points + cells(records, where, rule)


def cells(records: Records, where: list[Where], rule: Coarsening) -> list[PointOut]:
    """Return the points of pictures without a site, those of sensitive names as coarse as the rule
    says."""
    free = [*where, Where("site", "=", "")]
    counts = {str(k): n for k, n in records.count_by(Image, free, "cell").items() if k}
    hidden: Counter[str] = Counter()
    if rule.degrees:
        for met in hidden_groups(records, free, rule):
            counted = records.count_by(Image, [*free, met], "cell").items()
            hidden.update({str(cell): n for cell, n in counted})
    found = []
    for cell, n in counts.items():
        latitude, longitude = (float(part) for part in cell.split())
        for many, degrees in ((n - hidden[cell], 0.0), (hidden[cell], rule.degrees)):
            if many > 0:
                found.append(point("", "", shown_place(latitude, longitude, degrees), many))
    return found


def point(site: str, name: str, place: ShownPlace, images: int, faults: int = 0) -> PointOut:
    """Return a point of the map."""
    return PointOut(
        site=site,
        name=name,
        latitude=place.latitude,
        longitude=place.longitude,
        coarse=place.degrees,
        images=images,
        faults=faults,
    )
