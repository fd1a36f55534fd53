"""Reading of classified pictures from the rows of a folder of Parquet tables.

Not here: writing them (work.py), or importing the pictures into a collection (intake/upload.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from biosight.errors import BadRequest
from biosight.images import Capture, Embedding
from biosight.images.measures import STATISTICS
from biosight.images.metadata.file import Metadata
from biosight.inference.sandbox.decoding import Decoded

ROWS = 500


@dataclass(frozen=True, slots=True)
class Classified:
    """A classified picture: its source, its facts, and its embedding.

    A table names only the version, so that is used as the embedding's space. For a taught version
    it is not a space, and matches none.
    """

    source: str
    name: str
    sha256: str
    decoded: Decoded
    embedding: Embedding


def classified_images(folder: Path) -> Iterator[Classified]:
    """Yield the readable pictures of all tables. Raises BadRequest for a file that is no such
    table."""
    for file in sorted(folder.glob("*.parquet")):
        try:
            for batch in pq.ParquetFile(file).iter_batches(ROWS):
                yield from (as_classified(row) for row in batch.to_pylist() if not row["error"])
        except (pa.ArrowException, KeyError) as error:
            raise BadRequest(f"{file} is not a table written by biosight classify.") from error


def as_classified(row: dict[str, Any]) -> Classified:
    """Return one row as a picture, without thumbnail and pixels; these are made from the bytes on
    demand."""
    metadata = Metadata(
        taken=row["taken"],
        camera=row["camera"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        capture=Capture(**(row.get("capture") or {})),  # older tables have none
        keywords=tuple(row.get("keywords") or ()),
    )
    said = row["statistics"]
    # Older tables have the same nine without their names.
    measured = [said[name] for name in STATISTICS] if isinstance(said, dict) else said
    statistics = tuple(float("nan") if v is None else v for v in measured)
    decoded = Decoded(
        media_type=row["media_type"],
        width=row["width"],
        height=row["height"],
        metadata=metadata,
        statistics=statistics,
        phash=row["phash"],
        thumbnail=b"",
        pixels=np.zeros((0, 0, 3), np.uint8),
    )
    vector = row["embedding"]
    if not isinstance(vector, bytes):  # older tables have the bytes
        vector = np.array(vector, np.float16).tobytes()
    embedding = Embedding("", row["model"], vector)
    return Classified(row["source"], row["name"], row["sha256"], decoded, embedding)
