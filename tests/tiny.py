"""A tiny real model and small real pictures, made in code."""

import io
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image as Pillow

from biosight.images.measures import statistics
from biosight.inference.card import CardLabel, ModelCard, file_sha256, write_card
from biosight.inference.classifier import Classifier
from biosight.inference.head import Head, write_head
from biosight.inference.preprocess import to_pixels

COLOURS = {"Red": (205, 40, 40), "Green": (40, 180, 60), "Blue": (40, 60, 205)}
OTHERS = {"Yellow": (205, 190, 40), "Pink": (205, 40, 190)}


def make_model(folder: Path, version: str = "1") -> ModelCard:
    """A network that averages the colour and says which of red, green and blue leads."""
    folder.mkdir(parents=True, exist_ok=True)
    coarse = helper.make_node(
        "AveragePool", ["pixels"], ["features"], kernel_shape=[8, 8], strides=[8, 8]
    )
    pool = helper.make_node("GlobalAveragePool", ["features"], ["pooled"])
    flat = helper.make_node("Flatten", ["pooled"], ["embedding"])
    head = helper.make_node("MatMul", ["embedding", "weight"], ["logits"])
    weight = numpy_helper.from_array(np.eye(3, dtype=np.float32) * 4, "weight")
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, 32, 32])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3])
        for name in ("logits", "embedding")
    ]
    outputs.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 3, 4, 4]))
    graph = helper.make_graph([coarse, pool, flat, head], "tiny", [pixels], outputs, [weight])
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
        novelty_limit=0.05,
        sha256=file_sha256(folder / "model.onnx"),
    )
    write_card(card, folder)
    write_head(Head(np.eye(3, dtype=np.float32) * 4, np.zeros(3, np.float32)), folder)
    make_reference(folder)
    return card


def make_reference(folder: Path, per_label: int = 20) -> None:
    """A reference of noisy pictures of the three colours, from two sources."""
    classifier = Classifier(folder, 1)
    shown = [
        Pillow.open(io.BytesIO(picture(label, 1000 + n))).convert("RGB")
        for n in range(per_label)
        for label in COLOURS
    ]
    pixels = np.stack([to_pixels(p, classifier.card.framing) for p in shown])
    logits, embeddings = classifier.logits(pixels)
    labels = np.arange(len(shown)) % 3
    np.savez_compressed(
        folder / "reference.npz",
        model_sha256=np.array(classifier.card.sha256),
        held_embeddings=embeddings.astype(np.float16),
        held_logits=logits.astype(np.float16),
        held_labels=labels.astype(np.int16),
        held_sources=(np.arange(len(shown)) // 30).astype(np.int16),
        held_statistics=np.array([statistics(p) for p in shown], np.float32),
        replay_embeddings=embeddings.astype(np.float16),
        replay_labels=labels.astype(np.int16),
    )


def picture(label: str, seed: int, size: tuple[int, int] = (96, 64), form: str = "JPEG") -> bytes:
    """A picture whose colour is the label's, noisy so that no two seeds share bytes."""
    dice = np.random.default_rng(seed)
    noise = dice.normal(0, 18, (size[1], size[0], 3))
    colour = (COLOURS | OTHERS)[label]
    pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
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
