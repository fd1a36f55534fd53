"""A tiny real model and small real pictures, made in code."""

import io
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image as Pillow

from biosight.images.measures import statistics
from biosight.inference.classifier import Classifier
from biosight.inference.head import Head, write_head
from biosight.inference.model_files.card import (
    CardLabel,
    CardTaxon,
    ModelCard,
    file_sha256,
    read_card,
    write_card,
)
from biosight.inference.preprocess import to_pixels

COLOURS = {"Red": (205, 40, 40), "Green": (40, 180, 60), "Blue": (40, 60, 205)}
OTHERS = {
    "Yellow": (205, 190, 40),
    "Pink": (205, 40, 190),
    "Crimson": (205, 30, 70),
    "Scarlet": (205, 50, 15),
}


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
        labels=tuple(CardLabel(name=name, taxon_rank="class") for name in COLOURS),
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


TREE = (
    ("Colour", "kingdom", "", "", 0.0),
    ("Warm", "phylum", "Colour", "", 0.0),
    ("Red", "class", "Warm", "Red", 0.0),
    ("Crimson", "order", "Red", "Red", 0.8),
    ("Scarlet", "order", "Red", "Red", 0.8),
    ("Cold", "phylum", "Colour", "", 0.0),
    ("Green", "class", "Cold", "Green", 0.0),
    ("Blue", "class", "Cold", "Blue", 0.0),
)
LEAVES = ("Crimson", "Scarlet", "Green", "Blue")


def make_tree_model(folder: Path) -> ModelCard:
    """The same network with a tree: reds with more blue in them are Crimson, else Scarlet."""
    make_model(folder)
    taxa = tuple(
        CardTaxon(
            id=name,
            scientific_name=name,
            taxon_rank=rank,
            parent=parent,
            group=group,
            threshold=threshold,
        )
        for name, rank, parent, group, threshold in TREE
    )
    card = read_card(folder).model_copy(update={"taxa": taxa, "leaves": LEAVES})
    write_card(card, folder)
    weight = np.eye(3, dtype=np.float32) * 4
    leaves = np.array([[4, 0, 6], [4, 0, -6], [0, 4, 0], [0, 0, 4]], np.float32)
    bias = np.array([7.5, -7.5, 0, 0], np.float32)
    write_head(Head(weight, np.zeros(3, np.float32), None, leaves, bias), folder)
    make_reference(folder, finer=("Crimson", "Scarlet"))
    return card


def make_reference(folder: Path, per_label: int = 20, finer: tuple[str, ...] = ()) -> None:
    """A reference of noisy pictures of the three colours, and of `finer` reds, from two sources."""
    classifier = Classifier(folder, 1)
    colours = (*COLOURS, *finer)
    shown = [
        Pillow.open(io.BytesIO(picture(label, 1000 + n))).convert("RGB")
        for n in range(per_label)
        for label in colours
    ]
    pixels = np.stack([to_pixels(p, classifier.card.framing) for p in shown])
    logits, embeddings = classifier.logits(pixels)
    number = np.arange(len(shown)) % len(colours)
    labels = np.where(number < len(COLOURS), number, 0)
    if classifier.rollup and classifier.head:
        logits = classifier.rollup.both(logits, classifier.head.leaf_scores(embeddings))
    ids = [taxon.id for taxon in classifier.card.taxa]
    nodes = np.array([ids.index(c) if c in ids else -1 for c in colours], np.int16)[number]
    np.savez_compressed(
        folder / "reference.npz",
        model_sha256=np.array(classifier.card.sha256),
        held_embeddings=embeddings.astype(np.float16),
        held_logits=logits.astype(np.float16),
        held_labels=labels.astype(np.int16),
        held_nodes=nodes,
        held_sources=(np.arange(len(shown)) // 30).astype(np.int16),
        held_statistics=np.array([statistics(p) for p in shown], np.float32),
        replay_embeddings=embeddings.astype(np.float16),
        replay_labels=labels.astype(np.int16),
        replay_nodes=nodes,
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


def taken(when: str, seed: int, label: str = "Red") -> bytes:
    """A JPEG that says when it was taken, as EXIF writes it: 2026:05:03 10:00:00."""
    made = Pillow.open(io.BytesIO(picture(label, seed)))
    exif, buffer = made.getexif(), io.BytesIO()
    exif.get_ifd(0x8769)[0x9003] = when
    made.save(buffer, "JPEG", exif=exif, quality=95)
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
