"""Observations of Camtrap DP 1.0.2: what counts now of each subject of a picture, and of events.

Source: camtrap-dp.tdwg.org. Not here: the package around them (camtrap.py), or the tables' columns
(camtrap_tables.py).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import groupby

from biosight.field.event_observations import Counting, counting
from biosight.images import Image
from biosight.publishing.standards.camtrap_tables import OBSERVATIONS
from biosight.publishing.standards.darwin_core import name_terms
from biosight.publishing.standards.facts import (
    Facts,
    Scope,
    by_subject,
    coordinates,
    in_order,
    largest_count,
    local_time,
    moment,
)
from biosight.storage.records import Records, Where
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
# Columns in which people may write where it was.
FREE_TEXTS = {"observationTags", "observationComments"}
# Rows of an event that have these in common are one.
ONE_ROW = ("observationType", "scientificName", "sex", "lifeStage", "individualID")
# Things that are no taxon -> observationType.
PEOPLE_NAME = "Homo sapiens"  # as the standard's own example names them
OBSERVATION_TYPES = {"empty": "blank", "human": "human", "vehicle": "vehicle"}


def deployment_id(image: Image, scope: Scope) -> str:
    """Return the deployment's name; without a deployment, the id of a camera at a place."""
    if name := scope.deployment_name(image):
        return name
    latitude, longitude, _ = coordinates(image, scope)
    return sha256(f"{image.camera}/{latitude}/{longitude}".encode()).hexdigest()[:16]


def observations(
    records: Records, scope: Scope, usable: Iterable[Facts]
) -> Iterator[tuple[str, ...]]:
    """Yield observations.csv from the facts of pictures that fit into a package: what counts now of
    each subject of each picture, said by a machine or by a human, and of each event after its
    pictures. What another archive said of a whole event goes before what its pictures show."""
    imported = ImportedEvents(records, scope)
    for key, facts in groupby(usable, lambda f: event_key(f, scope)):
        rows = []
        for one in (one for f in facts for one in by_subject(f, scope)):
            rows.append(observation(one, scope))
            yield in_order(OBSERVATIONS, rows[-1])
            imported.look_at(one.image)
        whole = [imported.row(c, key) for c in imported.beginning(rows)]
        own = [row for row in rows if row["mediaID"] not in imported.images]
        for row in (*whole, *of_event(own)):
            yield in_order(OBSERVATIONS, row)


class ImportedEvents:
    """What other archives say of the events of one deployment after the other, by the first of
    their pictures."""

    def __init__(self, records: Records, scope: Scope) -> None:
        self.records, self.scope = records, scope
        self.deployment = ""
        self.images: set[str] = set()
        self.first: dict[str, list[Counting]] = {}

    def look_at(self, image: Image) -> None:
        """Read what counts for the deployment of a picture, unless that is done."""
        if image.deployment != self.deployment:
            self.read(image.collection, image.deployment)

    def read(self, collection: str, deployment: str) -> None:
        """Read what counts for a deployment."""
        self.deployment, self.images, self.first = deployment, set(), {}
        if not deployment:
            return
        for one in counting(self.records, collection, Where("deployment", "=", deployment)):
            texts = [text for _, text in one.observation.terms]
            if not any(self.scope.rule.tells(one.first, text) for text in texts):
                self.images |= set(one.observation.images)
                self.first.setdefault(one.first.id, []).append(one)

    def beginning(self, rows: Sequence[dict[str, str]]) -> list[Counting]:
        """Return the observations of events that begin with one of some pictures' rows."""
        begun = dict.fromkeys(row["mediaID"] for row in rows)
        return [one for media in begun for one in self.first.get(media, ())]

    def row(self, counted: Counting, event: str) -> dict[str, str]:
        """Return an observation as a row; its times follow the clocks of its pictures."""
        said = dict(counted.observation.terms)
        if self.scope.hides(counted.first):
            said = {name: text for name, text in said.items() if name not in FREE_TEXTS}
        if counted.has_moved or not said.get("eventStart") or not said.get("eventEnd"):
            said["eventStart"] = local_time(counted.first, self.scope)
            said["eventEnd"] = local_time(counted.last, self.scope)
        return said | {
            "observationID": counted.observation.id,
            "deploymentID": deployment_id(counted.first, self.scope),
            "eventID": event,
            "observationLevel": "event",
        }


def names_of_events(records: Records, scope: Scope) -> set[str]:
    """Return the scientific names that other archives gave to whole events."""
    imported, found = ImportedEvents(records, scope), set[str]()
    for deployment in scope.deployments:
        imported.read(scope.collection, deployment)
        for one in (one for those in imported.first.values() for one in those):
            found |= {text for name, text in one.observation.terms if name == "scientificName"}
    return found


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
        said |= {name: f"{side:.5f}" for name, side in zip(BBOX, region.sides, strict=True)}
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
    if not rows:
        return
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
            "behavior": best["behavior"] or commonest(row["behavior"] for row in alike),
            **dict.fromkeys(BBOX, ""),  # a box is in one picture
        }


def is_derived(row: Mapping[str, str]) -> bool:
    """Return whether a row is one of `of_event`: its id is the event's and a number."""
    named, event = row.get("observationID", ""), row.get("eventID", "")
    return bool(event) and named.startswith(f"{event} ") and named[len(event) + 1 :].isdecimal()


def commonest(texts: Iterable[str]) -> str:
    """Return the text that most rows have, "" where none has one."""
    counts = Counter(filter(None, texts))
    return counts.most_common(1)[0][0] if counts else ""


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
