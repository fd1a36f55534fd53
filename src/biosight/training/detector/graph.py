"""NanoDet's ONNX file as a PyTorch module whose weights can be trained, and written back.

Only the operations that this network uses are known. Not here: the loss (loss.py).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from biosight.errors import BadModel

HALF = "h"


class Graph(nn.Module):
    """The graph of an ONNX file, run step by step. Raises BadModel for an operation that it does
    not know."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.model = onnx.load(path)
        graph = self.model.graph
        self.casts = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Cast"}
        kept = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        found = {**kept, **{out: kept[inn] for out, inn in self.casts.items()}}
        self.constants: dict[str, Any] = {}
        self.weights = nn.ParameterDict()
        for name, values in found.items():
            if values.dtype in (np.float32, np.float16) and name not in self.casts.values():
                numbers = torch.from_numpy(values.astype(np.float32).copy())
                self.weights[name] = nn.Parameter(numbers)
            else:
                self.constants[name] = values
        self.steps = [n for n in graph.node if n.op_type != "Cast"]
        unknown = {n.op_type for n in self.steps} - set(STEPS)
        if unknown:
            raise BadModel(f"This detector has operations that can't be trained: {unknown}.")

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalised pixels (n, 3, side, side) -> (n, points, classes + 32), with logits of the
        classes where the file gives probabilities."""
        values: dict[str, Any] = {self.model.graph.input[0].name: pixels}
        for node in self.steps:
            inputs = [self.value(name, values) for name in node.input if name]
            options = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            made = STEPS[node.op_type](inputs, options)
            outputs = made if isinstance(made, list | tuple) else [made]
            values.update(zip(node.output, outputs, strict=True))
        found: Tensor = values[self.model.graph.output[0].name]
        return found

    def value(self, name: str, values: dict[str, Any]) -> Any:
        if name in values:
            return values[name]
        return self.weights[name] if name in self.weights else self.constants[name]


def convolve(inputs: Sequence[Tensor], options: dict[str, Any]) -> Tensor:
    pads = options["pads"]
    bias = inputs[2] if len(inputs) == 3 else None
    return functional.conv2d(
        inputs[0],
        inputs[1],
        bias,
        stride=tuple(options["strides"]),
        padding=(pads[0], pads[1]),
        groups=options["group"],
    )


def resize(inputs: Sequence[Any], options: dict[str, Any]) -> Tensor:
    factor = [float(f) for f in inputs[-1].detach().ravel()[-2:]]
    align = options.get("coordinate_transformation_mode", b"half_pixel") == b"align_corners"
    return functional.interpolate(
        inputs[0], scale_factor=factor, mode="bilinear", align_corners=align
    )


def pool(inputs: Sequence[Tensor], options: dict[str, Any]) -> Tensor:
    return functional.max_pool2d(
        inputs[0], options["kernel_shape"], options["strides"], options["pads"][0]
    )


STEPS: dict[str, Any] = {
    "Conv": convolve,
    "LeakyRelu": lambda i, o: functional.leaky_relu(i[0], o.get("alpha", 0.01)),
    "Concat": lambda i, o: torch.cat(list(i), o["axis"]),
    "Split": lambda i, o: torch.split(i[0], [int(x) for x in i[1]], o["axis"]),
    "Gather": lambda i, o: i[0].index_select(
        o.get("axis", 0), torch.from_numpy(i[1].astype(np.int64))
    ),
    "Add": lambda i, o: i[0] + i[1],
    "Identity": lambda i, o: i[0],
    "Sigmoid": lambda i, o: i[0],  # the loss takes logits
    "Reshape": lambda i, o: i[0].reshape(i[0].shape[0], *[int(x) for x in i[1][1:]]),
    "Transpose": lambda i, o: i[0].permute(*o["perm"]),
    "Resize": resize,
    "MaxPool": pool,
}


def write_graph(graph: Graph, rows: Sequence[Sequence[int]], path: Path) -> None:
    """Write the trained weights to an ONNX file whose classes are the likeliest of `rows` each:
    what was several classes of one kind becomes one."""
    model = onnx.ModelProto()
    model.CopyFrom(graph.model)
    halves = {inner: outer for outer, inner in graph.casts.items()}
    for tensor in model.graph.initializer:
        name = halves.get(tensor.name, tensor.name)
        if name in graph.weights:
            values = graph.weights[name].detach().numpy()
            kind = np.float16 if tensor.name in halves else np.float32
            tensor.CopyFrom(numpy_helper.from_array(values.astype(kind), tensor.name))
    join_classes(model.graph, rows)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def join_classes(graph: onnx.GraphProto, rows: Sequence[Sequence[int]]) -> None:
    """Put the largest score of each of `rows` in place of all classes of the output."""
    last, output = graph.node[-1], graph.output[0]
    total = output.type.tensor_type.shape.dim[2].dim_value
    last.output[0] = "every_class"
    parts = []
    numbers = [*rows, range(total - 32, total)]
    for i, own in enumerate(numbers):
        graph.initializer.append(numpy_helper.from_array(np.array(own, np.int64), f"rows_{i}"))
        inputs = ["every_class", f"rows_{i}"]
        graph.node.append(helper.make_node("Gather", inputs, [f"of_{i}"], axis=2))
        if i < len(rows):
            graph.node.append(
                helper.make_node("ReduceMax", [f"of_{i}"], [f"kind_{i}"], axes=[2], keepdims=1)
            )
        parts.append(f"kind_{i}" if i < len(rows) else f"of_{i}")
    graph.node.append(helper.make_node("Concat", parts, [output.name], axis=2))
    output.type.tensor_type.shape.dim[2].dim_value = len(rows) + 32
