"""Embedded colour profiles: pictures are converted to sRGB once, before anything looks at them.

A profile that is broken, too large, or for another kind of picture is ignored. Pictures without a
profile keep their numbers. Little CMS does the arithmetic, through Pillow (ICC.1:2022). Not here:
finding a profile in a file (jpeg.py, png.py, tiff.py; Pillow for the rest).
"""

import io
from functools import lru_cache

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

LARGEST_PROFILE = 4 << 20
SIGNATURE = slice(36, 40)
SPACE = slice(16, 20)
CLASS = slice(12, 16)
MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
DEVICES = {b"scnr", b"mntr", b"prtr", b"spac"}
# A profile that changes no colour by more than this is treated as sRGB.
SAME = 2
KEPT = 8


def suits(profile: bytes, mode: str) -> bool:
    """Return whether a profile defines the numbers of a picture of this mode."""
    return (
        128 < len(profile) <= LARGEST_PROFILE
        and profile[SIGNATURE] == b"acsp"
        and profile[CLASS] in DEVICES
        and MODES.get(profile[SPACE]) == mode
    )


def to_srgb(picture: Pillow.Image, profile: bytes) -> Pillow.Image:
    """Return the picture (RGB, L or CMYK) converted to sRGB by its profile; unchanged where the
    profile can't be used."""
    if not suits(profile, picture.mode):
        return picture
    transform = transform_of(profile, picture.mode)
    if transform is None:
        return picture
    try:
        turned = ImageCms.applyTransform(picture, transform)
    except (ImageCms.PyCMSError, ValueError):
        return picture
    return turned or picture


@lru_cache(KEPT)
def transform_of(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from a profile's colours to sRGB; None where it is broken or changes
    nothing."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
        before = samples(mode)
        after = ImageCms.applyTransform(before, made)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if after is None:
        return None
    moved = np.asarray(after, np.int16) - np.asarray(before.convert("RGB"), np.int16)
    return made if np.abs(moved).max() > SAME else None


def samples(mode: str) -> Pillow.Image:
    """Return a picture with colours from all over a mode's space."""
    bands = len(Pillow.new(mode, (1, 1)).getbands())
    steps = np.linspace(0, 255, 9 if bands == 3 else 256 if bands == 1 else 6).astype(np.uint8)
    grid = np.stack(np.meshgrid(*[steps] * bands), axis=-1).reshape(1, -1, bands)
    return Pillow.fromarray(grid[..., 0] if bands == 1 else np.ascontiguousarray(grid), mode=mode)
