"""biosight freeze and biosight verify: a collection's figures as a report, and the check of one.

Not here: what is in it (workflows/exchange/freezing.py).
"""

from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path

import click

from biosight.bootstrap import open_archive, open_catalogue
from biosight.errors import BioSightError
from biosight.inference.sandbox.decoding import Decoders
from biosight.publishing.export import all_images
from biosight.publishing.frozen import FrozenReport, frozen_zip, read_frozen
from biosight.settings import Settings
from biosight.storage.conditions import living_images
from biosight.storage.records import Records
from biosight.workflows.exchange.freezing import files_of, frozen
from biosight.workflows.pictures.derived import placeless_pieces
from biosight.workflows.pictures.destinations import find_collection

SHOWN = 10
DIFFERS = 3


@click.command()
@click.option(
    "--to",
    "target",
    required=True,
    help="Zip file to write.",
    type=click.Path(dir_okay=False, path_type=Path),
)
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", help="Collection's name; by default the account's first.")
@click.pass_obj
def freeze(settings: Settings, target: Path, email: str | None, collection: str | None) -> None:
    """Freeze a collection's figures as a report that can be checked years later."""
    archive = open_archive(settings)
    try:
        found, _ = find_collection(archive.records, email, collection)
        catalogue = open_catalogue(settings, archive)
        with closing(Decoders(1)) as decoders, target.open("xb") as file:
            rebuild = partial(placeless_pieces, archive.blobs, decoders)
            made = frozen(archive.records, catalogue, found, rebuild, settings.public_url)
            for chunk in frozen_zip(files_of(made)):
                file.write(chunk)
    except FileExistsError as error:
        raise BioSightError(f"{target} is there already; choose another name.") from error
    finally:
        archive.close()
    click.echo(f"{target} holds the report. `biosight verify {target}` checks it.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", help="Compare with this collection as it is now.")
@click.pass_obj
def verify(settings: Settings, file: Path, email: str | None, collection: str | None) -> None:
    """Check that a frozen report is as it was written, and on demand what changed in its collection
    since. The exit status is 3 if the report was changed."""
    report = read_frozen(file)
    about = report.about
    click.echo(f"{about.get('citation', '')}")
    click.echo(f"{about.get('pictures', 0):,} pictures, {report.files} files.")
    for words, names in (
        ("changed", report.changed),
        ("missing", report.missing),
        ("added", report.added),
    ):
        for name in names:
            click.echo(f"{name}: {words} since it was frozen.")
    if collection:
        compare(settings, report, email, collection)
    if not report.whole:
        raise click.exceptions.Exit(DIFFERS)
    click.echo("Every file is as it was frozen.")


def compare(settings: Settings, report: FrozenReport, email: str | None, collection: str) -> None:
    """Say which pictures of a report are in a collection now, and which labels changed."""
    archive = open_archive(settings)
    try:
        found, _ = find_collection(archive.records, email, collection)
        now = labels_now(archive.records, found.id)
    finally:
        archive.close()
    there = {sha256: label for sha256, label in report.labels.items() if sha256 in now}
    click.echo(f"{len(there):,} of its {len(report.labels):,} pictures are in {found.name} now.")
    moved = Counter((was, now[key]) for key, was in there.items() if was != now[key])
    click.echo(f"{moved.total():,} of these have another label now.")
    for (was, label), many in moved.most_common(SHOWN):
        click.echo(f"  {was or 'No label'} → {label or 'No label'}: {many:,}")


def labels_now(records: Records, collection: str) -> dict[str, str]:
    """Return the label of each living picture of a collection by its SHA-256."""
    pages = all_images(records, living_images(collection))
    return {image.sha256: image.label for page in pages for image in page}
