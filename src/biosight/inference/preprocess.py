"""Picture -> array, as the model's card says; the only preprocessing, used in training too.

Not here: opening files (images/reading.py) or augmentation (training/data/dataset.py).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

Pixels = npt.NDArray[np.uint8]
Batch = npt.NDArray[np.float32]

FILTERS = {"bicubic": Pillow.Resampling.BICUBIC, "bilinear": Pillow.Resampling.BILINEAR}


class ChannelScale(Protocol):
    """What a network takes off each channel and divides it by: per RGB channel, 0 to 1. A model's
    card is one."""

    @property
    def mean(self) -> tuple[float, float, float]: ...

    @property
    def std(self) -> tuple[float, float, float]: ...


@dataclass(frozen=True, slots=True)
class Framing:
    """How a picture is cut for a network: sizes in pixels, and the resampling filter."""

    input_size: int
    resize_short: int
    interpolation: str


def crop_box(width: int, height: int, crop_ratio: float) -> tuple[float, float, float, float]:
    """The centred square whose side is `crop_ratio` of the short side, in pixels."""
    side = min(width, height) * crop_ratio
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


def short_to_read(framing: Framing) -> int:
    """The short side, in px, that a picture is to be read at: half as much again as the network
    sees, since smaller than that would show in what it answers, and enough for the thumbnail."""
    return max(3 * framing.resize_short // 2, 256)


def to_pixels(picture: Pillow.Image, framing: Framing) -> Pixels:
    """RGB picture -> uint8 array (input_size, input_size, 3).

    Resizing the short side to `resize_short` and cropping the centre is done in one step:
    the same square, cut first and resized once, which costs less for large pictures.
    """
    ratio = min(1.0, framing.input_size / framing.resize_short)
    box = crop_box(picture.width, picture.height, ratio)
    size = (framing.input_size, framing.input_size)
    picture = picture if picture.mode == "RGB" else picture.convert("RGB")  # which copies
    square = picture.resize(size, FILTERS[framing.interpolation], box=box)
    return np.asarray(square, dtype=np.uint8)


def to_batch(pixels: npt.NDArray[np.uint8], by: ChannelScale) -> Batch:
    """uint8 (n, side, side, 3) -> normalised float32 (n, 3, side, side), contiguous."""
    mean, std = np.array(by.mean, np.float32), np.array(by.std, np.float32)
    scale: Batch = np.float32(1) / (np.float32(255) * std)
    shift: Batch = mean / std
    # Turned round while they are bytes, and reckoned in place: a fraction of the memory moved.
    batch: Batch = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).astype(np.float32)
    batch *= scale[:, None, None]
    batch -= shift[:, None, None]
    return batch
