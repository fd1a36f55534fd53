"""Open and close the stores, models and upload intake; the only module that chooses adapters.

Not here: the work that is done with them (workflows).
"""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from biosight import (
    __version__,
    accounts,
    drift,
    logbook,
    membership,
    metrics,
    notices,
    own_names,
    places,
    reclassify,
    registry,
)
from biosight.accounts.old_offers import Offer, convert_offers
from biosight.errors import BadRequest, NoSpace, NotFound, Unavailable
from biosight.gallery import sweeping
from biosight.images import Embedding, Image
from biosight.images.comments import Comment, Mention
from biosight.inference.batching import Batcher
from biosight.inference.detection.detector import Detectors
from biosight.inference.model_files.card import card_of_detector, read_card
from biosight.inference.model_files.detector_card import read_detector_card
from biosight.inference.sandbox.decoding import Decoders
from biosight.inference.serving import Classifiers
from biosight.intake import Intake
from biosight.labels import Annotation, Identifications, Prediction
from biosight.review import acts
from biosight.settings import Settings
from biosight.similar import Index
from biosight.storage.blobs import disk_space
from biosight.storage.blobs.folder import FolderBlobs
from biosight.storage.blobs.installation import Installation, claim_store
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records
from biosight.storage.sqlite.store import SqliteRecords
from biosight.work import jobs, leases, workers

log = logging.getLogger(__name__)
KINDS = (
    Installation,
    *accounts.KINDS,
    Offer,
    *membership.KINDS,
    Image,
    Embedding,
    Prediction,
    Annotation,
    Identifications,
    Comment,
    Mention,
    *acts.RECORDS,
    *registry.KINDS,
    *jobs.KINDS,
    *leases.KINDS,
    *drift.KINDS,
    *reclassify.KINDS,
    *own_names.KINDS,
    *places.KINDS,
    *logbook.KINDS,
    *notices.KINDS,
    *workers.KINDS,
    *sweeping.KINDS,
    *disk_space.KINDS,
)
BUNDLED = Path(__file__).parent / "bundled"
DEFAULT_MODEL = BUNDLED / "organisms"
SUBJECTS = BUNDLED / "detectors" / "subjects"
GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Archive:
    """The two stores alone, without models: enough for people, export, backup and doctor."""

    records: Records
    blobs: Blobs

    def close(self) -> None:
        """Close the store of the records."""
        self.records.close()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The versions that can be had, none of them opened.

    `default` is the family that serves where a collection chose none. `bundled` maps the key of
    each version that needs no store to its folder. `locate` returns the folder of a version by its
    key, and raises NotFound if there is none.
    """

    default: str
    bundled: Mapping[str, Path]
    locate: Callable[[str], Path]


@dataclass(frozen=True, slots=True)
class Model:
    """The decode sandbox, the open versions, and the batcher that queues pictures for them."""

    decoders: Decoders
    classifiers: Classifiers
    batcher: Batcher

    def close(self) -> None:
        """Finish the waiting pictures, then end the child processes."""
        self.batcher.close()
        self.decoders.close()


@dataclass(frozen=True, slots=True)
class BioSight:
    """Everything that is open. This class has no method but close()."""

    settings: Settings
    archive: Archive
    catalogue: Catalogue
    model: Model
    intake: Intake
    similar: Index

    def close(self) -> None:
        """Close everything in the reverse order of opening."""
        self.model.close()
        self.archive.close()


def open_archive(settings: Settings) -> Archive:
    """Open the database and the picture store; create them when absent. Raises Conflict if the
    pictures belong to another BioSight."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    records = open_records(settings)
    try:
        blobs = open_blobs(settings)
        check_whose(records, blobs)
        return Archive(records, blobs)
    except BaseException:
        records.close()
        raise


def check_whose(records: Records, blobs: Blobs) -> None:
    """Compare the installations that both stores name, and write the picture store's if it names
    none. A store that is unavailable or can't be written is checked later; no sweep runs until
    then. Raises Conflict if the pictures belong to another BioSight."""
    try:
        claim_store(records, blobs)
    except (Unavailable, NoSpace) as error:
        log.error("the picture store's owner is not known", extra={"why": error.detail})


def open_records(settings: Settings) -> Records:
    """Open the record store that the settings name, and bring old records to today's form. Raises
    BadRequest or Unavailable."""
    records = choose_store(settings)
    convert_offers(records)
    return records


def choose_store(settings: Settings) -> Records:
    """Open the store of the records, SQLite or MongoDB. Raises BadRequest or Unavailable."""
    if settings.store == "sqlite":
        settings.database_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return SqliteRecords(settings.database_file, KINDS)
    try:
        from biosight.storage.mongo.store import open_mongo
    except ImportError as error:
        raise BadRequest("MongoDB needs PyMongo: run make server-env first.") from error
    return open_mongo(settings.database_url, KINDS)


def open_blobs(settings: Settings) -> Blobs:
    """Open the picture store that the settings name. Raises BadRequest or Unavailable."""
    if not settings.uses_bucket:
        return FolderBlobs(settings.blob_folder)
    try:
        from biosight.storage.blobs.bucket import open_bucket
    except ImportError as error:
        raise BadRequest("A bucket needs obstore: run make server-env first.") from error
    return open_bucket(settings.storage_url, settings.data_dir / "incoming")


def open_catalogue(settings: Settings, archive: Archive | None = None) -> Catalogue:
    """List the versions that came with BioSight or that a setting names, and those added to the
    registry.

    The first two kinds are written into the archive's registry; without an archive they are the
    only ones. Raises BadModel for a bad card.
    """
    folders = sorted(p.parent for p in BUNDLED.glob("*/card.json"))
    if settings.model_dir:
        folders.append(settings.model_dir)
    cards = [(read_card(folder), folder) for folder in folders]
    cards.append((card_of_detector(read_detector_card(SUBJECTS)), SUBJECTS))
    bundled = {card.key: folder for card, folder in cards}
    chosen = settings.model_dir or DEFAULT_MODEL
    default = next(card.name for card, folder in cards if folder == chosen)
    if archive:
        registry.add_bundled(archive.records, [card for card, _ in cards])

    def locate(key: str) -> Path:
        if key in bundled:
            return bundled[key]
        if archive is None:
            raise NotFound(f"There is no model {key}.")
        version = registry.get_version(archive.records, key)
        return registry.materialise(archive.blobs, version, settings.models_folder)

    return Catalogue(default, bundled, locate)


def open_serving(settings: Settings, catalogue: Catalogue, archive: Archive | None = None) -> Model:
    """Open the default model and start the decoders that feed models. Without an archive there are
    no experts. Raises BadModel when the default can't be opened."""

    def experts() -> Sequence[str]:
        return [v.id for v in registry.experts(archive.records)] if archive else ()

    decoders = Decoders(settings.decoders or None)  # they start while the network is opened
    threads = settings.threads or None
    classifiers = Classifiers(catalogue.locate, threads, settings.provider, experts)
    chosen = settings.model_dir or DEFAULT_MODEL
    try:
        classifiers.get(next(k for k, folder in catalogue.bundled.items() if folder == chosen))
    except BaseException:
        decoders.close()
        raise
    return Model(decoders, classifiers, Batcher())


def check_writable(blobs: Blobs) -> None:
    """Test whether the picture store can be written. If not, BioSight still serves reads, and
    reports the reason in the log and in biosight_store_up."""
    try:
        blobs.probe()
    except (Unavailable, NoSpace) as error:
        metrics.store_up.labels("pictures").set(0)
        log.error("the picture store takes nothing", extra={"why": error.detail})


def open_biosight(settings: Settings) -> BioSight:
    """Open everything that a server or an import needs."""
    archive = open_archive(settings)
    try:
        catalogue = open_catalogue(settings, archive)
        model = open_serving(settings, catalogue, archive)
    except BaseException:
        archive.close()
        raise
    check_writable(archive.blobs)
    quota = int(settings.quota_gb * GIGABYTE)

    def serving_detector() -> str:
        found = registry.detector(archive.records)
        return found.id if found else read_detector_card(SUBJECTS).key

    intake = Intake(
        archive.records,
        archive.blobs,
        model.decoders,
        model.classifiers,
        model.batcher,
        Detectors(catalogue.locate, serving_detector, settings.threads or None),
        quota,
    )
    default = registry.champion(archive.records, catalogue.default).id
    metrics.build_info.labels(__version__, default).set(1)
    log.info("opened", extra={"model": default, "python": sys.version.split()[0]})
    return BioSight(settings, archive, catalogue, model, intake, Index(archive.records))
