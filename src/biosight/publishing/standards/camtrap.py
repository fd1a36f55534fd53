"""Camtrap DP 1.0.2: deployments, media and observations as a data package.

Source: camtrap-dp.tdwg.org. A picture without a place, a time, or a known time zone can't be part
of a package and is left out; the package says how many. Not here: what the facts are (facts.py), or
the tables' columns (camtrap_tables.py).
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from biosight.images import Image
from biosight.images.placeless import placeless_type
from biosight.places import Deployment
from biosight.places.clocks import instant, offset_in
from biosight.publishing.export import (
    Rebuild,
    exported_file,
    exported_name,
    rebuilds_nothing,
    zip_entry,
)
from biosight.publishing.standards.camtrap_observations import (
    deployment_id,
    names_of_events,
    observations,
)
from biosight.publishing.standards.camtrap_rules import is_sound_cell
from biosight.publishing.standards.camtrap_tables import (
    DEPLOYMENTS,
    MEDIA,
    OBSERVATIONS,
    PUBLISHED,
    TABLES,
)
from biosight.publishing.standards.darwin_core import name_terms
from biosight.publishing.standards.facts import (
    LICENSES,
    Facts,
    Scope,
    all_facts,
    by_subject,
    coordinates,
    in_order,
    lines,
    local_time,
)
from biosight.publishing.zips import ZipEntry, zip_of
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records

NO_TIME, NO_PLACE, NO_ZONE = "without a time", "without a place", "whose time zone nobody knows"
ZONED = re.compile(r"[+-]\d\d:\d\d$")


@dataclass(slots=True)
class DeploymentRow:
    """Row of deployments.csv; it lasts from its first picture to its last where nobody said
    otherwise."""

    said: dict[str, str]
    start: str
    end: str


@dataclass(slots=True)
class Survey:
    """Result of the first walk over the pictures: deployments by id, names, how many pictures fit
    in, and how many are left out, by the reason. `hidden` counts pictures whose place a rule hides.
    `coarse` is the widest grid in degrees by which a place is given."""

    deployments: dict[str, DeploymentRow] = field(default_factory=dict)
    taxa: set[str] = field(default_factory=set)
    fitting: int = 0
    hidden: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    coarse: float = 0.0


def camtrap_dp(
    records: Records,
    scope: Scope,
    survey: Survey | None = None,
    blobs: Blobs | None = None,
    rebuild: Rebuild = rebuilds_nothing,
) -> Iterator[bytes]:
    """Yield the package as a zip in pieces; pass `survey` where one was already made. With `blobs`
    the package also holds the files; `rebuild` gives those of pictures whose place is coarse."""
    survey = survey or survey_of(records, scope)

    def usable() -> Iterator[Facts]:
        return (f for f in all_facts(records, scope) if not reason_missing(f.image, scope))

    def members() -> Iterator[ZipEntry]:
        now = datetime.now()
        package = json.dumps(datapackage(survey, scope), indent=1, ensure_ascii=False)
        for name, content in (
            ("datapackage.json", iter([package.encode()])),
            ("deployments.csv", lines(DEPLOYMENTS, deployment_rows(survey))),
            ("media.csv", lines(MEDIA, (media(f, scope) for f in usable()))),
            ("observations.csv", lines(OBSERVATIONS, observations(records, scope, usable()))),
        ):
            yield ZipEntry(name, now, content)
        if blobs is not None:
            yield from files(records, scope, blobs, rebuild)

    return zip_of(members())


def files(records: Records, scope: Scope, blobs: Blobs, rebuild: Rebuild) -> Iterator[ZipEntry]:
    """Yield the files of a package's pictures. Their paths come from their content, so that
    pictures with the same name stay apart."""
    for facts in all_facts(records, scope):
        image = facts.image
        if reason_missing(image, scope):
            continue
        how = rebuild if scope.placeless(image) else None
        file = exported_file(records, blobs, image, how)
        if file is not None:
            yield zip_entry(image, file_path(image, scope), file)


def file_path(image: Image, scope: Scope) -> str:
    """Return the path of a picture in the package, by the SHA-256 of the original. Where the place
    is coarse, the path comes from the picture's id: places could be tried out against a hash."""
    hidden = scope.placeless(image)
    _, dot, suffix = exported_name(image, placeless=hidden).rpartition(".")
    return f"media/{image.id if hidden else image.sha256}{dot}{suffix.lower()}"


def exported_type(image: Image, scope: Scope) -> str:
    """Return the media type of a picture's file in the package."""
    return placeless_type(image.media_type) if scope.placeless(image) else image.media_type


def reason_missing(image: Image, scope: Scope) -> str:
    """Return why a picture can't be part of a package, "" where it can."""
    if instant(image.taken) is None:
        return NO_TIME
    if not coordinates(image, scope)[0]:
        return NO_PLACE
    return "" if ZONED.search(local_time(image, scope)) else NO_ZONE


def survey_of(records: Records, scope: Scope) -> Survey:
    """Return all deployments and names, and how many pictures can't be part of the package."""
    survey = Survey()
    for facts in all_facts(records, scope):
        image = facts.image
        if why := reason_missing(image, scope):
            survey.left_out[why] += 1
            continue
        survey.fitting += 1
        survey.hidden += scope.hides(image)
        survey.coarse = max(survey.coarse, scope.grid(image))
        when = local_time(image, scope)
        id = deployment_id(image, scope)
        if id not in survey.deployments:
            survey.deployments[id] = DeploymentRow(deployment_cells(id, image, scope), when, when)
        row = survey.deployments[id]
        moments = sorted((row.start, row.end, when), key=datetime.fromisoformat)
        row.start, row.end = moments[0], moments[-1]
        survey.taxa |= {
            name_terms(one.current, scope).scientific
            for one in by_subject(facts, scope)
            if one.image.label
        }
    survey.taxa |= names_of_events(records, scope)
    return survey


def deployment_cells(id: str, image: Image, scope: Scope) -> dict[str, str]:
    """Return what is known of a deployment, from one of its pictures."""
    latitude, longitude, far = coordinates(image, scope)
    site, deployment = scope.site(image), scope.deployment(image)
    said = {
        "deploymentID": id,
        "latitude": latitude,
        "longitude": longitude,
        "coordinateUncertainty": far,
        "cameraModel": image.camera,
    }
    if site:
        said |= {"locationID": site.id}
    if told := scope.named_site(image):
        said |= {"locationName": told.name, "habitat": told.habitat}
    if deployment:
        kept = () if scope.hides(image) else deployment.terms
        terms = {n: text for n, text in kept if is_sound_cell(n, text)}
        said = {**terms, **{n: text for n, text in said.items() if text}}
        said |= {
            "cameraID": deployment.camera,
            "cameraHeight": "" if deployment.height is None else f"{deployment.height:g}",
            "baitUse": "" if deployment.bait is None else str(deployment.bait).lower(),
            "deploymentTags": tags(deployment, terms.get("deploymentTags", "")),
            "deploymentComments": "" if scope.hides(image) else deployment.comments,
            "deploymentStart": bound_time(deployment.start, deployment, image, scope),
            "deploymentEnd": bound_time(deployment.end, deployment, image, scope),
        }
    return said


def tags(deployment: Deployment, others: str) -> str:
    """Return what the format has no column for: the time zone, the shift of the clock, and the
    event gap, after the tags of others. `import-camtrap` reads them back."""
    zone = f"timeZone:{deployment.zone}" if deployment.zone else ""
    shift = f"clockShift:{deployment.shift}" if deployment.shift else ""
    gap = "" if deployment.event_gap is None else f"eventGap:{deployment.event_gap}"
    return " | ".join(filter(None, (others, zone, shift, gap)))


def bound_time(local: str, deployment: Deployment, image: Image, scope: Scope) -> str:
    """Return a deployment's own start or end with an offset: of its zone, else of its pictures."""
    if not local:
        return ""
    found = ZONED.search(local_time(image, scope))
    return local + (offset_in(deployment.zone, local) or (found.group() if found else ""))


def deployment_rows(survey: Survey) -> Iterator[tuple[str, ...]]:
    """Yield deployments.csv; pictures outside the stated times widen them."""
    for row in survey.deployments.values():
        start, end = row.said.get("deploymentStart"), row.said.get("deploymentEnd")
        moments = {
            "deploymentStart": min(start or row.start, row.start, key=datetime.fromisoformat),
            "deploymentEnd": max(end or row.end, row.end, key=datetime.fromisoformat),
        }
        yield in_order(DEPLOYMENTS, row.said | moments)


def media(facts: Facts, scope: Scope) -> tuple[str, ...]:
    """Return a row of media.csv; the files themselves are in BioSight's zip."""
    image = facts.image
    said = {
        "mediaID": image.id,
        "deploymentID": deployment_id(image, scope),
        "timestamp": local_time(image, scope),
        "filePath": file_path(image, scope),
        "filePublic": "false",
        "fileName": exported_name(image, placeless=scope.placeless(image)),
        "fileMediatype": exported_type(image, scope),
        "mediaComments": image.note,
    }
    return in_order(MEDIA, said)


def datapackage(survey: Survey, scope: Scope) -> dict[str, object]:
    rows = list(survey.deployments.values())
    coarse = survey.coarse
    return {
        "name": f"biosight-{scope.collection}",
        "profile": f"{PUBLISHED}/camtrap-dp-profile.json",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "title": scope.title,
        "description": "Exported from BioSight."
        + left_out_words(survey.left_out)
        + (f" Coordinates are coarse: {coarse:g} degrees." if coarse else ""),
        "contributors": contributors(scope),
        **licences(scope),
        "project": {
            "title": scope.title,
            "samplingDesign": "opportunistic",
            "captureMethod": ["activityDetection"],
            "individualAnimals": False,
            "observationLevel": ["media", "event"],
        },
        # Every package has rows of events; as single frames, one animal would be many occurrences.
        "gbifIngestion": {"observationLevel": "event"},
        "coordinatePrecision": coarse or 0.000001,
        "spatial": {
            "type": "MultiPoint",
            "coordinates": [[float(r.said["longitude"]), float(r.said["latitude"])] for r in rows],
        },
        "temporal": {
            "start": min((r.start for r in rows), default="1970-01-01")[:10],
            "end": max((r.end for r in rows), default="1970-01-01")[:10],
        },
        "taxonomic": [{"scientificName": name} for name in sorted(survey.taxa - {""})],
        "resources": [
            {
                "name": name,
                "path": f"{name}.csv",
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": f"{PUBLISHED}/{name}-table-schema.json",
            }
            for name in TABLES
        ],
    }


def contributors(scope: Scope) -> list[dict[str, str]]:
    """Return who is responsible for the package: its creator as the contact, the rights holder, and
    BioSight, which wrote it."""
    credit = scope.credits
    made = {"title": credit.creator, "email": credit.email, "role": "contact"}
    own = [{k: v for k, v in made.items() if v}] if credit.creator else []
    holder = [{"title": credit.rights_holder, "role": "rightsHolder"}]
    return [
        *own,
        *(holder if credit.rights_holder else []),
        {"title": "BioSight", "role": "publisher"},
    ]


def licences(scope: Scope) -> dict[str, list[dict[str, str]]]:
    """Return the licence of data and of media, where one is given."""
    name = scope.credits.license
    if not name:
        return {}
    of = [{"name": name, "path": LICENSES[name], "scope": s} for s in ("data", "media")]
    return {"licenses": of}


def left_out_words(left_out: Counter[str]) -> str:
    """Return in words how many pictures are not in the package, and why."""
    return "".join(f" {n} pictures {why} are left out." for why, n in sorted(left_out.items()))
