"""ResNet and EfficientNet-Lite, by name. Not here: fitting them (training/train.py)."""

from biosight.training.networks.by_name import (
    ARCHITECTURES,
    AnyNetwork,
    before_last_stage,
    build,
    load_weights,
    normalisation,
    rows_of,
    start_from,
    weights_file,
)

__all__ = [
    "ARCHITECTURES",
    "AnyNetwork",
    "before_last_stage",
    "build",
    "load_weights",
    "normalisation",
    "rows_of",
    "start_from",
    "weights_file",
]
