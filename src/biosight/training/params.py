"""Parameters of a training run: of a network from the start, or of one that already serves.

Not here: the runs (train.py, finetune.py), or reading pipeline/params.yaml (learning/recipe.py).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Mode = Literal["head", "stage", "full"]


@dataclass(frozen=True, slots=True)
class TrainParams:
    """A run from published weights; sizes in pixels, rates per step.

    With `taxa`, a folder of names (training/data/leaves.py), the network also learns leaves beside
    the labels. Their loss has the weight `leaf_share` in the whole.
    """

    root: Path
    out: Path
    arch: str = "efficientnet-lite0"
    init: str = ""
    manifest: Path | None = None
    name: str = "organisms"
    train_side: int = 160
    input_size: int = 208
    epochs: float = 3.0
    batch: int = 64
    rate: float = 1.5e-4
    decay: float = 0.02
    averaging: float = 0.998
    smoothing: float = 0.05
    label_power: float = 0.2
    source_power: float = 0.6
    held_share: float = 0.045
    hold: tuple[str, ...] = ()
    patience: int = 3
    checks_per_epoch: int = 2
    head_start: bool = True
    head_pictures: int = 10_000
    freeze_norm: bool = True
    frozen: float = 0.25
    chunk: int = 32
    mixup: float = 0.0
    strong: bool = False
    teacher: Path | None = None
    teacher_share: float = 0.5
    teacher_softness: float = 2.0
    max_steps: int = 0
    without: tuple[str, ...] = ()
    blends: tuple[float, ...] = (0.0, 0.2, 0.35, 0.5)
    prior: str = ""
    taxa: Path | None = None
    leaf_share: float = 0.5
    strengths: tuple[float, ...] = (0.0, 0.3, 0.5, 0.7)
    seed: int = 7
    workers: int = 2
    device: str = "cpu"
    tensorboard: bool = False


@dataclass(frozen=True, slots=True)
class FitParams:
    """`mode`: the head alone (seconds), the last stage too, or all of the network (needs PyTorch).

    `base` is a folder-per-label tree of the pictures that the model learnt from before, and
    `manifest` its CSV of sources. Without them, a stage or full run forgets. The other parameters
    are for those two modes.
    """

    mode: Mode = "head"
    name: str = ""
    base: str = ""
    manifest: str = ""
    epochs: float = 5.0
    batch: int = 64
    rate: float = 1.5e-4
    train_side: int = 0
    held_share: float = 0.045
    seed: int = 7
    workers: int = 2
