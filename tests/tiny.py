"""A tiny real model and small real pictures, made in code."""

import io
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image as Pillow

from biosight.inference.card import CardLabel, ModelCard, file_sha256, write_card

COLOURS = {"Red": (205, 40, 40), "Green": (40, 180, 60), "Blue": (40, 60, 205)}


def make_model(folder: Path, version: str = "1") -> ModelCard:
    """A network that averages the colour and says which of red, green and blue leads."""
    folder.mkdir(parents=True, exist_ok=True)
    pool = helper.make_node("GlobalAveragePool", ["pixels"], ["pooled"])
    flat = helper.make_node("Flatten", ["pooled"], ["embedding"])
    head = helper.make_node("MatMul", ["embedding", "weight"], ["logits"])
    weight = numpy_helper.from_array(np.eye(3, dtype=np.float32) * 4, "weight")
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, 32, 32])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3])
        for name in ("logits", "embedding")
    ]
    graph = helper.make_graph([pool, flat, head], "tiny", [pixels], outputs, [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, folder / "model.onnx")
    card = ModelCard(
        name="tiny",
        version=version,
        arch="colour",
        labels=tuple(CardLabel(name=name) for name in COLOURS),
        input_size=32,
        resize_short=34,
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        embedding_size=3,
        sha256=file_sha256(folder / "model.onnx"),
    )
    write_card(card, folder)
    return card


def picture(label: str, seed: int, size: tuple[int, int] = (96, 64), form: str = "JPEG") -> bytes:
    """A picture whose colour is the label's, noisy so that no two seeds share bytes."""
    dice = np.random.default_rng(seed)
    noise = dice.normal(0, 18, (size[1], size[0], 3))
    pixels = np.clip(np.array(COLOURS[label]) + noise, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, form)
    return buffer.getvalue()


def make_folder(root: Path, per_label: int) -> list[Path]:
    """`per_label` pictures of each colour in sub-folders that do not give the label away."""
    made = []
    for number, label in enumerate(name for name in COLOURS for _ in range(per_label)):
        path = root / f"day{number % 2 + 1}" / f"IMG_{number:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(label, number))
        made.append(path)
    return made
