"""API: sites and deployments of a collection, and a deployment's clock."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile

from biosight.field.coarse_places import Coarsening
from biosight.field.effort import silences
from biosight.field.grid import uncertainty
from biosight.images import Image
from biosight.places import Deployment, Site, tables
from biosight.places.clocks import checked_moment, shift_between, shift_time
from biosight.places.coordinates import read_place
from biosight.places.days_off import clean_days_off
from biosight.places.tables import MOST_BYTES
from biosight.review.acts import MOST_AT_ONCE, Act
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Question, Records, Where
from biosight.web.access.deps import MayChange, MayLook, Open, Signed, Store
from biosight.web.access.rights import seen_rule
from biosight.web.body_limits import body_limit, up_to
from biosight.web.schemas.pictures import JobOut, job_out
from biosight.web.schemas.places import (
    ClockOut,
    ClockSeen,
    DeploymentChange,
    DeploymentIn,
    DeploymentOut,
    PlaceChanged,
    SiteChange,
    SiteIn,
    SiteOut,
    TableSeen,
    TableTaken,
)
from biosight.workflows.pictures import long_acts
from biosight.workflows.places import deployment_acts, deployment_tables

router = APIRouter(tags=["places"])
MOST_TABLE_MB = MOST_BYTES // 1_000_000
OF_TABLES = up_to(MOST_TABLE_MB, f"A table of deployments can be up to {MOST_TABLE_MB} MB.")


@router.get("/collections/{collection}/sites")
def sites(access: MayLook, biosight: Open, records: Store) -> list[SiteOut]:
    """List all sites, by name; viewers get the places of sensitive names coarse."""
    c = access.collection.id
    rule = seen_rule(access, biosight, records)
    images = records.count_by(Image, living_images(c), "site")
    used = records.count_by(Deployment, [Where("collection", "=", c)], "site")
    return [
        SiteOut(
            id=s.id,
            name=s.name,
            **place_seen(s, rule),
            habitat=s.habitat,
            images=images.get(s.id, 0),
            deployments=used.get(s.id, 0),
        )
        for s in deployment_acts.sites_of(records, c)
    ]


def place_seen(site: Site, rule: Coarsening) -> dict[str, Any]:
    """Return a site's place, exact or as the middle of its cell."""
    place = rule.place_of_site(site)
    return {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "uncertainty": uncertainty(place.degrees) if place.degrees else site.uncertainty,
        "coarse": place.degrees,
    }


def site_from(body: SiteIn, collection: str) -> Site:
    """Return the body as a Site. Raises BadRequest."""
    latitude, longitude = read_place(body.latitude, body.longitude)
    found = body.uncertainty, body.habitat.strip()
    return Site("", collection, body.name, latitude, longitude, *found)


@router.post("/collections/{collection}/sites", status_code=201)
def add_site(body: SiteIn, access: MayChange, person: Signed, records: Store) -> PlaceChanged:
    """Add a site."""
    made, act = deployment_acts.add_place(
        records, person.user.id, site_from(body, access.collection.id)
    )
    return PlaceChanged(act=act.id, id=made.id)


@router.patch("/collections/{collection}/sites/{site}")
def change_site(
    site: str, body: SiteChange, access: MayChange, person: Signed, records: Store
) -> PlaceChanged:
    """Change the fields of a site that are sent."""
    old = deployment_acts.find_place(records, Site, site, access.collection.id)
    made, act = deployment_acts.change_place(records, person.user.id, old, changed_site(old, body))
    return PlaceChanged(act=act.id, id=made.id)


def changed_site(old: Site, body: SiteChange) -> Site:
    """Return a site with the fields that were sent. Raises BadRequest."""
    said: dict[str, Any] = body.model_dump(exclude_unset=True)
    if said.keys() & {"latitude", "longitude"}:
        latitude = said.get("latitude", str(old.latitude))
        longitude = said.get("longitude", str(old.longitude))
        said["latitude"], said["longitude"] = read_place(latitude, longitude)
    if "habitat" in said:
        said["habitat"] = said["habitat"].strip()
    return replace(old, **said)


@router.delete("/collections/{collection}/sites/{site}")
def remove_site(site: str, access: MayChange, person: Signed, records: Store) -> PlaceChanged:
    """Remove a site that has no pictures and no deployments."""
    old = deployment_acts.find_place(records, Site, site, access.collection.id)
    act = deployment_acts.remove_place(records, person.user.id, old)
    return PlaceChanged(act=act.id, id=site)


@router.get("/collections/{collection}/deployments")
def deployments(access: MayLook, records: Store) -> list[DeploymentOut]:
    """List all deployments, by name."""
    c = access.collection.id
    images = records.count_by(Image, living_images(c), "deployment")
    found = deployment_acts.deployments_of(records, c)
    edges = edges_of(records, c, [d.id for d in found if images.get(d.id)])
    quiet = silences(records, c)
    return [
        DeploymentOut(
            **{k: getattr(d, k) for k in DeploymentIn.model_fields},
            silence=quiet.get(d.id),
            id=d.id,
            shift_words=deployment_acts.in_words(d.shift) if d.shift else "",
            images=images.get(d.id, 0),
            first=edges.get(d.id, ("", ""))[0],
            last=edges.get(d.id, ("", ""))[1],
        )
        for d in found
    ]


def edges_of(
    records: Records, collection: str, deployments: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Return the corrected times of the first and the last dated picture of each of some
    deployments, "" for none."""
    questions = []
    for deployment in deployments:
        where = [*living_images(collection), Where("deployment", "=", deployment)]
        where.append(Where("taken", "!=", ""))
        questions += [Question(where, Order("taken", descending=way)) for way in (False, True)]
    times = [found[0].taken_at if found else "" for found in records.find_each(Image, questions)]
    return dict(zip(deployments, zip(times[::2], times[1::2], strict=True), strict=True))


def deployment_from(body: DeploymentIn, collection: str) -> Deployment:
    """Return the body as a Deployment. Raises BadRequest."""
    said = body.model_dump() | {"start": full(body.start), "end": full(body.end)}
    said["off"] = clean_days_off(body.off)
    return Deployment(id="", collection=collection, **said)


def changed_deployment(old: Deployment, body: DeploymentChange) -> Deployment:
    """Return a deployment with the fields that were sent. Raises BadRequest."""
    said: dict[str, Any] = body.model_dump(exclude_unset=True)
    said |= {name: full(said[name]) for name in ("start", "end") if name in said}
    if "off" in said:
        said["off"] = clean_days_off(said["off"])
    return replace(old, **said)


def full(when: str) -> str:
    """Return a local time to the second, with a T. Raises BadRequest."""
    said = when.replace(" ", "T")
    return checked_moment(f"{said}:00" if len(said) == 16 else said)


@router.post("/collections/{collection}/deployments", status_code=201)
def add_deployment(
    body: DeploymentIn, access: MayChange, person: Signed, records: Store
) -> PlaceChanged:
    """Add a deployment; an act of the kind `deploy` puts pictures into it."""
    wanted = deployment_from(body, access.collection.id)
    made, act = deployment_acts.add_place(records, person.user.id, wanted)
    return PlaceChanged(act=act.id, id=made.id)


@router.patch("/collections/{collection}/deployments/{deployment}")
def change_deployment(
    deployment: str, body: DeploymentChange, access: MayChange, person: Signed, records: Store
) -> PlaceChanged:
    """Change the fields of a deployment that are sent, its site and clock too.

    Its pictures follow.
    """
    by = person.user.id
    old = deployment_acts.find_place(records, Deployment, deployment, access.collection.id)
    made, act = deployment_acts.change_place(records, by, old, changed_deployment(old, body))
    changed, job = follow_pictures(records, act, [made.id])
    return PlaceChanged(act=act.id, id=made.id, changed=changed, job=job)


def follow_pictures(
    records: Records, act: Act, deployments: list[str]
) -> tuple[int, JobOut | None]:
    """Update the pictures of deployments that changed.

    Returns how many were updated, or the job that does it.
    """
    where = deployment_acts.in_deployments(act.collection, deployments)
    if deployments and records.count(Image, where) > MOST_AT_ONCE:
        return 0, job_out(long_acts.ask_to_follow(records, act, deployments))
    return deployment_acts.follow(records, act.by, act, deployments), None


@router.delete("/collections/{collection}/deployments/{deployment}")
def remove_deployment(
    deployment: str, access: MayChange, person: Signed, records: Store
) -> PlaceChanged:
    """Remove a deployment that has no pictures."""
    old = deployment_acts.find_place(records, Deployment, deployment, access.collection.id)
    act = deployment_acts.remove_place(records, person.user.id, old)
    return PlaceChanged(act=act.id, id=deployment)


@router.post("/collections/{collection}/deployments/{deployment}/clock")
def clock(deployment: str, body: ClockSeen, access: MayLook, records: Store) -> ClockOut:
    """Calculate the shift from a picture whose true time is known; nothing changes yet."""
    c = access.collection.id
    found = deployment_acts.find_place(records, Deployment, deployment, c)
    image = deployment_acts.dated_picture(records, found, body.image)
    shift = shift_between(image.taken_file, body.true.strip().replace(" ", "T"))
    ends = edges_of(records, c, [found.id])[found.id]
    first, last = (shift_time(t, shift - found.shift) for t in ends)
    where = [*living_images(c), Where("deployment", "=", found.id)]
    return ClockOut(
        shift=shift,
        words=deployment_acts.in_words(shift),
        images=records.count(Image, where),
        first=first,
        last=last,
    )


@contextmanager
def sent_table(file: UploadFile) -> Iterator[list[tables.Row]]:
    """Yield the rows of a table that was sent. Raises BadRequest."""
    with NamedTemporaryFile(suffix=".csv") as kept:
        copyfileobj(file.file, kept)
        kept.flush()
        yield tables.read_table(Path(kept.name))


@router.post("/collections/{collection}/deployments/table/preview")
@body_limit(OF_TABLES)
def preview_table(
    file: Annotated[UploadFile, File()], access: MayChange, records: Store
) -> TableSeen:
    """Preview a CSV of deployments with Camtrap DP's columns; nothing changes."""
    with sent_table(file) as rows:
        seen = deployment_tables.outlook(records, access.collection.id, rows)
    return TableSeen(
        sites=len(seen.new_sites),
        deployments=len(seen.new_deployments),
        changes=len(seen.changed),
        known=seen.known,
        doubtful=len(seen.doubts),
        doubts=seen.doubts[:10],
    )


@router.post("/collections/{collection}/deployments/table")
@body_limit(OF_TABLES)
def take_table(
    file: Annotated[UploadFile, File()], access: MayChange, person: Signed, records: Store
) -> TableTaken:
    """Import a CSV of deployments as one act; the pictures of changed deployments follow."""
    with sent_table(file) as rows:
        done = deployment_tables.take_table(
            records, person.user.id, access.collection.id, rows, (file.filename or "table")[:100]
        )
    if done is None:
        return TableTaken(act="", changed=0, job=None)
    changed, job = follow_pictures(records, done, deployment_tables.to_follow(done))
    return TableTaken(act=done.id, changed=changed, job=job)
