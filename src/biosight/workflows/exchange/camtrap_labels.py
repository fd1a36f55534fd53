"""What the observations of a Camtrap DP package say of pictures: labels of machines and of people,
and counts.

What somebody said here stays. Not here: rows of whole events (camtrap_events.py), or places and
dates (camtrap_import.py).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import PEOPLE, UNDECIDED
from biosight.own_names.collected import Names
from biosight.review.acts import MOST_INDIVIDUALS, change_of
from biosight.review.identifications import last_said
from biosight.storage.records import Records
from biosight.subjects import NO_DETAILS
from biosight.workflows.collection_names import names_in, with_path
from biosight.workflows.exchange.camtrap_events import EventRows, NumberedRow, without_rows
from biosight.workflows.exchange.camtrap_names import add_names
from biosight.workflows.exchange.camtrap_package import Package
from biosight.workflows.exchange.camtrap_subjects import Sightings, seconds, subject_of_row
from biosight.workflows.pictures.subjects import to_subjects
from biosight.workflows.results.foreign_predictions import source_of, take_told
from biosight.workflows.results.results_import import change_pictures
from biosight.workflows.task import Task

LEFT_OUT = "rows left out"
LEFT_SO = "named by a person here, and left so"
PeoplesWord = Literal["changed", "as before", "left so"]


@dataclass(frozen=True, slots=True)
class Labelling:
    """The collection that labels go to, how many there were of each thing by words, and how to
    tell what is left out."""

    task: Task
    tally: Counter[str]
    tell: Callable[[str], None]

    def names(self) -> Names:
        """Return the names that the collection uses now."""
        return names_in(self.task.records, self.task.catalogue, self.task.collection_now())


def say(
    to: Labelling, package: Package, found: Mapping[str, str], events: Sequence[EventRows]
) -> None:
    """Add the labels of machines, then of people, and the counts to each picture (`found`: images
    by media id). Where no picture of an event has a row, the rows of the event are said of each."""
    add_names(to.task, package)
    names = to.names()
    said: dict[str, list[NumberedRow]] = {}
    for number, row in enumerate(package.observations, start=2):
        if row.get("observationLevel") != "event":
            said.setdefault(row.get("mediaID", ""), []).append((number, row))
    by_event = without_rows(events, said)
    for media, rows in (said | by_event).items():
        if media in found:
            say_picture(to, names, found[media], rows)
            to.tally["named as their event"] += media in by_event


def say_picture(to: Labelling, names: Names, id: str, rows: Sequence[NumberedRow]) -> None:
    """Add to one picture what the rows say of it: each row is a subject, and the first one has the
    label of most individuals."""
    people, machines = sightings(to, rows)
    for told in machines.told():
        image = to.task.records.get(Image, id)
        new = image is not None and take_told(to.task.records, names, image, told)
        to.tally["named by a machine"] += len(told.guesses) * new
    image = to.task.records.get(Image, id)
    if image is None:
        return
    outcome = say_by_people(to, names, people, image) if people.rows else "as before"
    number = (people if people.rows else machines).largest
    follows = outcome == "changed" and image.who in PEOPLE  # the answer before had come in too
    if number > MOST_INDIVIDUALS:
        to.tell(f"{image.name}: a count of {number:,} is left out")
    elif number and outcome != "left so" and (follows or not image.individuals):
        change = change_of("count", individuals=number)
        to.tally["counted"] += change_pictures(to.task, change, [id])


def sightings(to: Labelling, rows: Sequence[NumberedRow]) -> tuple[Sightings, Sightings]:
    """Return the rows about one picture as what people and as what machines saw."""
    people, machines = Sightings(), Sightings()
    for number, row in rows:
        by_machine = row.get("classificationMethod") == "machine"
        try:
            subject, doubts = subject_of_row(row)
            (machines if by_machine else people).add(subject, row)
        except BadRequest as error:
            doubts = [error.detail]
            to.tally[LEFT_OUT] += 1
        for doubt in doubts:
            to.tell(f"observations, row {number}: {doubt}")
    return people, machines


def say_by_people(to: Labelling, names: Names, seen: Sightings, image: Image) -> PeoplesWord:
    """Add what people say of a picture, with their names as texts: no account here stands for them.
    Return whether it changed, is as before, or was left so as somebody here named it."""
    for words in seen.left_out():
        to.tally[LEFT_OUT] += 1
        to.tell(f"{image.name}: {words}")
    subjects, row = seen.ordered()
    now = [(names.accepted(s.label) if s.label else "", s.details) for s in subjects]
    if image.who == "person" and now == [s.named for s in image.subjects]:
        return "as before"
    if said_here(to.task.records, image):
        to.tally[LEFT_SO] += 1
        return "left so"
    task, here = to.task, to.task.collection_now()
    if len(subjects) == 1 and subjects[0].details == NO_DETAILS:
        label = subjects[0].label
        asked = change_of("relabel", label=label) if label else change_of(UNDECIDED)
        change = with_path(task.records, task.catalogue, here, asked)
    else:
        change = to_subjects(task.records, task.catalogue, here, image, subjects, "")
    change = replace(change, source=source_of(row.get("classifiedBy", "")), said_at=seconds(row))
    changed = change_pictures(task, change, [image.id])
    to.tally["named by people"] += changed
    to.tally["pictures with several subjects"] += changed * (len(subjects) > 1)
    return "changed" if changed else "as before"


def said_here(records: Records, image: Image) -> bool:
    """Return whether a picture has the answer of a person here, and not one that came in. Nothing
    says who described it by more than a box, so a described one counts as answered here too."""
    last = last_said(records, [image]).get(image.id)
    named = image.who in PEOPLE and last is not None and not last.source
    described = replace(image.details, region=None) != NO_DETAILS
    return named or described or any(one.by for one in image.others)
