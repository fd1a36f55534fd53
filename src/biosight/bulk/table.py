"""Reading what was classified: the rows of a folder of Parquet tables, as facts about pictures.

Not here: writing them (work.py), or taking the pictures into a collection (intake.py).
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
from biosight.images.metadata.file import Metadata
from biosight.inference.sandbox.decoding import Decoded

ROWS = 500


@dataclass(frozen=True, slots=True)
class Classified:
    """A picture that was classified: where it lies, what it is, and its embedding. The table names
    the version alone; only one that was not taught is a space, others match none."""

    source: str
    name: str
    sha256: str
    decoded: Decoded
    embedding: Embedding


def classified_images(folder: Path) -> Iterator[Classified]:
    """The readable pictures of all tables. Raises BadRequest for a file that is no such table."""
    for file in sorted(folder.glob("*.parquet")):
        try:
            for batch in pq.ParquetFile(file).iter_batches(ROWS):
                yield from (as_classified(row) for row in batch.to_pylist() if not row["error"])
        except (pa.ArrowException, KeyError) as error:
            raise BadRequest(f"{file} is not a table written by biosight classify.") from error


def as_classified(row: dict[str, Any]) -> Classified:
    """One row; it has neither thumbnail nor pixels, which are made from the bytes when asked."""
    metadata = Metadata(
        taken=row["taken"],
        camera=row["camera"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        capture=Capture(**(row.get("capture") or {})),  # tables of before have none
    )
    statistics = tuple(float("nan") if v is None else v for v in row["statistics"])
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
    embedding = Embedding("", row["model"], row["embedding"])
    return Classified(row["source"], row["name"], row["sha256"], decoded, embedding)
