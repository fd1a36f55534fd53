"""A table of deployments (a CSV with Camtrap DP's columns): previewed, then imported as one act.

Not here: reading it (places/tables.py), or single sites and deployments (deployment_acts.py).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from biosight.collection import LONGEST_GAP
from biosight.errors import BadRequest, Conflict
from biosight.places import LONGEST_TERM, Deployment, Site, Terms
from biosight.places.clocks import checked_moment
from biosight.places.coordinates import read_place
from biosight.places.tables import KEPT_AS_TEXTS, Row
from biosight.publishing.standards.camtrap import tags
from biosight.review.acts import Act
from biosight.storage.records import Insert, InUse, Records, Replace, Write, new_id
from biosight.workflows.places.deployment_acts import (
    Place,
    act_on,
    deployments_of,
    sites_of,
    sound_place,
)

YES, NO = {"true", "1", "yes", "y", "ja", "oui"}, {"false", "0", "no", "n", "nein", "non"}
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:[.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
OWN_TAGS = {"timeZone", "clockShift", "eventGap"}
LONGEST_WAY = 20_000_000  # metres: half around the Earth


@dataclass(slots=True)
class Outlook:
    """The effect that a table would have: new records, and changed ones with their former state.
    `known` counts rows without news; `doubts` are doubtful rows in words."""

    new_sites: list[Site] = field(default_factory=list)
    new_deployments: list[Deployment] = field(default_factory=list)
    changed: list[tuple[Place, Place]] = field(default_factory=list)
    known: int = 0
    doubts: list[str] = field(default_factory=list)
    placed: set[str] = field(default_factory=set)  # names of sites whose place is given by a row


def outlook(records: Records, collection: str, rows: Iterable[Row]) -> Outlook:
    """Return the effect of rows on a collection's sites and deployments."""
    found = Outlook()
    sites = {s.name: s for s in sites_of(records, collection)}
    there = {d.name: d for d in deployments_of(records, collection)}
    seen: set[str] = set()
    for number, row in enumerate(rows, start=2):
        if not any(row.values()):
            continue  # Excel also saves rows that were emptied
        try:
            site = site_of(row, collection, sites)
            if "deploymentID" not in row:
                note_site(found, site, sites)  # a table of sites alone
                continue
            wanted = row_deployment(row, collection, site.id if site else "")
            if wanted.name in seen:
                raise BadRequest(f"{wanted.name} is in the table twice.")
            note_site(found, site, sites)
        except BadRequest as error:
            found.doubts.append(f"Row {number}: {error.detail}")
            continue
        seen.add(wanted.name)
        old = there.get(wanted.name)
        if old is None:
            found.new_deployments.append(replace(wanted, id=new_id()))
        elif (new := merge_row(old, wanted)) != old:
            found.changed.append((new, old))
        else:
            found.known += 1
    return found


def note_site(found: Outlook, site: Site | None, sites: dict[str, Site]) -> None:
    """Note a row's site if it is new or has another place now. Raises BadRequest if an earlier row
    gives it another place."""
    if site is None:
        return
    old = sites.get(site.name)
    if old is None:
        found.new_sites.append(site)
    elif replace(site, version=old.version) != old:
        if site.name in found.placed:
            raise BadRequest(f"{site.name} has two places in this table.")
        site = replace(site, version=old.version + 1)
        found.changed.append((site, old))
    else:
        return
    found.placed.add(site.name)
    sites[site.name] = site


def site_of(row: Row, collection: str, sites: dict[str, Site]) -> Site | None:
    """Return the site of a row, or None if the row names none. A known site keeps its id and gets
    the row's place. Raises BadRequest in words."""
    said = row.get("latitude", ""), row.get("longitude", "")
    name = row.get("locationName") or row.get("locationID") or ", ".join(filter(None, said))
    if not name:
        return None
    old = sites.get(name)
    if not any(said):
        if old is None:
            raise BadRequest(f"the site {name} has no latitude and longitude.")
        return old
    latitude, longitude = read_place(*said)
    far = whole_metres(row.get("coordinateUncertainty", ""))
    return Site(
        old.id if old else new_id(),
        collection,
        name,
        latitude,
        longitude,
        (old.uncertainty if old else None) if far is None else far,
        row.get("habitat") or (old.habitat if old else ""),
        old.version if old else 1,
    )


def whole_metres(said: str) -> int | None:
    """Return metres as a whole number, also where a program writes 187.0; None for none. Raises
    BadRequest in words."""
    if not said:
        return None
    try:
        metres = float(said.replace(",", "."))
    except ValueError:
        metres = -1.0
    if not 0 <= metres < LONGEST_WAY:
        raise BadRequest(f"“{said}” is not a number of metres.")
    return round(metres)


def row_deployment(row: Row, collection: str, site: str) -> Deployment:
    """Return the deployment that a row describes. Raises BadRequest in words."""
    height, bait = row.get("cameraHeight", ""), row.get("baitUse", "").casefold()
    if not row.get("deploymentID"):
        raise BadRequest("it has no deploymentID.")
    try:
        tall = float(height.replace(",", ".")) if height else None
    except ValueError as error:
        raise BadRequest(f"“{height}” is not a height in metres.") from error
    made = Deployment(
        id="",
        collection=collection,
        name=row["deploymentID"],
        site=site,
        camera=row.get("cameraID", ""),
        start=local(row.get("deploymentStart", "")),
        end=local(row.get("deploymentEnd", ""), day_as="23:59:59"),
        height=tall,
        bait=True if bait in YES else False if bait in NO else None,
        comments=row.get("deploymentComments", ""),
        terms=kept_texts(row),
        **read_tags(row.get("deploymentTags", "")),
    )
    return sound_place(made)


def kept_texts(row: Row) -> Terms:
    """Return the cells of a row that no field holds, and the tags that are not BioSight's own."""
    parts = (part.strip() for part in row.get("deploymentTags", "").split("|"))
    tags = " | ".join(p for p in parts if p and p.partition(":")[0] not in OWN_TAGS)
    said = {"deploymentTags": tags, **{name: row.get(name, "") for name in KEPT_AS_TEXTS}}
    return tuple((name, text[:LONGEST_TERM]) for name, text in said.items() if text)


def read_tags(said: str) -> dict[str, Any]:
    """Return the fields that BioSight writes as tags: time zone, clock shift and event gap (both in
    seconds). Raises BadRequest in words."""
    tags = dict(t.strip().partition(":")[::2] for t in said.split("|") if ":" in t)
    shift = tags.get("clockShift", "")
    if shift and not re.fullmatch(r"[+-]?\d{1,10}", shift):
        raise BadRequest(f"“{shift}” is not a clock shift in seconds.")
    gap = tags.get("eventGap", "")
    if gap and not (re.fullmatch(r"\d{1,5}", gap) and int(gap) <= LONGEST_GAP):
        raise BadRequest(f"“{gap}” is not an event gap of 0 to {LONGEST_GAP} seconds.")
    event_gap = int(gap) if gap else None
    return {"zone": tags.get("timeZone", ""), "shift": int(shift or 0), "event_gap": event_gap}


def local(said: str, *, day_as: str = "00:00:00") -> str:
    """Return a local time to the second, without a UTC offset that follows it; a day alone at the
    time `day_as`. Raises BadRequest in words."""
    if not said:
        return ""
    if DAY.fullmatch(said):
        return checked_moment(f"{said}T{day_as}")
    found = MOMENT.fullmatch(said)
    if found is None:
        raise BadRequest(f"“{said}” is not a time; write 2026-05-03 14:05.")
    day, minute, second, _ = found.groups()
    return checked_moment(f"{day}T{minute}{second or ':00'}")


def merge_row(old: Deployment, wanted: Deployment) -> Deployment:
    """Return a known deployment with the values of a row; empty cells keep the known values."""
    new = replace(
        old,
        site=wanted.site or old.site,
        camera=wanted.camera or old.camera,
        start=wanted.start or old.start,
        end=wanted.end or old.end,
        height=old.height if wanted.height is None else wanted.height,
        bait=old.bait if wanted.bait is None else wanted.bait,
        comments=wanted.comments or old.comments,
        zone=wanted.zone or old.zone,
        shift=wanted.shift or old.shift,
        event_gap=old.event_gap if wanted.event_gap is None else wanted.event_gap,
        terms=tuple({**dict(old.terms), **dict(wanted.terms)}.items()),
    )
    return new if new == old else sound_place(replace(new, version=old.version + 1))


def take_table(
    records: Records, by: str, collection: str, rows: Sequence[Row], title: str
) -> Act | None:
    """Import all rows that can be read, in one write; return the act, or None if nothing is new.
    Raises Conflict or Stale when somebody changes the same records at that moment."""
    found = outlook(records, collection, rows)
    made: list[tuple[Place | None, Place | None]] = [(s, None) for s in found.new_sites]
    made += [(d, None) for d in found.new_deployments]
    made += [(new, old) for new, old in found.changed]
    if not made:
        return None
    act = act_on(by, collection, f"Imported {title}", made)
    writes: list[Write] = [Insert(act), *(Insert(s) for s in found.new_sites)]
    writes += [Replace(new, old.version) for new, old in found.changed if isinstance(new, Site)]
    writes += [Insert(d) for d in found.new_deployments]
    writes += [Replace(n, o.version) for n, o in found.changed if isinstance(n, Deployment)]
    try:
        records.write(*writes)
    except InUse as error:
        raise Conflict("Somebody added the same site or deployment just now; try again.") from error
    return act


def to_follow(act: Act | None) -> list[str]:
    """Return the ids of deployments that an act changed and whose pictures must follow."""
    keys = [key.partition("/") for key, text in act.places_before if text] if act else []
    return [id for table, _, id in keys if table == Deployment.table]


def write_table(records: Records, collection: str) -> list[list[str]]:
    """Return a collection's deployments as rows of COLUMNS."""
    sites = {s.id: s for s in sites_of(records, collection)}
    rows = []
    for d in deployments_of(records, collection):
        s = sites.get(d.site)
        rows.append(
            [
                d.name,
                s.id if s else "",
                s.name if s else "",
                f"{s.latitude:.7g}" if s else "",
                f"{s.longitude:.7g}" if s else "",
                str(s.uncertainty or "") if s else "",
                d.start,
                d.end,
                d.camera,
                "" if d.height is None else f"{d.height:g}",
                "" if d.bait is None else str(d.bait).lower(),
                s.habitat if s else "",
                tags(d, dict(d.terms).get("deploymentTags", "")),
                d.comments,
                *(dict(d.terms).get(name, "") for name in KEPT_AS_TEXTS),
            ]
        )
    return rows
