"""Results of other programs, put on the pictures of a collection that they are of.

A result belongs to a picture only where one path ends with the whole of the other; what could be of
several pictures, or several results of one, is listed and left out. Not here: reading the files
(detections.py), or how a prediction is kept (foreign_predictions.py).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from biosight.images import Image
from biosight.labels import PEOPLE
from biosight.review.acts import change_of
from biosight.review.perform_acts import perform
from biosight.taxa.checklist import Listed, parents_first
from biosight.workflows.collection_names import names_in, with_path
from biosight.workflows.exchange.detections import Result
from biosight.workflows.exchange.foreign_predictions import of_that_name, path_parts, take_told
from biosight.workflows.names.checklists import take_names
from biosight.workflows.task import Task

AWAY = "not in the collection"


@dataclass(slots=True)
class ResultsTaken:
    """What became of results: how many of each outcome, and those that fit several pictures, or of
    which several fit one, by their path."""

    tally: Counter[str] = field(default_factory=Counter)
    unclear: list[str] = field(default_factory=list)


def take_results(task: Task, found: Iterable[Result]) -> ResultsTaken:
    """Put results on a collection's pictures. A person's label stays; what a person checked in the
    other program counts as named by whoever imports it."""
    taken = ResultsTaken()
    meant: dict[str, tuple[Image, list[Result]]] = {}
    for result in found:
        images = of_that_name(task.records, task.id, result.file)
        exact = [i for i in images if path_parts(i.path or i.name) == path_parts(result.file)]
        chosen = exact if len(exact) == 1 else images
        if len(chosen) == 1:
            meant.setdefault(chosen[0].id, (chosen[0], []))[1].append(result)
        elif chosen:
            taken.unclear.append(result.file)
        else:
            taken.tally[AWAY] += 1
    clear = list(unambiguous(meant.values(), taken))
    add_named_lines(task, [one for _, result in clear for one in result.line])
    for image, result in clear:
        take_one(task, image, result, taken)
    return taken


def unambiguous(
    meant: Iterable[tuple[Image, list[Result]]], taken: ResultsTaken
) -> Iterator[tuple[Image, Result]]:
    """Yield pictures with the only result that each can have; note all others."""
    for image, results in meant:
        exact = [r for r in results if path_parts(r.file) == path_parts(image.path or image.name)]
        chosen = exact or results
        if len({r.file for r in chosen}) == 1:
            yield image, chosen[-1]
        else:
            taken.unclear += [r.file for r in results]


def add_named_lines(task: Task, lines: Sequence[Listed]) -> None:
    """Add names of other programs to the collection's tree, each below the one above it, as one act
    with undo. Names that the tree has stay as they are."""
    listed = parents_first(list(dict.fromkeys(lines)))
    done = take_names(task, listed, "of the results")
    while done.left:
        done = take_names(task, listed, "of the results", act=done.act)


def take_one(task: Task, image: Image, result: Result, taken: ResultsTaken) -> None:
    """Put one result on its picture."""
    names = names_in(task.records, task.catalogue, task.collection_now())
    label = names.accepted(result.told.guesses[0].label)
    if not result.checked:
        new = take_told(task.records, names, image, result.told)
        taken.tally["named" if new else "known already"] += 1
    elif image.who in PEOPLE:
        same = image.label == label
        taken.tally["known already" if same else "named by a person here, and left so"] += 1
    else:
        asked = change_of("relabel", label=label)
        change = with_path(task.records, task.catalogue, task.collection_now(), asked)
        perform(task.records, task.by, task.id, change, [image])
        taken.tally["named by a person"] += 1
