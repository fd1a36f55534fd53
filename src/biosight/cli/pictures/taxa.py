"""biosight taxa ...: change a collection's tree of names from the shell."""

from pathlib import Path

import click
from tqdm import tqdm

from biosight.bootstrap import open_archive, open_catalogue
from biosight.cli.pictures.import_options import with_import_options
from biosight.own_names.importing import Preview
from biosight.settings import Settings
from biosight.taxa.checklist import read_checklist
from biosight.workflows.names import checklists, label_paths
from biosight.workflows.pictures.destinations import find_collection
from biosight.workflows.task import Task


@click.group()
def taxa() -> None:
    """Change a collection's tree of names."""


@taxa.command("import")
@with_import_options
@click.pass_obj
def import_checklist(
    settings: Settings, file: Path, email: str | None, name: str | None, yes: bool
) -> None:
    """Import a checklist FILE, a CSV or a Darwin Core Archive. If it is interrupted, run the
    command again."""
    listed = read_checklist(file)
    archive = open_archive(settings)
    try:
        catalogue = open_catalogue(settings, archive)
        collection, user = find_collection(archive.records, email, name)
        task = Task(archive.records, catalogue, collection, user.id)
        seen = checklists.preview(task, listed)
        tell(seen)
        many = seen.new + seen.synonyms
        if not many or not (yes or click.confirm(f"Add {many:,} names?")):
            return
        act = ""
        with tqdm(total=many, desc="adding", unit="name", disable=None) as bar:
            left = many
            while left:
                done = checklists.take_names(task, listed, file.name, act=act)
                act, left = done.act, done.left
                bar.update(done.added)
        while not label_paths.settle(archive.records, catalogue, collection.id):
            pass
    finally:
        archive.close()
    click.echo(f"Added to {collection.name}; the history there can undo it.")


def tell(seen: Preview) -> None:
    """Print the effect of a list."""
    click.echo(
        f"{seen.new:,} new names, {seen.synonyms:,} new synonyms, {seen.known:,} known already, "
        f"{seen.doubtful:,} doubtful."
    )
    for doubt in seen.doubts:
        click.echo(f"  {doubt}")
