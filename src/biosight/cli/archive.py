"""biosight backup, restore and doctor: the archive kept, brought back, proved whole."""

import hashlib
import os
import shutil
import tarfile
import tempfile
from pathlib import Path

import click
from tqdm import tqdm

from biosight import registry
from biosight.bootstrap import KINDS, Archive, open_archive
from biosight.errors import BadRequest, BioSightError, NotFound
from biosight.gallery import trash
from biosight.images import Image
from biosight.settings import Settings
from biosight.storage import keys, moving
from biosight.storage.folder import sync_folder
from biosight.storage.keys import KEY
from biosight.storage.records import pages

DATABASE = "biosight.db"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(settings: Settings, file: Path) -> None:
    """Write database and originals into one tar FILE, also while serving."""
    archive = open_archive(settings)
    part = file.with_name(file.name + ".part")
    try:
        # Beside the target: the copy may be larger than the system's own temporary room.
        beside = file.absolute().parent
        with archive.blobs.no_removal(), tempfile.TemporaryDirectory(dir=beside) as folder:
            snapshot = Path(folder) / DATABASE
            moving.write_file(archive.records, KINDS, snapshot)
            # Originals are taken after the snapshot: each one it names is there by then.
            with part.open("wb") as raw, tarfile.open(fileobj=raw, mode="w") as tar:
                tar.add(snapshot, DATABASE)
                count = add_originals(archive, tar)
                tar.close()
                raw.flush()
                os.fsync(raw.fileno())
        part.replace(file)
        sync_folder(file.absolute().parent)
    except OSError as error:
        raise BioSightError(f"The backup can't be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
        archive.close()
    click.echo(f"{file}: the database and {count} originals.")


def add_originals(archive: Archive, tar: tarfile.TarFile) -> int:
    """All originals into the tar, and the files of models added here; how many originals."""
    for key in archive.blobs.keys("model"):
        with archive.blobs.local(key) as path:
            tar.add(path, key)
    count = 0
    for key in tqdm(list(archive.blobs.keys("original")), "saving", disable=None):
        with archive.blobs.local(key) as path:
            tar.add(path, key)
        count += 1
    return count


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def restore(settings: Settings, file: Path) -> None:
    """Bring a backup FILE back, into an empty data folder only."""
    if settings.store != "sqlite" or settings.uses_bucket:
        raise BadRequest(
            "A backup is restored into SQLite and a folder; then biosight migrate and "
            "migrate-blobs bring it to the other stores."
        )
    if settings.database_file.exists() or any_original(settings.blob_folder):
        raise BadRequest("There is data already; restore into an empty BIOSIGHT_DATA_DIR.")
    settings.database_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = settings.database_file.with_suffix(".part")
    try:
        with tarfile.open(file) as tar:
            for member in tqdm(tar, "restoring", disable=None):
                target = restored_path(settings, member, part)
                target.parent.mkdir(parents=True, exist_ok=True)
                source = tar.extractfile(member)
                assert source is not None
                with source, target.open("xb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
                    out.flush()
                    os.fsync(out.fileno())
    except tarfile.TarError as error:
        raise BadRequest(f"{file} is not a whole BioSight backup.") from error
    if not part.exists():
        raise BadRequest(f"{file} holds no BioSight database.")
    part.replace(settings.database_file)
    sync_folder(settings.database_file.parent)
    click.echo("Restored. Run biosight doctor to prove it whole.")


def any_original(folder: Path) -> bool:
    """Does a picture folder hold anything?"""
    return any((folder / "original").glob("??/*"))


def restored_path(settings: Settings, member: tarfile.TarInfo, database: Path) -> Path:
    """Where a member of a backup goes. Raises BadRequest for anything else in the tar."""
    if member.isfile() and member.name == DATABASE:
        return database
    if member.isfile() and KEY.fullmatch(member.name):
        kind, name = member.name.split("/")
        return settings.blob_folder / kind / name[:2] / name
    raise BadRequest("This is not a BioSight backup.")


@click.command()
@click.option("--repair", is_flag=True, help="Remove orphans and stale uploads.")
@click.pass_obj
def doctor(settings: Settings, repair: bool) -> None:
    """Prove the archive whole: every picture's bytes are there and are what was sent."""
    archive = open_archive(settings)
    try:
        problems = archive.records.check()
        problems += check_originals(archive)
        problems += check_versions(archive)
        orphans = find_orphans(archive, repair=repair)
    finally:
        archive.close()
    for problem in problems:
        click.echo(problem, err=True)
    left = "removed" if repair else "found; --repair removes them"
    click.echo(f"{len(problems)} problems. {orphans} orphaned files {left}.")
    if problems:
        raise SystemExit(1)


def check_originals(archive: Archive) -> list[str]:
    """What is missing or changed, a line each."""
    problems: list[str] = []
    checked: set[str] = set()
    with tqdm(desc="checking", total=archive.records.count(Image), disable=None) as bar:
        for images in pages(archive.records, Image):
            for image in images:
                bar.update()
                if image.sha256 not in checked:
                    checked.add(image.sha256)
                    problems += check_one(archive, image)
    return problems


def check_one(archive: Archive, image: Image) -> list[str]:
    """Is one original there, and are its bytes the ones that were sent?"""
    state = state_of(archive, keys.original(image.sha256), image.sha256)
    if state == "missing":
        return [f"missing: the bytes of image {image.id} ({image.sha256})"]
    return [f"changed: the bytes of image {image.id} are not what was sent"] if state else []


def state_of(archive: Archive, key: str, sha256: str) -> str:
    """ "missing", "changed", or "" when a key's bytes are there and right."""
    digest = hashlib.sha256()
    try:
        for piece in archive.blobs.stream(key):
            digest.update(piece)
    except NotFound:
        return "missing"
    return "" if digest.hexdigest() == sha256 else "changed"


def check_versions(archive: Archive) -> list[str]:
    """Files of models that are missing or changed, a line each."""
    problems = []
    for version in registry.versions(archive.records):
        for name, sha256 in version.files:
            state = state_of(archive, keys.model(sha256), sha256)
            if state == "missing":
                problems.append(f"missing: {name} of the model {version.id}")
            elif state:
                problems.append(f"changed: {name} of the model {version.id} is not what was added")
    return problems


def find_orphans(archive: Archive, *, repair: bool) -> int:
    """Originals that no record names; removed when asked."""
    if repair:
        return trash.sweep_orphans(archive.records, archive.blobs)
    return sum(1 for _ in trash.orphans(archive.records, archive.blobs))
