"""Open everything once, close everything once; the only room that names concrete adapters.

Not here: what is done with what is open.
"""

import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from biosight import __version__, accounts, metrics, sharing
from biosight.images import Embedding, Image
from biosight.inference.batching import Batcher
from biosight.inference.card import ModelCard
from biosight.inference.classifier import Classifier
from biosight.inference.decoding import Decoders
from biosight.intake import Intake
from biosight.labels import Annotation, Prediction
from biosight.review.acts import RECORD_KINDS as ACT_KINDS
from biosight.settings import Settings
from biosight.storage.blobs import Blobs
from biosight.storage.sqlite import SqliteRecords

log = logging.getLogger(__name__)
KINDS = (*accounts.KINDS, *sharing.KINDS, Image, Embedding, Prediction, Annotation, *ACT_KINDS)
BUNDLED = Path(__file__).parent / "bundled"
DEFAULT_MODEL = BUNDLED / "organisms"
GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Archive:
    """The stores alone: enough for people, export, backup and doctor."""

    records: SqliteRecords
    blobs: Blobs

    def close(self) -> None:
        """Let go of the stores."""
        self.records.close()


@dataclass(frozen=True, slots=True)
class Model:
    """The decode sandbox and the classifier behind its queue."""

    decoders: Decoders
    batcher: Batcher

    @property
    def card(self) -> ModelCard:
        """The card of the model that serves."""
        return self.batcher.classifier.card

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

    def close(self) -> None:
        """Close in the order opposite to opening."""
        self.model.close()
        self.archive.close()


def open_archive(settings: Settings) -> Archive:
    """The database and the pictures' folder; both are made when absent."""
    for folder in (settings.data_dir, settings.database_file.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    records = SqliteRecords(settings.database_file, KINDS)
    return Archive(records, Blobs(settings.blob_folder))


def open_model(settings: Settings) -> Model:
    """The model that serves, and the decoders that feed it."""
    classifier = Classifier(settings.model_dir or DEFAULT_MODEL, settings.threads or None)
    decoders = Decoders(classifier.card, settings.decoders or os.cpu_count())
    return Model(decoders, Batcher(classifier))


def open_biosight(settings: Settings) -> BioSight:
    """Everything that a server or an import needs."""
    archive = open_archive(settings)
    try:
        model = open_model(settings)
    except BaseException:
        archive.close()
        raise
    quota = int(settings.quota_gb * GIGABYTE)
    intake = Intake(archive.records, archive.blobs, model.decoders, model.batcher, quota)
    metrics.build_info.labels(__version__, model.card.key).set(1)
    log.info("opened", extra={"model": model.card.key, "python": sys.version.split()[0]})
    return BioSight(settings, archive, model, intake)
