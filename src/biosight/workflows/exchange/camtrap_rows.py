"""Deployments of a package made ready for a collection: other names where ids clash, places apart,
and times with their offsets.

Ids are unique in a package alone, so another project's “d1” is no deployment of this collection
(tdwg/camtrap-dp). Not here: importing them (camtrap_import.py), or reading files
(camtrap_package.py).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from biosight.errors import BadRequest
from biosight.images import Image
from biosight.places import Deployment, Site
from biosight.places.clocks import instant, known_zone
from biosight.places.coordinates import read_place
from biosight.places.tables import Row
from biosight.publishing.standards.camtrap_rules import aware
from biosight.storage.records import Records
from biosight.workflows.places.deployment_acts import deployments_of, sites_of
from biosight.workflows.places.deployment_tables import local

UTC = "Etc/UTC"
# Zones of offsets that are no whole hours; none of them has a summer time.
ODD_ZONES = {
    "+03:30": "Asia/Tehran",
    "+04:30": "Asia/Kabul",
    "+05:30": "Asia/Kolkata",
    "+05:45": "Asia/Kathmandu",
    "+06:30": "Asia/Yangon",
    "+08:45": "Australia/Eucla",
    "+09:30": "Australia/Darwin",
    "-09:30": "Pacific/Marquesas",
}
Place = tuple[float, float]


@dataclass(slots=True)
class Prepared:
    """A package's deployments as rows of a table, the name and the zone here of each by its id in
    the package, and in words what has another name here."""

    rows: list[Row] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture of a package by its id here, and the moment that its own file says with an offset,
    None without one."""

    image: str
    moment: datetime | None


def prepared(
    records: Records, collection: str, rows: Sequence[Row], zones: dict[str, str]
) -> Prepared:
    """Return a package's deployments for a collection. `zones` are those of deployments whose
    pictures need one, by id."""
    sites = {s.id: s for s in sites_of(records, collection)}
    there = {d.name: d for d in deployments_of(records, collection)}
    taken: dict[str, Place] = {s.name: spot(s.latitude, s.longitude) for s in sites.values()}
    found, used = Prepared(zones=dict(zones)), set[str]()
    for row in rows:
        own = dict(row)
        place = place_of(own)
        name_site(own, place, taken)
        id = " ".join(own.get("deploymentID", "").split())
        zone = zones.get(id, "")
        for end in ("deploymentStart", "deploymentEnd"):
            own[end] = moment_in(own.get(end, ""), zone)
        if zone and "timeZone:" not in own.get("deploymentTags", ""):
            tags = own.get("deploymentTags", "")
            own["deploymentTags"] = " | ".join(filter(None, (tags, f"timeZone:{zone}")))
        name = free_name(id, own, place, (there, sites), used)
        if name != id:
            found.told.append(f"another {id} is here already: this one is called {name}")
        own["deploymentID"] = name
        used.add(name)
        found.names.setdefault(id, name)
        found.rows.append(own)
    return found


def spot(latitude: float, longitude: float) -> Place:
    """Return coordinates as they are compared: to about a metre."""
    return round(latitude, 5), round(longitude, 5)


def place_of(row: Row) -> Place | None:
    """Return a row's coordinates, None where it has none or they can't be read."""
    try:
        return spot(*read_place(row.get("latitude", ""), row.get("longitude", "")))
    except BadRequest:
        return None


def name_site(row: Row, place: Place | None, taken: dict[str, Place]) -> None:
    """Give a row's site a name that no other place has. A row without coordinates has no site."""
    if place is None:
        if not row.get("latitude") and not row.get("longitude"):
            row["locationName"] = row["locationID"] = ""
        return
    wanted = row.get("locationName") or row.get("locationID")
    wanted = wanted or f"{row['latitude']}, {row['longitude']}"
    name, number = wanted, 1
    while taken.setdefault(name, place) != place:
        number += 1
        name = f"{wanted} ({number})"
    row["locationName"] = name


def free_name(
    id: str,
    row: Row,
    place: Place | None,
    here: tuple[dict[str, Deployment], dict[str, Site]],
    used: set[str],
) -> str:
    """Return the name of a package's deployment here: its id, unless another deployment has it."""
    there, sites = here
    name, number = id, 1
    while name in used or (name in there and not agrees(there[name], row, place, sites)):
        number += 1
        name = f"{id} ({number})"
    return name


def agrees(old: Deployment, row: Row, place: Place | None, sites: dict[str, Site]) -> bool:
    """Return whether a deployment may be the one that a row describes: where both say start, end or
    place, they say the same."""
    pairs: list[tuple[object, object]] = []
    for end, known in (("deploymentStart", old.start), ("deploymentEnd", old.end)):
        try:
            pairs.append((local(row.get(end, "")), known))
        except BadRequest:
            continue
    site = sites.get(old.site)
    pairs.append((place, spot(site.latitude, site.longitude) if site else None))
    return all(said == known for said, known in pairs if said and known)


def moment_in(said: str, zone: str) -> str:
    """Return a time as a zone's clocks show it; as it is written without a zone or an offset."""
    found = aware(said)
    if found is None or not zone:
        return said
    return found.astimezone(known_zone(zone)).replace(tzinfo=None).isoformat(timespec="seconds")


def zones_needed(
    rows: Iterable[Row], deployments: Iterable[Row], found: Mapping[str, Placed]
) -> dict[str, str]:
    """Return the zone of each deployment, by id, some of whose pictures do not themselves say the
    moment that the package says: the zone of the offset that most of its pictures have there."""
    said: dict[str, Counter[str]] = {}
    needing: set[str] = set()
    for row in rows:
        one, moment = found.get(row.get("mediaID", "")), aware(row.get("timestamp", ""))
        id = " ".join(row.get("deploymentID", "").split())
        if one is None or moment is None:
            continue
        said.setdefault(id, Counter())[moment.strftime("%z")] += 1
        if one.moment != moment:
            needing.add(id)
    tagged = {
        " ".join(d.get("deploymentID", "").split())
        for d in deployments
        if "timeZone:" in d.get("deploymentTags", "")
    }
    return {id: zone_of(said[id].most_common(1)[0][0]) for id in needing - tagged}


def own_moment(image: Image) -> datetime | None:
    """Return the moment that a picture's own file says with its offset, None without one."""
    local_time, offset = instant(image.taken), image.capture.offset
    if local_time is None or not offset or image.dated or image.shift:
        return None
    return datetime.fromisoformat(f"{local_time.isoformat(timespec='seconds')}{offset}")


def zone_of(offset: str) -> str:
    """Return a zone with an offset (+hhmm); UTC where there is none without a summer time."""
    hours, minutes = offset[:3], offset[3:5]
    if (hours, minutes) in {("+00", "00"), ("-00", "00")}:
        return UTC
    if minutes != "00":
        return ODD_ZONES.get(f"{hours}:{minutes}", UTC)
    zone = f"Etc/GMT{'-' if hours[0] == '+' else '+'}{int(hours[1:])}"  # POSIX counts westward
    try:
        known_zone(zone)
    except BadRequest:
        return UTC
    return zone
