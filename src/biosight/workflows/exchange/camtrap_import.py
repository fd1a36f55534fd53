"""Import of a Camtrap DP package: places, clocks, pictures, and their labels.

Source: camtrap-dp.tdwg.org, 1.0.2. Rows that can't be read are reported and left out; the rest is
imported. Not here: opening a package (camtrap_package.py), or writing one
(publishing/standards/camtrap.py).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import UNDECIDED
from biosight.own_names.collected import Names
from biosight.places.tables import Row
from biosight.publishing.standards.camtrap_rules import aware
from biosight.review.acts import MAX_NOTE, MOST_INDIVIDUALS, change_of
from biosight.storage.conditions import living_images
from biosight.storage.records import Records, Where
from biosight.subjects import NO_DETAILS
from biosight.workflows.collection_names import names_in, with_path
from biosight.workflows.exchange.camtrap_events import (
    EventRows,
    NumberedRow,
    events_in,
    keep_events,
    without_rows,
)
from biosight.workflows.exchange.camtrap_names import add_names
from biosight.workflows.exchange.camtrap_package import Package, picture_file, sha_of
from biosight.workflows.exchange.camtrap_rows import (
    Placed,
    Prepared,
    moment_in,
    own_moment,
    prepared,
    zones_needed,
)
from biosight.workflows.exchange.camtrap_subjects import (
    Sightings,
    own_word,
    seconds,
    subject_of_row,
)
from biosight.workflows.pictures.subjects import to_subjects
from biosight.workflows.places import deployment_tables
from biosight.workflows.places.deployment_acts import deployments_of, follow, put_into
from biosight.workflows.places.deployment_tables import local
from biosight.workflows.results.foreign_predictions import of_that_name, source_of, take_told
from biosight.workflows.results.results_import import change_pictures
from biosight.workflows.task import Task

LEFT_OUT = "rows left out"
# Columns of the standard that no field here holds.
NOT_KEPT_OF_MEDIA = ("captureMethod", "exifData", "favorite")
NOT_KEPT_OF_PICTURES = (
    "cameraSetupType",
    "individualPositionRadius",
    "individualPositionAngle",
    "individualSpeed",
    "observationTags",
)
NOWHERE = "pictures that are nowhere to be found"


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
        tally["pictures" if image else NOWHERE] += 1
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
    keep_comments(target, package, found, tally)
    here = {media: one.image for media, one in found.items()}
    events = events_in(enumerate(package.observations, start=2), package.media)
    say(target, package, here, events, tally)
    named = {d.name: d for d in deployments_of(records, c)}
    by_id = {id: named[name] for id, name in ready.names.items() if name in named}
    kept, left = keep_events(records, events, here, by_id, target.tell)
    tally["observations of events"] += kept
    tally[LEFT_OUT] += left
    tell_of_columns(target, package)
    return +tally


def keep_comments(
    target: Target, package: Package, found: Mapping[str, Placed], tally: Counter[str]
) -> None:
    """Keep the comments on media and on observations of them as notes of their pictures, unless a
    picture has one."""
    comments: dict[str, dict[str, None]] = {}
    for row in package.media:
        comments[row.get("mediaID", "")] = {row.get("mediaComments", "").strip(): None}
    for row in package.observations:
        if row.get("mediaID") in comments and not own_word(row):
            comments[row["mediaID"]][row.get("observationComments", "").strip()] = None
    for media, texts in comments.items():
        one, said = found.get(media), " | ".join(filter(None, texts))
        image = target.task.records.get(Image, one.image) if one and said else None
        if image is not None and not image.note:
            change = change_of("note", note=said[:MAX_NOTE])
            tally["notes"] += change_pictures(target.task, change, [image.id])


def tell_of_columns(target: Target, package: Package) -> None:
    """Name the columns with content that BioSight does not keep."""
    single = [
        r for r in package.observations if r.get("observationLevel") != "event" and not own_word(r)
    ]
    for table, rows, columns in (
        ("media", package.media, NOT_KEPT_OF_MEDIA),
        ("observations of pictures", single, NOT_KEPT_OF_PICTURES),
    ):
        if full := [c for c in columns if any(r.get(c) for r in rows)]:
            target.tell(f"{table}: columns that are not kept: {', '.join(full)}")


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


def say(
    target: Target,
    package: Package,
    found: Mapping[str, str],
    events: Sequence[EventRows],
    tally: Counter[str],
) -> None:
    """Add the labels of machines, then of people, and the counts to each picture (`found`: images
    by media id). Where no picture of an event has a row, the rows of the event are said of each."""
    add_names(target.task, package)
    said: dict[str, list[NumberedRow]] = {}
    for number, row in enumerate(package.observations, start=2):
        if row.get("observationLevel") != "event":
            said.setdefault(row.get("mediaID", ""), []).append((number, row))
    by_event = without_rows(events, said)
    for media, rows in (said | by_event).items():
        if media in found:
            say_picture(target, found[media], rows, tally)
            tally["named as their event"] += media in by_event


def say_picture(
    target: Target,
    image: str,
    rows: list[tuple[int, Row]],
    tally: Counter[str],
) -> None:
    """Add to one picture what the rows say of it: each row is a subject, and the first one has the
    label of most individuals."""
    names = names_in(target.task.records, target.task.catalogue, target.task.collection_now())
    seen, machines = Sightings(), Sightings()
    for number, row in rows:
        by_machine = row.get("classificationMethod") == "machine"
        try:
            subject, doubts = subject_of_row(row)
            (machines if by_machine else seen).add(subject, row)
        except BadRequest as error:
            doubts = [error.detail]
            tally[LEFT_OUT] += 1
        for doubt in doubts:
            target.tell(f"observations, row {number}: {doubt}")
    for told in machines.told():
        now = target.task.records.get(Image, image)
        new = now is not None and take_told(target.task.records, names, now, told)
        tally["named by a machine"] += len(told.guesses) * new
    now = target.task.records.get(Image, image)
    if now is None:
        return
    if seen.rows:
        for words in seen.left_out():
            tally[LEFT_OUT] += 1
            target.tell(f"{now.name}: {words}")
        changed = say_by_people(target, names, seen, now)
        tally["named by people"] += changed
        tally["pictures with several subjects"] += changed * (len(seen.ordered()[0]) > 1)
    number_of = (seen if seen.rows else machines).largest
    if number_of > MOST_INDIVIDUALS:
        target.tell(f"{now.name}: a count of {number_of:,} is left out")
    elif number_of:
        change = change_of("count", individuals=number_of)
        tally["counted"] += change_pictures(target.task, change, [image])


def say_by_people(target: Target, names: Names, seen: Sightings, image: Image) -> int:
    """Add what people say of a picture, with their names as texts: no account here stands for them.
    Return how many pictures changed."""
    subjects, row = seen.ordered()
    now = [(names.accepted(s.label) if s.label else "", s.details) for s in subjects]
    if image.who == "person" and now == [s.named for s in image.subjects]:
        return 0
    task = target.task
    if len(subjects) == 1 and subjects[0].details == NO_DETAILS:
        label = subjects[0].label
        asked = change_of("relabel", label=label) if label else change_of(UNDECIDED)
        change = with_path(task.records, task.catalogue, task.collection_now(), asked)
    else:
        here = task.collection_now()
        change = to_subjects(task.records, task.catalogue, here, image, subjects, "")
    change = replace(change, source=source_of(row.get("classifiedBy", "")), said_at=seconds(row))
    return change_pictures(task, change, [image.id])
