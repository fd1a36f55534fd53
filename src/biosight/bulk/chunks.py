"""The pictures of a source, cut into chunks; the content of a chunk decides the name of its table.

Not here: classifying a chunk (work.py), or the processes that run it (engines.py).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from biosight.errors import BadRequest
from biosight.inference.model_files.detector_card import read_detector_card
from biosight.storage import source as sources

CHUNK = 256


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some pictures of a source, by name, and the path of their table."""

    names: tuple[str, ...]
    table: Path


@dataclass(frozen=True, slots=True)
class Manner:
    """How pictures are classified, and what is written of them.

    `listed` are the only names that may be answered, each with the names above it; all may where it
    is empty. `detector` is the folder of the detector for pictures of camera traps, None for all
    others. With `every_score`, each row holds the probability of every name.
    """

    listed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    detector: Path | None = None
    every_score: bool = False

    def key(self, model: str) -> str:
        """Return a key for a model and this manner: it decides the names of the tables."""
        parts = [model]
        if self.listed:
            parts.append(f"of {json.dumps(sorted(self.listed))}")
        if self.detector:
            parts.append(f"with {read_detector_card(self.detector).key}")
        return " ".join(parts + ["with every score"] * self.every_score)


USUAL_MANNER = Manner()


@dataclass(frozen=True, slots=True)
class Plan:
    """A source, the model's folder, and the chunks that remain. `passed` lists files that are no
    pictures, each with the reason."""

    source: str
    model: Path
    pictures: int
    chunks: tuple[Chunk, ...]
    passed: tuple[tuple[str, str], ...] = ()
    manner: Manner = USUAL_MANNER

    @property
    def left(self) -> int:
        """The number of pictures in the remaining chunks."""
        return sum(len(chunk.names) for chunk in self.chunks)


def plan(
    source: str,
    model: Path,
    target: Path,
    key: str,
    size: int = CHUNK,
    manner: Manner = USUAL_MANNER,
) -> Plan:
    """Return the work to do: the source's pictures in order of name, without chunks whose tables
    exist in the folder `target`. `key` is the model's key; it decides the name of each table, as
    does the manner.

    Raises BadRequest if there is no picture, or if the target has tables of another run.
    """
    found = sorted(sources.names(source))
    names = [name for name, reason in found if not reason]
    if not names:
        raise BadRequest(f"There are no pictures in {source}.")
    target.mkdir(parents=True, exist_ok=True)
    key = manner.key(key)
    chunks = [
        chunk_of(tuple(names[start : start + size]), source, target, key)
        for start in range(0, len(names), size)
    ]
    strange = {f.name for f in target.glob("*.parquet")} - {c.table.name for c in chunks}
    if strange:
        raise BadRequest(
            f"{target} holds {len(strange)} tables of other pictures or of another model; choose "
            "an empty folder."
        )
    todo = tuple(chunk for chunk in chunks if not chunk.table.exists())
    passed = tuple((name, reason) for name, reason in found if reason)
    return Plan(source, model, len(names), todo, passed, manner)


def chunk_of(names: tuple[str, ...], source: str, target: Path, key: str) -> Chunk:
    """Return a chunk; its table's name is the hash of everything that decides its content."""
    said = "\0".join((key, source, *names)).encode("utf-8", "surrogateescape")
    return Chunk(names, target / f"{hashlib.sha256(said).hexdigest()[:24]}.parquet")
