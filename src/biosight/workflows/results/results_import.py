"""Results of other programs, put on the pictures of a collection that they are of.

A label that a person gave here stays, as do notes and counts. Not here: reading the files
(results_file.py), which picture is meant (results_match.py), or how a prediction is kept
(foreign_predictions.py).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import PEOPLE, UNDECIDED
from biosight.places.tables import Row
from biosight.review.acts import MAX_NOTE, MOST_AT_ONCE, Change, change_of
from biosight.review.perform_acts import each_changed, history_line, in_pieces
from biosight.storage.records import Where
from biosight.subjects import NO_DETAILS
from biosight.subjects.subject import MOST_SUBJECTS
from biosight.taxa.checklist import Listed, parents_first
from biosight.workflows.collection_names import names_in, with_path
from biosight.workflows.names.checklists import take_names
from biosight.workflows.pictures.subjects import to_subjects
from biosight.workflows.places import deployment_tables
from biosight.workflows.places.deployment_acts import deployments_of, put_into, sites_of
from biosight.workflows.results.foreign_predictions import take_told
from biosight.workflows.results.result import Result
from biosight.workflows.results.results_match import Matches, label_here, matched, rows_not_taken
from biosight.workflows.task import Task

AWAY = "not in the collection"
UNNAMED = change_of(UNDECIDED)


@dataclass(slots=True)
class ResultsTaken:
    """What became of results: how many of each outcome, those that fit several pictures, or of
    which several fit one, by their path, and names that were left out, in words."""

    tally: Counter[str] = field(default_factory=Counter)
    unclear: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def describe(
        self, task: Task, image: Image, result: Result, changes: dict[str, Change]
    ) -> None:
        """Add the change of a picture to all that a result says of it, unless people described it
        here. What can't be is left out."""
        if image.is_described:
            shown = [s.named for s in image.subjects]
            same = shown == [s.named for s in result.subjects]
            self.tally["known already" if same else "described here, and left so"] += 1
            return
        try:
            changes[image.id] = describing(task, image, result)
            self.tally["with several subjects"] += len(result.subjects) > 1
        except BadRequest as error:
            self.left_out.append(f"{image.name}: {error.detail}")

    @property
    def not_taken(self) -> list[str]:
        """Return what is left out, in words."""
        return rows_not_taken(self.unclear, self.left_out)


def take_results(task: Task, found: Iterable[Result]) -> ResultsTaken:
    """Put results on a collection's pictures. A person's label stays; what a person said in the
    other program counts as said by a person, whose name stays a text."""
    matches = matched(task, found)
    taken = ResultsTaken(unclear=matches.unclear, left_out=matches.left_out)
    taken.tally[AWAY] = matches.away
    add_named_lines(task, [one for _, result in matches.clear for one in result.line])
    take_machines(task, matches, taken)
    take_people(task, matches, taken)
    take_remarks(task, matches, taken)
    take_places(task, matches, taken)
    taken.tally = +taken.tally
    return taken


def add_named_lines(task: Task, lines: Sequence[Listed]) -> None:
    """Add names of other programs to the collection's tree, each below the one above it, as one act
    with undo. Names that the tree has stay as they are."""
    listed = parents_first(list(dict.fromkeys(lines)))
    done = take_names(task, listed, "of the results")
    while done.left:
        done = take_names(task, listed, "of the results", act=done.act)


def take_machines(task: Task, matches: Matches, taken: ResultsTaken) -> None:
    """Keep what machines said of pictures, as their predictions."""
    names = names_in(task.records, task.catalogue, task.collection_now())
    for image, result in matches.clear:
        if not result.checked and result.label:
            word = "kept beside a person's label" if image.who in PEOPLE else "named"
            new = take_told(task.records, names, image, result.told)
            taken.tally[word if new else "known already"] += 1


def take_people(task: Task, matches: Matches, taken: ResultsTaken) -> None:
    """Give pictures the labels that people gave them elsewhere, as one act."""
    here = task.collection_now()
    names = names_in(task.records, task.catalogue, here)
    paths: dict[str, Change] = {}
    changes: dict[str, Change] = {}
    for image, result in matches.clear:
        if not result.checked or not (result.label or result.undecided):
            if result.subjects and result.subjects[0].label == image.label:
                taken.describe(task, image, result, changes)
            continue
        if image.who in PEOPLE:
            same = image.label == label_here(names, result)
            word = "known already" if same else "named by a person here, and left so"
            taken.tally[word] += 1
            continue
        if says_more(result) or image.is_described:
            taken.describe(task, image, result, changes)
            continue
        if result.label not in paths:
            asked = change_of("relabel", label=result.label) if result.label else UNNAMED
            paths[result.label] = with_path(task.records, task.catalogue, here, asked)
        said = replace(paths[result.label], source=result.told.model, said_at=result.said_at)
        changes[image.id] = said
    taken.tally["named by a person"] += change_each(task, changes, "imported names")


def says_more(result: Result) -> bool:
    """Return whether a result says more of what a picture shows than one name."""
    return len(result.subjects) > 1 or any(s.details != NO_DETAILS for s in result.subjects)


def describing(task: Task, image: Image, result: Result) -> Change:
    """Return the change of a picture to all that a result says that it shows. Only a person's
    answer is one about the label."""
    here, who = task.collection_now(), result.told.model if result.checked else ""
    named = sorted(result.subjects, key=lambda s: result.checked and s.label != result.label)
    subjects = [replace(s, source=result.told.model, at=result.said_at) for s in named]
    asked = to_subjects(task.records, task.catalogue, here, image, subjects[:MOST_SUBJECTS], "")
    return replace(asked, source=who, said_at=result.said_at)


def take_remarks(task: Task, matches: Matches, taken: ResultsTaken) -> None:
    """Give pictures notes and counts where they have none."""
    notes: dict[str, Change] = {}
    counts: dict[Change, list[str]] = {}
    for image, result in matches.clear:
        if result.note and not image.note:
            notes[image.id] = change_of("note", note=result.note[:MAX_NOTE])
        if result.individuals and not image.individuals:
            try:
                change = change_of("count", individuals=result.individuals)
            except BadRequest as error:
                taken.left_out.append(f"{image.name}: {error.detail}")
                continue
            counts.setdefault(change, []).append(image.id)
    taken.tally["noted"] = change_each(task, notes, "")
    taken.tally["counted"] = sum(change_pictures(task, c, ids) for c, ids in counts.items())


def take_places(task: Task, matches: Matches, taken: ResultsTaken) -> None:
    """Put pictures that are in no deployment into the one that a table names, which is added with
    its site if it is missing. Sites and deployments that are here stay as they are."""
    groups: dict[str, list[str]] = {}
    rows: dict[str, Row] = {}
    for image, result in matches.clear:
        if result.places and not image.deployment:
            name = result.places["deploymentID"]
            groups.setdefault(name, []).append(image.id)
            rows.setdefault(name, result.places)
    wanted = new_places(task, rows)
    seen = deployment_tables.outlook(task.records, task.id, wanted)
    taken.left_out += [f"deployments, {doubt[0].lower()}{doubt[1:]}" for doubt in seen.doubts]
    deployment_tables.take_table(task.records, task.by, task.id, wanted, "places of the results")
    named = {d.name: d for d in deployments_of(task.records, task.id)}
    for name, ids in groups.items():
        if deployment := named.get(name):
            taken.tally["put into deployments"] += change_pictures(task, put_into(deployment), ids)


def new_places(task: Task, rows: Mapping[str, Row]) -> list[Row]:
    """Return the rows of deployments that are missing here; a site that is here keeps its place."""
    there = {d.name for d in deployments_of(task.records, task.id)}
    sites = {s.name for s in sites_of(task.records, task.id)}
    wanted = []
    for name, row in rows.items():
        if name in there:
            continue
        site = row.get("locationName", "")
        known = {"locationName": site} if site else {}
        wanted.append({"deploymentID": name, **(known if site in sites else row if site else {})})
    return wanted


def change_each(task: Task, changes: Mapping[str, Change], words: str) -> int:
    """Give each picture its own change, by its id, as one act for each kind of change; return how
    many changed. `words` stand for the labels in the history."""
    changed = 0
    for kind in sorted({c.kind for c in changes.values()}):
        ids = [id for id, change in changes.items() if change.kind == kind]
        first = replace(changes[ids[0]], target_name=words)
        line = history_line(task.records, task.by, task.id, first, "")
        make = each_changed(task.records, line.act, task.by, lambda image: changes.get(image.id))
        for start in range(0, len(ids), MOST_AT_ONCE):
            part = tuple(ids[start : start + MOST_AT_ONCE])
            images = task.records.find(Image, [Where("id", "in", part)], limit=MOST_AT_ONCE)
            in_pieces(line, make, images)
        changed += len(line.changed)
    return changed


def change_pictures(task: Task, change: Change, ids: Sequence[str]) -> int:
    """Apply one act to pictures, a few hundred at a time; return how many it changed."""
    return change_each(task, dict.fromkeys(ids, change), change.target_name)
