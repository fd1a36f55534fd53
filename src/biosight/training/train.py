"""Fitting a network on a folder-per-label tree; resumable, with progress and a report.

Not here: the export (export.py), or which model serves (registry).
"""

import json
import math
import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.utils.data import DataLoader, WeightedRandomSampler
from tqdm import tqdm

from biosight.errors import BadModel
from biosight.inference.head import Prior
from biosight.inference.model_files.card import CardLabel, ModelCard
from biosight.training import networks
from biosight.training.averaging import (
    choose_blend,
    first_prior,
    forward,
    row_count,
    save_atomically,
    weigh,
)
from biosight.training.data import dataset as ds
from biosight.training.data.leaves import (
    Leaves,
    choose_leaves,
    meanings_of,
    read_names,
    save_leaves,
    with_nodes,
)
from biosight.training.devices import find_device
from biosight.training.leaf_head import fit_leaves
from biosight.training.lesson import Lesson, read_teacher
from biosight.training.measure.curves import draw_curves
from biosight.training.measure.evaluate import Report
from biosight.training.measure.history import RunHistory, open_tensorboard
from biosight.training.params import TrainParams


@dataclass(slots=True)
class RunState:
    """Progress of a run; the checkpoint keeps it so that the run can be resumed."""

    step: int = 0
    best: float = -1.0
    checks_without_gain: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Split:
    """The pictures of a run that teach and those held back, and with a tree its leaves. `said`
    tells of held pictures whose sources also teach."""

    train: list[ds.Sample]
    held: list[ds.Sample]
    leaves: Leaves | None = None
    said: str = ""


def train(params: TrainParams, *, resume: bool = False, quiet: bool = False) -> Report:
    """Train, and write weights.pt, card.json, split.json and report.json to `params.out`.

    Return the report on the left-out sources. Raises BadModel for an unusable tree or init.
    """
    find_device(params.device)  # says early what is wrong
    torch.manual_seed(params.seed)
    params.out.mkdir(parents=True, exist_ok=True)
    samples = ds.scan_tree(params.root, params.manifest, params.without)
    names = read_names(params.taxa) if params.taxa else None
    if names:
        samples = with_nodes(samples, names, params.manifest, params.root)
    split = split_of(params, samples)
    if not split.held:
        raise BadModel("There are too few sources to leave one out; add pictures or a manifest.")
    if names:
        split = replace(split, leaves=choose_leaves(names, split.train))
    card = draft_card(params, sorted({s.label for s in samples}))
    network, checkpoint = start(params, card, split, resume=resume, quiet=quiet)
    fit(params, card, split, network, checkpoint, quiet=quiet)
    prior = first_prior(params, card, names, split.leaves)
    return finish(params, card, split, prior, quiet=quiet)


def split_of(params: TrainParams, samples: list[ds.Sample]) -> Split:
    """Leave out the sources in `params.hold`, or otherwise some that are drawn to reach every
    label."""
    if not params.hold:
        train, held, singly = ds.split_to_judge(samples, params.held_share, params.seed)
        return Split(train, held, said=ds.singly_in_words(singly, samples))
    train = [s for s in samples if s.source not in params.hold]
    return Split(train, [s for s in samples if s.source in params.hold])


def draft_card(params: TrainParams, labels: list[str]) -> ModelCard:
    """Return the card before anything is measured."""
    scale = networks.normalisation(params.arch)
    return ModelCard(
        name=params.name,
        version="0",
        arch=params.arch,
        labels=tuple(CardLabel(name=name) for name in labels),
        input_size=params.input_size,
        resize_short=round(params.input_size / 0.95),
        mean=scale.mean,
        std=scale.std,
        embedding_size=networks.build(params.arch, 2).head.in_features,
        started_from=params.init,
    )


def start(
    params: TrainParams, card: ModelCard, split: Split, *, resume: bool, quiet: bool
) -> tuple[networks.AnyNetwork, dict[str, object] | None]:
    """Return the network at the beginning of the run, or as the last checkpoint left it."""
    network = networks.build(params.arch, row_count(card, split.leaves))
    saved = params.out / "checkpoint.pt"
    if resume and saved.exists():
        checkpoint = torch.load(saved, map_location="cpu", weights_only=True)
        network.load_state_dict(checkpoint["network"])
        return network, checkpoint
    if params.init:
        weights = networks.load_weights(networks.weights_file(params.init))
        networks.start_from(network, weights)
        if params.head_start:
            fit_head(network, card, split, params, quiet=quiet)
        save_atomically(network.state_dict(), params.out / "start.pt")
    return network, None


def fit_head(
    network: networks.AnyNetwork, card: ModelCard, split: Split, params: TrainParams, *, quiet: bool
) -> None:
    """Start the head from a logistic regression on frozen embeddings, and the leaves from
    `fit_leaves`."""
    dice = random.Random(params.seed)
    few = dice.sample(split.train, min(params.head_pictures, len(split.train)))
    _, embeddings, truth = forward(network, card, few, params, quiet=quiet, what="embedding")
    scaler = StandardScaler().fit(embeddings)
    model = LogisticRegression(C=0.003, class_weight="balanced", max_iter=300)
    model.fit(scaler.transform(embeddings), truth)
    if len(card.labels) == 2:
        # scikit-learn keeps one row for two labels: the logit of label 1 against 0.
        layer = np.vstack([-model.coef_[0] / 2, model.coef_[0] / 2])
        bias = np.array([-model.intercept_[0] / 2, model.intercept_[0] / 2])
    else:
        layer, bias = model.coef_, model.intercept_
    if split.leaves:
        meanings = meanings_of(few, card.label_names, split.leaves)
        meant = [meanings.number[s.label, s.node] for s in few]
        finer = fit_leaves(scaler.transform(embeddings), meanings.allowed[meant])
        layer, bias = np.vstack([layer, finer[0]]), np.concatenate([bias, finer[1]])
    weight = layer / scaler.scale_
    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(weight))
        network.head.bias.copy_(torch.from_numpy(bias - weight @ scaler.mean_))


def batches(params: TrainParams, card: ModelCard, split: Split) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield augmented, balanced batches without end: pixels, and places among the training
    samples."""
    weights = ds.sample_weights(split.train, params.label_power, params.source_power)
    pictures = ds.TrainPictures(split.train, card, params.train_side, strong=params.strong)
    while True:
        sampler = WeightedRandomSampler(weights.tolist(), len(split.train))
        yield from DataLoader(
            pictures,
            batch_size=params.batch,
            sampler=sampler,
            num_workers=params.workers,
            drop_last=len(split.train) > params.batch,
        )


def prepare_to_train(network: networks.AnyNetwork, *, freeze_norm: bool) -> None:
    """Set training mode; with `freeze_norm`, BatchNorm statistics stay as they are."""
    network.train()
    for module in network.modules():
        if freeze_norm and isinstance(module, nn.BatchNorm2d):
            module.eval()


def fit(
    params: TrainParams,
    card: ModelCard,
    split: Split,
    network: networks.AnyNetwork,
    checkpoint: dict[str, object] | None,
    *,
    quiet: bool,
) -> None:
    """Train with AdamW, a warm-up and a cosine, averaged weights, early stopping and
    checkpoints."""
    steps_per_epoch = max(1, len(split.train) // params.batch)
    total = max(1, round(params.epochs * steps_per_epoch))
    total = min(total, params.max_steps or total)
    every = max(1, steps_per_epoch // params.checks_per_epoch)
    device = find_device(params.device)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = deepcopy(network)
    freeze_first(network, params.frozen)
    learning = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learning, params.rate, weight_decay=params.decay)
    progress = RunState()
    if checkpoint:
        average.load_state_dict(checkpoint["average"])  # type: ignore[arg-type]
        optimiser.load_state_dict(checkpoint["optimiser"])  # type: ignore[arg-type]
        progress = RunState(**json.loads(str(checkpoint["progress"])))
    meanings = meanings_of(split.train, card.label_names, split.leaves)
    pairs = [(s.label, s.node if split.leaves else "") for s in split.train]
    meant = torch.tensor([meanings.number[pair] for pair in pairs])
    lesson = Lesson(params, card, meanings, read_teacher(params, card))
    stream = batches(params, card, split)
    bar = tqdm(total=total, initial=progress.step, desc="training", disable=quiet)
    prepare_to_train(network, freeze_norm=params.freeze_norm)
    board = open_tensorboard(params.out) if params.tensorboard else None
    history = RunHistory(params.out, progress.step, board)
    while progress.step < total and progress.checks_without_gain < params.patience:
        pixels, places = next(stream)
        set_rate(optimiser, params.rate, progress.step, total)
        optimiser.zero_grad()
        loss = lesson.backward(network, pixels.to(device), meant[places])
        optimiser.step()
        progress.step += 1
        history.note(progress.step, optimiser.param_groups[0]["lr"], loss)
        blend(average, network, min(params.averaging, progress.step / (progress.step + 9)))
        bar.update()
        bar.set_postfix(loss=f"{loss:.2f}", best=f"{progress.best:.3f}")
        if progress.step % every == 0 or progress.step == total:
            check_held(params, card, split, average, progress)
            save_checkpoint(params, network, average, optimiser, progress)
            history.note_checks(progress.history)
            prepare_to_train(network, freeze_norm=params.freeze_norm)
    history.close()
    draw_curves(params.out)


def freeze_first(network: networks.AnyNetwork, share: float) -> None:
    """Freeze the first `share` of the weight tensors. They already know edges and colours, and on a
    CPU the first, largest maps cost more than half of a step."""
    weights = list(network.parameters())
    for weight in weights[: round(share * len(weights))]:
        weight.requires_grad_(False)


def set_rate(optimiser: torch.optim.Optimizer, rate: float, step: int, total: int) -> None:
    """Set the rate: a warm-up over the first 5 % of the steps, then a half cosine down to zero."""
    warm = max(1, total // 20)
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / total)))
    for group in optimiser.param_groups:
        group["lr"] = rate * min(1.0, (step + 1) / warm) * cosine


@torch.no_grad()
def blend(average: networks.AnyNetwork, network: networks.AnyNetwork, keep: float) -> None:
    """Update the exponential moving average of the weights; BatchNorm's buffers are copied."""
    for slow, fast in zip(average.parameters(), network.parameters(), strict=True):
        slow.lerp_(fast, 1 - keep)
    for slow, fast in zip(average.buffers(), network.buffers(), strict=True):
        slow.copy_(fast)


def check_held(
    params: TrainParams,
    card: ModelCard,
    split: Split,
    average: networks.AnyNetwork,
    progress: RunState,
) -> None:
    """Measure the averaged network on the left-out sources; save it if it is the best so far."""
    answers = forward(average, card, split.held, params)
    judged = weigh(card, split.held, answers, split.leaves)
    report = judged.report
    progress.history.append(
        {"step": progress.step, "accuracy": report.accuracy, "balanced": report.balanced_accuracy}
        | {level.rank: level.right for level in judged.levels}
    )
    tqdm.write(f"step {progress.step}, on left-out sources: {judged}")
    if judged.score > progress.best:
        progress.best, progress.checks_without_gain = judged.score, 0
        save_atomically(average.state_dict(), params.out / "weights.pt")
    else:
        progress.checks_without_gain += 1


def save_checkpoint(
    params: TrainParams,
    network: networks.AnyNetwork,
    average: networks.AnyNetwork,
    optimiser: torch.optim.Optimizer,
    progress: RunState,
) -> None:
    state = {
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
        "progress": json.dumps(asdict(progress)),
    }
    save_atomically(state, params.out / "checkpoint.pt")


def finish(
    params: TrainParams, card: ModelCard, split: Split, prior: Prior | None, *, quiet: bool
) -> Report:
    """Choose the final weights, report on them and write the run's files. Return the report."""
    report = choose_blend(params, card, split.held, prior, split.leaves, quiet=quiet)
    (params.out / "card.json").write_text(card.model_dump_json(indent=2, by_alias=True))
    (params.out / "report.json").write_text(json.dumps(asdict(report), indent=1))
    (params.out / "params.json").write_text(json.dumps(asdict(params), default=str, indent=1))
    sides = {"train": split.train, "held": split.held}
    lists: dict[str, object] = {
        side: [[str(s.path), s.label, s.source, s.node] for s in part]
        for side, part in sides.items()
    }
    (params.out / "split.json").write_text(json.dumps(lists | {"said": split.said}))
    if split.leaves:
        save_leaves(split.leaves, params.out / "leaves.json")
    return report
