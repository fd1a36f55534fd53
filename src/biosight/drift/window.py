"""Pictures of a check: one of each draw (draws.py), usually an upload session, so that series of
similar pictures, as people upload them, don't look like drift.

Not here: comparing them (comparisons.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biosight.drift.comparisons import Side
from biosight.drift.draws import Draw, by_folder_and_day, by_session, counts_apart
from biosight.images import Embedding, Image
from biosight.images.measures import STATISTICS
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Records, Where, among

MOST_SESSIONS = 200
LEAST_SESSIONS = 30
BASELINE_SESSIONS = 100
SMALL = 128  # px; smaller pictures say nothing about sharpness
SHARPNESS, NOISE = STATISTICS.index("sharpness"), STATISTICS.index("noise")
MOST_IMAGES = 20_000


@dataclass(frozen=True, slots=True)
class Window:
    """Pictures, one of each draw, in order of arrival, and their side for the tests."""

    images: tuple[Image, ...]
    side: Side


def draws_of(records: Records, collection: str, space: str) -> Draw:
    """Return what counts as one draw here: a session. Where uploads are too few for a check, it is
    each folder and day in them, if those count apart."""
    enough = BASELINE_SESSIONS + LEAST_SESSIONS
    uploads = one_a_draw(records, collection, space, by_session, newest=True, draws=enough)
    if len(uploads) >= enough:
        return by_session
    finer = one_a_draw(
        records, collection, space, by_folder_and_day, newest=True, draws=MOST_SESSIONS
    )
    vectors = {e.id: e.floats() for e in embeddings_of(records, [i.id for i in finer], space)}
    if len(finer) == len(uploads) or not vectors:
        return by_session
    unit = np.stack([vectors[i.id] for i in finer]).astype(np.float64)
    unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    apart = counts_apart(unit, [by_session(i) for i in finer])
    return by_folder_and_day if apart else by_session


def one_a_draw(
    records: Records,
    collection: str,
    space: str,
    draw: Draw,
    *,
    newest: bool,
    draws: int,
    since: float = 0,
) -> list[Image]:
    """Return the picture with the lowest lot of each of the newest (or oldest) draws, oldest first.

    Pictures in the trash and those without an embedding in `space` are left out.
    """
    order = Order("created_at", descending=newest)
    where = living_images(collection)
    where += [Where("created_at", ">=", since)] if since else []
    drawn: dict[str, Image] = {}
    for image in records.find(Image, where, order=order, limit=MOST_IMAGES):
        one = draw(image)
        if one not in drawn and len(drawn) == draws:
            continue
        kept = drawn.get(one)
        if kept is None or image.lottery < kept.lottery:
            drawn[one] = image
    spaces = {e.id for e in embeddings_of(records, [i.id for i in drawn.values()], space)}
    fitting = [i for i in drawn.values() if i.id in spaces]
    return sorted(fitting, key=lambda i: (i.created_at, i.id))


def embeddings_of(records: Records, ids: Sequence[str], space: str) -> list[Embedding]:
    """Return the embeddings of images in one space."""
    return [e for e in among(records, Embedding, ids) if e.space == space]


def window_of(records: Records, images: Sequence[Image], space: str, limit: float) -> Window:
    """Return images with everything that the tests need; those without an embedding are left out.

    `limit` is the novelty beyond which one known picture in a hundred lies.
    """
    vectors = {e.id: e.floats() for e in embeddings_of(records, [i.id for i in images], space)}
    kept = tuple(i for i in images if i.id in vectors)
    rows = [vectors[i.id].astype(np.float64) for i in kept]
    matrix = np.stack(rows) if rows else np.zeros((0, 1))
    unit = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
    side = Side(
        embeddings=unit,
        statistics=comparable(kept),
        novelty=np.array([i.novelty for i in kept]),
        limit=limit,
        labels=tuple(i.group for i in kept),
    )
    return Window(kept, side)


def comparable(images: Sequence[Image]) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Return statistics (n, 9); sharpness and noise are NaN where the picture is too small for
    them."""
    table = np.array([i.statistics for i in images], dtype=float).reshape(-1, len(STATISTICS))
    small = np.array([min(i.width, i.height) < SMALL for i in images], dtype=bool)
    table[small, SHARPNESS] = np.nan
    table[small, NOISE] = np.nan
    return table
