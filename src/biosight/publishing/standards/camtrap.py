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
from hashlib import sha256
from itertools import groupby

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
    largest_count,
    lines,
    local_time,
    moment,
)
from biosight.publishing.zips import ZipEntry, zip_of
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records
from biosight.taxa.kinds import label_kind

ANIMALS = {
    "Amphibia",
    "Animalia",
    "Arachnida",
    "Aves",
    "Insecta",
    "Mammalia",
    "Mollusca",
    "Reptilia",
}
BBOX = ("bboxX", "bboxY", "bboxWidth", "bboxHeight")
# Rows of an event that have these in common are one.
ONE_ROW = ("observationType", "scientificName", "sex", "lifeStage", "individualID")
NO_TIME, NO_PLACE, NO_ZONE = "without a time", "without a place", "whose time zone nobody knows"
ZONED = re.compile(r"[+-]\d\d:\d\d$")
# Things that are no taxon -> observationType.
PEOPLE_NAME = "Homo sapiens"  # as the standard's own example names them
OBSERVATION_TYPES = {"empty": "blank", "human": "human", "vehicle": "vehicle"}


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

    def members() -> Iterator[ZipEntry]:
        now = datetime.now()
        package = json.dumps(datapackage(survey, scope), indent=1, ensure_ascii=False)
        usable = (f for f in all_facts(records, scope) if not reason_missing(f.image, scope))
        for name, content in (
            ("datapackage.json", iter([package.encode()])),
            ("deployments.csv", lines(DEPLOYMENTS, deployment_rows(survey))),
            ("media.csv", lines(MEDIA, (media(f, scope) for f in usable))),
            ("observations.csv", lines(OBSERVATIONS, observations(records, scope))),
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


def deployment_id(image: Image, scope: Scope) -> str:
    """Return the deployment's name; without a deployment, the id of a camera at a place."""
    if name := scope.deployment_name(image):
        return name
    latitude, longitude, _ = coordinates(image, scope)
    return sha256(f"{image.camera}/{latitude}/{longitude}".encode()).hexdigest()[:16]


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
        said |= {
            "cameraID": deployment.camera,
            "cameraHeight": "" if deployment.height is None else f"{deployment.height:g}",
            "baitUse": "" if deployment.bait is None else str(deployment.bait).lower(),
            "deploymentTags": tags(deployment),
            "deploymentComments": "" if scope.hides(image) else deployment.comments,
            "deploymentStart": bound_time(deployment.start, deployment, image, scope),
            "deploymentEnd": bound_time(deployment.end, deployment, image, scope),
        }
    return said


def tags(deployment: Deployment) -> str:
    """Return what the format has no column for: the time zone, the shift of the clock, and the
    event gap. `import-camtrap` reads them back."""
    zone = f"timeZone:{deployment.zone}" if deployment.zone else ""
    shift = f"clockShift:{deployment.shift}" if deployment.shift else ""
    gap = "" if deployment.event_gap is None else f"eventGap:{deployment.event_gap}"
    return " | ".join(filter(None, (zone, shift, gap)))


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


def observations(records: Records, scope: Scope) -> Iterator[tuple[str, ...]]:
    """Yield observations.csv: what counts now of each subject of each picture, said by a machine or
    by a human, and of each event after its pictures."""
    usable = (f for f in all_facts(records, scope) if not reason_missing(f.image, scope))
    for _, facts in groupby(usable, lambda f: event_key(f, scope)):
        rows = []
        for one in (one for f in facts for one in by_subject(f, scope)):
            rows.append(observation(one, scope))
            yield in_order(OBSERVATIONS, rows[-1])
        yield from (in_order(OBSERVATIONS, row) for row in of_event(rows))


def event_key(facts: Facts, scope: Scope) -> str:
    """Return the event that a picture is part of; outside of any deployment, an event of its
    own."""
    image = facts.image
    own = "" if scope.deployment(image) else f" {image.id}"
    return f"{deployment_id(image, scope)} {facts.event[:19]}{own}"


def observation(facts: Facts, scope: Scope) -> dict[str, str]:
    """Return what counts now of one subject."""
    image, details = facts.image, facts.image.details
    looked = facts.undecided if image.who == "person" and not image.label else None
    now = facts.current or looked
    version = f"{image.id}-{image.version}"
    when = local_time(image, scope)
    name = name_terms(now, scope).scientific if image.label else ""
    if label_kind(image.label, scope.naming) == "human":
        name = PEOPLE_NAME
    said = {
        "observationID": f"{version}-{facts.number}" if facts.number else version,
        "deploymentID": deployment_id(image, scope),
        "mediaID": image.id,
        "eventID": event_key(facts, scope),
        "eventStart": when,
        "eventEnd": when,
        "observationLevel": "media",
        "observationType": observation_kind(image, name, scope),
        "scientificName": name,
        "count": str(facts.count or ""),
        "lifeStage": details.life_stage,
        "sex": details.sex,
        "behavior": details.behaviour,
        "individualID": details.individual,
    }
    if region := facts.region:
        said |= {name: f"{side:.4f}" for name, side in zip(BBOX, region.sides, strict=True)}
    if image.label and image.label != name:
        said |= {"observationTags": "label", "observationComments": image.label}
    if now:
        sure = "" if now.probability is None else f"{now.probability:.4f}"
        said |= {
            "classificationMethod": "machine" if now.machine else "human",
            "classifiedBy": now.by,
            "classificationTimestamp": moment(now.at),
            "classificationProbability": sure,
        }
    return said


def of_event(rows: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Yield what an event shows, one row for each kind, name, sex, life stage and individual, with
    the largest count of a picture. A human's row goes before the machine's surest one. The event is
    blank only where all of it is."""
    start, end = rows[0]["eventStart"], rows[-1]["eventEnd"]
    kinds: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in rows:
        kinds.setdefault(tuple(row[name] for name in ONE_ROW), []).append(row)
    telling = {k: v for k, v in kinds.items() if k[0] not in {"blank", "unclassified"}}
    for number, alike in enumerate((telling or kinds).values()):
        best = max(alike, key=weight)
        most = largest_count((row["mediaID"], int(row["count"] or 0)) for row in alike)
        yield best | {
            "observationID": f"{best['eventID']} {number}",
            "mediaID": "",
            "eventStart": start,
            "eventEnd": end,
            "observationLevel": "event",
            "count": str(most or ""),
            **dict.fromkeys(BBOX, ""),  # a box is in one picture
        }


def weight(row: dict[str, str]) -> tuple[bool, float]:
    """Return how much a row counts: a human's more than any machine's."""
    human = row.get("classificationMethod") == "human"
    return human, float(row.get("classificationProbability") or 0)


def observation_kind(image: Image, name: str, scope: Scope) -> str:
    """Return the observation's type, from a closed list. It is an animal where the label hangs
    below Animalia, or where a person's or the machine's label is one of the groups that do. A label
    taught here counts as what the machine took the picture for."""
    kind = label_kind(image.label, scope.naming)
    if image.label and kind in OBSERVATION_TYPES:
        return OBSERVATION_TYPES[kind]
    if not name and image.who != "person":
        return "unclassified"
    if not image.label:
        return "unknown"
    animals = scope.naming.higher(image.label).get("kingdom") == "Animalia"
    known = {name, image.label, image.machine_label, image.group}
    return "animal" if animals or ANIMALS & known else "unknown"


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
