"""Reading what was classified: the rows of a folder of Parquet tables, as facts about pictures.

Not here: writing them (work.py), or taking the pictures into a collection (intake.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from biosight.errors import BadRequest
from biosight.inference.decoding import Decoded, Metadata

ROWS = 500


@dataclass(frozen=True, slots=True)
class Known:
    """A picture that was classified: where it lies, what it is, and its embedding (d,)."""

    source: str
    name: str
    sha256: str
    model: str
    decoded: Decoded
    embedding: npt.NDArray[np.float32]


def known(folder: Path) -> Iterator[Known]:
    """The readable pictures of all tables. Raises BadRequest for a file that is no such table."""
    for file in sorted(folder.glob("*.parquet")):
        try:
            for batch in pq.ParquetFile(file).iter_batches(ROWS):
                yield from (as_known(row) for row in batch.to_pylist() if not row["error"])
        except (pa.ArrowException, KeyError) as error:
            raise BadRequest(f"{file} is no table of biosight classify.") from error


def as_known(row: dict[str, Any]) -> Known:
    """One row; it has neither thumbnail nor pixels, which are made from the bytes when asked."""
    metadata = Metadata(
        taken=row["taken"],
        camera=row["camera"],
        latitude=row["latitude"],
        longitude=row["longitude"],
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
    vector = np.frombuffer(row["embedding"], np.float16).astype(np.float32)
    return Known(row["source"], row["name"], row["sha256"], row["model"], decoded, vector)
