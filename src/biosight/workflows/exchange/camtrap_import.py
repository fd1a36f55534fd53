"""A Camtrap DP package taken in: places, clocks, pictures, and what was said of them.

Source: camtrap-dp.tdwg.org, 1.0.2. What can't be read is said and left out; the rest comes in. Not
here: opening one (camtrap_package.py), or writing one (publishing/standards/camtrap.py).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from biosight.accounts import User
from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import UNDECIDED, Guess, clean_label
from biosight.own_names.collected import Names
from biosight.places.tables import Row
from biosight.review.acts import MOST_AT_ONCE, Change, change_of
from biosight.review.perform_acts import perform
from biosight.storage.conditions import living_images
from biosight.storage.records import Records, Where, find_all
from biosight.workflows.collection_names import names_in, with_path
from biosight.workflows.exchange.camtrap_package import Package, picture_file, sha_of
from biosight.workflows.exchange.foreign_predictions import Told, model_name, take_told
from biosight.workflows.places import deployment_tables
from biosight.workflows.places.deployment_acts import deployments_of, put_into
from biosight.workflows.places.deployment_tables import local
from biosight.workflows.task import Task

LEFT_OUT = "rows left out"
LONGEST_COUNT = 20  # digits, more than any count that is taken
THINGS = {"blank": "Empty", "human": "Human", "vehicle": "Vehicle"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a package goes, by whom; `take` brings a file in under a name, and gives its image, and
    `tell` says in words what is left out."""

    task: Task
    take: Callable[[Path, str], Image | None]
    tell: Callable[[str], None]


def take_package(target: Target, package: Package, title: str) -> Counter[str]:
    """Take all in; how much of each there was, in words."""
    records, c = target.task.records, target.task.id
    tally: Counter[str] = Counter()
    seen = deployment_tables.outlook(records, c, package.deployments)
    tally["sites"] = len(seen.new_sites)
    tally["deployments"] = len(seen.new_deployments)
    tally[LEFT_OUT] = len(seen.doubts)
    for doubt in seen.doubts:
        target.tell(f"deployments, {doubt[0].lower()}{doubt[1:]}")
    deployment_tables.take_table(records, target.task.by, c, package.deployments, title)
    found = {}
    for row in package.media:
        image = find_picture(target, package, row)
        tally["pictures" if image else "pictures that are nowhere to be found"] += 1
        if image:
            found[row.get("mediaID", "")] = image.id
    place_pictures(target, package, found, tally)
    say(target, package, found, tally)
    return +tally


def find_picture(target: Target, package: Package, row: Row) -> Image | None:
    """A media row's picture: the one that is here, else taken in from the package's folder."""
    c, sha = target.task.id, sha_of(row)
    if sha:
        here = [*living_images(c), Where("sha256", "=", sha)]
        if images := target.task.records.find(Image, here, limit=1):
            return images[0]
    path = picture_file(package, row)
    return target.take(path, row.get("fileName") or path.name) if path else None


def place_pictures(
    target: Target, package: Package, found: dict[str, str], tally: Counter[str]
) -> None:
    """Pictures into their deployments, and dated where clock and shift say otherwise."""
    records, c = target.task.records, target.task.id
    named = {d.name: d for d in deployments_of(records, c)}
    times: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    for row in package.media:
        if id := found.get(row.get("mediaID", "")):
            groups.setdefault(" ".join(row.get("deploymentID", "").split()), []).append(id)
            times.setdefault(local_or_none(row.get("timestamp", "")), []).append(id)
    for name, ids in groups.items():
        if deployment := named.get(name):
            tally["put into deployments"] += in_parts(target, put_into(deployment), ids)
    for when, ids in times.items():
        wrong = [i for i in ids if when and differs(records, i, when)]
        if wrong:
            tally["dated"] += in_parts(target, change_of("date", when=when), wrong)


def local_or_none(said: str) -> str:
    """A timestamp as a local time, "" for one that can't be read."""
    try:
        return local(said.partition(".")[0])
    except BadRequest:
        return ""


def differs(records: Records, id: str, when: str) -> bool:
    """Is a picture's corrected time another than the package's?"""
    image = records.get(Image, id)
    return image is not None and image.taken_at.replace(":60", ":59") != when


def in_parts(target: Target, change: Change, ids: Sequence[str]) -> int:
    """One act on pictures, some hundred at a time; how many it changed."""
    changed, act = 0, ""
    for start in range(0, len(ids), MOST_AT_ONCE):
        part = tuple(ids[start : start + MOST_AT_ONCE])
        images = target.task.records.find(Image, [Where("id", "in", part)], limit=MOST_AT_ONCE)
        done = perform(target.task.records, target.task.by, target.task.id, change, images, act=act)
        changed, act = changed + len(done.changed), done.act if done.changed else act
    return changed


def say(target: Target, package: Package, found: dict[str, str], tally: Counter[str]) -> None:
    """What machines, then people, said of each picture; events' rows say nothing more."""
    names = names_in(target.task.records, target.task.catalogue, target.task.collection)
    people = {u.name: u.id for u in find_all(target.task.records, User)}
    for number, row in enumerate(package.observations, start=2):
        image = target.task.records.get(Image, found.get(row.get("mediaID", ""), ""))
        if image is None or row.get("observationLevel") == "event":
            continue
        try:
            say_row(target, names, row, image, people, tally)
        except BadRequest as error:
            tally[LEFT_OUT] += 1
            target.tell(f"observations, row {number}: {error.detail}")


def say_row(
    target: Target,
    names: Names,
    row: Row,
    image: Image,
    people: dict[str, str],
    tally: Counter[str],
) -> None:
    """What one row says of a picture. Raises BadRequest in words for what nobody could say."""
    label = said_label(row)
    if row.get("classificationMethod") == "machine" and label:
        sure = probability(row.get("classificationProbability", ""))
        model = model_name(row.get("classifiedBy", ""))
        told = Told(model, (Guess(label, sure),), seconds(row))
        tally["named by a machine"] += take_told(target.task.records, names, image, told)
    elif row.get("classificationMethod") == "human" and not same(names, image, label):
        tally["named by people"] += say_one(target, row, image, label, people)
    count = row.get("count", "")
    number = int(count[:LONGEST_COUNT]) if count.isdecimal() else image.individuals
    if number != image.individuals:
        change = change_of("count", individuals=number)
        tally["counted"] += in_parts(target, change, [image.id])


def same(names: Names, image: Image, label: str) -> bool:
    """Has a person said just this of the picture already?"""
    return image.who == "person" and image.label == (names.accepted(label) if label else "")


def say_one(target: Target, row: Row, image: Image, label: str, people: dict[str, str]) -> int:
    """What a person said of a picture, by the account of their name, else by who takes it in."""
    asked = change_of("relabel", label=label) if label else change_of(UNDECIDED)
    change = with_path(target.task.records, target.task.catalogue, target.task.collection, asked)
    speaker = people.get(row.get("classifiedBy", ""), target.task.by)
    change = replace(change, speaker=speaker, said_at=seconds(row))
    return in_parts(target, change, [image.id])


def said_label(row: Row) -> str:
    """What a row says a picture shows: BioSight's own word for it, else the name or the kind."""
    thing = THINGS.get(row.get("observationType", ""), "")
    said = row.get("observationComments", "") if own_word(row) else ""
    name = said or row.get("scientificName", "") or thing
    return clean_label(name[:80]) if name.strip() else ""


def own_word(row: Row) -> bool:
    """Does the comment stand for the label? It does in BioSight's packages, where the label is no
    scientific name: it has no other words."""
    return row.get("observationTags", "") == "label"


def probability(said: str) -> float:
    """A probability from 0 to 1; 1 where none is said."""
    try:
        return min(1.0, max(0.0, float(said or 1)))
    except ValueError:
        return 1.0


def seconds(row: Row) -> float:
    """When it was said, in seconds since 1970 UTC; 0 for unknown."""
    try:
        return datetime.fromisoformat(row.get("classificationTimestamp", "")).timestamp()
    except (ValueError, OverflowError):
        return 0.0
