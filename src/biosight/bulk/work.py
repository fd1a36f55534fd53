"""Work on one chunk: decode in the sandbox, classify in batches, write one Parquet table.

Not here: the list of chunks (chunks.py), or the processes that run them (engines.py).
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_type_hints

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from biosight.bulk.chunks import USUAL_MANNER, Chunk, Manner
from biosight.errors import BadPicture, NotFound
from biosight.images import Capture
from biosight.images.measures import STATISTICS
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.detection.camera_trap import look_at
from biosight.inference.detection.detector import Detector
from biosight.inference.name_list import name_list
from biosight.inference.preprocess import Pixels
from biosight.inference.sandbox.decoding import Decoded, Decoders
from biosight.labels import Guess
from biosight.storage.source import Source

BATCH = 8
GUESS = pa.struct([("label", pa.string()), ("confidence", pa.float32())])
BOX = pa.struct(
    [
        ("x", pa.float32()),
        ("y", pa.float32()),
        ("w", pa.float32()),
        ("h", pa.float32()),
        ("kind", pa.string()),
        ("score", pa.float32()),
    ]
)
KINDS: dict[object, pa.DataType] = {
    str: pa.string(),
    float | None: pa.float64(),
    int | None: pa.int64(),
    bool | None: pa.bool_(),
}
CAPTURE = pa.struct([(name, KINDS[kind]) for name, kind in get_type_hints(Capture).items()])
SCHEMA = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("error", pa.string(), nullable=False),
        ("sha256", pa.string()),
        ("size", pa.int64()),
        ("media_type", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("taken", pa.string()),
        ("camera", pa.string()),
        ("latitude", pa.float64()),
        ("longitude", pa.float64()),
        ("capture", CAPTURE),
        ("phash", pa.string()),
        ("statistics", pa.struct([(name, pa.float64()) for name in STATISTICS])),
        ("keywords", pa.list_(pa.string())),
        ("model", pa.string()),
        ("label", pa.string()),
        ("confidence", pa.float32()),
        ("top", pa.list_(GUESS)),
        ("group", pa.string()),
        ("path", pa.string()),
        ("rank", pa.string()),
        ("finer", pa.list_(GUESS)),
        ("novelty", pa.float32()),
        ("embedding", pa.list_(pa.float16())),  # of one length: see as_table
        ("boxes", pa.list_(BOX)),
        ("proposal", pa.string()),
        ("scores", pa.list_(GUESS)),
    ]
)
Row = dict[str, Any]


class Hand:
    """A model and a decoder, opened once per process; call `do(chunk)` from one thread only."""

    def __init__(self, source: str, model: Path, manner: Manner = USUAL_MANNER) -> None:
        self.source = Source(source)
        self.classifier = Classifier(model, threads=1)
        self.manner = manner
        self.limit = name_list(self.classifier.card, manner.listed) if manner.listed else None
        self.detector = Detector(manner.detector, threads=1) if manner.detector else None
        self.decoders = Decoders(1)

    def do(self, chunk: Chunk) -> tuple[int, int]:
        """Write the chunk's table unless it exists; return the numbers of pictures and of
        unreadable ones."""
        if not chunk.table.exists():
            rows = list(self.rows(chunk))
            part = chunk.table.with_suffix(f".{secrets.token_hex(4)}")
            pq.write_table(as_table(rows), part, compression="zstd")
            part.replace(chunk.table)
            return len(rows), sum(bool(row["error"]) for row in rows)
        errors = pq.read_table(chunk.table, columns=["error"])["error"].to_pylist()
        return len(errors), sum(map(bool, errors))

    def rows(self, chunk: Chunk) -> Iterator[Row]:
        """Yield one row per picture; unreadable ones can come earlier than in the chunk's order."""
        waiting: list[tuple[Row, Decoded]] = []
        with TemporaryDirectory() as folder:
            for name in chunk.names:
                written = name.encode("utf-8", "backslashreplace").decode()
                row: Row = {"source": self.source.url, "name": written, "error": ""}
                found = self.read(name, Path(folder) / "picture", row)
                if found is None:
                    yield row
                    continue
                decoded, path = found
                if decoded.reading is not None:
                    yield row | self.seen(decoded.reading, path)
                    continue
                waiting.append((row, decoded))
                if len(waiting) == BATCH:
                    yield from self.classified(waiting)
                    waiting = []
        yield from self.classified(waiting)

    def read(self, name: str, target: Path, row: Row) -> tuple[Decoded, Path] | None:
        """Return a decoded picture with its file, and add its facts to the row; if it is
        unreadable, note the error there and return None.

        An unavailable store or a full disk is not the picture's fault: it fails the whole chunk,
        and a second run does it again. Raises Unavailable or OSError.
        """
        if row["name"] != name:
            row["error"] = "Its name is not UTF-8; rename the file."
            return None
        try:
            path = self.source.fetch(name, target).absolute()
            with path.open("rb") as file:
                row["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
            row["size"] = path.stat().st_size
            framing = self.classifier.card.framing
            uncut = self.detector is not None
            decoded = self.decoders.decode(path, framing, shown=False, uncut=uncut)
        except (BadPicture, NotFound) as error:
            row["error"] = error.detail
            return None
        except (FileNotFoundError, PermissionError) as error:
            row["error"] = f"It can't be read: {error.strerror}."
            return None
        row |= {key: getattr(decoded, key) for key in ("media_type", "width", "height", "phash")}
        row |= decoded.metadata.plain
        known = zip(STATISTICS, decoded.statistics, strict=True)
        row["statistics"] = {name: None if np.isnan(v) else v for name, v in known}
        return decoded, path

    def classified(self, waiting: list[tuple[Row, Decoded]]) -> Iterator[Row]:
        """Yield the rows of a batch together with the model's answers."""
        if not waiting:
            return
        verdicts = self.classifier.predict(np.stack([decoded.pixels for _, decoded in waiting]))
        for (row, _), verdict in zip(waiting, verdicts, strict=True):
            yield row | self.said(verdict)

    def seen(self, reading: Pixels, path: Path) -> Row:
        """Return what the frame of a camera trap (height, width, 3) from the file at `path` shows,
        as fields."""
        assert self.detector is not None
        boxes = self.detector.detect(reading)
        read = self.decoders.reader(path)
        found = look_at(reading, boxes, self.detector.card, self.classifier, self.one, read)
        shown = {"boxes": [b.plain for b in found.boxes], "proposal": found.proposal}
        return self.said(found.verdict) | shown

    def one(self, pixels: Pixels) -> Verdict:
        """Return the verdict on one picture (side, side, 3)."""
        return self.classifier.predict(pixels[None])[0]

    def said(self, verdict: Verdict) -> Row:
        """Return the model's answers as fields; the label is "" where a picture fits no name of the
        list."""
        fits = self.limit.limited(verdict) if self.limit else verdict
        if fits is None:
            nothing = {"label": "", "confidence": 0.0, "path": "", "rank": ""}
            return self.said_freely(verdict) | nothing
        return self.said_freely(fits)

    def said_freely(self, verdict: Verdict) -> Row:
        """Return what a verdict says, as fields."""
        top, answer = self.classifier.top(verdict), self.classifier.answer(verdict)
        finer = self.classifier.finer(verdict)
        return {
            "model": self.classifier.card.key,
            "label": answer.label,
            "confidence": answer.confidence,
            "group": top[0].label,
            "path": self.classifier.path(answer.label),
            "rank": self.classifier.rank(answer.label),
            "finer": as_fields(finer),
            "top": as_fields(top),
            "novelty": verdict.novelty,
            "embedding": verdict.embedding.astype(np.float16),
            "scores": as_fields(self.classifier.every_score(verdict))
            if self.manner.every_score
            else None,
        }

    def close(self) -> None:
        self.decoders.close()


def as_table(rows: Sequence[Row]) -> pa.Table:
    """Return rows as a table whose embeddings are lists of one length (n, d) of float16, null where
    a picture could not be read."""
    found = [row.get("embedding") for row in rows]
    width = max((len(e) for e in found if e is not None), default=0)
    nothing = np.zeros(width, np.float16)
    flat = np.concatenate([nothing if e is None else e for e in found] or [nothing])
    column = pa.FixedSizeListArray.from_arrays(
        pa.array(flat), width, mask=pa.array([e is None for e in found])
    )
    plain = pa.Table.from_pylist([{**row, "embedding": None} for row in rows], SCHEMA)
    return plain.set_column(plain.schema.get_field_index("embedding"), "embedding", column)


def as_fields(guesses: Sequence[Guess]) -> list[dict[str, Any]]:
    """Return guesses as a table holds them."""
    return [{"label": g.label, "confidence": g.confidence} for g in guesses]
