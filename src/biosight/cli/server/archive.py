"""biosight backup, restore and doctor: save an archive, restore it, check that it is whole.

Not here: the work of each (workflows/upkeep/backups.py, workflows/upkeep/archive_check.py).
"""

import shutil
import tarfile
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import click
from tqdm import tqdm

from biosight.bootstrap import Archive, open_archive
from biosight.errors import BadRequest, BioSightError
from biosight.gallery import sweeping
from biosight.images import Image
from biosight.inference.sandbox.decoding import Decoders
from biosight.settings import Settings
from biosight.storage.blobs.incoming import FULL
from biosight.workflows.pictures import reread
from biosight.workflows.upkeep import archive_check, backups
from biosight.workflows.upkeep.backups import Saved

MOST_NAMED = 3
DAMAGED = 3  # exit status: a backup was written, and names damaged or missing files
WORD = "sweep"


def bar(keys: list[str]) -> Iterator[str]:
    """Return the keys, with a progress bar on standard error."""
    return iter(tqdm(keys, "saving", disable=None))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--keep",
    type=click.IntRange(1),
    help="Treat FILE as a folder: write a dated backup into it, and keep only this many backups.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Check a backup instead of writing one: FILE, or the newest one if FILE is a folder.",
)
@click.pass_obj
def backup(settings: Settings, file: Path, keep: int | None, verify: bool) -> None:
    """Write the database and all originals into one tar FILE, even while serving.

    Missing or changed files are listed, and the exit status is then 3; the backup is still written.
    With --keep, its name then ends with "-problems", and the newest backup without problems stays
    too.
    """
    if verify:
        prove(backups.newest(file) if file.is_dir() else file)
        return
    if keep is None and file.is_dir():
        raise BadRequest(f"{file} is a folder: say how many backups to --keep in it.")
    with closing(open_archive(settings)) as archive:
        try:
            target = backups.dated_file(file) if keep else file
            saved = backups.write(archive, target, bar, mark=keep is not None)
        except OSError as error:
            raise BioSightError(not_written(error, target.parent, keep)) from error
    tell(saved)
    for path in backups.thin(file, keep) if keep else []:
        click.echo(f"Removed {path}.")
    if saved.problems:
        raise SystemExit(DAMAGED)


def not_written(error: OSError, folder: Path, keep: int | None) -> str:
    """Return why a backup can't be written, and how much room its folder needs."""
    words = f"The backup can't be written: {error.strerror}."
    if keep is None or error.errno not in FULL:
        return words
    free = shutil.disk_usage(folder).free
    return (
        f"{words} {free / 1e9:,.1f} GB are free in {folder}. Keeping {keep} needs room for "
        f"{keep + 2} backups and two copies of the database. Nothing was removed."
    )


def tell(saved: Saved) -> None:
    """Print the content of a backup, and its problems."""
    for problem in saved.problems:
        click.echo(str(problem), err=True)
    click.echo(f"{saved.file}: the database and {saved.originals} originals.")
    if not saved.one_moment:
        click.echo(
            "The records may have changed during the backup: they are not of one moment.", err=True
        )
    if saved.problems:
        click.echo(f"{len(saved.problems)} problems; the newest sound backup stays.", err=True)


def prove(file: Path) -> None:
    """Restore a backup into a temporary folder and compare it with its own records."""
    if not file.is_file():
        raise BadRequest(f"There is no backup {file}.")
    with tqdm(desc="comparing", disable=None) as progress:
        found = backups.verify(file, progress.update)
    for line in found:
        click.echo(line, err=True)
    click.echo(f"{file}: {len(found)} problems.")
    if found:
        raise SystemExit(1)


def members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Return the files of a tar, with a progress bar."""
    return iter(tqdm(tar, "restoring", disable=None))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def restore(settings: Settings, file: Path) -> None:
    """Restore a backup FILE into an empty data folder."""
    backups.restore(settings, file, members)
    click.echo("Restored. Run biosight doctor to check it.")


@click.command()
@click.option(
    "--repair",
    is_flag=True,
    help="Set orphaned files aside for seven days; correct pictures' sites and clocks.",
)
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Restore missing or changed pictures from files in this folder, matched by hash.",
)
@click.option(
    "--reread",
    is_flag=True,
    help="Only update what older versions read from files: dates, places, colours, thumbnails.",
)
@click.pass_obj
def doctor(settings: Settings, repair: bool, folder: Path | None, reread: bool) -> None:
    """Check that the archive is whole: every picture's bytes exist and match the upload."""
    if reread:
        read_again(settings)
        return
    with closing(open_archive(settings)) as archive:
        damaged = archive.records.check()
        with tqdm(desc="checking", total=archive.records.count(Image), disable=None) as progress:
            found = list(archive_check.problems(archive, progress.update))
        if folder:
            found = mend_archive(archive, found, folder)
        astray = list(archive_check.misplaced_pictures(archive.records, repair=repair))
        orphans = tidy_archive(archive) if repair else looked_through(archive)
    for problem in (*damaged, *found, *astray):
        click.echo(str(problem), err=True)
    many = len(damaged) + len(found) + (0 if repair else len(astray))
    if astray and repair:
        click.echo(
            f"{sum(m.pictures for m in astray)} pictures got their deployment's site and clock."
        )
    click.echo(f"{many} problems. {orphans}")
    if many:
        raise SystemExit(1)


def read_again(settings: Settings) -> None:
    """Update the facts read from files to today's code; can be stopped and run again."""
    with closing(open_archive(settings)) as archive, closing(Decoders()) as decoders:
        many = reread.left_to_read(archive.records)
        with tqdm(desc="reading", total=many, unit="picture", disable=None) as progress:
            done = reread.reread(archive, decoders, progress.update)
    click.echo(
        f"{done.read} read anew: {done.dates} dates, {done.places} places and {done.sizes} sizes "
        f"changed. {done.unread} could not be read and stay as they were."
    )


def mend_archive(
    archive: Archive, found: list[archive_check.Problem], folder: Path
) -> list[archive_check.Problem]:
    """Repair pictures from a folder; return the remaining problems."""
    with tqdm(desc="looking through the folder", disable=None) as progress:
        left = archive_check.mend(archive, found, folder, progress.update)
    click.echo(f"{len(found) - len(left)} of {len(found)} mended.")
    return left


def looked_through(archive: Archive) -> str:
    """Return in words how many stored files no picture names."""
    found = sweeping.compare_store(archive.records, archive.blobs)
    many = len(found.removed) + len(found.unexplained)
    words = f"{many} orphaned files found" + ("; --repair sets them aside." if many else ".")
    if strays := list(islice(archive.blobs.strays("original"), MOST_NAMED + 1)):
        names = ", ".join(strays[:MOST_NAMED])
        more = " and more" if len(strays) > MOST_NAMED else ""
        words += f" Not written by BioSight, and left alone: {names}{more}."
    return words


def tidy_archive(archive: Archive) -> str:
    """Set aside files that no picture names, and return the result in words. If there are many, ask
    for a typed word first."""
    found = sweeping.compare_store(archive.records, archive.blobs)
    if found.is_too_much:
        ask_about(found)
    done = sweeping.sweep_store(archive.records, archive.blobs, agreed=True)
    words = f"{done.moved} orphaned files set aside for {sweeping.KEPT_DAYS} days"
    words += f", {done.gone} removed for good" if done.gone else ""
    words += f", {done.back} brought back" if done.back else ""
    if done.young:
        words += f"; {done.young} stay for now: less than an hour old, or an upload is under way"
    return words + "."


def ask_about(found: sweeping.StoreContents) -> None:
    """Ask before many files are set aside. Raises BadRequest if the word is not typed."""
    click.echo(
        f"{len(found.unexplained):,} of {found.originals:,} pictures in the store are named by no "
        "record. Usually this means that the database is the wrong one."
    )
    if click.prompt(f"Type {WORD} to set them aside", default="", show_default=False) != WORD:
        raise BadRequest("Nothing was changed.")
