"""Training a detector further on scenes: the loop, with a teacher for what scenes do not know.

Not here: the loss (loss.py) or the scenes (scenes.py).
"""

import copy
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from biosight.inference.detection.detector import fitted
from biosight.inference.detection.output_forms import grid
from biosight.inference.model_files.detector_card import DetectorCard
from biosight.subjects import KINDS, Box
from biosight.training.detector.graph import Graph
from biosight.training.detector.loss import SceneTruth, scene_loss
from biosight.training.detector.scenes import Album, Scene

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lesson:
    """How long and how fast to train, and how many of the last convolutions learn (the network has
    110, of which 24 are its heads)."""

    steps: int = 240
    batch: int = 8
    rate: float = 2e-4
    decay: float = 0.05
    learning: int = 66
    kept: float = 0.99  # share of the running mean of the weights that each step keeps
    seed: int = 1


def fit(start: Path, card: DetectorCard, album: Album, lesson: Lesson) -> Graph:
    """Return the network of `start` after the lesson: the running mean of its weights."""
    network, teacher = Graph(start), Graph(start).eval()
    for weights in teacher.parameters():
        weights.requires_grad_(False)
    learning = learning_weights(network, lesson.learning)
    optimizer = torch.optim.AdamW(learning, lr=lesson.rate, weight_decay=lesson.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lesson.rate, total_steps=lesson.steps, pct_start=0.1
    )
    mean = copy.deepcopy(network)
    random = np.random.default_rng(lesson.seed)
    points, strides = (torch.from_numpy(x) for x in grid(card))
    total = 0.0
    for step in range(lesson.steps):
        scenes = [album.scene(random, card.side) for _ in range(lesson.batch)]
        pixels, truths = as_batch(scenes, card)
        with torch.no_grad():
            taught = by_kind(teacher(pixels), card).sigmoid()
        raw = network(pixels)
        scores = by_kind(raw, card)
        losses = [
            scene_loss(
                (points, strides[:, 0]),
                (scores[i], raw[i, :, -32:]),
                truths[i],
                known(taught[i], scene),
            )
            for i, scene in enumerate(scenes)
        ]
        loss = torch.stack(losses).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learning, 10.0)
        optimizer.step()
        schedule.step()
        move_mean(mean, network, lesson.kept)
        total += float(loss.detach())
        if step % 50 == 49:
            log.info("step %d: loss %.3f", step + 1, total / 50)
            total = 0.0
    return mean


def learning_weights(network: Graph, last: int) -> list[torch.nn.Parameter]:
    """Return the weights that learn, those of the last convolutions; all others stay as they
    are."""
    convolutions = [n for n in network.steps if n.op_type == "Conv"]
    names = {name for node in convolutions[-last:] for name in node.input[1:]}
    for name, weights in network.weights.items():
        weights.requires_grad_(name in names)
    return [weights for name, weights in network.weights.items() if name in names]


def by_kind(raw: Tensor, card: DetectorCard) -> Tensor:
    """Return the largest logit of each kind: (n, points, kinds)."""
    return torch.stack([raw[..., list(card.kinds[k])].amax(-1) for k in KINDS], -1)


def known(taught: Tensor, scene: Scene) -> Tensor:
    """Return what the teacher says (points, kinds) where the scene does not know it, NaN where it
    does."""
    made = taught.clone()
    made[:, KINDS.index("animal")] = float("nan")
    if scene.settled:
        made[:] = float("nan")
    return made


def as_batch(scenes: Sequence[Scene], card: DetectorCard) -> tuple[Tensor, list[SceneTruth]]:
    """Return the pixels (n, 3, side, side) of scenes and what is in each, in pixels."""
    batches, truths = [], []
    for scene in scenes:
        batch, scale, offset = fitted(scene.picture, card)
        height, width = scene.picture.shape[:2]
        place = np.array([width, height] * 2) * scale, np.array([*offset, *offset])
        kinds = torch.tensor([KINDS.index(b.kind) for b in scene.boxes], dtype=torch.long)
        truths.append(SceneTruth(corners(scene.boxes, place), kinds, corners(scene.unknown, place)))
        batches.append(torch.from_numpy(batch))
    return torch.cat(batches), truths


def corners(boxes: Sequence[Box], place: tuple[np.ndarray, np.ndarray]) -> Tensor:
    rows = [[b.x, b.y, b.x + b.width, b.y + b.height] for b in boxes]
    numbers = np.array(rows, np.float32).reshape(-1, 4) * place[0] + place[1]
    return torch.from_numpy(numbers.astype(np.float32))


@torch.no_grad()
def move_mean(mean: Graph, network: Graph, kept: float) -> None:
    """Move the running mean a little towards the network."""
    for ours, theirs in zip(mean.parameters(), network.parameters(), strict=True):
        ours.lerp_(theirs, 1 - kept)
