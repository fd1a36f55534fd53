"""EfficientNet-Lite 0 to 2 with the key names of the published PyTorch weights.

Source: Tan & Le 2019, "EfficientNet"; the Lite variant drops squeeze-and-excite, uses ReLU6 and
keeps stem and head unscaled. The sides of inputs are multiples of 16 px, so that TensorFlow's
"same" padding is a constant. Not here: the training loop.
"""

import math
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn
from torch.nn import functional

HEAD_WIDTH = 1280


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of the paper's table: repeats, kernel, stride, expansion, input and output width."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    width_in: int
    width_out: int


STAGES = (
    Stage(1, 3, 1, 1, 32, 16),
    Stage(2, 3, 2, 6, 16, 24),
    Stage(2, 5, 2, 6, 24, 40),
    Stage(3, 3, 2, 6, 40, 80),
    Stage(3, 5, 1, 6, 80, 112),
    Stage(4, 5, 2, 6, 112, 192),
    Stage(1, 3, 1, 6, 192, 320),
)
SCALES = {0: (1.0, 1.0), 1: (1.0, 1.1), 2: (1.1, 1.2)}


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's "same" padding (for even sides, where the stride is 2)."""

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c', ceil(h / stride), ceil(w / stride))."""
        total = self.kernel_size[0] - self.stride[0]
        if total > 0:
            x = functional.pad(x, [total // 2, total - total // 2] * 2)
        return super().forward(x)


def batch_norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, eps=1e-3, momentum=0.01)


class MBConv(nn.Module):
    """Inverted bottleneck: expand, depthwise, project, and a shortcut where shapes agree."""

    def __init__(
        self, width_in: int, width_out: int, kernel: int, stride: int, expand: int
    ) -> None:
        super().__init__()
        wide = width_in * expand
        self.expands = expand != 1
        if self.expands:
            self._expand_conv = nn.Conv2d(width_in, wide, 1, bias=False)
            self._bn0 = batch_norm(wide)
        self._depthwise_conv = SameConv(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = batch_norm(wide)
        self._project_conv = nn.Conv2d(wide, width_out, 1, bias=False)
        self._bn2 = batch_norm(width_out)
        self.shortcut = stride == 1 and width_in == width_out

    def forward(self, x: Tensor) -> Tensor:
        """(n, width_in, h, w) -> (n, width_out, h / stride, w / stride)."""
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return cast(Tensor, y + x if self.shortcut else y)


class EfficientNetLite(nn.Module):
    """Picture (n, 3, h, w) -> (logits (n, labels), embedding (n, 1280))."""

    def __init__(self, variant: int, labels: int) -> None:
        super().__init__()
        width, depth = SCALES[variant]
        blocks = mbconv_blocks(width, depth)
        last = scaled_width(STAGES[-1].width_out, width)
        self._conv_stem = SameConv(3, 32, 3, 2, bias=False)
        self._bn0 = batch_norm(32)
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(last, HEAD_WIDTH, 1, bias=False)
        self._bn1 = batch_norm(HEAD_WIDTH)
        self._fc = nn.Linear(HEAD_WIDTH, labels)

    @property
    def head(self) -> nn.Linear:
        return self._fc

    def feature_map(self, x: Tensor) -> Tensor:
        """Return the last feature map; its mean over the picture is the embedding."""
        y = functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            y = block(y)
        return functional.relu6(self._bn1(self._conv_head(y)))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        embedding = self.feature_map(x).mean((2, 3))
        return self._fc(embedding), embedding


def scaled_width(width: int, factor: float) -> int:
    """Return width times factor, rounded to a multiple of 8 and never more than 10 % lower."""
    rounded = max(8, int(width * factor + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * width * factor else rounded


def mbconv_blocks(width: float, depth: float) -> list[MBConv]:
    """Return all blocks in order; the first and last stages keep their number of repeats."""
    blocks = []
    for number, stage in enumerate(STAGES):
        inner = 0 < number < len(STAGES) - 1
        repeats = math.ceil(stage.repeats * depth) if inner else stage.repeats
        into = 32 if number == 0 else scaled_width(stage.width_in, width)
        out = scaled_width(stage.width_out, width)
        blocks.append(MBConv(into, out, stage.kernel, stage.stride, stage.expand))
        blocks += [MBConv(out, out, stage.kernel, 1, stage.expand) for _ in range(repeats - 1)]
    return blocks
