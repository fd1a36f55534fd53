"""The forms in which exported detectors write their boxes, read as corners and scores.

Every reader takes the outputs of one run and the card, and returns corners (n, points, 4) as left,
top, right, bottom in pixels of the input, and scores (n, points, classes) in 0 to 1.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from biosight.errors import BadModel
from biosight.inference.model_files.detector_card import DetectorCard

Floats = npt.NDArray[np.float32]
RawBoxes = tuple[Floats, Floats]
# A distance to a side is a distribution over 0 to 7 strides, as NanoDet's authors train it.
BINS = 8


def grid(card: DetectorCard) -> tuple[Floats, Floats]:
    """Return the grid points (points, 2) in pixels, row by row for each stride, and the stride of
    each (points, 1)."""
    points: list[npt.NDArray[np.int64]] = []
    strides: list[npt.NDArray[np.int64]] = []
    for stride in card.strides:
        count = -(-card.side // stride)
        x, y = np.meshgrid(np.arange(count), np.arange(count))
        points.append(np.stack([x.ravel(), y.ravel()], 1) * stride)
        strides.append(np.full((count * count, 1), stride))
    return np.concatenate(points).astype(np.float32), np.concatenate(strides).astype(np.float32)


def sigmoid(values: Floats) -> Floats:
    made: Floats = (1 / (1 + np.exp(-np.clip(values, -60, 60)))).astype(np.float32)
    return made


def from_middles(middles: Floats, sizes: Floats) -> Floats:
    """Return corners (..., 4) of boxes given by middle and size (..., 2)."""
    made: Floats = np.concatenate([middles - sizes / 2, middles + sizes / 2], axis=-1)
    return made


def read_nanodet(outputs: Sequence[Floats], card: DetectorCard) -> RawBoxes:
    """Read class scores and a distribution over whole distances for each side, in strides
    (Li et al. 2020, Generalized Focal Loss); the distance is its mean."""
    rows = outputs[0]
    classes = rows.shape[2] - 4 * BINS
    scores, logits = rows[:, :, :classes], rows[:, :, classes:].reshape(*rows.shape[:2], 4, BINS)
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    points, strides = grid(card)
    away = (shares @ np.arange(BINS, dtype=np.float32)) * strides
    return np.concatenate([points - away[..., :2], points + away[..., 2:]], axis=-1), scores


def read_yolox(outputs: Sequence[Floats], card: DetectorCard) -> RawBoxes:
    """Read offsets from the grid point in strides, logarithms of the size, whether anything is
    there, and class scores (Ge et al. 2021, YOLOX)."""
    rows = outputs[0]
    points, strides = grid(card)
    middles = rows[..., :2] * strides + points
    sizes = np.exp(np.clip(rows[..., 2:4], -20, 20)) * strides
    return from_middles(middles, sizes), rows[..., 4:5] * rows[..., 5:]


def read_yolov5(outputs: Sequence[Floats], card: DetectorCard) -> RawBoxes:
    """Read middle and size in pixels, whether anything is there, and class scores."""
    rows = outputs[0]
    return from_middles(rows[..., :2], rows[..., 2:4]), rows[..., 4:5] * rows[..., 5:]


def read_yolov8(outputs: Sequence[Floats], card: DetectorCard) -> RawBoxes:
    """Read (n, 4 + classes, points): middle and size in pixels and class scores, as YOLOv8, v9 and
    11 write them."""
    rows = outputs[0].transpose(0, 2, 1)
    return from_middles(rows[..., :2], rows[..., 2:4]), rows[..., 4:]


def read_end_to_end(outputs: Sequence[Floats], card: DetectorCard) -> RawBoxes:
    """Read (n, points, 6): corners in pixels, a score and the number of its class, as YOLOv10
    writes them."""
    rows = outputs[0]
    numbers = rows[..., 5].astype(int)
    scores = np.zeros((*rows.shape[:2], max(card.classes, int(numbers.max(initial=0)) + 1)), "f4")
    np.put_along_axis(scores, numbers[..., None], rows[..., 4:5], axis=2)
    return rows[..., :4], scores


def read_rt_detr(outputs: Sequence[Floats], card: DetectorCard) -> RawBoxes:
    """Read middle and size as shares of the input, with class scores behind them in one output, or
    logits in an output of their own (Zhao et al. 2023, RT-DETR)."""
    if len(outputs) > 1:
        boxes = next(o for o in outputs if o.shape[-1] == 4)
        scores = sigmoid(next(o for o in outputs if o is not boxes))
    else:
        boxes, scores = outputs[0][..., :4], outputs[0][..., 4:]
    return from_middles(boxes[..., :2], boxes[..., 2:4]) * np.float32(card.side), scores


READERS: dict[str, Callable[[Sequence[Floats], DetectorCard], RawBoxes]] = {
    "nanodet": read_nanodet,
    "yolox": read_yolox,
    "yolov5": read_yolov5,
    "yolov8": read_yolov8,
    "end-to-end": read_end_to_end,
    "rt-detr": read_rt_detr,
}


def read_outputs(outputs: Sequence[Floats], card: DetectorCard) -> RawBoxes:
    """Return corners and scores as the card's form says. Raises BadModel for outputs that do not
    have it."""
    try:
        corners, scores = READERS[card.form](outputs, card)
    except (ValueError, IndexError, StopIteration) as error:
        shapes = ", ".join(str(o.shape) for o in outputs)
        raise BadModel(f"The outputs {shapes} do not have the form {card.form}.") from error
    if scores.shape[2] < card.classes:
        raise BadModel(f"{card.key} writes {scores.shape[2]} classes, its card names more.")
    return corners, scores
