"""Milliseconds of processor time per upload, by stage, each measured on its own.

    python -m bench.stages [KIND …]

`bench.budget` measures more, by process: there, stages share caches and cores, and HTTP, threads
and the lookups of a request come in between.
"""

import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from python_multipart import MultipartParser

from bench.budget import KINDS
from bench.made import variants
from biosight import accounts, membership
from biosight.bootstrap import BioSight, open_biosight
from biosight.images import reading
from biosight.images.measures import at_short_side, perceptual_hash, statistics
from biosight.inference.classifier import Classifier
from biosight.inference.preprocess import Pixels, short_to_read, to_batch, to_pixels
from biosight.inference.sandbox.decoding import Decoded
from biosight.intake import Destination, Upload, record
from biosight.intake.looking import Looked
from biosight.process import cores
from biosight.settings import Settings
from biosight.storage.blobs import keys
from biosight.storage.blobs.incoming import read_fully
from biosight.workflows.pictures.destinations import destination

EDGE, BATCH = b"edge", 1 << 16
ROUNDS = 15
Stages = dict[str, float]


def ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the milliseconds of processor time of one round, over all threads."""
    work()
    begin = time.process_time()
    for _ in range(rounds):
        work()
    return (time.process_time() - begin) / rounds * 1000


def of_the_decoder(path: Path, classifier: Classifier) -> Stages:
    """Return the stages of a decoder."""
    framing = classifier.card.framing
    short = short_to_read(framing)
    picture = reading.open_picture(path, short).picture
    small = at_short_side(picture)
    return {
        "decode, colour": ms(lambda: reading.open_picture(path, short), 5),
        "reduce": ms(lambda: at_short_side(picture)),
        "statistics": ms(lambda: statistics(small)),
        "hash of looks": ms(lambda: perceptual_hash(small)),
        "thumbnail": ms(lambda: reading.thumbnail_of(picture)),
        "pixels": ms(lambda: to_pixels(picture, framing)),
    }


def parsed(form: bytes) -> None:
    """Parse a form in pieces, as a socket delivers it."""
    got: list[bytes] = []
    parser = MultipartParser(EDGE, {"on_part_data": lambda d, b, e: got.append(d[b:e])})
    for start in range(0, len(form), BATCH):
        parser.write(form[start : start + BATCH])
    parser.finalize()


def of_the_bytes(content: bytes, biosight: BioSight) -> Stages:
    """Return the stages of the bytes: parsing, hashing and writing, and permanent storage."""
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    form = head + content + b"\r\n--edge--\r\n"
    blobs = biosight.archive.blobs
    several = iter(variants([content], 2 * ROUNDS + 4))

    def kept() -> None:
        received = blobs.receive(io.BytesIO(next(several)))
        blobs.keep(received.path, keys.original(received.sha256))

    def written() -> None:
        read_fully(blobs.begin(), io.BytesIO(content)).path.unlink()

    own = ms(written)
    return {"multipart": ms(lambda: parsed(form)), "sha256, write": own, "keep": ms(kept) - own}


def of_the_model(pixels: Pixels, c: Classifier) -> Stages:
    """Return the stages of a run of the network over one picture."""
    one = pixels[None]
    batch = to_batch(one, c.card)
    scores, embeddings = c.logits(one)
    assert c.head is not None
    assert c.familiar is not None
    assert c.rollup is not None
    familiar, head, rollup = c.familiar, c.head, c.rollup
    return {
        "network": ms(lambda: c.session.run(["logits", "embedding"], {c.input: batch}))
        + ms(lambda: to_batch(one, c.card)),
        "novelty": ms(lambda: familiar.distances(embeddings)),
        "roll-up": ms(lambda: rollup.answers(rollup.scores(scores, head.leaf_scores(embeddings)))),
    }


def of_the_record(
    content: bytes, decoded: Decoded, biosight: BioSight, place: Destination, c: Classifier
) -> Stages:
    """Return the stage that finds the destination and writes prediction, embedding and image."""
    blobs, intake = biosight.archive.blobs, biosight.intake
    said = c, Looked(c.predict(decoded.pixels[None])[0])
    received = [blobs.receive(io.BytesIO(x)) for x in variants([content[:100]], ROUNDS + 2)]
    several = iter(received)

    def written() -> None:
        one = next(several)
        record(intake, place, Upload(io.BytesIO(), "a", "a", "s"), one, decoded, said)

    return {"record": ms(written)}


def one_kind(name: str, folder: Path) -> Stages:
    """Return all stages of one kind of picture."""
    content = KINDS[name][0](1)
    path = folder / "picture"
    path.write_bytes(content)
    biosight = open_biosight(Settings(data_dir=folder / name))
    try:
        records = biosight.archive.records
        user = accounts.create_user(records, "a@example.org", "seven quiet herons", "A", first=True)
        membership.create_collection(records, user.id, "Bench")
        collection = membership.first_collection(records, user.id)
        place = destination(records, biosight.catalogue, collection, user)
        c = biosight.model.classifiers.get(place.model)
        decoded = biosight.model.decoders.decode(path, c.card.framing)
        return {
            **of_the_decoder(path, c),
            **of_the_bytes(content, biosight),
            **of_the_model(decoded.pixels, c),
            **of_the_record(content, decoded, biosight, place, c),
        }
    finally:
        biosight.close()


def main() -> None:
    """Print the table: a row per stage, a column per kind."""
    cores.multiply_on_one()
    names = sys.argv[1:] or list(KINDS)
    with tempfile.TemporaryDirectory() as folder:
        columns = [one_kind(name, Path(folder)) for name in names]
    print(f"{'':<16}" + "".join(f"{name:>11}" for name in names))
    for stage in columns[0]:
        print(f"{stage:<16}" + "".join(f"{column[stage]:11.2f}" for column in columns))
    print(f"{'sum':<16}" + "".join(f"{sum(column.values()):11.2f}" for column in columns))


if __name__ == "__main__":
    main()
