"""Images: the record of one picture, and bytes -> checked, upright, measured picture.

Not here: where the decode runs (inference/sandbox/decoding.py).
"""

from biosight.images.file_types import (
    MAX_PIXELS,
    MEDIA_TYPES,
    SHOWN_AS_IS,
    sniff,
)
from biosight.images.record import READING, ActItem, Capture, Embedding, Image, Standing
from biosight.images.words import fold_text

__all__ = [
    "MAX_PIXELS",
    "MEDIA_TYPES",
    "READING",
    "SHOWN_AS_IS",
    "ActItem",
    "Capture",
    "Embedding",
    "Image",
    "Standing",
    "fold_text",
    "sniff",
]
