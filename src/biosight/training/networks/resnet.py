"""ResNet 18, 34 and 50 with torchvision's key names, so that its state dicts load unchanged.

Source: He et al. 2016, "Deep residual learning for image recognition"; the stride of a bottleneck
is in its 3x3 convolution, as in torchvision. Not here: the training loop.
"""

from typing import cast

import torch
from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    expansion = 1

    def __init__(self, channels_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut(channels_in, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels_in, h, w) -> (n, width, h / stride, w / stride)."""
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions and a shortcut."""

    expansion = 4

    def __init__(self, channels_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * 4, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * 4)
        self.downsample = shortcut(channels_in, width * 4, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels_in, h, w) -> (n, 4 width, h / stride, w / stride)."""
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


Block = type[BasicBlock] | type[Bottleneck]


def shortcut(channels_in: int, channels_out: int, stride: int) -> nn.Sequential | None:
    """Return a 1x1 projection where the shape changes, otherwise None."""
    if stride == 1 and channels_in == channels_out:
        return None
    projection = nn.Conv2d(channels_in, channels_out, 1, stride, bias=False)
    return nn.Sequential(projection, nn.BatchNorm2d(channels_out))


class ResNet(nn.Module):
    """Picture (n, 3, h, w) -> (logits (n, labels), embedding (n, 512 or 2048))."""

    def __init__(self, block: Block, depths: tuple[int, int, int, int], labels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = stage(block, 64, 64, depths[0], 1)
        self.layer2 = stage(block, 64 * block.expansion, 128, depths[1], 2)
        self.layer3 = stage(block, 128 * block.expansion, 256, depths[2], 2)
        self.layer4 = stage(block, 256 * block.expansion, 512, depths[3], 2)
        self.fc = nn.Linear(512 * block.expansion, labels)

    @property
    def head(self) -> nn.Linear:
        return self.fc

    def feature_map(self, x: Tensor) -> Tensor:
        """Return the last feature map; its mean over the picture is the embedding."""
        y = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        return cast(Tensor, self.layer4(self.layer3(self.layer2(self.layer1(y)))))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        embedding = self.feature_map(x).mean((2, 3))
        return self.fc(embedding), embedding


def stage(block: Block, channels_in: int, width: int, depth: int, stride: int) -> nn.Sequential:
    """Return `depth` blocks; the first one changes the resolution."""
    blocks = [block(channels_in, width, stride)]
    blocks += [block(width * block.expansion, width, 1) for _ in range(depth - 1)]
    return nn.Sequential(*blocks)


def resnet(depth: int, labels: int) -> ResNet:
    """Return a ResNet of 18, 34 or 50 layers."""
    block: Block = Bottleneck if depth == 50 else BasicBlock
    depths = (2, 2, 2, 2) if depth == 18 else (3, 4, 6, 3)
    return ResNet(block, depths, labels)
