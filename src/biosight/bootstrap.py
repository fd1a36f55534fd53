"""Open everything once, close everything once; the only room that names concrete adapters.

Not here: what is done with what is open.
"""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from biosight import __version__, accounts, drift, jobs, metrics, reclassify, registry, sharing
from biosight.errors import BadRequest, NotFound
from biosight.images import Embedding, Image
from biosight.inference.batching import Batcher
from biosight.inference.card import read_card, write_card
from biosight.inference.decoding import Decoders
from biosight.inference.serving import Classifiers
from biosight.intake import Intake
from biosight.labels import Annotation, Prediction
from biosight.review.acts import RECORD_KINDS as ACT_KINDS
from biosight.settings import Settings
from biosight.similar import Index
from biosight.storage import blobs as keys
from biosight.storage.blobs import Blobs
from biosight.storage.folder import FolderBlobs
from biosight.storage.records import Records
from biosight.storage.sqlite import SqliteRecords

log = logging.getLogger(__name__)
KINDS = (
    *accounts.KINDS,
    *sharing.KINDS,
    Image,
    Embedding,
    Prediction,
    Annotation,
    *ACT_KINDS,
    *registry.KINDS,
    *jobs.KINDS,
    *drift.KINDS,
    *reclassify.KINDS,
)
BUNDLED = Path(__file__).parent / "bundled"
DEFAULT_MODEL = BUNDLED / "organisms"
GIGABYTE = 1_000_000_000
MODEL_FILES = ("model.onnx", "head.npz", "reference.npz", "training.json")


@dataclass(frozen=True, slots=True)
class Archive:
    """The stores alone: enough for people, export, backup and doctor."""

    records: Records
    blobs: Blobs

    def close(self) -> None:
        """Let go of the stores."""
        self.records.close()


@dataclass(frozen=True, slots=True)
class Model:
    """The decode sandbox, the open versions and the queue before them.

    `default` is the family that serves where a collection chose none, `bundled` the folder of
    each version that needs no store.
    """

    decoders: Decoders
    classifiers: Classifiers
    batcher: Batcher
    default: str
    bundled: dict[str, Path]

    def there(self, version: registry.ModelVersion) -> bool:
        """Can a version's files be had: with this BioSight, or in the store?"""
        return is_there(version, self.bundled)

    def close(self) -> None:
        """Finish what waits, end the children."""
        self.batcher.close()
        self.decoders.close()


@dataclass(frozen=True, slots=True)
class BioSight:
    """What is open. No methods but close(), ever."""

    settings: Settings
    archive: Archive
    model: Model
    intake: Intake
    similar: Index

    def close(self) -> None:
        """Close in the order opposite to opening."""
        self.model.close()
        self.archive.close()


def open_archive(settings: Settings) -> Archive:
    """The database and the pictures' store; both are made when absent."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Archive(open_records(settings), open_blobs(settings))


def open_records(settings: Settings) -> Records:
    """The records where the settings say. Raises BadRequest or Unavailable."""
    if settings.store == "sqlite":
        settings.database_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return SqliteRecords(settings.database_file, KINDS)
    try:
        from biosight.storage.mongo import open_mongo
    except ImportError as error:
        raise BadRequest("MongoDB needs PyMongo: run make server-env first.") from error
    return open_mongo(settings.database_url, KINDS)


def open_blobs(settings: Settings) -> Blobs:
    """The pictures' store where the settings say. Raises BadRequest or Unavailable."""
    if not settings.uses_bucket:
        return FolderBlobs(settings.blob_folder)
    try:
        from biosight.storage.bucket import open_bucket
    except ImportError as error:
        raise BadRequest("A bucket needs obstore: run make server-env first.") from error
    return open_bucket(settings.storage_url, settings.data_dir / "incoming")


def bundled_folders(settings: Settings) -> dict[str, Path]:
    """Key -> folder of the models that need no store: those that came with BioSight, and the
    one that a setting names. Raises BadModel for an unusable card."""
    folders = sorted(p.parent for p in BUNDLED.glob("*/card.json"))
    if settings.model_dir:
        folders.append(settings.model_dir)
    return {read_card(folder).key: folder for folder in folders}


def default_family(settings: Settings) -> str:
    """The model that serves where a collection chose none."""
    return read_card(settings.model_dir or DEFAULT_MODEL).name


def open_model(settings: Settings, archive: Archive | None = None) -> Model:
    """Models and the decoders that feed them; without an archive only the bundled ones.

    Raises BadModel when the default can't be opened.
    """
    folders = bundled_folders(settings)
    locate = locator(settings, archive, folders)
    classifiers = Classifiers(locate, settings.threads or None, settings.provider)
    if archive:
        register(archive, folders)
    default = read_card(settings.model_dir or DEFAULT_MODEL)
    classifiers.get(default.key)
    decoders = Decoders(settings.decoders or os.cpu_count())
    return Model(decoders, classifiers, Batcher(), default.name, folders)


def locator(
    settings: Settings, archive: Archive | None, folders: dict[str, Path]
) -> Callable[[str], Path]:
    """Says where a version's files lie, by key, `folders` being the bundled ones; it raises
    NotFound for what is not there."""

    def locate(key: str) -> Path:
        if key in folders:
            return folders[key]
        if archive is None:
            raise NotFound(f"There is no model {key}.")
        version = registry.get_version(archive.records, key)
        return materialise(archive.blobs, version, settings.data_dir / "models")

    return locate


def register(archive: Archive, folders: dict[str, Path]) -> None:
    """Tell the registry what came with BioSight."""
    cards = [read_card(folder) for folder in folders.values()]
    registry.register_bundled(archive.records, cards, lambda version: is_there(version, folders))


def is_there(version: registry.ModelVersion, folders: dict[str, Path]) -> bool:
    """Can a version's files be had: with this BioSight, or in the store?"""
    return version.id in folders or not version.bundled


def materialise(blobs: Blobs, version: registry.ModelVersion, root: Path) -> Path:
    """The folder of a version's files, copied from the store when it is not there yet.

    Raises NotFound when the store has lost them.
    """
    folder = root / version.id
    if not version.files:
        raise NotFound(f"The model {version.id} came with another version of BioSight.")
    if folder.is_dir():
        return folder
    root.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(prefix=".", dir=root))
    try:
        for name, sha256 in version.files:
            (part / name).write_bytes(blobs.read(keys.model(sha256)))
        write_card(version.card, part)
        with suppress(OSError):  # another process may have been faster
            part.replace(folder)
    finally:
        rmtree(part, ignore_errors=True)
    return folder


def keep_version(
    archive: Archive, folder: Path, *, by: str = "", collection: str = "", report: str = ""
) -> registry.ModelVersion:
    """Store a model's files and make it known as a candidate. Raises Conflict or NoSpace."""
    files = []
    for name in MODEL_FILES:
        if not (folder / name).is_file():
            continue
        with (folder / name).open("rb") as file:
            received = archive.blobs.receive(file)
        archive.blobs.keep(received.path, keys.model(received.sha256))
        files.append((name, received.sha256))
    return registry.add(
        archive.records,
        read_card(folder),
        files=tuple(files),
        by=by,
        collection=collection,
        report=report,
    )


def forget_collection(biosight: BioSight, collection: str) -> None:
    """Remove what a collection leaves beside its pictures: jobs, drift reports, models taught in
    it. The collection's own record is gone already."""
    records = biosight.archive.records
    for job in jobs.forget(records, collection):
        reclassify.forget(records, job)
    drift.forget(records, collection)
    gone, files = registry.forget(records, collection)
    for sha256 in files:
        biosight.archive.blobs.remove(keys.model(sha256))
    for key in gone:
        rmtree(biosight.settings.data_dir / "models" / key, ignore_errors=True)


def open_biosight(settings: Settings) -> BioSight:
    """Everything that a server or an import needs."""
    archive = open_archive(settings)
    try:
        model = open_model(settings, archive)
    except BaseException:
        archive.close()
        raise
    quota = int(settings.quota_gb * GIGABYTE)
    intake = Intake(
        archive.records, archive.blobs, model.decoders, model.classifiers, model.batcher, quota
    )
    default = registry.champion(archive.records, model.default).id
    metrics.build_info.labels(__version__, default).set(1)
    log.info("opened", extra={"model": default, "python": sys.version.split()[0]})
    return BioSight(settings, archive, model, intake, Index(archive.records))


def serving(biosight: BioSight, family: str) -> registry.ModelVersion:
    """The version that serves a family, "" for the default one. Raises NotFound."""
    return registry.champion(biosight.archive.records, family or biosight.model.default)


def serving_key(biosight: BioSight, family: str) -> str:
    """The key of the version that serves a family, "" for the default one. Raises NotFound."""
    return serving(biosight, family).id
