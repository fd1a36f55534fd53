"""The last blocks of a bundled network, trained further on pictures of more sources.

    python -m bench.last_blocks --data ../shared/data --to FOLDER [--base FOLDER] [--only 0,1,final]

Five networks train without a fifth of the sources that the base never saw each, and one with all
but the left-out ones. Each is the mean of the base's weights and the trained ones (WiSE-FT,
Wortsman et al. 2022). FOLDER gets the maps that all train from (2.6 GB), the embeddings of all
pictures by each network (fold-0.npy and so on), from which bench.heads measures and chooses
thresholds, and the last network in fp32 (full) and int8 (int8).
"""

import argparse
from pathlib import Path
from shutil import copy2

import numpy as np
import numpy.typing as npt

from bench.heads import FOLDS, NEW_WEIGHT, Bools, Known, known_pictures
from biosight.bootstrap import BUNDLED
from biosight.inference.head import read_head
from biosight.inference.model_files.card import read_card, write_card
from biosight.training import export
from biosight.training.data import dataset as ds
from biosight.training.networks.efficientnet_lite import EfficientNetLite
from biosight.training.networks.last_blocks import (
    Material,
    TwoViews,
    embed_maps,
    maps_of,
    train_last_blocks,
)
from biosight.training.quantise import quantise
from biosight.training.reference import numbers
from biosight.training.thaw import thaw


def weights_of(known: Known, teaches: Bools) -> npt.NDArray[np.float64]:
    """Return how often each picture is drawn (n,): balanced by label and source, 0 for those that
    don't teach."""
    chosen = [s for s, t in zip(known.samples, teaches, strict=True) if t]
    weights = np.zeros(len(known.samples))
    weights[teaches] = ds.sample_weights(chosen, 0.2, 0.6).numpy()
    return np.where(known.kind == "new", NEW_WEIGHT, 1.0) * weights


def write_model(base: Path, network: EfficientNetLite, known: Known, to: Path) -> None:
    """Write the network in fp32 and in int8, with the base's head; bench.heads fits another."""
    full = to / "full"
    full.mkdir(parents=True, exist_ok=True)
    for file in ("head.npz", "reference.npz"):
        copy2(base / file, full / file)
    card = known.card.model_copy(update={"precision": export.FP32})
    head = read_head(base, len(card.labels), card.embedding_size)
    assert head is not None
    export.write_onnx(export.Exported(network, head).eval(), card, full)
    write_card(export.stamp(card, full, {}), full)
    held = [s for s, h in zip(known.samples, known.is_held, strict=True) if h]
    train = [s for s, t in zip(known.samples, known.teaches, strict=True) if t]
    print(quantise(full, train, held, to / "int8", first_layers=4))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--base", type=Path, default=BUNDLED / "organisms")
    parser.add_argument("--only", default=",".join(["final", *map(str, range(FOLDS))]))
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    card = read_card(given.base)
    known, network = known_pictures(given.data, card), thaw(given.base)
    assert isinstance(network, EfficientNetLite)
    plain, augmented = (
        maps_of(network, TwoViews(known.samples, card, view), given.to / f"maps-{view}.npy")
        for view in (0, 1)
    )
    groups = numbers(known.samples, card)
    for part in given.only.split(","):
        final = part == "final"
        teaches = known.teaches if final else known.taught_without(int(part))
        weights = weights_of(known, teaches)
        material = Material((plain, augmented), groups, known.allowed, weights)
        seed = FOLDS if final else int(part)
        made = train_last_blocks(network, material, len(card.labels), seed)
        np.save(given.to / f"fold-{part}.npy", embed_maps(made, plain))
        if final:
            write_model(given.base, made, known, given.to)


if __name__ == "__main__":
    main()
