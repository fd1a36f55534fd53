"""Import of a Camtrap DP package: places, clocks and pictures, then what is said of them.

Source: camtrap-dp.tdwg.org, 1.0.2. Rows that can't be read are reported and left out; the rest is
imported. Not here: opening a package (camtrap_package.py), labels (camtrap_labels.py), or writing
one (publishing/standards/camtrap.py).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from biosight.errors import BadRequest
from biosight.images import Image
from biosight.places.tables import Row
from biosight.publishing.standards.camtrap_rules import aware
from biosight.review.acts import MAX_NOTE, change_of
from biosight.storage.conditions import living_images
from biosight.storage.records import Records, Where
from biosight.workflows.exchange.camtrap_events import events_in, keep_events
from biosight.workflows.exchange.camtrap_labels import LEFT_OUT, Labelling, say
from biosight.workflows.exchange.camtrap_package import Package, picture_file, sha_of
from biosight.workflows.exchange.camtrap_rows import (
    Placed,
    Prepared,
    moment_in,
    own_moment,
    prepared,
    zones_needed,
)
from biosight.workflows.exchange.camtrap_subjects import own_word
from biosight.workflows.places import deployment_tables
from biosight.workflows.places.deployment_acts import deployments_of, follow, put_into
from biosight.workflows.places.deployment_tables import local
from biosight.workflows.results.foreign_predictions import of_that_name
from biosight.workflows.results.results_import import change_pictures
from biosight.workflows.task import Task

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
    say(Labelling(target.task, tally, target.tell), package, here, events)
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
