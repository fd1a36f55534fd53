"""Import of a Camtrap DP package: places, clocks, pictures, and their labels.

Source: camtrap-dp.tdwg.org, 1.0.2. Rows that can't be read are reported and left out; the rest is
imported. Not here: opening a package (camtrap_package.py), or writing one
(publishing/standards/camtrap.py).
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
LONGEST_COUNT = 20  # digits; longer than any count that is accepted
THINGS = {"blank": "Empty", "human": "Human", "vehicle": "Vehicle"}


@dataclass(frozen=True, slots=True)
class Target:
    """The collection that a package goes to, and the person who imports it. `take` imports a file
    under a name and returns its image; `tell` reports in words what is left out."""

    task: Task
    take: Callable[[Path, str], Image | None]
    tell: Callable[[str], None]


def take_package(target: Target, package: Package, title: str) -> Counter[str]:
    """Import the whole package; return how much of each there was, by words."""
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
    """Return a media row's picture: the one in the collection, else a new one from the package's
    folder. None if there is neither."""
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
    """Put pictures into their deployments, and set their dates where the package's time differs
    from file and shift."""
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
    """Return a timestamp as a local time, "" for one that can't be read."""
    try:
        return local(said.partition(".")[0])
    except BadRequest:
        return ""


def differs(records: Records, id: str, when: str) -> bool:
    """Return whether a picture's corrected time differs from the package's."""
    image = records.get(Image, id)
    return image is not None and image.taken_at.replace(":60", ":59") != when


def in_parts(target: Target, change: Change, ids: Sequence[str]) -> int:
    """Apply one act to pictures, a few hundred at a time; return how many it changed."""
    changed, act = 0, ""
    for start in range(0, len(ids), MOST_AT_ONCE):
        part = tuple(ids[start : start + MOST_AT_ONCE])
        images = target.task.records.find(Image, [Where("id", "in", part)], limit=MOST_AT_ONCE)
        done = perform(target.task.records, target.task.by, target.task.id, change, images, act=act)
        changed, act = changed + len(done.changed), done.act if done.changed else act
    return changed


def say(target: Target, package: Package, found: dict[str, str], tally: Counter[str]) -> None:
    """Add the labels of machines, then of people, to each picture. Rows of events are skipped, as
    they add nothing."""
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
    """Add one row's label and count to a picture. Raises BadRequest in words for a label that is
    not allowed."""
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
    """Return whether a person has already given the picture exactly this label."""
    return image.who == "person" and image.label == (names.accepted(label) if label else "")


def say_one(target: Target, row: Row, image: Image, label: str, people: dict[str, str]) -> int:
    """Add a person's label to a picture, under the account with that person's name, else under the
    importing person's. Return how many pictures changed."""
    asked = change_of("relabel", label=label) if label else change_of(UNDECIDED)
    change = with_path(target.task.records, target.task.catalogue, target.task.collection, asked)
    speaker = people.get(row.get("classifiedBy", ""), target.task.by)
    change = replace(change, speaker=speaker, said_at=seconds(row))
    return in_parts(target, change, [image.id])


def said_label(row: Row) -> str:
    """Return the label that a row gives: BioSight's own word for it, else the name or the kind."""
    thing = THINGS.get(row.get("observationType", ""), "")
    said = row.get("observationComments", "") if own_word(row) else ""
    name = said or row.get("scientificName", "") or thing
    return clean_label(name[:80]) if name.strip() else ""


def own_word(row: Row) -> bool:
    """Return whether the comment holds the label. It does in BioSight's packages when the label is
    not a scientific name, because the row has no other field for it."""
    return row.get("observationTags", "") == "label"


def probability(said: str) -> float:
    """Return a probability from 0 to 1; 1 if none is given."""
    try:
        return min(1.0, max(0.0, float(said or 1)))
    except ValueError:
        return 1.0


def seconds(row: Row) -> float:
    """Return the time of the label in seconds since 1970 UTC; 0 if unknown."""
    try:
        return datetime.fromisoformat(row.get("classificationTimestamp", "")).timestamp()
    except (ValueError, OverflowError):
        return 0.0
