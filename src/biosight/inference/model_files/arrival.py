"""A foreign ONNX classifier: checked, and given the outputs and the card that serving needs.

Nothing is unpickled: ONNX is a description, and ONNX Runtime runs it. Not here: storing it
(registry/files.py).
"""

import time
from dataclasses import dataclass
from pathlib import Path
from shutil import copy2

import numpy as np
import onnxruntime as ort

from biosight.errors import BadModel
from biosight.inference.model_files.card import ModelCard, file_sha256, write_card
from biosight.inference.network import open_network

SLOWEST_SECONDS = 5.0
MOST_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Arrived:
    """Results of the check: outputs by role, the size of the embedding, and the seconds for one
    picture."""

    logits: str
    embedding: str
    features: str
    size: int
    seconds: float


def examine(model: Path, labels: int, side: int, layout: str = "nchw") -> Arrived:
    """Open a model and run it on noise. Raises BadModel, with the reason, if something does not
    fit.

    The output with one number per label for each picture is used as the logits. An output named
    "embedding", or otherwise the widest other vector, is used as the embedding.
    """
    if model.stat().st_size > MOST_BYTES:
        raise BadModel("This model is larger than 2 GB.")
    session = open_network(model)
    if len(session.get_inputs()) != 1:
        raise BadModel("A classifier has one input, the picture; this model has several.")
    noise = np.random.default_rng(0).normal(0, 1, (2, 3, side, side)).astype(np.float32)
    batch = noise if layout == "nchw" else noise.transpose(0, 2, 3, 1)
    outputs, seconds = answers(session, batch)
    check_pace(seconds)
    vectors = {n: o.shape[1] for n, o in outputs.items() if o.ndim == 2 and len(o) == 2}
    fitting = [n for n, width in vectors.items() if width == labels]
    if not fitting:
        widths = ", ".join(str(w) for w in vectors.values()) or "none"
        raise BadModel(f"No output has {labels} numbers, one for each label (found: {widths}).")
    logits = "logits" if "logits" in fitting else fitting[0]
    if np.allclose(outputs[logits][0], outputs[logits][1]):
        raise BadModel("The model answers the same whatever it sees; check the input settings.")
    rest = {n: w for n, w in vectors.items() if n != logits}
    embedding = "embedding" if "embedding" in rest else max(rest, key=lambda n: rest[n], default="")
    maps = [n for n, o in outputs.items() if o.ndim == 4 and n == "features"]
    return Arrived(logits, embedding, maps[0] if maps else "", rest.get(embedding, 0), seconds)


def check_pace(seconds: float) -> None:
    """Raise BadModel for a model that takes too many seconds for one picture."""
    if seconds > SLOWEST_SECONDS:
        raise BadModel(f"One picture takes {seconds:.1f} s; {SLOWEST_SECONDS:.0f} s are allowed.")


def answers(
    session: ort.InferenceSession, batch: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"
) -> tuple[dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"], float]:
    """Return the outputs for two pictures, and the seconds per picture. Raises BadModel."""
    names = [o.name for o in session.get_outputs()]
    feed = {session.get_inputs()[0].name: batch}
    try:
        session.run(names, feed)
        begin = time.perf_counter()
        found = session.run(names, feed)
    except Exception as error:  # ONNX Runtime's own exceptions are not public
        shape = "x".join(str(n) for n in batch.shape[1:])
        raise BadModel(
            f"The model doesn't run on pictures of {shape} (float32, any number at once): {error}"
        ) from error
    seconds = (time.perf_counter() - begin) / len(batch)
    outputs = {n: np.asarray(o) for n, o in zip(names, found, strict=True)}
    for name, values in outputs.items():
        if not np.issubdtype(values.dtype, np.floating) or not np.isfinite(values).all():
            raise BadModel(f"The output {name} holds values that are not finite numbers.")
    return outputs, seconds


def prepare(model: Path, card: ModelCard, found: Arrived, layout: str, target: Path) -> ModelCard:
    """Write a folder that serving can open. Return its card, with the file's hash.

    Raises BadModel if outputs must be renamed and the package onnx is not installed.
    """
    target.mkdir(parents=True, exist_ok=True)
    copied = target / "model.onnx"
    if (found.logits, found.embedding, layout) == ("logits", "embedding", "nchw"):
        copy2(model, copied)
    else:
        rewrite(model, copied, found, layout)
    size = found.size or len(card.labels)
    finished = card.model_copy(update={"sha256": file_sha256(copied), "embedding_size": size})
    write_card(finished, target)
    return finished


def rewrite(model: Path, target: Path, found: Arrived, layout: str) -> None:
    """Write the same model with outputs logits and embedding and input (n, 3, side, side).

    If a model has no embedding, its logits are used for it. Raises BadModel without the package
    onnx.
    """
    try:
        import onnx
        from onnx import helper
    except ImportError as error:
        raise BadModel(
            "This model's outputs are not named logits and embedding; to rename them, "
            "install onnx first: pip install onnx."
        ) from error
    graph_of = onnx.load(model)
    graph = graph_of.graph
    for name, wanted in ((found.logits, "logits"), (found.embedding or found.logits, "embedding")):
        if name != wanted:
            graph.node.append(helper.make_node("Identity", [name], [wanted]))
            graph.output.append(helper.make_tensor_value_info(wanted, onnx.TensorProto.FLOAT, None))
    if layout == "nhwc":
        old = graph.input[0].name
        graph.node.insert(0, helper.make_node("Transpose", ["pixels"], [old], perm=[0, 2, 3, 1]))
        shape = ["n", 3, "height", "width"]
        del graph.input[0]
        graph.input.insert(
            0, helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, shape)
        )
    onnx.save(graph_of, target)
