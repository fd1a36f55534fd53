"""A model's verdict on a picture: the record as a file and a model describe it, now or once more.

Not here: the flow of an upload (upload.py), or the labels of people (review).
"""

import random
import time
from dataclasses import replace

from biosight import metrics
from biosight.images import READING, Embedding, Image
from biosight.images.metadata.keywords import MOST as MOST_KEYWORDS
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.detection.camera_trap import Sighting
from biosight.inference.name_list import limited_by
from biosight.inference.sandbox.decoding import Decoded
from biosight.intake.looking import Looked, read_and_look
from biosight.intake.values import Destination, Intake, Upload
from biosight.labels import PEOPLE, Guess, Prediction
from biosight.storage.blobs import keys
from biosight.storage.blobs.incoming import Received
from biosight.storage.records import (
    Insert,
    Remove,
    Replace,
    Write,
    new_id,
)
from biosight.subjects.picture_kind import PictureKind, seeks_subjects
from biosight.taxa.naming import Naming

# What the machine's labels are called for frames that show no organism.
THINGS = {"empty": "Empty", "human": "Human"}


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
        keywords=upload.keywords,
    )
    return as_read(image, decoded)


def as_read(image: Image, decoded: Decoded) -> Image:
    """Return the image with the facts read from its file; labels of people and models do not
    change, and keywords of its sidecar stay."""
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
        keywords=tuple(dict.fromkeys([*meta.keywords, *image.keywords]))[:MOST_KEYWORDS],
        planes=decoded.stack.planes,
        channels=decoded.stack.channels,
        microns=decoded.stack.microns,
        phash=decoded.phash,
        statistics=decoded.statistics,
        reading=READING,
    ).in_step


def with_verdict(
    classifier: Classifier, naming: Naming, image: Image, looked: Looked
) -> tuple[Image, Prediction, list[Write]]:
    """Return the image with the machine's label, its Prediction, and the writes that must precede
    it.

    A person's label stays. A picture that fits nothing of the collection's list of names is
    unfamiliar and gets no label; its Prediction says what the model thinks without the list.
    """
    thing = thing_seen(looked.sighting)
    fits = looked.verdict if thing else limited_by(classifier, naming, looked.verdict)
    verdict = fits or looked.verdict
    strange = fits is None or (not thing and classifier.unfamiliar(verdict))
    prediction = predicted(classifier, naming, image, replace(looked, verdict=verdict), thing)
    answer, card = prediction.best, classifier.card
    count(classifier, prediction, unfamiliar=strange)
    label = naming.shown(answer.label) if fits else ""
    named = replace(
        image,
        model=card.key,
        machine_label=answer.label if fits else "",
        group=prediction.group,
        confidence=answer.confidence if fits else 0.0,
        percent=int(answer.confidence * 100) if fits else 0,
        margin=prediction.margin,
        novelty=verdict.novelty,
        unfamiliar=strange,
    )
    if image.who not in PEOPLE:
        who, path = "machine" if label else "nobody", naming.path(label)
        named = replace(named, label=label, label_path=path, who=who)
    return named.in_step, prediction, [Insert(prediction)]


def predicted(
    classifier: Classifier, naming: Naming, image: Image, looked: Looked, thing: Guess | None
) -> Prediction:
    """Return what a model says of an image: an organism, or a `thing` that is none."""
    verdict = looked.verdict
    answer = thing or classifier.answer(verdict, naming.least)
    return Prediction(
        new_id(),
        image.id,
        classifier.card.key,
        classifier.top(verdict),
        time.time(),
        verdict.novelty,
        answer,
        "" if thing else classifier.path(answer.label),
        classifier.finer(verdict),
        verdict.opinions,
        () if thing else classifier.levels(verdict, answer.label, naming.least),
        looked.detector,
        looked.sighting.boxes if looked.sighting else (),
        looked.trouble,
    )


def thing_seen(sighting: Sighting | None) -> Guess | None:
    """Return the label of what a frame shows instead of an organism, None for an organism."""
    if sighting is None or not sighting.proposal:
        return None
    return Guess(THINGS[sighting.proposal], round(sighting.sureness, 4))


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


def look_again(
    intake: Intake, classifier: Classifier, image: Image, kind: PictureKind = ""
) -> Looked:
    """Return what a version says of a stored picture.

    The stored embedding is used if it comes from the same network and no expert has to be asked,
    otherwise the picture's bytes; where a detector seeks subjects, a picture is always looked at
    anew. Raises BadPicture, NotFound or Unavailable.
    """
    if seeks_subjects(kind):
        with intake.blobs.local(keys.original(image.sha256)) as original:
            return read_and_look(intake, classifier, original, kind)
    kept = intake.records.get(Embedding, image.id)
    if kept and kept.space == classifier.card.space and classifier.head:
        verdict = classifier.judge(kept.floats()[None])[0]
        if not classifier.asks(verdict):
            return Looked(verdict)
    with intake.blobs.local(keys.original(image.sha256)) as original:
        _, pixels = intake.decoders.pixels(original, classifier.card.framing)
    return Looked(intake.batcher.classify(classifier, pixels))


def classify_again(
    intake: Intake, model: str, image: Image, naming: Naming, kind: PictureKind = ""
) -> list[Write]:
    """Return the writes that give a stored image a version's Prediction beside its earlier ones.

    A person's label stays. Raises as `look_again`; writing the result raises Stale if somebody
    changed the image in the meantime.
    """
    classifier = intake.classifiers.get(model)
    looked = look_again(intake, classifier, image, kind)
    named, _, changes = with_verdict(classifier, naming, image, looked)
    named = replace(named, version=image.version + 1)
    vector = embedding_of(image, classifier, looked.verdict)
    replaced: list[Write] = [
        Remove(Embedding, image.id),
        Insert(vector),
        Replace(named, image.version),
    ]
    return [*changes, *replaced]
