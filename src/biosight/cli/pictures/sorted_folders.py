"""Names that an imported folder brings: of its sub-folders, of keywords in its files, and of the
biosight.csv in it.

Not here: importing the pictures (cli/pictures/import_folder.py), or what folder names mean
(workflows/results/folder_labels.py).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from biosight.cli.pictures.results import MOST_SHOWN, say_taken
from biosight.images import Image
from biosight.images.record import folder_of
from biosight.publishing.file_names import OWN_TABLE
from biosight.workflows.results.folder_labels import (
    DATE,
    KNOWN,
    NEW,
    OTHER,
    FolderMeaning,
    labels_of,
)
from biosight.workflows.results.named_folders import keyword_counts, meanings_in, name_by_labels
from biosight.workflows.results.results_file import folder_of_table, read_results
from biosight.workflows.results.results_import import take_results
from biosight.workflows.task import Task

WORDS = {
    KNOWN: "known names",
    NEW: "new names, which become labels",
    DATE: "dates, which are no labels",
    OTHER: "other names, perhaps places, which are no labels",
}


def meanings_of(task: Task, paths: Iterable[str]) -> list[FolderMeaning]:
    """Return what the folders of files to import mean."""
    return meanings_in(task, Counter(f for p in paths if (f := folder_of(p)) != "/"))


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
    task: Task, meanings: Sequence[FolderMeaning], folders: Mapping[str, str]
) -> None:
    """Give pictures, by id, the names of their folders, unless a person named them; say how
    many."""
    for label, n in name_by_labels(task, folders, labels_of(meanings)).items():
        click.echo(f"{n:>7}  named {label}")


def take_keywords(task: Task, images: Sequence[Image], *, yes: bool) -> None:
    """Show what the keywords in the files mean, and give pictures those that are names, unless a
    person named them."""
    meanings = meanings_in(task, keyword_counts(images), keywords=True)
    say_meanings(meanings)
    if not labels_of(meanings):
        click.echo("No keyword of these files is a known name.", err=True)
    elif yes or click.confirm("Give the known and new names?", err=True):
        folders = {image.id: image.folder for image in images}
        for label, n in name_by_labels(task, folders, {}, labels_of(meanings)).items():
            click.echo(f"{n:>7}  named {label}")


def take_own_table(task: Task, folder: Path) -> None:
    """Import the labels, notes, counts and places of the biosight.csv in an imported folder, if it
    has one."""
    table = folder_of_table(folder) / OWN_TABLE
    if not table.is_file():
        return
    program, found = read_results(table)
    click.echo(f"From {OWN_TABLE} ({program}):")
    say_taken(take_results(task, found))
