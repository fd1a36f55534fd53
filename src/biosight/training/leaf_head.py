"""A linear layer over leaves, fitted on frozen embeddings of pictures that are known to any depth.

Not here: fine-tuning the network with it (train.py), or the figures by level
(training/measure/tree_figures.py).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from sklearn.preprocessing import StandardScaler

from biosight.errors import BadModel
from biosight.inference.classifier import Classifier
from biosight.inference.expert import Branch, Expert
from biosight.inference.head import read_head, write_head
from biosight.inference.model_files.card import ModelCard, card_rollup, read_card
from biosight.training import export, reference
from biosight.training.data import dataset as ds
from biosight.training.data.leaves import Bools, leaves_of, meanings_of
from biosight.training.lesson import partial_losses
from biosight.training.measure.evaluate import Report

Floats = npt.NDArray[np.float64]
# Chosen on left-out sources: 2e-3 is better than 3e-4.
PULL = 2e-3
ROUNDS = 120
BATCH = 32
# From this probability on, an expert's answer counts as the truth.
SURE = 0.8


def fit_leaves(
    embeddings: npt.NDArray[np.floating],
    allowed: Bools,
    pull: float = PULL,
    *,
    offset: npt.NDArray[np.floating] | None = None,
    weights: npt.NDArray[np.floating] | None = None,
    rounds: int = ROUNDS,
) -> tuple[Floats, Floats]:
    """Return weight (leaves, d) and bias (leaves,) for standardised embeddings (n, d) and the
    leaves that each allows (n, leaves). L-BFGS minimises the partial loss with a Gaussian prior at
    0. `offset` (n, leaves) is added to the scores, `weights` (n,) are those of the pictures."""
    inputs = torch.from_numpy(embeddings.astype(np.float32))
    goals = torch.from_numpy(allowed)
    added = torch.zeros(1) if offset is None else torch.from_numpy(offset.astype(np.float32))
    given = np.ones(len(allowed)) if weights is None else weights / weights.mean()
    shares = torch.from_numpy(given.astype(np.float32))
    weight = torch.zeros(allowed.shape[1], inputs.shape[1], requires_grad=True)
    bias = torch.zeros(allowed.shape[1], requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=rounds, line_search_fn="strong_wolfe")

    def step() -> torch.Tensor:
        optimiser.zero_grad()
        lost = partial_losses(inputs @ weight.T + bias + added, goals)
        loss = (lost * shares).mean() + pull * (weight**2).sum() / 2
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(step)  # type: ignore[no-untyped-call]
    return weight.detach().numpy().astype(np.float64), bias.detach().numpy().astype(np.float64)


def narrow_to_nearest(
    card: ModelCard,
    samples: Sequence[ds.Sample],
    allowed: Bools,
    experts: Sequence[Expert],
) -> Bools:
    """Return the leaves that each sample allows (n, leaves), narrowed to one leaf where several
    were left and an expert is sure of one. Experts thus teach names that people did not give."""
    found = allowed.copy()
    rollup = card_rollup(card)
    for expert in experts:
        branch = Branch(rollup, expert.card)
        open_ones = [
            i for i, s in enumerate(samples) if branch.asked(s.label) and allowed[i].sum() > 1
        ]
        for start in range(0, len(open_ones), BATCH):
            part = open_ones[start : start + BATCH]
            pixels = reference.pixels_of([samples[i] for i in part], card)
            for i, own in zip(part, expert.shares(pixels), strict=True):
                even = np.asarray(allowed[i, branch.members], np.float32)
                said = branch.translated(own, even / max(1.0, float(even.sum()))) * even
                best = int(said.argmax())
                if said[best] > SURE and branch.covered[best]:
                    found[i] = False
                    found[i, branch.members[best]] = True
    return found


def refit_leaves(
    folder: Path,
    train: Sequence[ds.Sample],
    held: Sequence[ds.Sample],
    replay: int = 2000,
    experts: Sequence[Expert] = (),
) -> Report:
    """Fit the leaves of an exported model again, on the embeddings that its own file gives for the
    training pictures. Write its head, figures and reference, and return its report. `experts` teach
    names beyond those that the pictures have.

    The network learnt its embedding and its leaves together. A leaf with few pictures is better off
    with a layer of its own at the end, as measured (docs/guide/models.md). Raises BadModel.
    """
    card = read_card(folder)
    leaves = leaves_of(card)
    old = read_head(folder, len(card.labels), card.embedding_size)
    if leaves is None or old is None:
        raise BadModel(f"{card.key} has no tree of names.")
    _, embeddings = reference.logits_of(Classifier(folder), train)
    meanings = meanings_of(train, card.label_names, leaves)
    allowed = meanings.allowed[[meanings.number[s.label, s.node] for s in train]]
    scaler = StandardScaler().fit(embeddings)
    allowed = narrow_to_nearest(card, train, allowed, experts)
    rows, bias = fit_leaves(scaler.transform(embeddings), allowed)
    weight = rows / scaler.scale_
    bias = bias - weight @ scaler.mean_
    fitted = replace(old, leaf_weight=weight.astype("f4"), leaf_bias=bias.astype("f4"))
    write_head(fitted, folder)
    logits, seen = reference.logits_of(Classifier(folder), held)
    return export.finish(card, folder, logits, seen, list(held), list(train), replay)
