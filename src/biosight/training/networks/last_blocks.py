"""The last blocks of an EfficientNet-Lite, trained further from the maps that those before give.

Blocks before the last halving of the map stay as they are, so their maps are kept on disk and an
epoch takes minutes on two cores. Not here: which pictures teach, and the figures
(bench/last_blocks.py, bench/heads.py).
"""

import copy
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from biosight.inference.model_files.card import ModelCard
from biosight.inference.preprocess import FILTERS, to_pixels
from biosight.training.data import dataset as ds
from biosight.training.lesson import normalise_batch, partial_loss
from biosight.training.networks.efficientnet_lite import EfficientNetLite

KEPT_BLOCKS = 15  # those before the last halving of the map
BATCH, RATE, WARM_UP, MEMORY = 96, 0.002, 50, 0.995
LEAF_SHARE, SMOOTHING, BASE_SHARE = 0.4, 0.05, 0.5
Maps = npt.NDArray[np.float16]
Ints = npt.NDArray[np.int64]


class TwoViews(Dataset[Tensor]):
    """Pictures as served (view 0), or as augmented in training (view 1), in their order."""

    def __init__(self, samples: Sequence[ds.Sample], card: ModelCard, view: int) -> None:
        self.samples, self.card, self.view = samples, card, view

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Tensor:
        picture, card = ds.open_rgb(self.samples[index].path), self.card
        if not self.view:
            return torch.from_numpy(to_pixels(picture, card.framing).copy())
        dice, resampling = random.Random(index), FILTERS[card.interpolation]
        return torch.from_numpy(np.array(ds.augment(picture, card.input_size, dice, resampling)))


def maps_of(network: EfficientNetLite, pictures: TwoViews, path: Path) -> Maps:
    """Return the maps (n, c, h, w) before the trained blocks, from disk if they are there."""
    if not path.exists():
        unfinished = path.with_suffix(".part")
        kept, at = None, 0
        for pixels in DataLoader(pictures, batch_size=32, num_workers=1):
            found = maps_before(network, normalise_batch(pixels, pictures.card))
            if kept is None:
                shape = (len(pictures), *found.shape[1:])
                kept = np.lib.format.open_memmap(unfinished, "w+", np.float16, shape)
            kept[at : at + len(found)] = found.half().numpy()
            at += len(found)
        unfinished.rename(path)
    return np.load(path, mmap_mode="r")


@torch.inference_mode()
def maps_before(network: EfficientNetLite, pixels: Tensor) -> Tensor:
    found = functional.relu6(network._bn0(network._conv_stem(pixels)))
    for block in network._blocks[:KEPT_BLOCKS]:
        found = block(found)
    return found


def scores_after(network: EfficientNetLite, maps: Tensor) -> tuple[Tensor, Tensor]:
    """Return scores (n, labels and leaves) and embeddings (n, d) for maps."""
    for block in network._blocks[KEPT_BLOCKS:]:
        maps = block(maps)
    found = functional.relu6(network._bn1(network._conv_head(maps))).mean((2, 3))
    return network._fc(found), found


def as_tensor(maps: Maps) -> Tensor:
    return torch.from_numpy(maps.astype(np.float32)).contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True, slots=True)
class Material:
    """What a network learns from: the maps of both views (n, c, h, w), the group of each picture
    and the leaves it allows (n, leaves), and how often each is drawn (n,), 0 for never."""

    views: tuple[Maps, Maps]
    groups: Ints
    allowed: npt.NDArray[np.bool_]
    weights: npt.NDArray[np.float64]

    @property
    def steps(self) -> int:
        """The batches of one epoch."""
        return int((self.weights > 0).sum()) // BATCH

    def batches(self, seed: int) -> Iterator[tuple[Tensor, Ints]]:
        """Yield maps and the numbers of their pictures; the view of each is drawn, too."""
        dice = np.random.default_rng(seed)
        share = self.weights / self.weights.sum()
        for _ in range(self.steps):
            picks = np.sort(dice.choice(len(share), BATCH, p=share))
            other = (dice.random(BATCH) < 0.5)[:, None, None, None]
            maps = as_tensor(np.where(other, self.views[1][picks], self.views[0][picks]))
            yield (maps.flip(3) if dice.random() < 0.5 else maps), picks


def train_last_blocks(
    base: EfficientNetLite, material: Material, labels: int, seed: int
) -> EfficientNetLite:
    """Return the mean of the base and of what it becomes in one epoch, as a moving average. The
    first `labels` rows of its head are groups, the others leaves."""
    torch.manual_seed(seed)
    network, kept = copy.deepcopy(base), copy.deepcopy(base)
    tail = [*network._blocks[KEPT_BLOCKS:], network._conv_head, network._bn1, network._fc]
    weights = [p for part in tail for p in part.parameters()]
    optimiser = torch.optim.SGD(weights, lr=RATE, momentum=0.9, weight_decay=1e-4, nesterov=True)
    bar = tqdm(material.batches(seed), "training", material.steps, disable=None)
    for step, (maps, picks) in enumerate(bar):
        left = (1 + np.cos(np.pi * step / material.steps)) / 2
        optimiser.param_groups[0]["lr"] = RATE * min(1, step / WARM_UP) * left
        scores, _ = scores_after(network, maps)
        goal = torch.from_numpy(material.groups[picks])
        loss = functional.cross_entropy(scores[:, :labels], goal, label_smoothing=SMOOTHING)
        finer = partial_loss(scores[:, labels:], torch.from_numpy(material.allowed[picks]))
        optimiser.zero_grad()
        ((1 - LEAF_SHARE) * loss + LEAF_SHARE * finer).backward()
        optimiser.step()
        keep_share(kept, network, min(MEMORY, (step + 1) / (step + 10)))
    keep_share(kept, base, 1 - BASE_SHARE)
    return kept.eval()


@torch.no_grad()
def keep_share(kept: nn.Module, other: nn.Module, share: float) -> None:
    """Keep this share of a network, and take the rest from another one."""
    for mine, its in zip(kept.parameters(), other.parameters(), strict=True):
        mine.mul_(share).add_(its, alpha=1 - share)


@torch.inference_mode()
def embed_maps(network: EfficientNetLite, maps: Maps) -> Maps:
    """Return the embeddings (n, d) of all pictures as served."""
    parts = [
        scores_after(network, as_tensor(maps[i : i + 128]))[1] for i in range(0, len(maps), 128)
    ]
    return torch.cat(parts).half().numpy()
