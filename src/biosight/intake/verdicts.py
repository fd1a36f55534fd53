"""A model's verdict on a picture: the record as a file and a model describe it, now or once more.

Not here: the flow of an upload (upload.py), or the labels of people (review).
"""

import random
import time
from dataclasses import replace

from biosight import metrics
from biosight.images import READING, Embedding, Image
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.name_list import limited_by
from biosight.inference.sandbox.decoding import Decoded
from biosight.intake.values import Destination, Intake, Upload
from biosight.labels import PEOPLE, Prediction
from biosight.storage.blobs import keys
from biosight.storage.blobs.incoming import Received
from biosight.storage.records import (
    Insert,
    Remove,
    Replace,
    Write,
    new_id,
)
from biosight.taxa.naming import Naming


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

    A person's label stays. A picture that fits nothing of the collection's list of names is
    unfamiliar and gets no label; its Prediction says what the model thinks without the list.
    """
    fits = limited_by(classifier, naming, verdict)
    verdict = fits or verdict
    strange = fits is None or classifier.unfamiliar(verdict)
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
        classifier.levels(verdict, answer.label, naming.least),
    )
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
