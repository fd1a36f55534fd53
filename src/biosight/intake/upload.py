"""The first flow: an upload from its arrival to its record.

Not here: HTTP (web/api/pictures/uploads.py), folders on disk (cli), or later answers of people
(review).
"""

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from biosight import metrics
from biosight.errors import BadPicture
from biosight.images import Image
from biosight.inference.classifier import Classifier, Floats
from biosight.inference.preprocess import Pixels
from biosight.inference.sandbox.decoding import Decoded
from biosight.intake.looking import Looked, look_into
from biosight.intake.values import (
    ANY_FRAMING,
    Destination,
    Duplicate,
    Intake,
    Outcome,
    Rejected,
    Stored,
    Upload,
)
from biosight.intake.verdicts import describe, embedding_of, with_verdict
from biosight.storage.blobs import keys
from biosight.storage.blobs.disk_space import RoomLimit, check_limits, room_limits, write_metered
from biosight.storage.blobs.incoming import Incoming, Received
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import (
    Gone,
    Insert,
    InUse,
    Records,
    Where,
    Write,
    one,
)
from biosight.subjects.picture_kind import PictureKind, seeks_subjects

log = logging.getLogger(__name__)


@contextmanager
def timed_stage(stage: str) -> Iterator[None]:
    """Measure the time of one stage of an upload."""
    begin = time.perf_counter()
    try:
        yield
    finally:
        metrics.stage_seconds.labels(stage).observe(time.perf_counter() - begin)


def take_in(intake: Intake, target: Destination, upload: Upload) -> Outcome:
    """Check, store, classify and record one picture.

    Raises NoSpace or Unavailable when a store can't; then nothing is listed.
    """
    with timed_stage("receive"):
        received = received_by(intake.blobs, upload.file)
    try:
        outcome = admit(intake, target, upload, received)
    finally:
        received.path.unlink(missing_ok=True)
    metrics.uploads.labels(outcome_name(outcome)).inc()
    return outcome


def admit(intake: Intake, target: Destination, upload: Upload, received: Received) -> Outcome:
    """Continue an upload once its file is received."""
    if found := find_duplicate(intake.records, target.collection, received.sha256):
        return Duplicate(found, mend_original(intake.blobs, received))
    check_room(intake, target, received.size)
    classifier = opened_classifier(intake, target.model)
    try:
        with timed_stage("decode"):
            framing = classifier.card.framing if classifier else ANY_FRAMING
            uncut = seeks_subjects(target.picture_kind)
            decoded = intake.decoders.decode(received.path, framing, uncut=uncut)
    except BadPicture as error:
        return Rejected(error.detail)
    with intake.blobs.no_removal():
        with timed_stage("store"):
            store(intake.blobs, received, decoded)
        with timed_stage("classify"):
            looked = look_at_decoded(
                intake, classifier, decoded, received.sha256, target.picture_kind
            )
        with timed_stage("record"):
            said = (classifier, looked) if classifier and looked else None
            return record(intake, target, upload, received, decoded, said)


def take_in_known(
    intake: Intake,
    target: Destination,
    upload: Upload,
    sha256: str,
    decoded: Decoded,
    vector: Floats,
) -> Outcome:
    """Store and record a picture that was decoded and embedded elsewhere, without running the
    network.

    `vector` (d,) must belong to the embedding space of the serving version, whose head must be
    known as numbers. If the bytes do not match `sha256`, they are handled like any other upload.
    """
    received = received_by(intake.blobs, upload.file)
    try:
        if received.sha256 != sha256:
            return admit(intake, target, upload, received)
        if found := find_duplicate(intake.records, target.collection, sha256):
            return Duplicate(found, mend_original(intake.blobs, received))
        check_room(intake, target, received.size)
        classifier = intake.classifiers.get(target.model)
        verdict = classifier.judge(vector[None])[0]
        with intake.blobs.no_removal():
            store(intake.blobs, received, decoded)
            said = classifier, Looked(verdict)
            return record(intake, target, upload, received, decoded, said)
    finally:
        received.path.unlink(missing_ok=True)


def received_by(blobs: Blobs, file: BinaryIO | Incoming) -> Received:
    """Return the bytes of an upload as a file of the store."""
    return file.whole() if isinstance(file, Incoming) else blobs.receive(file)


def mend_original(blobs: Blobs, received: Received) -> bool:
    """Store a picture's bytes again if the store had lost them; return whether it had. The hash
    proves that they are the bytes of the first upload."""
    key = keys.original(received.sha256)
    if blobs.has(key):
        return False
    with blobs.no_removal():
        blobs.keep(received.path, key)
    return True


def outcome_name(outcome: Outcome) -> str:
    """Return the metric's word for an outcome."""
    if isinstance(outcome, Stored):
        return "stored" if outcome.prediction else "unclassified"
    if isinstance(outcome, Duplicate):
        return "trashed" if outcome.of.trashed else "duplicate"
    return "rejected"


def find_duplicate(records: Records, collection: str, sha256: str) -> Image | None:
    """Return the image with these bytes in this collection, trashed or not; None if there is
    none."""
    return one(records, Image, Where("collection", "=", collection), Where("sha256", "=", sha256))


def check_room(intake: Intake, target: Destination, size: int) -> None:
    """Raise TooLarge if the picture would exceed the person's or the collection's quota, NoSpace if
    the disk is full."""
    intake.blobs.room_for(0)
    check_limits(intake.records, size, limits_on(intake, target))


def limits_on(intake: Intake, target: Destination) -> list[RoomLimit]:
    """Return the quotas that apply to a picture."""
    own = target.own or intake.quota
    return room_limits(target.user, own, target.collection, target.room)


def store(blobs: Blobs, received: Received, decoded: Decoded) -> None:
    """Store the original and its thumbnail."""
    blobs.keep(received.path, keys.original(received.sha256))
    thumbnail = keys.thumbnail(received.sha256)
    if decoded.thumbnail and not blobs.has(thumbnail):
        blobs.put_derived(thumbnail, decoded.thumbnail)


def opened_classifier(intake: Intake, model: str) -> Classifier | None:
    """Return the version that serves, or None if it can't be opened: pictures are kept all the
    same."""
    try:
        return intake.classifiers.get(model)
    except Exception:
        log.exception("the model can't be opened")
        return None


def look_at_decoded(
    intake: Intake,
    classifier: Classifier | None,
    decoded: Decoded,
    sha256: str,
    kind: PictureKind,
) -> Looked | None:
    """Return what the model says of a picture that is stored by its hash, or None if it fails: the
    picture is kept and classified later."""
    if classifier is None:
        return None

    def read(short: int) -> Pixels:
        with intake.blobs.local(keys.original(sha256)) as path:
            return intake.decoders.reader(path)(short)

    try:
        if decoded.reading is not None:
            return look_into(intake, classifier, decoded.reading, kind, read)
        return Looked(intake.batcher.classify(classifier, decoded.pixels))
    except Exception:
        log.exception("classification failed")
        return None


def record(
    intake: Intake,
    target: Destination,
    upload: Upload,
    received: Received,
    decoded: Decoded,
    said: tuple[Classifier, Looked] | None,
) -> Outcome:
    """Write the prediction, the embedding and, last, the image that makes them visible; return the
    outcome."""
    image = describe(target, upload, received, decoded)
    prediction = None
    changes: list[Write] = []
    if said is not None:
        image, prediction, changes = with_verdict(said[0], target.naming, image, said[1])
        changes.append(Insert(embedding_of(image, said[0], said[1].verdict)))

    def write(along: list[Write]) -> None:
        intake.records.write(target.still_there, *along, *changes, Insert(image))

    try:
        write_metered(intake.records, image.size, limits_on(intake, target), write)
    except Gone:
        return Rejected("The collection was removed in the meantime; nothing was stored.")
    except InUse:
        # The same bytes arrived twice at once; the other upload won.
        found = find_duplicate(intake.records, target.collection, received.sha256)
        return Duplicate(found) if found else Rejected("This picture was just removed; try again.")
    return Stored(image, prediction)


def session_key(user: str, session: str) -> str:
    """Return the key under which an upload session is stored: nobody can join another person's."""
    return hashlib.sha256(f"{user}/{session}".encode()).hexdigest()[:24]
