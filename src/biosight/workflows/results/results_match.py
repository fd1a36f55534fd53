"""Which picture of a collection each result of another program is of, and what importing would do.

A result belongs to a picture by its bytes, where the table has their hash, else only where one path
ends with the whole of the other. What could be of several pictures, or is one of several results
for a picture, is listed and left out. Not here: importing (results_import.py).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from biosight.images import Image
from biosight.labels import PEOPLE
from biosight.own_names.collected import Names
from biosight.storage.conditions import living_images
from biosight.storage.records import Where
from biosight.subjects import Details, Subject
from biosight.taxa.kinds import thing_of
from biosight.workflows.collection_names import names_in
from biosight.workflows.results.foreign_predictions import (
    belong_together,
    name_in,
    named_so,
    path_parts,
)
from biosight.workflows.results.result import Result
from biosight.workflows.task import Task


@dataclass(slots=True)
class Matches:
    """Pictures with the one result for each (`clear`); how many results are of no picture here
    (`away`); paths for which it is not clear what is meant; and names that are left out, in words,
    because a picture has one label."""

    clear: list[tuple[Image, Result]] = field(default_factory=list)
    away: int = 0
    unclear: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ResultsOutlook:
    """What importing results would do: pictures that get an answer of people or machines, or keep
    the label that a person gave here; the names that the tree has and those it lacks, each with its
    pictures; notes, counts and deployments; and what is left out."""

    program: str
    by_people: int
    by_machines: int
    kept: int
    known: dict[str, int]
    new: dict[str, int]
    notes: int
    counts: int
    deployments: int
    away: int
    unclear: list[str]
    left_out: list[str]

    @property
    def not_taken(self) -> list[str]:
        """Return what is left out, in words."""
        return rows_not_taken(self.unclear, self.left_out)


def rows_not_taken(unclear: Sequence[str], left_out: Sequence[str]) -> list[str]:
    """Return what is left out, a line each: unclear paths, and what has words already."""
    rows = [f"{name}: it fits several pictures, or is one of several" for name in unclear]
    return [*rows, *left_out]


def in_words(seen: ResultsOutlook) -> list[str]:
    """Return what importing would do, a line for each number that is not 0."""
    rows = (
        (seen.by_people, "picture", "with a person's label from there"),
        (seen.by_machines, "picture", "with a machine's answer from there"),
        (seen.kept, "picture", "with a person's label from here, which stays"),
        (seen.notes, "note", ""),
        (seen.counts, "count", ""),
        (seen.deployments, "deployment", ""),
        (seen.away, "row", "without a picture in this collection"),
    )
    return [f"{counted(n, noun)} {words}".strip() for n, noun, words in rows if n]


def counted(number: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def matched(task: Task, found: Iterable[Result]) -> Matches:
    """Return which picture each result is of."""
    matches = Matches()
    meant: dict[str, tuple[Image, list[Result]]] = {}
    by_name: dict[str, list[Image]] = {}
    for result in found:
        images = of_result(task, result, by_name)
        if len(images) == 1:
            meant.setdefault(images[0].id, (images[0], []))[1].append(result)
        elif images:
            matches.unclear.append(result.file)
        else:
            matches.away += 1
    matches.clear = list(unambiguous(meant.values(), matches))
    return matches


def of_result(task: Task, result: Result, by_name: dict[str, list[Image]]) -> list[Image]:
    """Return the pictures that a result can be of: the one whose bytes or whole path it names, else
    all that one of its paths can mean. `by_name` keeps the pictures of each name: cameras repeat
    them, and each is asked for once."""
    if result.sha256:
        same = [*living_images(task.id), Where("sha256", "=", result.sha256)]
        if images := task.records.find(Image, same, limit=1):
            return images
    for file in result.files:
        name = name_in(file)
        if name not in by_name:
            by_name[name] = named_so(task.records, task.id, name)
        images = [i for i in by_name[name] if belong_together(i.path or i.name, file)]
        exact = [i for i in images if path_parts(i.path or i.name) == path_parts(file)]
        if images:
            return exact if len(exact) == 1 else images
    return []


def unambiguous(
    meant: Iterable[tuple[Image, list[Result]]], matches: Matches
) -> Iterator[tuple[Image, Result]]:
    """Yield pictures with the only result that each can have; note all others."""
    for image, results in meant:
        exact = [r for r in results if path_parts(r.file) == path_parts(image.path or image.name)]
        chosen = exact or results
        if len({r.file for r in chosen}) > 1:
            matches.unclear += [r.file for r in results]
            continue
        kept = with_all(chosen)
        shown = {s.label for s in kept.subjects}
        others = sorted({r.label for r in chosen if r.label} - shown - {kept.label})
        called = kept.label
        matches.left_out += [
            f"{image.name}: {name} is left out; it is called {called} here" for name in others
        ]
        yield image, kept


def with_all(results: Sequence[Result]) -> Result:
    """Return what several rows say of one picture. Where one person says several names, each is a
    subject with its count; of rows by several people, or by a machine, only the one of `with_most`
    is kept."""
    kept = with_most(results)
    same = [r for r in results if r.checked and r.label and r.told.model == kept.told.model]
    if not kept.checked or kept.subjects or len({r.label for r in same}) < 2:
        return kept
    rows = sorted(same, key=lambda r: r.label != kept.label)
    last = {r.label: r for r in rows}  # programs append corrections
    subjects = tuple(Subject(r.label, Details(count=r.individuals)) for r in last.values())
    return replace(kept, subjects=subjects)


def with_most(results: Sequence[Result]) -> Result:
    """Return a person's result before a machine's, and of these the one with most individuals;
    among equals the last, which programs append."""
    return max(reversed(results), key=lambda r: (r.checked, bool(r.label), r.individuals))


def outlook_of(task: Task, program: str, found: Iterable[Result]) -> ResultsOutlook:
    """Return what importing results would do; nothing changes."""
    names = names_in(task.records, task.catalogue, task.collection_now())
    matches = matched(task, found)
    labels: Counter[str] = Counter()
    kept = people = 0
    for image, result in matches.clear:
        label = label_here(names, result)
        labels[label] += 1 if label else 0
        spoken = result.checked and bool(label or result.undecided)
        kept += (spoken or bool(label)) and image.who in PEOPLE
        people += spoken and image.who not in PEOPLE
    tree = names.tree
    return ResultsOutlook(
        program,
        by_people=people,
        by_machines=sum(not r.checked and bool(r.label) for _, r in matches.clear),
        kept=kept,
        known={n: c for n, c in labels.most_common() if n in tree or thing_of(n)},
        new={n: c for n, c in labels.most_common() if not (n in tree or thing_of(n))},
        notes=sum(bool(r.note) and not i.note for i, r in matches.clear),
        counts=sum(bool(r.individuals) and not i.individuals for i, r in matches.clear),
        deployments=len({r.places["deploymentID"] for _, r in matches.clear if r.places}),
        away=matches.away,
        unclear=matches.unclear,
        left_out=matches.left_out,
    )


def label_here(names: Names, result: Result) -> str:
    """Return a result's name as the collection writes it, "" for none."""
    return names.accepted(result.label) if result.label else ""
