"""Event-based observations of a Camtrap DP package: kept as they are, beside what was said of the
pictures; where nothing was said of an event's pictures, said of each of them.

Source: observations of Camtrap DP 1.0.2 (camtrap-dp.tdwg.org). Not here: which of them count later
(field/event_observations.py), or observations of pictures (camtrap_import.py).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from biosight.errors import BadRequest
from biosight.field.event_observations import MOST_IMAGES, digest_of
from biosight.images import Image
from biosight.places import LONGEST_TERM, Deployment, EventObservation, Terms
from biosight.places.tables import Row
from biosight.publishing.standards.camtrap_observations import BBOX, is_derived
from biosight.publishing.standards.camtrap_rules import aware, is_sound_cell
from biosight.publishing.standards.camtrap_tables import OBSERVATIONS
from biosight.storage.records import Insert, Records, Remove, Write, among, parts
from biosight.workflows.exchange.camtrap_subjects import subject_of_row

NumberedRow = tuple[int, Row]
MOST_NAMED = 8  # rows that are named one by one
# Columns whose cells are written anew, or are of single pictures.
NOT_KEPT = {"observationID", "deploymentID", "mediaID", "eventID", "observationLevel", *BBOX}


@dataclass(slots=True)
class EventRows:
    """An event of a package: its rows with their numbers, and the media ids of its pictures."""

    rows: list[NumberedRow] = field(default_factory=list)
    media: list[str] = field(default_factory=list)


def events_in(observations: Iterable[NumberedRow], media: Sequence[Row]) -> list[EventRows]:
    """Return a package's events that have rows of their own, each with its pictures: those of the
    rows with the same eventID, else those of the deployment between start and end."""
    found: dict[tuple[str, str, str, str], EventRows] = {}
    linked: dict[tuple[str, str], dict[str, None]] = {}
    for number, row in observations:
        deployment, event = row.get("deploymentID", ""), row.get("eventID", "")
        if row.get("observationLevel") == "event":
            key = deployment, event, row.get("eventStart", ""), row.get("eventEnd", "")
            found.setdefault(key, EventRows()).rows.append((number, row))
        elif event and row.get("mediaID"):
            linked.setdefault((deployment, event), {})[row["mediaID"]] = None
    timed: dict[str, list[tuple[datetime, str]]] = {}
    for row in media:
        if when := aware(row.get("timestamp", "")):
            timed.setdefault(row.get("deploymentID", ""), []).append((when, row.get("mediaID", "")))
    for moments in timed.values():
        moments.sort()
    for (deployment, event, start, end), one in found.items():
        inside = linked.get((deployment, event)) or between(timed.get(deployment, []), start, end)
        one.media = list(inside)
    return list(found.values())


def between(moments: Sequence[tuple[datetime, str]], start: str, end: str) -> list[str]:
    """Return the media ids from one moment to another, of those sorted by their moments; none where
    either can't be read."""
    first, last = aware(start), aware(end)
    if first is None or last is None:
        return []
    begin = bisect_left(moments, first, key=lambda pair: pair[0])
    return [id for _, id in moments[begin : bisect_right(moments, last, key=lambda pair: pair[0])]]


def without_rows(events: Iterable[EventRows], said: Iterable[str]) -> dict[str, list[NumberedRow]]:
    """Return, by media id, the rows of events whose pictures have no rows themselves (`said`: the
    media ids that have some): all that is known of these pictures."""
    own = set(said)
    return {media: one.rows for one in events if own.isdisjoint(one.media) for media in one.media}


def keep_events(
    records: Records,
    events: Iterable[EventRows],
    found: Mapping[str, str],
    deployments: Mapping[str, Deployment],
    tell: Callable[[str], None],
) -> tuple[int, int]:
    """Keep the rows of events whose pictures are all here (`found`: images by media id); return how
    many were kept, and how many left out. `deployments` are those here by their ids in the
    package."""
    events = list(events)
    named = [row.get("observationID", "") for one in events for _, row in one.rows]
    ours = {o.id: o.deployment for o in among(records, EventObservation, named)}
    kept = unread = 0
    left_out: dict[str, list[int]] = {}
    for one in events:
        images = pictures_of(records, one, found)
        deployment = deployments.get(one.rows[0][1].get("deploymentID", ""))
        why = reason_left_out(one, images, deployment)
        if why or deployment is None:
            left_out.setdefault(why, []).extend(number for number, _ in one.rows)
            continue
        rows = [row for row in one.rows if not is_derived(row[1])]
        made = [event_observation(deployment, row, images, ours, tell) for row in rows]
        unique = {o.id: o for o in made if o.terms}
        for part in parts(list(unique)):
            there = {o.id: o for o in among(records, EventObservation, part)}
            changes: list[Write] = [Remove(EventObservation, id) for id in there]
            changes += [Insert(as_before(unique[id], there.get(id))) for id in part]
            records.write(*changes)
        kept += len(unique)
        unread += len(made) - len(unique)
    for why, numbers in left_out.items():
        tell(f"observations, {rows_in_words(numbers)}: {why}")
    return kept, unread + sum(map(len, left_out.values()))


def rows_in_words(numbers: Sequence[int]) -> str:
    """Return which rows of a table are meant, by their numbers if they are few."""
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    if len(numbers) <= MOST_NAMED:
        return f"rows {', '.join(map(str, numbers))}"
    return f"{len(numbers):,} rows from {min(numbers)} to {max(numbers)}"


def pictures_of(records: Records, one: EventRows, found: Mapping[str, str]) -> list[Image]:
    """Return the pictures of an event that are here, in order of time."""
    ids = list(dict.fromkeys(found[media] for media in one.media if media in found))
    return sorted(among(records, Image, ids), key=lambda i: (i.taken, i.id))


def reason_left_out(one: EventRows, images: Sequence[Image], deployment: Deployment | None) -> str:
    """Return in words why the rows of an event can't be kept, "" where they can."""
    if not images or deployment is None:
        return "none of the event's pictures is here"
    if len(images) > MOST_IMAGES:
        return f"the event has more than {MOST_IMAGES:,} pictures"
    if len(images) < len(set(one.media)):
        return "some of the event's pictures are not here"
    if any(i.deployment != deployment.id for i in images):
        return "some of the event's pictures are in another deployment here"
    return ""


def as_before(made: EventObservation, there: EventObservation | None) -> EventObservation:
    """Return a row that comes in again with what was said of its pictures at first: what people
    changed since then counts."""
    return replace(made, images=there.images, taken=there.taken, said=there.said) if there else made


def event_observation(
    deployment: Deployment,
    numbered: NumberedRow,
    images: Sequence[Image],
    ours: Mapping[str, str],
    tell: Callable[[str], None],
) -> EventObservation:
    """Return the record of one row. The same row of a package that comes in again has the same id,
    also after it went out of BioSight (`ours`: deployments by the ids of rows that are here)."""
    number, row = numbered
    named = row.get("observationID", "") or f"{row.get('eventID', '')} {number}"
    known = ours.get(named) == deployment.id
    key = named if known else sha256(f"{deployment.id}/{named}".encode()).hexdigest()[:27]
    return EventObservation(
        key,
        deployment.collection,
        deployment.id,
        tuple(i.id for i in images),
        (images[0].taken, images[-1].taken),
        digest_of(images),
        checked_terms(row, lambda words: tell(f"observations, row {number}: {words}")),
    )


def checked_terms(row: Row, tell: Callable[[str], None]) -> Terms:
    """Return the cells of an event's row that are kept, checked by the standard's rules; what does
    not follow them is reported and left out."""
    said = {n: row.get(n, "").strip() for n in OBSERVATIONS if n not in NOT_KEPT}
    try:
        subject, doubts = subject_of_row(row)
    except BadRequest as error:
        tell(error.detail)
        return ()
    for words in doubts:
        tell(words)
    details = subject.details
    said |= {
        "count": str(details.count or ""),
        "sex": details.sex,
        "lifeStage": details.life_stage,
        "behavior": details.behaviour,
        "individualID": details.individual,
        "classifiedBy": subject.model or f"imported: {subject.source}",
    }
    allowed = {
        name: text[:LONGEST_TERM] for name, text in said.items() if is_sound_cell(name, text)
    }
    for name in said.keys() - allowed.keys():
        if said[name]:
            tell(f"{name} “{said[name][:40]}” is left out")
    return tuple((name, text) for name, text in allowed.items() if text)
