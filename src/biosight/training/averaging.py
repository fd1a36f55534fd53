"""The weights a run ends with: chosen among averages and blends on left-out sources.

Not here: training them (train.py).
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from biosight.inference.card import ModelCard
from biosight.inference.head import Prior
from biosight.inference.quality import softmax
from biosight.training import dataset as ds
from biosight.training import networks
from biosight.training.evaluate import Report, evaluate
from biosight.training.imagenet import make_prior, save_prior
from biosight.training.lesson import normalised
from biosight.training.params import TrainParams


def choose_blend(
    params: TrainParams,
    card: ModelCard,
    held: list[ds.Sample],
    prior: Prior | None,
    *,
    quiet: bool,
) -> Report:
    """Keep of several averages the one that does best on left-out sources.

    Tried are the best checkpoint and its mean with the last one (a soup, Wortsman et al. 2022),
    each blended with a share of the start, which keeps what fine-tuning forgets (WiSE-FT,
    Wortsman et al. 2022).
    """
    network = networks.build(params.arch, len(card.labels))
    found: list[tuple[Report, dict[str, Tensor], float]] = []
    for name, state in averages(params):
        network.load_state_dict(state)
        logits, embeddings, truth = forward(network, card, held, params, quiet=quiet)
        added = prior.evidence(embeddings, len(card.labels)) if prior else np.zeros_like(logits)
        for strength in params.strengths if prior else (0.0,):
            report = evaluate(softmax(logits + strength * added), truth, card.label_names)
            words = f"{report.accuracy:.1%}, mean recall {report.balanced_accuracy:.1%}"
            tqdm.write(f"{name}, prior {strength}: {words}")
            found.append((report, state, strength))
    report, state, strength = max(found, key=lambda f: f[0].accuracy + f[0].balanced_accuracy)
    save_atomically(state, params.out / "weights.pt")
    if prior and strength:
        save_prior(replace(prior, strength=strength), params.out / "prior.npz")
    return report


def first_prior(params: TrainParams, card: ModelCard) -> Prior | None:
    """What the starting weights' own classes say of the labels, when asked for."""
    if not params.prior:
        return None
    state = networks.load_weights(networks.weights_file(params.init))
    return make_prior(params.prior, card.label_names, state)


def averages(params: TrainParams) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """The averages to choose from, by name."""
    best = networks.load_weights(params.out / "weights.pt")
    saved = torch.load(params.out / "checkpoint.pt", map_location="cpu", weights_only=True)
    pairs = {"best": best, "best and last": mean_of(best, saved["average"], 0.5)}
    started = params.out / "start.pt"
    start = networks.load_weights(started) if started.exists() else None
    for name, tuned in pairs.items():
        for share in params.blends if start else (0.0,):
            state = mean_of(tuned, start, share) if start else tuned
            yield f"{name}, {share:.0%} of the start", state


def mean_of(first: dict[str, Tensor], second: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Weights with `share` of the second; counters stay the first's."""
    return {
        k: torch.lerp(v, second[k].float(), share) if v.is_floating_point() else v
        for k, v in first.items()
    }


def forward(
    network: networks.Network,
    card: ModelCard,
    samples: list[ds.Sample],
    params: TrainParams,
    *,
    quiet: bool = True,
    what: str = "checking",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(logits (n, labels), embeddings (n, d), label numbers (n,)) as serving would see them."""
    pictures = ds.EvalPictures(samples, card)
    loader = DataLoader(pictures, batch_size=64, num_workers=params.workers)
    network.eval()
    logits, embeddings, truth = [], [], []
    with torch.inference_mode():
        for pixels, numbers in tqdm(loader, what, disable=quiet, leave=False):
            scores, vectors = network(normalised(pixels, card))
            logits.append(scores.float().numpy())
            embeddings.append(vectors.float().numpy())
            truth.append(numbers.numpy())
    return np.concatenate(logits), np.concatenate(embeddings), np.concatenate(truth)


def save_atomically(state: object, path: Path) -> None:
    """Write beside, then rename: a killed run never leaves half a file."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)
