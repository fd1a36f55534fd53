"""The upload flow: check, store, classify and record a picture.

Not here: HTTP (web/api/pictures/images.py), folders on disk (cli), or later answers of people
(review).
"""

import hashlib
import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from biosight import metrics
from biosight.errors import BadPicture
from biosight.images import READING, Embedding, Image
from biosight.inference.batching import Batcher
from biosight.inference.classifier import Classifier, Floats, Verdict
from biosight.inference.preprocess import Framing
from biosight.inference.sandbox.decoding import Decoded, Decoders
from biosight.inference.serving import Classifiers
from biosight.labels import PEOPLE, Prediction
from biosight.storage.blobs import keys
from biosight.storage.blobs.disk_space import RoomLimit, check_limits, room_limits, write_metered
from biosight.storage.blobs.incoming import Incoming, Received
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import (
    Gone,
    Insert,
    InUse,
    Records,
    Remove,
    Replace,
    Require,
    Where,
    Write,
    new_id,
    one,
)
from biosight.taxa.naming import Naming

log = logging.getLogger(__name__)
ANY_FRAMING = Framing(224, 236, "bicubic")


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that arrives: an open file, or an incoming file that is complete. `name`, `path`
    and `session` come from the person's machine and are treated as data only."""

    file: BinaryIO | Incoming
    name: str
    path: str
    session: str


@dataclass(frozen=True, slots=True)
class Destination:
    """The collection that pictures go to, and the person who uploads them.

    `naming` says how the collection calls a model's names. `still_there` must hold at the moment of
    recording: the collection exists. `model` is the key of the version that serves there. `own` is
    the person's quota in bytes, 0 for that of the settings; `room` is the collection's, 0 for none.
    """

    collection: str
    user: str
    naming: Naming
    still_there: Require
    model: str
    own: int = 0
    room: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """A new image, with the model's prediction (None while unclassified)."""

    image: Image
    prediction: Prediction | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An image with the same bytes that is already in this collection, perhaps in its trash.
    `mended` is true if the store had lost these bytes and has them again now (`mend_original`)."""

    of: Image
    mended: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A picture that was refused, and the reason in words for a biologist."""

    reason: str


Outcome = Stored | Duplicate | Rejected


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that an upload needs; opened once by bootstrap. `quota` in bytes, 0 for none."""

    records: Records
    blobs: Blobs
    decoders: Decoders
    classifiers: Classifiers
    batcher: Batcher
    quota: int = 0


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
            decoded = intake.decoders.decode(received.path, framing)
    except BadPicture as error:
        return Rejected(error.detail)
    with intake.blobs.no_removal():
        with timed_stage("store"):
            store(intake.blobs, received, decoded)
        with timed_stage("classify"):
            verdict = classify(intake.batcher, classifier, decoded)
        with timed_stage("record"):
            said = (classifier, verdict) if classifier and verdict else None
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
            return record(intake, target, upload, received, decoded, (classifier, verdict))
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


def classify(batcher: Batcher, classifier: Classifier | None, decoded: Decoded) -> Verdict | None:
    """Return the model's verdict, or None if it fails: the picture is kept and classified later."""
    if classifier is None:
        return None
    try:
        return batcher.classify(classifier, decoded.pixels)
    except Exception:
        log.exception("classification failed")
        return None


def record(
    intake: Intake,
    target: Destination,
    upload: Upload,
    received: Received,
    decoded: Decoded,
    said: tuple[Classifier, Verdict] | None,
) -> Outcome:
    """Write the prediction, the embedding and, last, the image that makes them visible; return the
    outcome."""
    image = describe(target, upload, received, decoded)
    prediction = None
    changes: list[Write] = []
    if said is not None:
        image, prediction, changes = with_verdict(said[0], target.naming, image, said[1])
        changes.append(Insert(embedding_of(image, *said)))

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


def describe(target: Destination, upload: Upload, received: Received, decoded: Decoded) -> Image:
    """Return the record of a picture that nobody has named yet."""
    now = time.time()
    image = Image(
        id=new_id(),
        collection=target.collection,
        sha256=received.sha256,
        crc32=received.crc32,
        size=received.size,
        media_type="",
        width=0,
        height=0,
        name=upload.name,
        path=upload.path,
        session=upload.session,
        uploaded_by=target.user,
        created_at=now,
        taken="",
        day="",
        camera="",
        latitude=None,
        longitude=None,
        phash="",
        statistics=(),
        model="",
        machine_label="",
        confidence=0.0,
        percent=0,
        margin=0.0,
        label="",
        who="nobody",
        lottery=random.random(),
    )
    return as_read(image, decoded)


def as_read(image: Image, decoded: Decoded) -> Image:
    """Return the image with the facts read from its file; labels of people and models do not
    change."""
    meta = decoded.metadata
    return replace(
        image,
        media_type=decoded.media_type,
        width=decoded.width,
        height=decoded.height,
        taken_file=meta.taken,
        camera=meta.camera,
        latitude=meta.latitude,
        longitude=meta.longitude,
        capture=meta.capture,
        phash=decoded.phash,
        statistics=decoded.statistics,
        reading=READING,
    ).in_step


def with_verdict(
    classifier: Classifier, naming: Naming, image: Image, verdict: Verdict
) -> tuple[Image, Prediction, list[Write]]:
    """Return the image with the machine's label, its Prediction, and the writes that must precede
    it.

    A person's label stays.
    """
    card, top = classifier.card, classifier.top(verdict)
    answer = classifier.answer(verdict, naming.least)
    prediction = Prediction(
        new_id(),
        image.id,
        card.key,
        top,
        time.time(),
        verdict.novelty,
        answer,
        classifier.path(answer.label),
        classifier.finer(verdict),
        verdict.opinions,
        classifier.levels(verdict, naming.least),
    )
    count(classifier, prediction, unfamiliar=classifier.unfamiliar(verdict))
    label = naming.shown(answer.label)
    named = replace(
        image,
        model=card.key,
        machine_label=answer.label,
        group=prediction.group,
        confidence=answer.confidence,
        percent=int(answer.confidence * 100),
        margin=prediction.margin,
        novelty=verdict.novelty,
        unfamiliar=classifier.unfamiliar(verdict),
    )
    if image.who not in PEOPLE:
        who, path = "machine" if label else "nobody", naming.path(label)
        named = replace(named, label=label, label_path=path, who=who)
    return named.in_step, prediction, [Insert(prediction)]


def count(classifier: Classifier, said: Prediction, *, unfamiliar: bool) -> None:
    """Count one prediction in the metrics."""
    key = classifier.card.key
    metrics.predictions.labels(key, said.best.label).inc()
    metrics.unfamiliar.labels(key).inc(unfamiliar)
    metrics.confidence.labels(key).observe(said.best.confidence)
    metrics.novelty.labels(key).observe(said.novelty)


def embedding_of(image: Image, classifier: Classifier, verdict: Verdict) -> Embedding:
    """Return the picture's vector in its stored form."""
    return Embedding.of(image.id, classifier.card.space, verdict.embedding)


def look_again(intake: Intake, classifier: Classifier, image: Image) -> Verdict:
    """Return a version's verdict on a stored picture.

    The stored embedding is used if it comes from the same network and no expert has to be asked,
    otherwise the picture's bytes. Raises BadPicture, NotFound or Unavailable.
    """
    kept = intake.records.get(Embedding, image.id)
    if kept and kept.space == classifier.card.space and classifier.head:
        verdict = classifier.judge(kept.floats()[None])[0]
        if not classifier.asks(verdict):
            return verdict
    with intake.blobs.local(keys.original(image.sha256)) as original:
        _, pixels = intake.decoders.pixels(original, classifier.card.framing)
    return intake.batcher.classify(classifier, pixels)


def classify_again(intake: Intake, model: str, image: Image, naming: Naming) -> list[Write]:
    """Return the writes that give a stored image a version's Prediction beside its earlier ones.

    A person's label stays. Raises as `look_again`; writing the result raises Stale if somebody
    changed the image in the meantime.
    """
    classifier = intake.classifiers.get(model)
    verdict = look_again(intake, classifier, image)
    named, _, changes = with_verdict(classifier, naming, image, verdict)
    named = replace(named, version=image.version + 1)
    vector = embedding_of(image, classifier, verdict)
    replaced: list[Write] = [
        Remove(Embedding, image.id),
        Insert(vector),
        Replace(named, image.version),
    ]
    return [*changes, *replaced]


def session_key(user: str, session: str) -> str:
    """Return the key under which an upload session is stored: nobody can join another person's."""
    return hashlib.sha256(f"{user}/{session}".encode()).hexdigest()[:24]
