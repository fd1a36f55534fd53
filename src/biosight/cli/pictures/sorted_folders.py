"""Names that an imported folder brings: of its sub-folders, and of the biosight.csv in it.

Not here: importing the pictures (cli/pictures/import_folder.py), or what folder names mean
(workflows/exchange/folder_labels.py).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from biosight.cli.pictures.results import MOST_SHOWN, say_taken
from biosight.images import Image
from biosight.images.record import folder_of
from biosight.labels import PEOPLE
from biosight.review.acts import change_of
from biosight.workflows.collection_names import names_in, with_path
from biosight.workflows.exchange.folder_labels import (
    DATE,
    KNOWN,
    NEW,
    OTHER,
    FolderMeaning,
    folder_meanings,
    labels_by_folder,
)
from biosight.workflows.exchange.results_file import read_results
from biosight.workflows.exchange.results_import import change_pictures, take_results
from biosight.workflows.task import Task

OWN_TABLE = "biosight.csv"
SOURCE = "the folder's name"
WORDS = {
    KNOWN: "known names",
    NEW: "new names, which become labels",
    DATE: "dates, which are no labels",
    OTHER: "other names, perhaps places, which are no labels",
}


def meanings_of(task: Task, paths: Iterable[str]) -> list[FolderMeaning]:
    """Return what the folders of files to import mean."""
    names = names_in(task.records, task.catalogue, task.collection_now())
    return folder_meanings(names, Counter(f for p in paths if (f := folder_of(p)) != "/"))


def say_meanings(meanings: Sequence[FolderMeaning]) -> None:
    """Print what the folders' names mean."""
    for means, words in WORDS.items():
        rows = [m for m in meanings if m.means == means]
        if not rows:
            continue
        click.echo(f"{len(rows)} {words}:", err=True)
        for m in rows[:MOST_SHOWN]:
            called = f" -> {m.label}" if m.label not in {"", m.name} else ""
            click.echo(f"{m.images:>7}  {m.folder.strip('/')}{called}", err=True)
        if len(rows) > MOST_SHOWN:
            click.echo(f"         and {len(rows) - MOST_SHOWN} more", err=True)


def take_folder_names(
    task: Task, meanings: Sequence[FolderMeaning], images: Iterable[Image]
) -> None:
    """Give pictures the names of their folders, unless a person named them; say how many."""
    unnamed = [i for i in images if i.who not in PEOPLE and not i.trashed]
    labels = labels_by_folder(meanings, {i.folder for i in unnamed})
    groups: dict[str, list[str]] = {}
    for image in unnamed:
        if label := labels.get(image.folder):
            groups.setdefault(label, []).append(image.id)
    for label, ids in groups.items():
        asked = replace(change_of("relabel", label=label), source=SOURCE)
        change = with_path(task.records, task.catalogue, task.collection_now(), asked)
        click.echo(f"{change_pictures(task, change, ids):>7}  named {change.label}")


def take_own_table(task: Task, folder: Path) -> None:
    """Import the labels, notes, counts and places of the biosight.csv in an imported folder, if it
    has one."""
    table = folder / OWN_TABLE
    if not table.is_file():
        return
    program, found = read_results(table)
    click.echo(f"From {OWN_TABLE} ({program}):")
    say_taken(take_results(task, found))
