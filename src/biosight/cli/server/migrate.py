"""biosight migrate and migrate-blobs: copy the archive to another store, and check the copy.

Not here: copying (storage/moving.py), or the choice of stores (bootstrap.py).
"""

from contextlib import closing

import click
from tqdm import tqdm

from biosight.bootstrap import KINDS, open_blobs, open_records
from biosight.errors import BadRequest, BioSightError
from biosight.settings import Settings
from biosight.storage import moving
from biosight.storage.blobs.installation import installation
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records

WORD = "erase"


@click.command()
@click.option(
    "--from", "source", required=True, help="Database to copy: sqlite:///FILE or mongodb://…"
)
@click.option("--to", "target", required=True, help="New database: sqlite:///FILE or mongodb://…")
@click.option(
    "--into-existing",
    is_flag=True,
    help="Erase another BioSight in the target, after showing what it holds and a typed word.",
)
@click.option("--force", is_flag=True, help="Erase without asking for the typed word.")
@click.pass_obj
def migrate(settings: Settings, source: str, target: str, into_existing: bool, force: bool) -> None:
    """Copy all records to another database.

    Stop the server first. If the copy is interrupted, run the command again.
    """
    first, second = with_database(settings, source), with_database(settings, target)
    if source == target:
        raise BadRequest("Both databases are the same.")
    if first.store == "sqlite" and not first.database_file.is_file():
        raise BadRequest(f"There is no database {first.database_file}.")
    with closing(open_records(first)) as records, closing(open_records(second)) as copy:
        ours = installation(records).key
        if not into_existing and moving.held_by_another(records, copy, KINDS) is None:
            check_pictures(settings, ours)
        erase = agree_to_migrate(records, copy, force=force) if into_existing else False
        with tqdm(desc="records", unit="", disable=None) as bar:
            moved = moving.move(
                records, copy, KINDS, lambda _table, _done: step(bar), into_existing=erase
            )
    for m in moved:
        click.echo(f"{m.table}: {m.records} records, {m.written} written, {m.wrong} wrong")
    if any(m.wrong for m in moved):
        raise BioSightError("The copy is not complete; run the command again.")
    click.echo(
        f"The copy is complete. Set BIOSIGHT_DATABASE_URL={without_password(target)} and start."
    )


def check_pictures(settings: Settings, key: str) -> None:
    """Raise BadRequest if the picture store belongs to another BioSight than the records to copy. A
    folder that does not exist yet belongs to nobody."""
    if not settings.uses_bucket and not settings.blob_folder.is_dir():
        return
    if (owner := open_blobs(settings).owner()) not in {"", key}:
        raise BadRequest(
            f"The picture store belongs to another BioSight ({owner}) than the database that you "
            f"copy from ({key}); look at BIOSIGHT_STORAGE_URL. Nothing was changed."
        )


def agree_to_migrate(source: Records, target: Records, *, force: bool) -> bool:
    """Return whether the content of the target may be erased; always print what it holds. Raises
    BadRequest if the word is not typed."""
    held = moving.held_by_another(source, target, KINDS)
    if held is None:
        return False
    click.echo(f"The target holds another BioSight: {held}. All of it will be erased.")
    if (
        not force
        and click.prompt(f"Type {WORD} to erase it", default="", show_default=False) != WORD
    ):
        raise BadRequest("Nothing was changed.")
    return True


def without_password(url: str) -> str:
    """Return an address without its user and password."""
    head, at, tail = url.rpartition("@")
    return f"{head.split('://')[0]}://USER:PASSWORD@{tail}" if at else url


def step(bar: "tqdm[None]") -> None:
    bar.update(moving.PAGE)


def with_database(settings: Settings, url: str) -> Settings:
    """Return the settings with another database. Raises BadRequest for an unknown kind of
    address."""
    try:
        return Settings(**{**settings.model_dump(), "database_url": url})
    except ValueError as error:
        raise BadRequest(
            f"{url} is not a database address: use sqlite:///FILE or mongodb://…"
        ) from error


@click.command("migrate-blobs")
@click.option("--from", "source", required=True, help="Store to copy: a folder, s3://… or gs://…")
@click.option("--to", "target", required=True, help="New store: a folder, s3://… or gs://…")
@click.pass_obj
def migrate_blobs(settings: Settings, source: str, target: str) -> None:
    """Copy pictures and models to another store; skip files that exist there, and check every
    hash."""
    first, second = with_storage(settings, source), with_storage(settings, target)
    if source == target:
        raise BadRequest("Both stores are the same.")
    pictures, copy = open_blobs(first), open_blobs(second)
    pass_on_owner(pictures, copy)
    copied = moving.move_blobs(pictures, copy, progress)
    click.echo(f"{copied.blobs} files, {copied.written} copied, {copied.wrong} wrong.")
    if copied.wrong:
        raise BioSightError("Some files do not match their names; run biosight doctor.")


def pass_on_owner(source: Blobs, target: Blobs) -> None:
    """Write into the target which BioSight its pictures belong to. Raises BadRequest if they belong
    to another."""
    owner, there = source.owner(), target.owner()
    if there and there != owner:
        raise BadRequest(
            f"The target belongs to another BioSight ({there}) than the source "
            f"({owner or 'which names none'}). Nothing was changed."
        )
    if owner and not there:
        target.set_owner(owner)


def progress(keys: list[str]) -> "tqdm[str]":
    """Return the keys with a progress bar."""
    return tqdm(keys, "files", disable=None)


def with_storage(settings: Settings, url: str) -> Settings:
    """Return the settings with another picture store. Raises BadRequest."""
    try:
        return Settings(**{**settings.model_dump(), "storage_url": url})
    except ValueError as error:
        raise BadRequest(f"{url} is not a store address: use a folder, s3://… or gs://…") from error
