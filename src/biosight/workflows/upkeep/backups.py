"""A backup is one tar: the records as a SQLite file, and every original and model file by its hash.

Not here: the commands (cli/server/archive.py), or problems of a live archive (archive_check.py).
"""

import fcntl
import hashlib
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from biosight import logbook
from biosight.bootstrap import KINDS, Archive, open_archive
from biosight.errors import BadRequest
from biosight.settings import Settings
from biosight.storage import moving
from biosight.storage.blobs import keys
from biosight.storage.blobs.folder import owner_of, sync_folder
from biosight.storage.blobs.keys import KEY, path_of
from biosight.storage.sqlite.store import SqliteRecords
from biosight.workflows.upkeep.archive_check import Problem, RepairStep, problems, problems_of

DATABASE = "biosight.db"
NAME = "biosight-*.tar"
PROBLEMS = "-problems"  # ends the name of a dated backup that names damaged or missing files
OURS = ".biosight-backup-"  # begins the name of a folder that a backup or a check needs meanwhile
WithProgress = Callable[[list[str]], Iterator[str]]
Members = Callable[[tarfile.TarFile], Iterator[tarfile.TarInfo]]


@dataclass(frozen=True, slots=True)
class Saved:
    """The result of a backup: its file, the number of originals, the problems, and whether the
    records are a consistent snapshot."""

    file: Path
    originals: int
    problems: list[Problem]
    one_moment: bool


class Hashed:
    """A file that is hashed while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, and add them to the digest."""
        piece = self.file.read(size)
        self.digest.update(piece)
        return piece


def write(archive: Archive, file: Path, progress: WithProgress, *, mark: bool = False) -> Saved:
    """Write a backup, even while others write. Missing or changed files are reported, and the
    backup is written all the same; with `mark`, its name then says so. Raises OSError if the disk
    can't take it."""
    part = file.with_name(file.name + ".part")
    try:
        # Beside the target, since the copy may not fit into the system's temporary folder.
        with archive.blobs.no_removal(), room(file.absolute().parent) as folder:
            snapshot = folder / DATABASE
            one_moment = moving.write_file(archive.records, KINDS, snapshot)
            # Originals are added after the snapshot, so each one it names exists by then.
            with part.open("wb") as raw, tarfile.open(fileobj=raw, mode="w") as tar:
                tar.add(snapshot, DATABASE)
                states = add_blobs(archive, tar, progress)
                tar.close()
                raw.flush()
                os.fsync(raw.fileno())
            found = wrong(snapshot, states)
        if found and mark:
            file = file.with_stem(file.stem + PROBLEMS)
        part.replace(file)
        sync_folder(file.absolute().parent)
    finally:
        part.unlink(missing_ok=True)
    logbook.note(archive.records, logbook.BACKED_UP, detail=noted(file, len(found)))
    originals = sum(key.startswith("original/") for key in states)
    return Saved(file, originals, found, one_moment)


def noted(file: Path, problems: int) -> str:
    """Return how the logbook tells of a backup."""
    return f"{file.name}, {problems} problems" if problems else file.name


def noted_problems(detail: str) -> int:
    """Return the number of problems that a line of the logbook tells of."""
    found = re.search(r", (\d+) problems$", detail)
    return int(found[1]) if found else 0


@contextmanager
def room(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder in a folder of backups, after removing what backups and checks left
    there that were killed. They are known by a lock that ends with its process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if is_alone(descriptor):
            for left in (*folder.glob(f"{NAME}.part"), *folder.glob(f"{OURS}*")):
                shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        with TemporaryDirectory(prefix=OURS, dir=folder) as made:
            yield Path(made)
    finally:
        os.close(descriptor)


def is_alone(descriptor: int) -> bool:
    """Return whether no other backup or check works in an open folder."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def add_blobs(archive: Archive, tar: tarfile.TarFile, progress: WithProgress) -> dict[str, bool]:
    """Add all originals and model files to the tar. Return, per key, whether its bytes match its
    name."""
    states = {}
    for key in progress([*archive.blobs.keys("model"), *archive.blobs.keys("original")]):
        with archive.blobs.local(key) as path, path.open("rb") as file:
            entry = tar.gettarinfo(arcname=key, fileobj=file)
            hashed = Hashed(file)
            tar.addfile(entry, hashed)
            states[key] = hashed.digest.hexdigest() == keys.sha256_of(key)
    return states


def wrong(snapshot: Path, states: dict[str, bool]) -> list[Problem]:
    """Return the files that a backup's records name and that the backup lacks or has changed."""
    told = {True: "", False: "changed"}
    records = SqliteRecords(snapshot, KINDS)
    try:
        return list(
            problems_of(records, lambda key: told[states[key]] if key in states else "missing")
        )
    finally:
        records.close()


def restore(settings: Settings, file: Path, members: Members = iter) -> None:
    """Unpack a backup into an empty data folder; if that fails, remove the unpacked files again.
    Raises BadRequest for a file that is no backup, or if there is data already."""
    if settings.store != "sqlite" or settings.uses_bucket:
        raise BadRequest(
            "A backup is restored into SQLite and a folder; then biosight migrate and "
            "migrate-blobs bring it to the other stores."
        )
    if settings.database_file.exists() or any((settings.blob_folder / "original").glob("??/*")):
        raise BadRequest("There is data in BIOSIGHT_DATA_DIR; restore into an empty one.")
    if owner := owner_of(settings.blob_folder):
        raise BadRequest(
            f"The picture folder {settings.blob_folder} belongs to another BioSight ({owner}); "
            "restore into an empty BIOSIGHT_DATA_DIR."
        )
    settings.database_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = settings.database_file.with_suffix(".part")
    part.unlink(missing_ok=True)  # left by a restore that was killed
    written: list[Path] = []
    try:
        with tarfile.open(file) as tar:
            for member in members(tar):
                target = restored_path(settings, member, part)
                out_of(tar, member, target)
                written.append(target)
        if not part.exists():
            raise BadRequest(f"{file} holds no BioSight database.")
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, tarfile.TarError):
            raise BadRequest(f"{file} is not a complete BioSight backup.") from error
        raise
    part.replace(settings.database_file)
    sync_folder(settings.database_file.parent)


def out_of(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """Unpack one file of the backup. It is synced to disk when this returns, and absent when it
    raises."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(member)
    assert source is not None
    with source, target.open("xb") as out:
        try:
            shutil.copyfileobj(source, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        except BaseException:
            target.unlink()
            raise


def restored_path(settings: Settings, member: tarfile.TarInfo, database: Path) -> Path:
    """Return the target path of a member of a backup. Raises BadRequest for anything else in the
    tar."""
    if member.isfile() and member.name == DATABASE:
        return database
    if member.isfile() and KEY.fullmatch(member.name):
        return settings.blob_folder / path_of(member.name)
    raise BadRequest("This is not a BioSight backup.")


def verify(file: Path, step: RepairStep) -> list[str]:
    """Return the problems of a backup, one per line.

    It is restored into a temporary folder beside it and opened, and every picture is compared with
    its record. Raises BadRequest for a file that is no backup.
    """
    with room(file.absolute().parent) as folder:
        settings = Settings(data_dir=folder / "data", database_url="", storage_url="")
        restore(settings, file)
        archive = open_archive(settings)
        try:
            return [*archive.records.check(), *(str(p) for p in problems(archive, step))]
        finally:
            archive.close()


def dated_file(folder: Path) -> Path:
    """Return the path for a backup made now, in a folder of backups."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"biosight-{datetime.now():%Y-%m-%dT%H%M%S}.tar"


def newest(folder: Path) -> Path:
    """Return the newest backup in a folder. Raises BadRequest when there is none."""
    found = sorted(folder.glob(NAME))
    if not found:
        raise BadRequest(f"There is no backup in {folder}.")
    return found[-1]


def thin(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups of a folder, and the newest one without problems;
    return the removed ones."""
    found = sorted(folder.glob(NAME))
    sound = [path for path in found if not path.stem.endswith(PROBLEMS)]
    gone = [path for path in found[:-keep] if path not in sound[-1:]]
    for path in gone:
        path.unlink()
    return gone
