"""biosight store: show which BioSight the picture store belongs to, adopt it, restore its files.

Not here: the work of each (storage/blobs/installation.py, gallery/sweeping.py).
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from biosight.bootstrap import Archive, open_archive, open_blobs, open_records
from biosight.errors import BadRequest
from biosight.gallery import sweeping
from biosight.images import Image
from biosight.settings import Settings
from biosight.storage.blobs import installation

WORD = "adopt"


@click.group()
def store() -> None:
    """Show or adopt the picture store, or restore files that were set aside."""


@contextmanager
def opened_blobs(settings: Settings) -> Iterator[Archive]:
    """Open both stores, whichever BioSight the pictures belong to."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with closing(open_records(settings)) as records:
        yield Archive(records, open_blobs(settings))


@store.command()
@click.pass_obj
def show(settings: Settings) -> None:
    """Show which BioSight the picture store belongs to, and compare it with the database; nothing
    changes."""
    with opened_blobs(settings) as archive:
        describe(archive)


def describe(archive: Archive) -> None:
    """Print the contents of both stores."""
    records, blobs = archive.records, archive.blobs
    found = sweeping.compare_store(records, blobs)
    named = found.originals - len(found.removed) - len(found.unexplained)
    aside = sum(1 for _ in blobs.keys("swept"))
    click.echo(f"The database is of the BioSight {installation.installation(records).key}.")
    click.echo(f"The picture store belongs to {blobs.owner() or 'nobody yet'}.")
    click.echo(
        f"The database has {records.count(Image):,} pictures. The store has {found.originals:,} "
        f"originals, {named:,} of them named by the database, and {aside:,} set aside."
    )
    click.echo(installation.stranger(records, blobs) or "They belong together.")


@store.command()
@click.option("--force", is_flag=True, help="Adopt without asking for the typed word.")
@click.pass_obj
def adopt(settings: Settings, force: bool) -> None:
    """Make the picture store belong to this database, after a typed word.

    From then on, originals that the database does not name are set aside, and removed after seven
    days.
    """
    with opened_blobs(settings) as archive:
        describe(archive)
        asked = f"Type {WORD} to take the picture store over"
        if not force and click.prompt(asked, default="", show_default=False) != WORD:
            raise BadRequest("Nothing was changed.")
        installation.adopt_store(archive.records, archive.blobs)
    click.echo("The picture store now belongs to this database.")


@store.command("bring-back")
@click.pass_obj
def bring_back(settings: Settings) -> None:
    """Restore originals that were set aside and that pictures name again."""
    with closing(open_archive(settings)) as archive:
        back = sweeping.bring_back(archive.records, archive.blobs)
        left = sum(1 for _ in archive.blobs.keys("swept"))
    click.echo(f"{back} brought back. {left} stay aside: no picture names them.")
