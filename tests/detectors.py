"""Tiny detectors of every output form, which say the same boxes of any picture in their own way."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from biosight.inference.detection.output_forms import grid
from biosight.inference.model_files.card import file_sha256
from biosight.inference.model_files.detector_card import DetectorCard, write_detector_card

SIDE = 64
Floats = npt.NDArray[np.float32]
# A box in pixels of the input (left, top, right, bottom), the number of its class, and its score.
Said = tuple[tuple[float, float, float, float], int, float]
CLASSES = 3


def card_of(form: str, **more: object) -> DetectorCard:
    """The card of a tiny detector: animals are its class 1, people 0, vehicles 2."""
    strides = {"nanodet": (8, 16), "yolox": (8, 16)}.get(form, ())
    kinds = {"animal": (1,), "human": (0,), "vehicle": (2,)}
    words = {"name": "tiny", "version": "1", "form": form, "side": SIDE, "strides": strides}
    return DetectorCard.model_validate({**words, "kinds": kinds, **more})


def middle(corners: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = corners
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def as_rows(said: Sequence[Said], *, sure: bool) -> Floats:
    """(1, boxes, 4 or 5 + classes): middle, size, perhaps whether anything is there, classes."""
    rows = []
    for corners, number, score in said:
        classes = [score if i == number else 0.0 for i in range(CLASSES)]
        rows.append([*middle(corners), *([1.0] if sure else []), *classes])
    return np.array(rows, np.float32).reshape(1, len(said), -1) if rows else nobody(sure=sure)


def nobody(*, sure: bool) -> Floats:
    """One row of which no score says anything."""
    return np.zeros((1, 1, 4 + sure + CLASSES), np.float32)


def yolov5(said: Sequence[Said]) -> list[Floats]:
    return [as_rows(said, sure=True)]


def yolov8(said: Sequence[Said]) -> list[Floats]:
    return [as_rows(said, sure=False).transpose(0, 2, 1)]


def end_to_end(said: Sequence[Said]) -> list[Floats]:
    return [np.array([[[*c, score, number] for c, number, score in said]], np.float32)]


def rt_detr(said: Sequence[Said]) -> list[Floats]:
    rows = as_rows(said, sure=False)
    rows[..., :4] /= SIDE
    return [rows]


def rt_detr_apart(said: Sequence[Said]) -> list[Floats]:
    rows = rt_detr(said)[0]
    shares = np.clip(rows[..., 4:], 1e-6, 1 - 1e-6)
    return [np.log(shares / (1 - shares)), rows[..., :4]]


def on_grid(form: str, said: Sequence[Said], width: int) -> tuple[Floats, list[tuple[int, Said]]]:
    """Rows of zeros for every grid point, and the point of the coarse grid that tells each box."""
    points, strides = grid(card_of(form))
    coarse = np.flatnonzero(strides[:, 0] == 16)
    rows = np.zeros((1, len(points), width), np.float32)
    found = []
    for one in said:
        x, y, *_ = middle(one[0])
        away = np.abs(points[coarse] - [x, y]).max(axis=1)
        found.append((int(coarse[away.argmin()]), one))
    return rows, found


def yolox(said: Sequence[Said]) -> list[Floats]:
    points, strides = grid(card_of("yolox"))
    rows, found = on_grid("yolox", said, 5 + CLASSES)
    for i, (corners, number, score) in found:
        x, y, wide, high = middle(corners)
        stride = float(strides[i, 0])
        rows[0, i, :2] = (np.array([x, y]) - points[i]) / stride
        rows[0, i, 2:4] = np.log(np.array([wide, high]) / stride)
        rows[0, i, 4], rows[0, i, 5 + number] = 1.0, score
    return [rows]


def nanodet(said: Sequence[Said]) -> list[Floats]:
    points, strides = grid(card_of("nanodet"))
    rows, found = on_grid("nanodet", said, CLASSES + 32)
    for i, ((left, top, right, bottom), number, score) in found:
        x, y = points[i]
        away = np.array([x - left, y - top, right - x, bottom - y]) / strides[i, 0]
        rows[0, i, number] = score
        rows[0, i, CLASSES:] = np.concatenate([between(a) for a in away])
    return [rows]


def between(distance: float) -> Floats:
    """Logits over 0 to 7 whose mean is the distance."""
    low = int(distance)
    shares = np.full(8, 1e-9)
    shares[low], shares[low + 1] = 1 - (distance - low) + 1e-9, distance - low + 1e-9
    logits: Floats = np.log(shares).astype(np.float32)
    return logits


WRITERS: dict[str, tuple[str, Callable[[Sequence[Said]], list[Floats]]]] = {
    "nanodet": ("nanodet", nanodet),
    "yolox": ("yolox", yolox),
    "yolov5": ("yolov5", yolov5),
    "yolov8": ("yolov8", yolov8),
    "end-to-end": ("end-to-end", end_to_end),
    "rt-detr": ("rt-detr", rt_detr),
    "rt-detr in two outputs": ("rt-detr", rt_detr_apart),
}


def make_detector(folder: Path, said: Sequence[Said], writer: str = "yolov8", **more: Any) -> Path:
    """Write a detector that says these boxes of any picture; return its folder."""
    form, write = WRITERS[writer]
    folder.mkdir(parents=True, exist_ok=True)
    outputs = write(said)
    save_constant(folder / "model.onnx", outputs)
    sha256 = file_sha256(folder / "model.onnx")
    write_detector_card(card_of(form, **{"sha256": sha256, **more}), folder)
    return folder


def save_constant(path: Path, outputs: Sequence[Floats]) -> None:
    """Write a network whose outputs do not depend on its input, which it still takes."""
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    nodes = [helper.make_node("ReduceMean", ["pixels"], ["mean"], keepdims=0)]
    nodes.append(helper.make_node("Mul", ["mean", "zero"], ["nothing"]))
    kept = [numpy_helper.from_array(np.float32(0), "zero")]
    infos = []
    for i, values in enumerate(outputs):
        kept.append(numpy_helper.from_array(values.astype(np.float32), f"said_{i}"))
        nodes.append(helper.make_node("Add", [f"said_{i}", "nothing"], [f"out_{i}"]))
        infos.append(helper.make_tensor_value_info(f"out_{i}", TensorProto.FLOAT, values.shape))
    graph = helper.make_graph(nodes, "tiny", [pixels], infos, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
