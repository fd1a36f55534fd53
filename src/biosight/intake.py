"""THE FIRST WALK: an upload is checked, stored, classified and recorded.

Not here: HTTP (web/api/images.py), folders on disk (cli), or what people say later (review).
"""

import hashlib
import logging
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO

import numpy as np

from biosight import metrics
from biosight.errors import BadPicture, TooLarge
from biosight.images import Embedding, Image
from biosight.inference.batching import Batcher
from biosight.inference.classifier import Verdict
from biosight.inference.decoding import Decoded, Decoders
from biosight.labels import Prediction
from biosight.storage import blobs as keys
from biosight.storage.blobs import Blobs, Received
from biosight.storage.records import (
    Change,
    Gone,
    Insert,
    Records,
    Replace,
    Require,
    Taken,
    Where,
    new_id,
    one,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upload:
    """What arrives: an open file and what the person's machine says of it (data only)."""

    file: BinaryIO
    name: str
    path: str
    session: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where pictures go and for whom; `renamed` maps a model's label to its name there.

    `still_there` is what must hold at the moment of recording: the collection exists.
    """

    collection: str
    user: str
    renamed: Mapping[str, str]
    still_there: Require


@dataclass(frozen=True, slots=True)
class Stored:
    """A new image, with what the model said (None while unclassified)."""

    image: Image
    prediction: Prediction | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same bytes are in this collection already, perhaps in its trash."""

    of: Image


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not taken in, and why, in words for a biologist."""

    reason: str


Outcome = Stored | Duplicate | Rejected


@dataclass(frozen=True, slots=True)
class Intake:
    """What the walk needs; opened once by bootstrap. `quota` in bytes, 0 for none."""

    records: Records
    blobs: Blobs
    decoders: Decoders
    batcher: Batcher
    quota: int = 0


@contextmanager
def timed(stage: str) -> Iterator[None]:
    """Measure one stage of the walk."""
    begin = time.perf_counter()
    try:
        yield
    finally:
        metrics.stage_seconds.labels(stage).observe(time.perf_counter() - begin)


def take_in(intake: Intake, place: Place, upload: Upload) -> Outcome:
    """Check, store, classify and record one picture.

    Raises NoSpace or Unavailable when a store can't; then nothing is listed.
    """
    with timed("receive"):
        received = intake.blobs.receive(upload.file)
    try:
        outcome = admit(intake, place, upload, received)
    finally:
        received.path.unlink(missing_ok=True)
    metrics.uploads.labels(outcome_name(outcome)).inc()
    return outcome


def admit(intake: Intake, place: Place, upload: Upload, received: Received) -> Outcome:
    """The walk behind the received file."""
    if found := find_duplicate(intake.records, place.collection, received.sha256):
        return Duplicate(found)
    check_room(intake, place.user, received.size)
    try:
        with timed("decode"):
            decoded = intake.decoders.decode(received.path)
    except BadPicture as error:
        return Rejected(error.detail)
    with intake.blobs.no_removal():
        with timed("store"):
            store(intake.blobs, received, decoded)
        with timed("classify"):
            verdict = classify(intake.batcher, decoded)
        with timed("record"):
            return record(intake, place, upload, received, decoded, verdict)


def outcome_name(outcome: Outcome) -> str:
    """The metric's word for an outcome."""
    if isinstance(outcome, Stored):
        return "stored" if outcome.prediction else "unclassified"
    if isinstance(outcome, Duplicate):
        return "trashed" if outcome.of.trashed else "duplicate"
    return "rejected"


def find_duplicate(records: Records, collection: str, sha256: str) -> Image | None:
    """The image with these bytes in this collection, trashed or not."""
    return one(records, Image, Where("collection", "=", collection), Where("sha256", "=", sha256))


def check_room(intake: Intake, user: str, size: int) -> None:
    """Raise TooLarge when the person's quota would be passed, NoSpace when the disk is."""
    intake.blobs.room_for(0)
    if not intake.quota:
        return
    used = intake.records.total(Image, [Where("uploaded_by", "=", user)])
    if used + size > intake.quota:
        raise TooLarge("Your room for pictures is used up; empty your trash or ask for more.")


def store(blobs: Blobs, received: Received, decoded: Decoded) -> None:
    """Keep the original for good, and its thumbnail."""
    blobs.keep(received.path, keys.original(received.sha256))
    thumbnail = keys.thumbnail(received.sha256)
    if not blobs.has(thumbnail):
        blobs.put_derived(thumbnail, decoded.thumbnail)


def classify(batcher: Batcher, decoded: Decoded) -> Verdict | None:
    """The model's verdict; None when it fails: the picture is kept and classified later."""
    try:
        return batcher.classify(decoded.pixels)
    except Exception:
        log.exception("classification failed")
        return None


def record(
    intake: Intake,
    place: Place,
    upload: Upload,
    received: Received,
    decoded: Decoded,
    verdict: Verdict | None,
) -> Outcome:
    """Write prediction, embedding and, last, the image that makes them visible."""
    image = describe(place, upload, received, decoded)
    prediction = None
    changes: list[Change] = []
    if verdict is not None:
        image, prediction, changes = with_verdict(intake.batcher, place.renamed, image, verdict)
    try:
        intake.records.write(place.still_there, *changes, Insert(image))
    except Gone:
        return Rejected("The collection was removed meanwhile; nothing was stored.")
    except Taken:
        # The same bytes arrived twice at once; the other upload won.
        found = find_duplicate(intake.records, place.collection, received.sha256)
        return Duplicate(found) if found else Rejected("This picture was just removed; try again.")
    return Stored(image, prediction)


def describe(place: Place, upload: Upload, received: Received, decoded: Decoded) -> Image:
    """The record of a picture that nobody has named yet."""
    now, meta = time.time(), decoded.metadata
    image = Image(
        id=new_id(),
        collection=place.collection,
        sha256=received.sha256,
        crc32=received.crc32,
        size=received.size,
        media_type=decoded.media_type,
        width=decoded.width,
        height=decoded.height,
        name=upload.name,
        path=upload.path,
        session=upload.session,
        uploaded_by=place.user,
        created_at=now,
        taken=meta["taken"],
        day=meta["taken"][:10] or datetime.fromtimestamp(now, UTC).date().isoformat(),
        camera=meta["camera"],
        latitude=meta["latitude"],
        longitude=meta["longitude"],
        phash=decoded.phash,
        statistics=decoded.statistics,
        model="",
        machine_label="",
        confidence=0.0,
        percent=0,
        margin=0.0,
        label="",
        who="nobody",
        lottery=random.random(),
    )
    return replace(image, search=image.search_text())


def with_verdict(
    batcher: Batcher, renamed: Mapping[str, str], image: Image, verdict: Verdict
) -> tuple[Image, Prediction, list[Change]]:
    """The image as the machine names it, and the records to write before it."""
    card, top = batcher.classifier.card, batcher.classifier.top(verdict)
    prediction = Prediction(new_id(), image.id, card.key, top, time.time())
    metrics.predictions.labels(card.key, prediction.best.label).inc()
    label = renamed.get(prediction.best.label, prediction.best.label)
    named = replace(
        image,
        model=card.key,
        machine_label=prediction.best.label,
        confidence=prediction.best.confidence,
        percent=int(prediction.best.confidence * 100),
        margin=prediction.margin,
        label=label,
        who="machine" if label else "nobody",
    )
    vector = verdict.embedding.astype(np.float16).tobytes()
    embedding = Embedding(image.id, card.key, vector)
    named = replace(named, search=named.search_text())
    return named, prediction, [Insert(prediction), Insert(embedding)]


def classify_later(intake: Intake, image: Image, renamed: Mapping[str, str]) -> Image | None:
    """Give an unclassified image its prediction; None when it still fails."""
    decoded = intake.decoders.decode(intake.blobs.path(keys.original(image.sha256)))
    verdict = classify(intake.batcher, decoded)
    if verdict is None:
        return None
    named, _, changes = with_verdict(intake.batcher, renamed, image, verdict)
    if image.who == "person":
        named = replace(named, label=image.label, who=image.who)
    named = replace(named, search=named.search_text(), version=image.version + 1)
    intake.records.write(*changes, Replace(named, image.version))
    return named


def session_key(user: str, session: str) -> str:
    """An upload session as it is kept: nobody can join another person's."""
    return hashlib.sha256(f"{user}/{session}".encode()).hexdigest()[:24]
