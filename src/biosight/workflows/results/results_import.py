"""Results of other programs, put on the pictures of a collection that they are of.

A label that a person gave here stays, as do notes and counts. Not here: reading the files
(results_file.py), which picture is meant (results_match.py), or how a prediction is kept
(foreign_predictions.py).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import PEOPLE, UNDECIDED
from biosight.places.tables import Row
from biosight.review.acts import MAX_NOTE, MOST_AT_ONCE, Change, change_of
from biosight.review.perform_acts import perform
from biosight.storage.records import Where
from biosight.taxa.checklist import Listed, parents_first
from biosight.workflows.collection_names import names_in, with_path
from biosight.workflows.names.checklists import take_names
from biosight.workflows.places import deployment_tables
from biosight.workflows.places.deployment_acts import deployments_of, put_into
from biosight.workflows.results.detections import Result
from biosight.workflows.results.foreign_predictions import take_told
from biosight.workflows.results.results_match import Matches, label_here, matched, rows_not_taken
from biosight.workflows.task import Task

AWAY = "not in the collection"
Grouped = dict[Change, list[str]]


@dataclass(slots=True)
class ResultsTaken:
    """What became of results: how many of each outcome, those that fit several pictures, or of
    which several fit one, by their path, and names that were left out, in words."""

    tally: Counter[str] = field(default_factory=Counter)
    unclear: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

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
            new = take_told(task.records, names, image, result.told)
            taken.tally["named" if new else "known already"] += 1


def take_people(task: Task, matches: Matches, taken: ResultsTaken) -> None:
    """Give pictures the labels that people gave them elsewhere, pictures of one name at once."""
    names = names_in(task.records, task.catalogue, task.collection_now())
    groups: Grouped = {}
    for image, result in matches.clear:
        if not result.checked or not (result.label or result.undecided):
            continue
        if image.who in PEOPLE:
            same = image.label == label_here(names, result)
            word = "known already" if same else "named by a person here, and left so"
            taken.tally[word] += 1
            continue
        asked = change_of("relabel", label=result.label) if result.label else change_of(UNDECIDED)
        said = replace(asked, source=result.told.model, said_at=result.said_at)
        groups.setdefault(said, []).append(image.id)
    for change, ids in groups.items():
        found = with_path(task.records, task.catalogue, task.collection_now(), change)
        taken.tally["named by a person"] += change_pictures(task, found, ids)


def take_remarks(task: Task, matches: Matches, taken: ResultsTaken) -> None:
    """Give pictures notes and counts where they have none."""
    notes: Grouped = {}
    counts: Grouped = {}
    for image, result in matches.clear:
        if result.note and not image.note:
            notes.setdefault(change_of("note", note=result.note[:MAX_NOTE]), []).append(image.id)
        if result.individuals and not image.individuals:
            try:
                change = change_of("count", individuals=result.individuals)
            except BadRequest as error:
                taken.left_out.append(f"{image.name}: {error.detail}")
                continue
            counts.setdefault(change, []).append(image.id)
    for word, groups in (("noted", notes), ("counted", counts)):
        taken.tally[word] = sum(change_pictures(task, c, ids) for c, ids in groups.items())


def take_places(task: Task, matches: Matches, taken: ResultsTaken) -> None:
    """Put pictures that are in no deployment into the one that a table names, which is added with
    its site if it is missing."""
    groups: dict[str, list[str]] = {}
    rows: dict[str, Row] = {}
    for image, result in matches.clear:
        if result.places and not image.deployment:
            name = result.places["deploymentID"]
            groups.setdefault(name, []).append(image.id)
            rows.setdefault(name, result.places)
    wanted = [row if "locationName" in row else {"deploymentID": id} for id, row in rows.items()]
    seen = deployment_tables.outlook(task.records, task.id, wanted)
    taken.left_out += [f"deployments, {doubt[0].lower()}{doubt[1:]}" for doubt in seen.doubts]
    deployment_tables.take_table(task.records, task.by, task.id, wanted, "places of the results")
    named = {d.name: d for d in deployments_of(task.records, task.id)}
    for name, ids in groups.items():
        if deployment := named.get(name):
            taken.tally["put into deployments"] += change_pictures(task, put_into(deployment), ids)


def change_pictures(task: Task, change: Change, ids: Sequence[str]) -> int:
    """Apply one act to pictures, a few hundred at a time; return how many it changed."""
    changed, act = 0, ""
    for start in range(0, len(ids), MOST_AT_ONCE):
        part = tuple(ids[start : start + MOST_AT_ONCE])
        images = task.records.find(Image, [Where("id", "in", part)], limit=MOST_AT_ONCE)
        done = perform(task.records, task.by, task.id, change, images, act=act)
        changed, act = changed + len(done.changed), done.act if done.changed else act
    return changed
