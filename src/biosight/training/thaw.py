"""The network of a served model.onnx as PyTorch weights again, so that it can be trained further.

This works for files that export.py or quantise.py wrote: there BatchNorm is part of the
convolutions, and int8 weights are converted back to numbers. Not here: the training (finetune.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from biosight.errors import BadModel
from biosight.inference.classifier import Classifier
from biosight.inference.preprocess import to_batch
from biosight.training import networks

Array = npt.NDArray[np.float32]
PREFIX = "network."
# Low enough for int8, whose activations are rounded too; another network stays far below it.
LEAST_LIKENESS = 0.9


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution's weight (out, in, h, w) and bias (out,)."""

    weight: Array
    bias: Array


def thaw(folder: Path) -> networks.AnyNetwork:
    """Return the network of a model folder, with the head of head.npz.

    Raises BadModel for files that BioSight did not export, or whose answers differ.
    """
    classifier = Classifier(folder)
    card = classifier.card
    network = networks.build(card.arch, len(card.labels) + len(card.leaves)).eval()
    layers = layers_of(folder / "model.onnx")
    for name, convolution in convolutions(network).items():
        give(network, name, convolution, layers.get(name))
    if classifier.head is None:
        raise BadModel(f"{card.key} has no head.npz; it can't be trained on.")
    weight, bias = classifier.head.weight, classifier.head.bias
    if classifier.head.leaf_weight is not None and classifier.head.leaf_bias is not None:
        weight = np.vstack([weight, classifier.head.leaf_weight])
        bias = np.concatenate([bias, classifier.head.leaf_bias])
    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(weight))
        network.head.bias.copy_(torch.from_numpy(bias))
    check_answers(network, classifier)
    return network


def layers_of(path: Path) -> Mapping[str, Layer]:
    """Return the convolutions of an ONNX graph by their name in the network, as float32."""
    graph = onnx.load(path).graph
    raw = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    found = {name: value.astype(np.float32) for name, value in raw.items()}
    names = {name: name for name in raw}
    for node in graph.node:
        if node.op_type not in {"Cast", "DequantizeLinear"} or node.input[0] not in raw:
            continue
        values = [raw[part] for part in node.input]
        made = dequantise(*values) if len(values) == 3 else values[0].astype(np.float32)
        found[node.output[0]], names[node.output[0]] = made, node.input[0]
    layers = {}
    for node in graph.node:
        if node.op_type == "Conv" and node.input[1] in found:
            own = names[node.input[1]].removesuffix("_quantized").removesuffix("_half")
            name = own.removeprefix(PREFIX).removesuffix(".weight")
            weight = found[node.input[1]]
            # The exporter leaves out a bias of zeros.
            bias = found[node.input[2]] if len(node.input) == 3 else np.zeros(len(weight), "f4")
            layers[name] = Layer(weight, bias)
    return layers


def dequantise(values: Array, scale: Array, zero: Array) -> Array:
    """Return (value - zero) * scale, with one scale for each entry of the first axis or one for
    all."""
    shape = (-1, *[1] * (values.ndim - 1)) if scale.ndim else ()
    made: Array = (values.astype(np.float32) - zero.astype(np.float32).reshape(shape)) * (
        scale.astype(np.float32).reshape(shape)
    )
    return made


def convolutions(network: nn.Module) -> dict[str, nn.Conv2d]:
    return {n: m for n, m in network.named_modules() if isinstance(m, nn.Conv2d)}


def norm_after(name: str) -> str:
    """Return the name of the BatchNorm behind a convolution."""
    before, _, own = name.rpartition(".")
    known = {
        "_conv_stem": "_bn0",
        "_conv_head": "_bn1",
        "_expand_conv": "_bn0",
        "_depthwise_conv": "_bn1",
        "_project_conv": "_bn2",
        "0": "1",
    }
    other = known.get(own, own.replace("conv", "bn"))
    return f"{before}.{other}" if before else other


def give(network: nn.Module, name: str, convolution: nn.Conv2d, layer: Layer | None) -> None:
    """Set the weights of one convolution; its BatchNorm only adds the bias. Raises BadModel."""
    if layer is None or layer.weight.shape != tuple(convolution.weight.shape):
        raise BadModel(f"The model file has no layer {name} as BioSight exports it.")
    norm = network.get_submodule(norm_after(name))
    assert isinstance(norm, nn.BatchNorm2d)
    with torch.no_grad():
        convolution.weight.copy_(torch.from_numpy(layer.weight.copy()))
        norm.weight.fill_(1)
        norm.bias.copy_(torch.from_numpy(layer.bias.copy()))
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)


def check_answers(network: networks.AnyNetwork, classifier: Classifier) -> None:
    """Check that both give similar embeddings for the same pixels. Raises BadModel."""
    side = classifier.card.input_size
    pixels = np.random.default_rng(0).integers(0, 255, (4, side, side, 3), dtype=np.uint8)
    with torch.inference_mode():
        ours = network(torch.from_numpy(to_batch(pixels, classifier.card)))[1].numpy()
    theirs = classifier.logits(pixels)[1]
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    likeness = float(((ours * theirs).sum(axis=1) / np.maximum(lengths, 1e-12)).min())
    if likeness < LEAST_LIKENESS:
        raise BadModel(f"The weights read back give other answers (cosine {likeness:.2f}).")
