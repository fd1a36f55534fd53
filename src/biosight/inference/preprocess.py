"""From a picture to an array, as the model's card says; the only preprocessing, also used in
training.

Not here: opening files (images/reading.py) or augmentation (training/data/dataset.py).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from biosight.subjects.area import Area

Pixels = npt.NDArray[np.uint8]
Batch = npt.NDArray[np.float32]

FILTERS = {"bicubic": Pillow.Resampling.BICUBIC, "bilinear": Pillow.Resampling.BILINEAR}


class ChannelScale(Protocol):
    """The mean that a network subtracts from each RGB channel, and the deviation that it divides
    by, 0 to 1. A model's card is one."""

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
    """Return the centred square whose side is `crop_ratio` of the short side, in pixels."""
    side = min(width, height) * crop_ratio
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


def short_to_read(framing: Framing) -> int:
    """Return the short side, in px, at which to read a picture: half as much again as the network
    sees, and enough for the thumbnail. A smaller picture would change the network's answers."""
    return max(3 * framing.resize_short // 2, 256)


def to_pixels(picture: Pillow.Image, framing: Framing) -> Pixels:
    """Convert an RGB picture to a uint8 array (input_size, input_size, 3).

    Resizing the short side to `resize_short` and cropping the centre are one step. The same square
    is cut first and resized once, which costs less for large pictures.
    """
    ratio = min(1.0, framing.input_size / framing.resize_short)
    box = crop_box(picture.width, picture.height, ratio)
    size = (framing.input_size, framing.input_size)
    picture = picture if picture.mode == "RGB" else picture.convert("RGB")  # convert always copies
    square = picture.resize(size, FILTERS[framing.interpolation], box=box)
    return np.asarray(square, dtype=np.uint8)


def pixels_in(reading: Pixels, area: Area | None, framing: Framing) -> Pixels:
    """Convert an area of an upright picture (height, width, 3), or its centre as usual, to a uint8
    array (input_size, input_size, 3). An area that is no square is squeezed."""
    picture = Pillow.fromarray(reading)
    if area is None:
        return to_pixels(picture, framing)
    box = area.left, area.top, area.right, area.bottom
    size = (framing.input_size, framing.input_size)
    cut = picture.resize(size, FILTERS[framing.interpolation], box=box)
    return np.asarray(cut, dtype=np.uint8)


def to_batch(pixels: npt.NDArray[np.uint8], by: ChannelScale) -> Batch:
    """Convert uint8 (n, side, side, 3) to normalised float32 (n, 3, side, side), contiguous."""
    mean, std = np.array(by.mean, np.float32), np.array(by.std, np.float32)
    scale: Batch = np.float32(1) / (np.float32(255) * std)
    shift: Batch = mean / std
    # Transposed as bytes and calculated in place, which moves a fraction of the memory.
    batch: Batch = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).astype(np.float32)
    batch *= scale[:, None, None]
    batch -= shift[:, None, None]
    return batch
