"""reference.npz: a model's training and its results on pictures it never saw, without pixels.

`held_*` describes pictures of sources left out of training. Drift, novelty and calibration depend
on them, and nothing that is fitted ever sees them. `replay_*` are training embeddings for refitting
heads. Not here: writing the file (training/export.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biosight.errors import BadModel

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
NEIGHBOURS = 10
DIRECTIONS, CANDIDATES = 128, 256
NAME = "reference.npz"
NO_NODES = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Reference:
    """The arrays of a reference: held embeddings (n, d), logits (n, labels), label and source
    numbers (n,), and picture statistics (n, 9); replay embeddings (m, d) and label numbers (m,).

    With a tree, logits combine both layers, so that a softmax at the card's temperature gives
    confidences. Nodes are then the finest known name of each picture, as its number among the
    card's taxa, -1 for none; otherwise they are empty.
    """

    held_embeddings: Floats
    held_logits: Floats
    held_labels: Ints
    held_sources: Ints
    held_statistics: Floats
    replay_embeddings: Floats
    replay_labels: Ints
    held_nodes: Ints = field(default_factory=lambda: NO_NODES)
    replay_nodes: Ints = field(default_factory=lambda: NO_NODES)


def read_reference(folder: Path) -> Reference | None:
    """Return the reference in a model's folder, None if there is none. Raises BadModel."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            there = [n for n in Reference.__slots__ if n in arrays or not n.endswith("nodes")]
            return Reference(**{name: plain(name, arrays) for name in there})
    except (OSError, ValueError, KeyError) as error:
        raise BadModel(f"{path} is not a reference.") from error


def plain(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return one array as numbers for calculations; embeddings are stored in bytes, with one scale
    per row."""
    values = arrays[name]
    if f"{name}_scale" in arrays:
        scaled: Floats = values.astype(np.float32) * arrays[f"{name}_scale"][:, None]
        return scaled
    return values.astype(np.int64 if np.issubdtype(values.dtype, np.integer) else np.float32)


def pack_embeddings(name: str, vectors: npt.NDArray[np.floating]) -> dict[str, npt.NDArray[Any]]:
    """Return embeddings (n, d) in bytes, under the names that `plain` reads."""
    rows, scale = in_bytes(vectors)
    return {name: rows, f"{name}_scale": scale}


def in_bytes(vectors: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.int8], Floats]:
    """Return vectors (n, d) as signed bytes, with the largest number of each row at 127, and the
    value of one unit (n,)."""
    largest = np.maximum(vectors.max(axis=1), -vectors.min(axis=1))
    scale = np.maximum(largest, 1e-12) / 127
    rows = vectors / scale[:, None]
    return np.rint(rows, out=rows).astype(np.int8), scale.astype(np.float32)


def unit(vectors: npt.NDArray[np.floating]) -> Floats:
    """Scale rows to length 1, float32 (n, d); a row of zeros stays unchanged."""
    floats = vectors.astype(np.float32)
    lengths = np.sqrt(np.einsum("nd,nd->n", floats, floats))[:, None]
    floats /= np.maximum(lengths, 1e-12)
    return floats


def directions(spread: Floats) -> Floats:
    """Return orthonormal columns (d, m) with the span of `spread` (d, n), m <= n, for n far below
    d. They come from the eigenvectors of its products, in a tenth of the time of a QR."""
    exact = spread.astype(np.float64)
    lengths, turned = np.linalg.eigh(exact.T @ exact)
    kept = lengths > lengths[-1] * 1e-12
    found: Floats = (exact @ (turned[:, kept] / np.sqrt(lengths[kept]))).astype(np.float32)
    return found


class Familiar:
    """The embeddings that count as known, to measure how far others are from them.

    They are kept in bytes. CANDIDATES for the nearest are found in DIRECTIONS dimensions, those in
    which the embeddings differ most (Halko et al. 2011, randomised range finder). The distance to
    the candidates is measured in all dimensions. Reading every number of every embedding for each
    picture took longer than the calculation.
    """

    def __init__(self, reference: Reference) -> None:
        known = unit(np.concatenate([reference.held_embeddings, reference.replay_embeddings]))
        self.known, self.scale = in_bytes(known)
        dice = np.random.default_rng(0).standard_normal((known.shape[1], DIRECTIONS), np.float32)
        self.basis = directions(known.T @ (known @ dice))
        self.coarse = np.ascontiguousarray((known @ self.basis).T)

    def distances(self, embeddings: npt.NDArray[np.floating]) -> Floats:
        """Return the novelty (n,): the mean cosine distance of each row to its NEIGHBOURS
        nearest."""
        rows = unit(embeddings)
        nearest = self.candidates(rows)
        likeness = [
            (self.known[some].astype(np.float32) @ row) * self.scale[some]
            for row, some in zip(rows, nearest, strict=True)
        ]
        return nearest_distances(np.array(likeness, np.float32).reshape(len(rows), -1))

    def candidates(self, rows: Floats) -> Ints:
        """Return the numbers (n, m) of the embeddings among which to search each row's nearest."""
        if len(self.known) <= CANDIDATES:
            return np.tile(np.arange(len(self.known)), (len(rows), 1))
        coarse = (rows @ self.basis) @ self.coarse
        return np.argpartition(coarse, -CANDIDATES, axis=1)[:, -CANDIDATES:]


def held_distances(held: Floats, sources: Ints, replay: Floats) -> Floats:
    """Return the novelty (n,) of held embeddings (n, d) of numbered sources (n,). Each is measured
    against all held and replay (m, d) embeddings except those of its own source."""
    known = unit(np.concatenate([held, replay]))
    return other_sources(known[: len(held)] @ known.T, sources)


def other_sources(likeness: Floats, sources: Ints) -> Floats:
    """Return the novelty (n,) from cosines (n, n + m) of held embeddings with held and replay ones,
    without those of a picture's own source (n,)."""
    distances = np.empty(len(sources), np.float32)
    for source in np.unique(sources):
        mine = sources == source
        others = np.ones(likeness.shape[1], dtype=bool)
        others[: len(mine)] = ~mine
        distances[mine] = nearest_distances(likeness[np.ix_(mine, others)])
    return distances


def nearest_distances(likeness: Floats) -> Floats:
    """Return the mean of 1 - cosine over each row's NEIGHBOURS largest cosines (Sun et al. 2022,
    deep kNN)."""
    count = min(NEIGHBOURS, likeness.shape[1])
    nearest = np.partition(likeness, -count, axis=1)[:, -count:]
    result: Floats = 1 - nearest.mean(axis=1)
    return np.maximum(result, 0)
