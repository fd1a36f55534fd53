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
class Plan:
    """A source, the model's folder, and the chunks that remain. `passed` lists files that are no
    pictures, each with the reason. `listed` are the only names that may be answered, each with the
    names above it; all may where it is empty. `detector` is the folder of the detector for pictures
    of camera traps, None for all others."""

    source: str
    model: Path
    pictures: int
    chunks: tuple[Chunk, ...]
    passed: tuple[tuple[str, str], ...] = ()
    listed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    detector: Path | None = None

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
    listed: Mapping[str, Sequence[str]] | None = None,
    detector: Path | None = None,
) -> Plan:
    """Return the work to do: the source's pictures in order of name, without chunks whose tables
    exist in the folder `target`. `key` is the model's key; it decides the name of each table, as do
    the `listed` names and the `detector`.

    Raises BadRequest if there is no picture, or if the target has tables of another run.
    """
    found = sorted(sources.names(source))
    names = [name for name, reason in found if not reason]
    if not names:
        raise BadRequest(f"There are no pictures in {source}.")
    target.mkdir(parents=True, exist_ok=True)
    if listed:
        key = f"{key} of {json.dumps(sorted(listed))}"
    if detector:
        key = f"{key} with {read_detector_card(detector).key}"
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
    return Plan(source, model, len(names), todo, passed, listed or {}, detector)


def chunk_of(names: tuple[str, ...], source: str, target: Path, key: str) -> Chunk:
    """Return a chunk; its table's name is the hash of everything that decides its content."""
    said = "\0".join((key, source, *names)).encode("utf-8", "surrogateescape")
    return Chunk(names, target / f"{hashlib.sha256(said).hexdigest()[:24]}.parquet")
