"""Plain measures of a picture: nine statistics for drift, and a perceptual hash.

Not here: what is concluded from them (drift).
"""

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

STATISTICS = (
    "brightness",
    "contrast",
    "dark_share",
    "bright_share",
    "saturation",
    "red_green",
    "blue_yellow",
    "sharpness",
    "noise",
)
SHORT_SIDE = 128
Floats = npt.NDArray[np.float32]


def statistics(picture: Pillow.Image) -> tuple[float, ...]:
    """Return STATISTICS of an RGB picture, measured at a short side of at most SHORT_SIDE pixels.

    Brightness, contrast, saturation and the two opponent colours are in units of 0 to 1. Shares are
    of pixels below 5 % or above 95 %. Sharpness is the log of the Laplacian's variance
    (Pech-Pacheco et al. 2000). Noise is Immerkær's estimate (1996).
    """
    red, green, blue = planes(at_short_side(picture))
    grey = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    r, g, b = (float(plane.mean()) for plane in (red, green, blue))
    values = (
        grey.mean(),
        grey.std(),
        np.count_nonzero(grey < 0.05) / grey.size,
        np.count_nonzero(grey > 0.95) / grey.size,
        spread.mean(),
        r - g,
        b - (r + g) / 2,
        sharpness(grey),
        noise(grey),
    )
    return tuple(round(float(v), 5) for v in values)


def planes(picture: Pillow.Image) -> Floats:
    """Return RGB as three planes (3, h, w) in units of 0 to 1, over which reductions are fast."""
    pixels = np.asarray(picture, dtype=np.uint8).transpose(2, 0, 1)
    return np.ascontiguousarray(pixels).astype(np.float32) * np.float32(1 / 255)


def at_short_side(picture: Pillow.Image) -> Pillow.Image:
    """Return the picture reduced to SHORT_SIDE; unchanged when it is smaller."""
    ratio = SHORT_SIDE / min(picture.size)
    if ratio >= 1:
        return picture
    size = (max(3, round(picture.width * ratio)), max(3, round(picture.height * ratio)))
    return picture.resize(size, Pillow.Resampling.BOX)


def sharpness(grey: Floats) -> float:
    """Return log10 of the variance of the 4-neighbour Laplacian; -8 for pictures under 3 px."""
    if min(grey.shape) < 3:
        return -8.0
    middle = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * middle
    return float(np.log10(laplacian.var() + 1e-8))


def noise(grey: Floats) -> float:
    """Return the standard deviation of noise by Immerkær's difference of Laplacians, 0 to 1."""
    if min(grey.shape) < 3:
        return 0.0
    rows = grey[:-2] - 2 * grey[1:-1] + grey[2:]
    both = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    return float(np.abs(both).mean() * np.sqrt(np.pi / 2) / 6)


def cosine_basis(size: int, rows: int) -> Floats:
    """Return the first `rows` rows of the DCT-II matrix of `size`."""
    k, n = np.arange(rows)[:, None], np.arange(size)[None, :]
    return np.cos(np.pi * k * (2 * n + 1) / (2 * size)).astype(np.float32)


BASIS = cosine_basis(32, 8)


def perceptual_hash(picture: Pillow.Image) -> str:
    """Return 64 bits in hex: signs of the low DCT frequencies against their median (Zauner
    2010)."""
    grey = picture.convert("L").resize((32, 32), Pillow.Resampling.BOX)
    low = BASIS @ np.asarray(grey, dtype=np.float32) @ BASIS.T
    bits = (low > np.median(low)).ravel()
    return np.packbits(bits).tobytes().hex()
