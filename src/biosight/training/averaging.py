"""The final weights of a run, chosen among averages and blends on left-out sources.

Not here: training them (train.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from biosight.inference.head import Prior
from biosight.inference.model_files.card import ModelCard
from biosight.inference.quality import softmax
from biosight.training import networks
from biosight.training.data import dataset as ds
from biosight.training.data.imagenet import make_prior, save_prior
from biosight.training.data.leaves import Leaves, NameFolder, draft_rollup
from biosight.training.data.levels import LEVELS, Level, level
from biosight.training.devices import find_device
from biosight.training.lesson import normalise_batch
from biosight.training.measure.evaluate import Report, evaluate
from biosight.training.params import TrainParams


def choose_blend(
    params: TrainParams,
    card: ModelCard,
    held: list[ds.Sample],
    prior: Prior | None,
    leaves: Leaves | None = None,
    *,
    quiet: bool,
) -> Report:
    """Keep the average that does best on left-out sources. Return its report.

    The candidates are the best checkpoint and its mean with the last one (a soup, Wortsman et al.
    2022). Each is blended with a share of the starting weights, which keeps what fine-tuning
    forgets (WiSE-FT, Wortsman et al. 2022).
    """
    network = networks.build(params.arch, row_count(card, leaves))
    found: list[tuple[Judged, dict[str, Tensor], float]] = []
    for name, state in averages(params):
        network.load_state_dict(state)
        answers = forward(network, card, held, params, quiet=quiet)
        for strength in params.strengths if prior else (0.0,):
            weighed = replace(prior, strength=strength) if prior else None
            judged = weigh(card, held, answers, leaves, weighed)
            tqdm.write(f"{name}, prior {strength}: {judged}")
            found.append((judged, state, strength))
    judged, state, strength = max(found, key=lambda f: f[0].score)
    save_atomically(state, params.out / "weights.pt")
    if prior and strength:
        save_prior(replace(prior, strength=strength), params.out / "prior.npz")
    return judged.report


@dataclass(frozen=True, slots=True)
class Judged:
    """A network's results on left-out sources: for its groups and, with a tree, for each level."""

    report: Report
    levels: tuple[Level, ...] = ()

    @property
    def score(self) -> float:
        """The score for the choice: the mean of all measured accuracies and recalls."""
        found = [self.report.accuracy, self.report.balanced_accuracy]
        return float(np.mean([*found, *(level.right for level in self.levels if level.pictures)]))

    def __str__(self) -> str:
        finer = "".join(f", {x.rank} {x.right:.1%} of {x.pictures}" for x in self.levels)
        return f"{self.report.accuracy:.1%}, mean recall {self.report.balanced_accuracy:.1%}{finer}"


def row_count(card: ModelCard, leaves: Leaves | None) -> int:
    """Return the number of rows in the last layer of a run: its labels, then its leaves."""
    return len(card.labels) + (len(leaves.names) if leaves else 0)


def weigh(
    card: ModelCard,
    held: Sequence[ds.Sample],
    answers: tuple[np.ndarray, np.ndarray, np.ndarray],
    leaves: Leaves | None,
    prior: Prior | None = None,
) -> Judged:
    """Judge the answers of `forward`, with a prior's evidence added, against the known labels."""
    logits, embeddings, truth = answers
    labels = len(card.labels)
    groups, finer = logits[:, :labels], logits[:, labels:]
    if prior:
        groups = groups + prior.evidence(embeddings, labels)
    if leaves is None:
        return Judged(evaluate(softmax(groups), truth, card.label_names))
    if prior:
        finer = finer + prior.leaf_evidence(embeddings, len(leaves.names))
    rollup = draft_rollup(leaves, card.label_names)
    scores = rollup.scores(groups, finer)
    report = evaluate(scores.groups, truth, card.label_names)
    known = [s.node for s in held]
    return Judged(report, tuple(level(rollup, scores, known, rank) for rank in LEVELS))


def first_prior(
    params: TrainParams,
    card: ModelCard,
    names: NameFolder | None = None,
    leaves: Leaves | None = None,
) -> Prior | None:
    """Return the evidence of the starting weights' own classes for the labels; None unless
    requested."""
    if not params.prior:
        return None
    state = networks.load_weights(networks.weights_file(params.init))
    return make_prior(params.prior, card.label_names, state, names, leaves)


def averages(params: TrainParams) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield the averages to choose from, by name."""
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
    """Return weights with `share` of the second; counters stay those of the first."""
    return {
        k: torch.lerp(v, second[k].float(), share) if v.is_floating_point() else v
        for k, v in first.items()
    }


def forward(
    network: networks.AnyNetwork,
    card: ModelCard,
    samples: list[ds.Sample],
    params: TrainParams,
    *,
    quiet: bool = True,
    what: str = "checking",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (logits (n, labels and leaves), embeddings (n, d), label numbers (n,)) for pictures
    prepared as in serving."""
    pictures = ds.EvalPictures(samples, card)
    loader = DataLoader(pictures, batch_size=64, num_workers=params.workers)
    device = find_device(params.device)
    network.eval().to(device)
    logits, embeddings = [], []
    with torch.inference_mode():
        for pixels, _ in tqdm(loader, what, disable=quiet, leave=False):
            scores, vectors = network(normalise_batch(pixels.to(device), card))
            logits.append(scores.float().cpu().numpy())
            embeddings.append(vectors.float().cpu().numpy())
    truth = np.array([card.label_names.index(s.label) for s in samples])
    return np.concatenate(logits), np.concatenate(embeddings), truth


def save_atomically(state: object, path: Path) -> None:
    """Write to a temporary name, then rename, so that a killed run never leaves half a file."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)
