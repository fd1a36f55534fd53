"""biosight freeze and biosight verify: a collection's figures as a report, and the check of one.

Not here: what is in it (workflows/exchange/freezing.py).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from biosight.bootstrap import Archive, open_archive, open_catalogue
from biosight.errors import BioSightError
from biosight.images import Image
from biosight.inference.sandbox.decoding import Decoders
from biosight.publishing.export import all_images, rebuilds_nothing
from biosight.publishing.frozen import FrozenReport, frozen_zip, read_frozen
from biosight.publishing.table import Telling
from biosight.settings import Settings
from biosight.storage.conditions import living_images
from biosight.storage.records import Records
from biosight.workflows.exchange.freezing import files_of, frozen
from biosight.workflows.pictures.derived import placeless_pieces
from biosight.workflows.pictures.destinations import find_collection
from biosight.workflows.pictures.people import blurred_pieces, people_in

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
    if target.exists():
        raise BioSightError(f"{target} is there already; choose another name.")
    check_there(settings)
    archive, part, told = open_archive(settings), target.with_name(f"{target.name}.part"), [""]
    try:
        found, _ = find_collection(archive.records, email, collection)
        catalogue = open_catalogue(settings, archive)
        with closing(Decoders(1)) as decoders, part.open("wb") as file:
            address = settings.public_url
            made = frozen(archive.records, catalogue, found, rebuilds_nothing, address)
            made = replace(made, rebuild=partial(rebuilt, archive, decoders, made.telling))
            for chunk in frozen_zip(files_of(made), told.append):
                file.write(chunk)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
        archive.close()
    click.echo(
        f"{target} holds the report. Publish this beside it, the SHA-256 of its list of sums:"
    )
    click.echo(told[-1])


def rebuilt(
    archive: Archive, decoders: Decoders, telling: Telling, image: Image
) -> Callable[[], Iterator[bytes]]:
    """Return what gives a picture without its place, or with its people blurred."""
    if telling.blurred(image):
        people = people_in(archive.records, image)
        return blurred_pieces(archive.blobs, decoders, image, people)
    return placeless_pieces(archive.blobs, decoders, image)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sha256", help="SHA-256 that was published beside the report, to compare with.")
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", help="Compare with this collection as it is now.")
@click.pass_obj
def verify(
    settings: Settings, file: Path, sha256: str | None, email: str | None, collection: str | None
) -> None:
    """Check that the files of a frozen report fit its list of sums, and on demand what changed in
    its collection since. The exit status is 3 if they don't."""
    report = read_frozen(file)
    click.echo(f"{report.about.get('citation', '')}")
    click.echo(f"{report.about.get('pictures', '?')} pictures, {report.files} files.")
    for words, names in (
        ("changed", report.changed),
        ("missing", report.missing),
        ("added", report.added),
    ):
        for name in names:
            click.echo(f"{name}: {words} since it was frozen.")
    if collection:
        compare(settings, report, email, collection)
    click.echo(f"SHA-256 of its list of sums: {report.sha256}")
    other = sha256 is not None and sha256.strip().casefold() != report.sha256
    if other:
        click.echo("That is not the one that was published: the report was changed as a whole.")
    if other or not report.whole:
        raise click.exceptions.Exit(DIFFERS)
    click.echo(
        "Every file fits this list."
        + ("" if sha256 else " Compare it with the one that was published.")
    )


def check_there(settings: Settings) -> None:
    """Raise BioSightError where there is no archive to read: opening would make an empty one."""
    if settings.store == "sqlite" and not settings.database_file.exists():
        where = settings.data_dir.absolute()
        raise BioSightError(f"There is no BioSight data in {where}; set BIOSIGHT_DATA_DIR.")


def compare(settings: Settings, report: FrozenReport, email: str | None, collection: str) -> None:
    """Say which pictures of a report are in a collection now, and which labels changed."""
    check_there(settings)
    archive = open_archive(settings)
    try:
        found, _ = find_collection(archive.records, email, collection)
        now = labels_now(archive.records, found.id)
    finally:
        archive.close()
    there = {sha256: label for sha256, label in report.labels.items() if sha256 in now}
    click.echo(f"{len(there):,} of its {len(report.labels):,} pictures are in {found.name} now.")
    if report.unnamed:
        click.echo(
            f"{report.unnamed:,} others can't be compared: what they show is hidden in part."
        )
    moved = Counter((was, now[key]) for key, was in there.items() if was != now[key])
    click.echo(f"{moved.total():,} of these have another label now.")
    for (was, label), many in moved.most_common(SHOWN):
        click.echo(f"  {was or 'No label'} → {label or 'No label'}: {many:,}")


def labels_now(records: Records, collection: str) -> dict[str, str]:
    """Return the label of each living picture of a collection by its SHA-256."""
    pages = all_images(records, living_images(collection))
    return {image.sha256: image.label for page in pages for image in page}
