"""Which arithmetic is faster on this processor: the served network in int8, or its twin in float32.

    python -m bench.arithmetic [FOLDER [PICTURES]]

The twin has the same weights, converted back to float32, and rounds nothing between its layers. The
two therefore differ only in their arithmetic. The table shows milliseconds of one core per picture,
and pictures per second: first with one run per core, each on one core, then with one run on all
cores. With pictures of a FOLDER, the bench also prints how often both give the same label. With
PICTURES it prints only that, which suits an emulated processor (qemu-x86_64 -cpu Haswell).
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper

from biosight.bootstrap import DEFAULT_MODEL
from biosight.images import reading
from biosight.images.folders import every_file
from biosight.inference.model_files.card import read_card
from biosight.inference.network import open_network
from biosight.inference.preprocess import Batch, Pixels, short_to_read, to_batch, to_pixels
from biosight.process import cores
from biosight.training.provenance import integer_products

BATCH = 4
ROUNDS = 12


def float_twin(model: Path, target: Path) -> None:
    """Write the model without its rounding: weights are dequantised, and activations are clipped to
    the range of their bytes. That range replaces the network's own limits (ReLU6)."""
    graph_of = onnx.load(model)
    graph = graph_of.graph
    kept = {t.name: t for t in graph.initializer}
    instead: dict[str, str] = {}
    nodes = []
    for node in graph.node:
        if node.op_type == "QuantizeLinear":
            nodes.append(clipped(node, kept, graph))
        elif node.op_type == "DequantizeLinear" and node.input[0] in kept:
            values = dequantised(node, kept)
            graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        elif node.op_type == "DequantizeLinear":
            instead[node.output[0]] = node.input[0]
        else:
            nodes.append(node)
    for node in nodes:
        for number, name in enumerate(node.input):
            while name in instead:
                name = instead[name]
            node.input[number] = name
    for output in graph.output:
        if output.name in instead:
            source = instead[output.name]
            nodes.append(helper.make_node("Identity", [source], [output.name]))
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.save(graph_of, target)


def clipped(
    node: onnx.NodeProto, kept: dict[str, onnx.TensorProto], graph: onnx.GraphProto
) -> onnx.NodeProto:
    """Return a node that clips to the range of a rounding to bytes, to replace that rounding."""
    scale, zero = (float(numpy_helper.to_array(kept[name])) for name in node.input[1:3])
    ends = [f"{node.output[0]}_{end}" for end in ("least", "most")]
    for name, value in zip(ends, (0, 255), strict=True):
        number = np.array((value - zero) * scale, np.float32)
        graph.initializer.append(numpy_helper.from_array(number, name))
    return helper.make_node("Clip", [node.input[0], *ends], [node.output[0]])


def dequantised(node: onnx.NodeProto, kept: dict[str, onnx.TensorProto]) -> Batch:
    """Return a quantised weight or bias as float32 numbers."""
    values, scale, zero = (numpy_helper.to_array(kept[name]) for name in node.input[:3])
    axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
    shape = [-1 if n == axis else 1 for n in range(values.ndim)] if scale.ndim else []
    shifted = values.astype(np.float32) - zero.astype(np.float32).reshape(shape)
    numbers: Batch = (shifted * scale.reshape(shape)).astype(np.float32)
    return numbers


def run(opened: ort.InferenceSession, batch: Batch, rounds: int = ROUNDS) -> None:
    """Run the network on the same batch `rounds` times."""
    for _ in range(rounds):
        opened.run(["logits", "embedding"], {opened.get_inputs()[0].name: batch})


def speeds(model: Path, side: int) -> tuple[float, float, float]:
    """Return milliseconds of one core per picture, pictures per second with one run per core, and
    pictures per second with one run on all cores."""
    noise = np.random.default_rng(0).normal(0, 1, (BATCH, 3, side, side)).astype(np.float32)
    alone, shared = open_network(model, 1), open_network(model)
    for opened in (alone, shared):
        run(opened, noise, 3)
    begin = time.process_time()
    run(alone, noise)
    own = (time.process_time() - begin) / ROUNDS / BATCH
    begin = time.perf_counter()
    threads = [
        threading.Thread(target=run, args=(alone, noise)) for _ in range(cores.granted_cores())
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    apart = len(threads) * ROUNDS * BATCH / (time.perf_counter() - begin)
    begin = time.perf_counter()
    run(shared, noise)
    return own * 1000, apart, ROUNDS * BATCH / (time.perf_counter() - begin)


def pictures_of(folder: Path, most: int) -> Pixels:
    """Return at most `most` pictures, spread over a folder, as the network sees them."""
    framing = read_card(DEFAULT_MODEL).framing
    files = [e.path for e in every_file(folder) if not e.reason]
    chosen = files[:: max(1, len(files) // most)][:most]
    short = short_to_read(framing)
    return np.stack([to_pixels(reading.open_picture(p, short).picture, framing) for p in chosen])


def agreement(models: tuple[Path, Path], pixels: Pixels) -> tuple[float, float]:
    """Return how often two networks have the same likeliest label, and the mean cosine between
    their embeddings."""
    card = read_card(DEFAULT_MODEL)
    found = []
    for model in models:
        opened = open_network(model)
        name = opened.get_inputs()[0].name
        parts = [
            opened.run(["logits", "embedding"], {name: to_batch(pixels[n : n + 8], card)})
            for n in range(0, len(pixels), 8)
        ]
        found.append([np.concatenate(column) for column in zip(*parts, strict=True)])
    (first, ours), (second, theirs) = found
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    same = (first.argmax(axis=1) == second.argmax(axis=1)).mean()
    return float(same), float(((ours * theirs).sum(axis=1) / lengths).mean())


def main() -> None:
    """Print the table."""
    model, side = DEFAULT_MODEL / "model.onnx", read_card(DEFAULT_MODEL).input_size
    print(f"products of bytes: {integer_products() or 'none of its own'}")
    with tempfile.TemporaryDirectory() as folder:
        twin = Path(folder) / "float32.onnx"
        float_twin(model, twin)
        if len(sys.argv) < 3:
            print(f"{'':<10} {'one core':>10} {'a core a run':>14} {'cores share':>14}")
            for name, path in (("int8", model), ("float32", twin)):
                own, apart, shared = speeds(path, side)
                print(f"{name:<10} {own:7.2f} ms {apart:12.1f}/s {shared:12.1f}/s", flush=True)
        if len(sys.argv) > 1:
            most = int(sys.argv[2]) if len(sys.argv) > 2 else 500
            pixels = pictures_of(Path(sys.argv[1]), most)
            same, near = agreement((model, twin), pixels)
            print(f"{len(pixels)} pictures: {same:.1%} the same label, cosine {near:.4f}")


if __name__ == "__main__":
    main()
