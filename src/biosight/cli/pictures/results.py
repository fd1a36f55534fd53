"""Importing a file of other programs' answers: what it would do, and what it did, in words.

Not here: the work (workflows/results/results_import.py), or results of biosight classify
(cli/pictures/classify.py).
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
from tqdm import tqdm

from biosight.bootstrap import open_archive, open_catalogue
from biosight.errors import BadRequest
from biosight.images.folders import printable
from biosight.settings import Settings
from biosight.workflows.pictures.destinations import find_collection
from biosight.workflows.results.results_file import read_results
from biosight.workflows.results.results_import import ResultsTaken, take_results
from biosight.workflows.results.results_match import ResultsOutlook, in_words, outlook_of
from biosight.workflows.task import Task

MOST_SHOWN = 20


def take_file(
    settings: Settings, file: Path, email: str | None, collection: str | None, *, dry_run: bool
) -> None:
    """Import another program's answers for a collection's pictures, or only say what that would
    do."""
    archive = open_archive(settings)
    records = archive.records
    try:
        catalogue = open_catalogue(settings, archive)
        c, user = find_collection(records, email, collection)
        task = Task(records, catalogue, c, user.id)
        program, found = read_results(file)
        read = tqdm(found, "reading", disable=None)
        if dry_run:
            say_outlook(outlook_of(task, program, read))
        else:
            say_taken(take_results(task, read))
    finally:
        archive.close()


def say_outlook(seen: ResultsOutlook) -> None:
    """Print what an import would do."""
    click.echo(f"Written by: {seen.program}")
    for words in in_words(seen):
        click.echo(f"  {words}")
    say_names("known", seen.known)
    say_names("new", seen.new)
    say_left_out(seen.not_taken)


def say_names(word: str, names: dict[str, int]) -> None:
    """Print names with their pictures, the commonest first."""
    shown = [f"{name} {n}" for name, n in list(names.items())[:MOST_SHOWN]]
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    if shown:
        click.echo(f"{len(names)} {word} names: {', '.join(shown)}{more}")


def say_left_out(rows: Sequence[str]) -> None:
    """Print what is not imported, and why."""
    for words in rows[:MOST_SHOWN]:
        click.echo(f"left out  {printable(words)}")


def say_taken(taken: ResultsTaken) -> None:
    """Print what became of the results. Raises BadRequest where they say nothing."""
    say_left_out(taken.not_taken)
    tally = Counter(taken.tally)
    if taken.unclear:
        tally["left out, because it is not clear which picture is meant"] = len(taken.unclear)
    if taken.left_out:
        tally["left out, for the reason given"] = len(taken.left_out)
    if not tally:
        raise BadRequest("The file says nothing about any picture.")
    click.echo(", ".join(f"{n} {word}" for word, n in tally.most_common()) + ".")
