"""Import of a Camtrap DP package: places, clocks, pictures, and their labels.

Source: camtrap-dp.tdwg.org, 1.0.2. Rows that can't be read are reported and left out; the rest is
imported. Not here: opening a package (camtrap_package.py), or writing one
(publishing/standards/camtrap.py).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import UNDECIDED, Guess, clean_label
from biosight.own_names.collected import Names
from biosight.places.tables import Row
from biosight.review.acts import change_of
from biosight.storage.conditions import living_images
from biosight.storage.records import Records, Where
from biosight.workflows.collection_names import names_in, with_path
from biosight.workflows.exchange.camtrap_names import add_names
from biosight.workflows.exchange.camtrap_package import Package, picture_file, sha_of
from biosight.workflows.exchange.camtrap_rows import (
    Placed,
    Prepared,
    aware,
    moment_in,
    own_moment,
    prepared,
    zones_needed,
)
from biosight.workflows.places import deployment_tables
from biosight.workflows.places.deployment_acts import deployments_of, follow, put_into
from biosight.workflows.places.deployment_tables import local
from biosight.workflows.results.foreign_predictions import (
    Told,
    model_name,
    of_that_name,
    source_of,
    take_told,
)
from biosight.workflows.results.results_import import change_pictures
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
    found: dict[str, Placed] = {}
    here = {d.id: d.name for d in deployments_of(records, c)}
    for row in package.media:
        image = find_picture(target, package, row, here)
        tally["pictures" if image else "pictures that are nowhere to be found"] += 1
        if image:
            found[row.get("mediaID", "")] = Placed(image.id, own_moment(image))
    zones = zones_needed(package.media, package.deployments, found)
    ready = prepared(records, c, package.deployments, zones)
    for words in ready.told:
        target.tell(f"deployments: {words}")
    seen = deployment_tables.outlook(records, c, ready.rows)
    tally["sites"] = len(seen.new_sites)
    tally["deployments"] = len(seen.new_deployments)
    tally[LEFT_OUT] = len(seen.doubts)
    for doubt in seen.doubts:
        target.tell(f"deployments, {doubt[0].lower()}{doubt[1:]}")
    act = deployment_tables.take_table(records, target.task.by, c, ready.rows, title)
    if act and (changed := deployment_tables.to_follow(act)):
        follow(records, target.task.by, act, changed)
    place_pictures(target, package, ready, found, tally)
    say(target, package, {media: one.image for media, one in found.items()}, tally)
    return +tally


def find_picture(
    target: Target, package: Package, row: Row, here: Mapping[str, str]
) -> Image | None:
    """Return a media row's picture: the one in the collection with its bytes, else a new one from
    the package's folder, else the only one in the collection that its path or name can mean, unless
    it is in another deployment (`here`: their names by id). None if there is none."""
    c, sha = target.task.id, sha_of(row)
    if sha:
        same = [*living_images(c), Where("sha256", "=", sha)]
        if images := target.task.records.find(Image, same, limit=1):
            return images[0]
    path = picture_file(package, row)
    if path:
        return target.take(path, row.get("fileName") or path.name)
    said = row.get("filePath", "")
    asked = [row.get("fileName", ""), "" if "://" in said else said]
    for name in filter(None, asked):
        found = of_that_name(target.task.records, c, name)
        if len(found) == 1 and here.get(found[0].deployment, "") in {"", row.get("deploymentID")}:
            return found[0]
    return None


def place_pictures(
    target: Target,
    package: Package,
    ready: Prepared,
    found: Mapping[str, Placed],
    tally: Counter[str],
) -> None:
    """Put pictures into their deployments, and set their dates where the package says another
    moment than file and shift."""
    records, c = target.task.records, target.task.id
    named = {d.name: d for d in deployments_of(records, c)}
    times: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    for row in package.media:
        if one := found.get(row.get("mediaID", "")):
            id = " ".join(row.get("deploymentID", "").split())
            groups.setdefault(ready.names.get(id, id), []).append(one.image)
            said = row.get("timestamp", "")
            if id in ready.zones or one.moment is None or one.moment != aware(said):
                when = local_or_none(moment_in(said, ready.zones.get(id, "")))
                times.setdefault(when, []).append(one.image)
    for name, ids in groups.items():
        if deployment := named.get(name):
            tally["put into deployments"] += change_pictures(target.task, put_into(deployment), ids)
    for when, ids in times.items():
        wrong = [i for i in ids if when and differs(records, i, when)]
        if wrong:
            tally["dated"] += change_pictures(target.task, change_of("date", when=when), wrong)


def local_or_none(said: str) -> str:
    """Return a timestamp as a local time, "" for one that can't be read."""
    try:
        return local(said)
    except BadRequest:
        return ""


def differs(records: Records, id: str, when: str) -> bool:
    """Return whether a picture's corrected time differs from the package's."""
    image = records.get(Image, id)
    return image is not None and image.taken_at.replace(":60", ":59") != when


def say(target: Target, package: Package, found: dict[str, str], tally: Counter[str]) -> None:
    """Add the labels of machines, then of people, and the counts to each picture. Rows of whole
    events are skipped, as they add nothing."""
    add_names(target.task, package)
    said: dict[str, list[tuple[int, Row]]] = {}
    for number, row in enumerate(package.observations, start=2):
        if row.get("observationLevel") != "event" and row.get("mediaID", "") in found:
            said.setdefault(row["mediaID"], []).append((number, row))
    for media, rows in said.items():
        say_picture(target, found[media], rows, tally)


def say_picture(
    target: Target,
    image: str,
    rows: list[tuple[int, Row]],
    tally: Counter[str],
) -> None:
    """Add to one picture what the rows say of it. A picture has one label here: that of most
    individuals; all others are told as left out."""
    names = names_in(target.task.records, target.task.catalogue, target.task.collection_now())
    counts: Counter[str] = Counter()
    by_people: dict[str, Row] = {}
    for number, row in rows:
        try:
            label = said_label(row)
            counts[label] += counted(row)
        except BadRequest as error:
            tally[LEFT_OUT] += 1
            target.tell(f"observations, row {number}: {error.detail}")
            continue
        if row.get("classificationMethod") != "machine":
            by_people.setdefault(label, row)
        elif label:
            tally["named by a machine"] += say_by_machine(target, names, row, image, label)
    now = target.task.records.get(Image, image)
    if now is None:
        return
    kept = max(by_people, key=lambda x: counts[x], default="")
    if by_people and not same(names, now, kept):
        tally["named by people"] += say_one(target, by_people[kept], now, kept)
    for label in [x for x in by_people if x != kept]:
        tally[LEFT_OUT] += 1
        target.tell(f"{now.name}: {label or 'no name'} is left out; it is called {kept} here")
    number_of = counts[kept] if by_people else counts.most_common(1)[0][1] if counts else 0
    if number_of and number_of != now.individuals:
        tally["counted"] += change_pictures(
            target.task, change_of("count", individuals=number_of), [image]
        )


def say_by_machine(target: Target, names: Names, row: Row, image: str, label: str) -> int:
    """Keep what a machine says of a picture. Return 1 unless it was known."""
    sure = probability(row.get("classificationProbability", ""))
    told = Told(model_name(row.get("classifiedBy", "")), (Guess(label, sure),), seconds(row))
    now = target.task.records.get(Image, image)
    return int(now is not None and take_told(target.task.records, names, now, told))


def counted(row: Row) -> int:
    """Return a row's count of individuals, 0 for none that can be read; programs also write 2.0.
    Raises BadRequest for a count that is not allowed."""
    whole, _, part = row.get("count", "")[:LONGEST_COUNT].partition(".")
    if not whole.isdecimal() or part.strip("0"):
        return 0
    return change_of("count", individuals=int(whole)).individuals


def same(names: Names, image: Image, label: str) -> bool:
    """Return whether a person has already given the picture exactly this label."""
    return image.who == "person" and image.label == (names.accepted(label) if label else "")


def say_one(target: Target, row: Row, image: Image, label: str) -> int:
    """Add a person's label to a picture, with that person's name as a text: no account here stands
    for it. Return how many pictures changed."""
    asked = change_of("relabel", label=label) if label else change_of(UNDECIDED)
    change = with_path(
        target.task.records, target.task.catalogue, target.task.collection_now(), asked
    )
    change = replace(change, source=source_of(row.get("classifiedBy", "")), said_at=seconds(row))
    return change_pictures(target.task, change, [image.id])


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
