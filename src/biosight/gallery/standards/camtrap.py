"""Camtrap DP 1.0: deployments, media and observations as a data package.

Source: camtrap-dp.tdwg.org. A picture without a place or a time can't be part of one and is left
out; the package says how many. Not here: what the facts are (facts.py).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from stream_zip import ZIP_64, stream_zip

from biosight.gallery.standards.darwin_core import Member, name_terms
from biosight.gallery.standards.facts import (
    Facts,
    Scope,
    coordinates,
    every,
    lines,
    local_time,
    moment,
)
from biosight.images import Image
from biosight.storage.records import Records
from biosight.taxa.kinds import label_kind

VERSION = "1.0.1"
PUBLISHED = f"https://raw.githubusercontent.com/tdwg/camtrap-dp/{VERSION}"
DEPLOYMENTS = (
    "deploymentID",
    "latitude",
    "longitude",
    "coordinateUncertainty",
    "deploymentStart",
    "deploymentEnd",
    "cameraModel",
)
MEDIA = (
    "mediaID",
    "deploymentID",
    "timestamp",
    "filePath",
    "filePublic",
    "fileName",
    "fileMediatype",
    "mediaComments",
)
OBSERVATIONS = (
    "observationID",
    "deploymentID",
    "mediaID",
    "eventStart",
    "eventEnd",
    "observationLevel",
    "observationType",
    "scientificName",
    "classificationMethod",
    "classifiedBy",
    "classificationTimestamp",
    "classificationProbability",
    "observationComments",
)
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
# What is no taxon, as observationType has it.
OBSERVATION_TYPES = {"empty": "blank", "human": "human", "vehicle": "vehicle"}


@dataclass(slots=True)
class Deployment:
    """A camera at a place, from its first picture to its last (ISO 8601)."""

    latitude: str
    longitude: str
    uncertainty: str
    camera: str
    start: str
    end: str


@dataclass(slots=True)
class Survey:
    """What the first walk over the pictures finds."""

    deployments: dict[str, Deployment]
    taxa: set[str]
    left_out: int = 0


def camtrap_dp(records: Records, scope: Scope) -> Iterator[bytes]:
    """The package as a zip in pieces."""
    survey = walk(records, scope)

    def members() -> Iterator[Member]:
        now = datetime.now()
        package = json.dumps(datapackage(survey, scope), indent=1, ensure_ascii=False)
        usable = (f for f in every(records, scope) if fits(f.image))
        for name, content in (
            ("datapackage.json", iter([package.encode()])),
            ("deployments.csv", lines(DEPLOYMENTS, deployment_rows(survey))),
            ("media.csv", lines(MEDIA, (media(f, scope) for f in usable))),
            ("observations.csv", lines(OBSERVATIONS, observations(records, scope))),
        ):
            yield name, now, 0o644, ZIP_64, content

    chunks: Iterator[bytes] = stream_zip(members(), chunk_size=1 << 16)
    return chunks


def time_of(image: Image, scope: Scope) -> str:
    """When it was taken; the standard wants an offset, so a clock of which none is known counts as
    UTC."""
    return local_time(image, scope.utc_offset or 0)


def fits(image: Image) -> bool:
    """Has the picture a place and a time?"""
    return bool(image.taken) and image.latitude is not None and image.longitude is not None


def deployment_of(image: Image, coarse: float) -> str:
    """The id of a camera at a place."""
    latitude, longitude, _ = coordinates(image, coarse)
    return sha256(f"{image.camera}/{latitude}/{longitude}".encode()).hexdigest()[:16]


def walk(records: Records, scope: Scope) -> Survey:
    """All deployments and names, and how many pictures can't be part of the package."""
    survey = Survey({}, set())
    for facts in every(records, scope):
        image = facts.image
        if not fits(image):
            survey.left_out += 1
            continue
        when = time_of(image, scope)
        found = survey.deployments.setdefault(
            deployment_of(image, scope.coarse),
            Deployment(*coordinates(image, scope.coarse), image.camera, when, when),
        )
        moments = sorted((found.start, found.end, when), key=datetime.fromisoformat)
        found.start, found.end = moments[0], moments[-1]
        survey.taxa |= {name_terms(s, scope).scientific for s in facts.said}
    return survey


def deployment_rows(survey: Survey) -> Iterator[tuple[str, ...]]:
    for id, d in survey.deployments.items():
        yield id, d.latitude, d.longitude, d.uncertainty, d.start, d.end, d.camera


def media(facts: Facts, scope: Scope) -> tuple[str, ...]:
    """A row of media.csv; the files themselves are in BioSight's zip."""
    image = facts.image
    when = time_of(image, scope)
    deployment = deployment_of(image, scope.coarse)
    path, kind = f"media/{image.id}", image.media_type
    return image.id, deployment, when, path, "false", image.name, kind, image.note


def observations(records: Records, scope: Scope) -> Iterator[tuple[str, ...]]:
    """observations.csv: what counts now of each picture, by a machine or by a human."""
    for facts in every(records, scope):
        image, now = facts.image, facts.current
        if not fits(image):
            continue
        when = time_of(image, scope)
        name = name_terms(now, scope).scientific if image.label else ""
        sure = f"{now.probability:.4f}" if now and now.probability is not None else ""
        yield (
            f"{image.id}-{image.version}",
            deployment_of(image, scope.coarse),
            image.id,
            when,
            when,
            "media",
            observation_kind(image, name, scope),
            name,
            ("machine" if now.machine else "human") if now else "",
            now.by if now else "",
            moment(now.at) if now else "",
            sure,
            "",
        )


def observation_kind(image: Image, name: str, scope: Scope) -> str:
    """The observation's type, a closed list: an animal where the label hangs below Animalia, or a
    person's or the machine's label is one of the groups that are; a label taught here goes by what
    the machine took it for."""
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
    places = list(survey.deployments.values())
    tables = (("deployments", DEPLOYMENTS), ("media", MEDIA), ("observations", OBSERVATIONS))
    return {
        "name": f"biosight-{scope.collection}",
        "profile": f"{PUBLISHED}/camtrap-dp-profile.json",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "title": scope.name,
        "description": f"Exported from BioSight. {survey.left_out} pictures without a place or a "
        "time are left out."
        + (f" Coordinates are coarse: {scope.coarse:g} degrees." if scope.coarse else ""),
        "contributors": [{"title": "BioSight", "role": "publisher"}],
        "project": {
            "title": scope.name,
            "samplingDesign": "opportunistic",
            "captureMethod": ["activityDetection"],
            "individualAnimals": False,
            "observationLevel": ["media"],
        },
        "coordinatePrecision": scope.coarse or 0.000001,
        "spatial": {
            "type": "MultiPoint",
            "coordinates": [[float(d.longitude), float(d.latitude)] for d in places],
        },
        "temporal": {
            "start": min((d.start for d in places), default="1970-01-01")[:10],
            "end": max((d.end for d in places), default="1970-01-01")[:10],
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
            for name, _ in tables
        ],
    }
