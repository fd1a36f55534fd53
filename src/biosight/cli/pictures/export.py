"""biosight export: a collection's pictures in label folders, from the shell.

Not here: zips (web/api/pictures/exports.py), or packages for others (cli/pictures/publish.py).
"""

from pathlib import Path

import click
from tqdm import tqdm

from biosight import gallery
from biosight.bootstrap import open_archive, open_catalogue
from biosight.errors import BioSightError
from biosight.publishing.export import all_images, export_folder, was_nested
from biosight.settings import Settings
from biosight.workflows.collection_names import names_in
from biosight.workflows.exchange.publication import telling_of
from biosight.workflows.pictures.destinations import find_collection


@click.command()
@click.option(
    "--to",
    "target",
    required=True,
    help="Folder that receives the pictures.",
    type=click.Path(file_okay=False, path_type=Path),
)
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", help="Collection's name; by default the account's first.")
@click.option(
    "--nested/--flat",
    default=None,
    help="Nest label folders as in the tree of names, or keep them side by side; by default as in "
    "the last export.",
)
@click.pass_obj
def export(
    settings: Settings,
    target: Path,
    email: str | None,
    collection: str | None,
    nested: bool | None,
) -> None:
    """Write a collection's pictures into label folders. Another run moves only what changed."""
    archive = open_archive(settings)
    records = archive.records
    try:
        catalogue = open_catalogue(settings, archive)
        found, _ = find_collection(records, email, collection)
        where = gallery.conditions(found.id, 0, gallery.Filter())
        deep = was_nested(target) if nested is None else nested
        names = names_in(records, catalogue, found)
        with tqdm(desc="exporting", unit="picture", disable=None) as bar:
            done = export_folder(
                records,
                archive.blobs,
                all_images(records, where),
                target,
                telling_of(records, found, names, deep, settings.public_url),
                bar.update,
            )
    except OSError as error:
        raise BioSightError(f"The folder can't be written: {error.strerror}.") from error
    finally:
        archive.close()
    click.echo(
        f"{done.written} written, {done.moved} moved, {done.removed} removed, "
        f"{done.unchanged} unchanged."
    )
