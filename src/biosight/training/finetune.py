"""Stage and full retraining: the champion's network is trained further on confirmed pictures.

Not here: refitting a head alone (learning/teaching/teach.py), or training a first model (train.py).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from typing import Protocol

import torch
from torch import Tensor, nn

from biosight.errors import BadModel
from biosight.inference.head import Prior, read_head
from biosight.inference.model_files.card import CardLabel, CardTaxon, ModelCard, read_card
from biosight.training import networks
from biosight.training.averaging import save_atomically
from biosight.training.data import dataset as ds
from biosight.training.data.leaves import leaves_of
from biosight.training.export import export, read_split
from biosight.training.params import FitParams, TrainParams
from biosight.training.quantise import quantise
from biosight.training.thaw import thaw
from biosight.training.train import Split, finish, fit

CHOOSING_SHARE = 0.1
FIRST_FROZEN = 0.25


class CandidateParts(Protocol):
    """Labels and tree of a candidate (learning/teaching/leaves.py makes them)."""

    @property
    def labels(self) -> tuple[CardLabel, ...]: ...

    @property
    def taxa(self) -> tuple[CardTaxon, ...]: ...

    @property
    def leaves(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Tuning:
    """A fine-tuning job: the champion's folder, the pictures, the labels and tree with the new
    names, the run's folder and the candidate's name."""

    champion: Path
    samples: Sequence[ds.Sample]
    made: CandidateParts
    run: Path
    name: str


def fine_tune(job: Tuning, params: FitParams, target: Path, *, quiet: bool = False) -> str:
    """Write the candidate's folder. Return the result of int8 in words.

    Some sources of the samples are kept aside to choose weights and temperature. Raises BadModel
    when there are too few sources, or when the champion's file can't be read back.
    """
    torch.manual_seed(params.seed)
    rmtree(job.run, ignore_errors=True)
    job.run.mkdir(parents=True)
    old = read_card(job.champion)
    card = draft(old, job)
    leaves = leaves_of(card)
    network = widen_heads(thaw(job.champion), len(old.labels), len(card.labels), len(card.leaves))
    run_params = training_params(params, card, job.run, network)
    split = replace(split_of(job.samples, params), leaves=leaves)
    save_atomically(network.state_dict(), job.run / "start.pt")
    fit(run_params, card, split, network, None, quiet=quiet)
    finish(run_params, card, split, prior_of(job.champion, old), quiet=quiet)
    return export_network(job, old, params, split, target)


def draft(old: ModelCard, job: Tuning) -> ModelCard:
    """Return the champion's card with the candidate's labels and tree, before anything is
    measured."""
    changed = {
        "name": job.name,
        "version": "0",
        "labels": job.made.labels,
        "taxa": job.made.taxa,
        "leaves": job.made.leaves,
        "temperature": 1.0,
        "sha256": "",
        "base": "",
        "novelty_limit": 0.0,
        "measured": {},
        "measured_on": "",
        "started_from": old.key,
    }
    return old.model_copy(update=changed)


def widen_heads(
    network: networks.AnyNetwork, known: int, labels: int, leaves: int
) -> networks.AnyNetwork:
    """Return the network with rows for further labels and leaves. New rows start from the mean of
    the other labels or leaves. The first `known` rows are labels."""
    old = network.head
    if labels + leaves == old.out_features:
        return network
    new = nn.Linear(old.in_features, labels + leaves)
    parts = ((slice(0, known), labels), (slice(known, None), leaves))
    with torch.no_grad():
        new.weight.copy_(torch.cat([longer(old.weight[p], n) for p, n in parts]))
        new.bias.copy_(torch.cat([longer(old.bias[p], n) for p, n in parts]))
    parent = next(name for name, module in network.named_children() if module is old)
    setattr(network, parent, new)
    return network


def longer(rows: Tensor, wanted: int) -> Tensor:
    """Return the rows (n, ...) extended to `wanted` rows with their mean, or with zeros if there
    are no rows yet."""
    more = wanted - len(rows)
    mean = rows.mean(0, keepdim=True) if len(rows) else rows.new_zeros(1, *rows.shape[1:])
    return torch.cat([rows, mean.expand(more, *rows.shape[1:])])


def training_params(
    params: FitParams, card: ModelCard, run: Path, network: networks.AnyNetwork
) -> TrainParams:
    """Return the run's parameters; the training side follows from the input size when none is
    given."""
    side = params.train_side or max(32, round(card.input_size * 0.8 / 16) * 16)
    return TrainParams(
        root=run,
        out=run,
        arch=card.arch,
        init=card.started_from,
        name=card.name,
        train_side=side,
        input_size=card.input_size,
        epochs=params.epochs,
        batch=params.batch,
        rate=params.rate,
        frozen=networks.before_last_stage(network) if params.mode == "stage" else FIRST_FROZEN,
        seed=params.seed,
        workers=params.workers,
    )


def split_of(samples: Sequence[ds.Sample], params: FitParams) -> Split:
    """Return the training pictures, and those that are used to choose among weights. Raises
    BadModel."""
    train, chosen_on, singly = ds.split_to_judge(samples, CHOOSING_SHARE, params.seed)
    if not chosen_on or not train:
        raise BadModel(
            "There are too few upload sessions to keep some aside for choosing; refit the head."
        )
    return Split(train, chosen_on, said=ds.singly_in_words(singly, samples))


def prior_of(folder: Path, card: ModelCard) -> Prior | None:
    """Return the champion's prior for its labels, at full strength."""
    head = read_head(folder, len(card.labels), card.embedding_size)
    return replace(head.prior, strength=1.0) if head and head.prior else None


def export_network(
    job: Tuning, old: ModelCard, params: FitParams, split: Split, target: Path
) -> str:
    """Export the network, in int8 too if the champion is in int8 and the answers stay the same.
    Return the result of int8 in words."""
    notes = job.run / "notes.json"
    sources = len({s.source for s in job.samples})
    words = (
        f"{old.key}, trained on ({params.mode}) with {len(job.samples)} pictures of {sources} "
        f"sources: this collection's confirmed ones{' and older ones' if params.base else ''}. "
        f"{old.trained_on}"
    )
    measured = f"{len(split.held)} pictures kept aside.{split.said}"
    notes.write_text(json.dumps({"trained_on": words, "measured_on": measured}))
    said = {t.id: t.threshold for t in job.made.taxa if t.threshold}
    if not old.precision.startswith("int8"):
        export(job.run, target, "0", notes=notes, offered=said)
        return ""
    full = job.run / "full"
    export(job.run, full, "0", notes=notes, offered=said)
    train, held = read_split(job.run)
    try:
        quantise(full, train, held, target)
    except BadModel as error:
        rmtree(target, ignore_errors=True)
        full.rename(target)
        return error.detail
    return "int8 keeps the answers."
