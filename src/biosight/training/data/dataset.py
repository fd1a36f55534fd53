"""A folder-per-label tree as samples: scanning, splitting by source, balancing, augmenting.

Not here: the loop that uses them (training/train.py), or reading a picture (images/reading.py).
"""

import csv
import io
import logging
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image as Pillow
from PIL import ImageEnhance, ImageFilter, ImageOps
from torch import Tensor
from torch.utils.data import Dataset

from biosight.errors import BadModel
from biosight.images import folders
from biosight.images.reading import open_picture
from biosight.inference.model_files.card import ModelCard
from biosight.inference.preprocess import FILTERS, to_pixels

log = logging.getLogger(__name__)
# At least as many px on the short side as serving keeps.
NEED_SHORT = 512
LEAST_HELD = 20  # pictures a label


@dataclass(frozen=True, slots=True)
class Sample:
    """One training picture; `source` groups pictures that must stay on one side of a split.

    `node` is its finest known name in a tree, "" without one.
    """

    path: Path
    label: str
    source: str
    node: str = ""


def scan_tree(
    root: Path, manifest: Path | None = None, without: Collection[str] = ()
) -> list[Sample]:
    """Return the pictures under `root/<label>/`, sorted; sources come from a CSV with columns file
    and source.

    `without` names kinds of the manifest to leave out. Without a manifest, each picture is its own
    source. Files that are not pictures are left out, and the log says why. Raises BadModel when
    there are fewer than two labels.
    """
    rows = read_manifest(manifest, root) if manifest else {}
    samples = [
        Sample(path, folder.name, rows[path][0] if path in rows else str(path))
        for folder in sorted(p for p in root.iterdir() if p.is_dir())
        for path in pictures_at_or_below(folder)
        if rows.get(path, ("", ""))[1] not in without
    ]
    if len({s.label for s in samples}) < 2:
        raise BadModel(f"{root} needs at least two folders, one per label, with pictures in them.")
    return samples


def pictures_at_or_below(folder: Path) -> Iterator[Path]:
    """Yield the pictures of a folder in order; the log names the files that are not pictures."""
    for entry in folders.every_file(folder):
        if entry.reason:
            log.warning("left out: %s: %s", folders.printable(entry.path), entry.reason)
        else:
            yield entry.path


def read_manifest(manifest: Path, root: Path) -> dict[Path, tuple[str, str]]:
    """Return source and kind ("-" for none) by file; files are relative to the manifest's folder.
    Raises BadModel for missing columns."""
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"file", "source"} <= rows[0].keys():
        raise BadModel(f"{manifest} needs the columns file and source.")
    base = manifest.parent if not root.is_absolute() else manifest.parent.resolve()
    return {base / row["file"]: (row["source"], row.get("kind") or "-") for row in rows}


def split_by_source(
    samples: Sequence[Sample], share: float, seed: int, largest: int = 470
) -> tuple[list[Sample], list[Sample]]:
    """Return (training, left out); whole sources are left out, chosen to reach every label.

    Sources are drawn for the label that is furthest from its part, until `share` of all pictures is
    left out. A source is not drawn if it has more than `largest` pictures, or if it would take more
    than a fifth of any label.
    """
    by_source: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_source[sample.source].append(sample)
    totals = Counter(s.label for s in samples)
    goal = share * len(samples)
    out: Counter[str] = Counter()
    left_out: set[str] = set()
    order = sorted(by_source)
    random.Random(seed).shuffle(order)

    def fits(source: str) -> bool:
        counts = Counter(s.label for s in by_source[source])
        roomy = all(out[k] + n <= max(1, totals[k] // 5) for k, n in counts.items())
        return source not in left_out and len(by_source[source]) <= largest and roomy

    while out.total() < goal:
        for label in sorted(totals, key=lambda k: out[k] / totals[k]):
            pool = [s for s in order if fits(s) and any(x.label == label for x in by_source[s])]
            if pool:
                left_out.add(pool[0])
                out.update(x.label for x in by_source[pool[0]])
                break
        else:
            break
    train = [s for s in samples if s.source not in left_out]
    return train, [s for s in samples if s.source in left_out]


def split_to_judge(
    samples: Sequence[Sample], share: float, seed: int
) -> tuple[list[Sample], list[Sample], tuple[str, ...]]:
    """Return (training, left out, labels): whole sources are left out, as in `split_by_source`.

    A label of which these are fewer than LEAST_HELD pictures also gives single ones, up to a fifth
    of it, so that no weights are chosen and no temperature is fitted on a handful. Their sources
    also teach, so the figures of these `labels` are somewhat too good; whoever uses them says so.
    """
    train, held = split_by_source(samples, share, seed)
    totals, there = Counter(s.label for s in samples), Counter(s.label for s in held)
    dice = random.Random(seed)
    single: set[int] = set()
    for label in sorted(totals):
        wanted = min(LEAST_HELD, totals[label] // 5) - there[label]
        own = [i for i, s in enumerate(train) if s.label == label]
        single.update(dice.sample(own, max(0, min(wanted, len(own)))))
    moved = [s for i, s in enumerate(train) if i in single]
    kept = [s for i, s in enumerate(train) if i not in single]
    return kept, held + moved, tuple(sorted({s.label for s in moved}))


def singly_in_words(labels: Sequence[str], samples: Sequence[Sample]) -> str:
    """Return that single pictures of these labels judge; "" for none, or where every picture is a
    source anyway."""
    if not labels or len({s.source for s in samples}) == len(samples):
        return ""
    return (
        f" Of {len(labels)} labels single pictures were kept aside, whose sources also taught: "
        f"{', '.join(labels)}."
    )


def sample_weights(samples: Sequence[Sample], label_power: float, source_power: float) -> Tensor:
    """Return sampling weights: a label has the weight count ** label_power in all, and within a
    label each source has its count ** source_power."""
    labels = Counter(s.label for s in samples)
    pairs = Counter((s.label, s.source) for s in samples)
    sources: dict[str, float] = defaultdict(float)
    for (label, _), count in pairs.items():
        sources[label] += count**source_power
    weights = [
        labels[s.label] ** label_power
        / sources[s.label]
        * pairs[s.label, s.source] ** (source_power - 1)
        for s in samples
    ]
    return torch.tensor(weights, dtype=torch.double)


def open_rgb(path: Path) -> Pillow.Image:
    """Return the picture as serving opens it: upright, in sRGB. Raises BadPicture, and OSError for
    the disk; a broken file is never replaced by a placeholder."""
    return open_picture(path, NEED_SHORT).picture


class EvalPictures(Dataset[tuple[Tensor, int]]):
    """Pictures as uint8 (side, side, 3), prepared exactly as in serving, with their place in the
    list."""

    def __init__(self, samples: Sequence[Sample], card: ModelCard) -> None:
        self.samples = samples
        self.card = card

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        sample = self.samples[index]
        pixels = to_pixels(open_rgb(sample.path), self.card.framing)
        return torch.from_numpy(pixels.copy()), index


class TrainPictures(Dataset[tuple[Tensor, int]]):
    """Pictures as uint8 (side, side, 3), augmented at random, with their place in the list."""

    def __init__(
        self, samples: Sequence[Sample], card: ModelCard, side: int, *, strong: bool = False
    ) -> None:
        self.samples = samples
        self.card = card
        self.side = side
        self.strong = strong

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        sample = self.samples[index]
        dice = random.Random(int(torch.randint(2**31, ()).item()))
        picture = augment(open_rgb(sample.path), self.side, dice, FILTERS[self.card.interpolation])
        if self.strong:
            picture = distort(picture, dice)
        return torch.from_numpy(np.array(picture)), index


def augment(
    picture: Pillow.Image, side: int, dice: random.Random, resampling: Pillow.Resampling
) -> Pillow.Image:
    """Return a random crop resized to `side`, mirrored, recoloured and sometimes degraded.

    Down-and-up-sampling hides that small pictures come from one source. A network would otherwise
    learn this as a shortcut.
    """
    if dice.random() < 0.3:
        short = dice.randint(48, 110)
        if short < min(picture.size):
            picture = picture.resize(scale_short_side(picture.size, short), resampling)
    picture = picture.resize((side, side), resampling, box=random_box(picture.size, dice))
    if dice.random() < 0.5:
        picture = picture.transpose(Pillow.Transpose.FLIP_LEFT_RIGHT)
    if dice.random() < 0.8:
        picture = recolour(picture, dice)
    if dice.random() < 0.08:
        picture = picture.filter(ImageFilter.GaussianBlur(dice.uniform(0.5, 1.5)))
    if dice.random() < 0.15:
        picture = recompress(picture, dice.randint(20, 70))
    return picture


def distort(picture: Pillow.Image, dice: random.Random) -> Pillow.Image:
    """Apply two random distortions of medium strength (RandAugment, Cubuk et al. 2020)."""
    for kind in dice.choices(
        ("turn", "shear", "posterise", "solarise", "equalise", "stretch"), k=2
    ):
        if kind == "turn":
            picture = picture.rotate(dice.uniform(-20, 20), Pillow.Resampling.BILINEAR)
        elif kind == "shear":
            slant = (1.0, dice.uniform(-0.2, 0.2), 0.0, dice.uniform(-0.2, 0.2), 1.0, 0.0)
            picture = picture.transform(picture.size, Pillow.Transform.AFFINE, slant)
        elif kind == "posterise":
            picture = ImageOps.posterize(picture, dice.randint(4, 7))
        elif kind == "solarise":
            picture = ImageOps.solarize(picture, dice.randint(170, 255))
        elif kind == "equalise":
            picture = ImageOps.equalize(picture)
        else:
            picture = ImageOps.autocontrast(picture)
    return picture


def scale_short_side(size: tuple[int, int], short: int) -> tuple[int, int]:
    """Return `size` with its short side at `short` pixels."""
    ratio = short / min(size)
    return max(1, round(size[0] * ratio)), max(1, round(size[1] * ratio))


def random_box(size: tuple[int, int], dice: random.Random) -> tuple[float, float, float, float]:
    """Return a crop of 30 to 100 % of the area with an aspect ratio of 3:4 to 4:3 (Szegedy et al.
    2015)."""
    width, height = size
    area = width * height * dice.uniform(0.3, 1.0)
    aspect = (4 / 3) ** dice.uniform(-1, 1)
    w, h = min(width, (area * aspect) ** 0.5), min(height, (area / aspect) ** 0.5)
    left, top = dice.uniform(0, width - w), dice.uniform(0, height - h)
    return left, top, left + w, top + h


def recolour(picture: Pillow.Image, dice: random.Random) -> Pillow.Image:
    """Change brightness, contrast and saturation by up to 35 %; rarely make the picture grey."""
    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        picture = kind(picture).enhance(dice.uniform(0.65, 1.35))
    return picture.convert("L").convert("RGB") if dice.random() < 0.06 else picture


def recompress(picture: Pillow.Image, quality: int) -> Pillow.Image:
    """Return the picture after JPEG compression at `quality`."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Pillow.open(buffer).convert("RGB")
