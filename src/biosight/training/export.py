"""Export of a training run to model.onnx, card.json and reference.npz, with its answers checked.

Not here: training (train.py), or serving the file (inference/classifier.py).
"""

import hashlib
import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from biosight.errors import BadModel
from biosight.inference.classifier import Classifier
from biosight.inference.head import Head, Prior, write_head
from biosight.inference.model_files.card import ModelCard, file_sha256, write_card
from biosight.inference.preprocess import to_batch
from biosight.inference.quality import softmax, wilson
from biosight.training import networks
from biosight.training.averaging import row_count
from biosight.training.data import dataset as ds
from biosight.training.data.imagenet import Evidence, read_prior
from biosight.training.data.leaves import (
    card_taxa,
    read_leaves,
    untold_names,
)
from biosight.training.measure.evaluate import (
    Report,
    ece_across_sources,
    evaluate,
    fit_temperature,
)
from biosight.training.measure.tree_figures import finished_tree
from biosight.training.provenance import commit, surroundings
from biosight.training.reference import Floats, logits_of, numbers, pixels_of, write_reference

PARITY = 1e-4
SAME_ANSWERS = 0.995
OPSET = 18
LEAST_SIZE_FOR_HALF = 256
FP32 = "fp32 (weights stored as fp16)"


class Exported(nn.Module):
    """A network with the outputs that serving needs: logits, embedding, and features, the last map,
    from which activation maps are drawn."""

    def __init__(self, network: networks.AnyNetwork, head: Head) -> None:
        super().__init__()
        self.network = network
        self.head = nn.Linear(head.weight.shape[1], len(head.weight))
        self.head.weight.data = torch.from_numpy(head.weight)
        self.head.bias.data = torch.from_numpy(head.bias)
        self.evidence = Evidence(head.prior, len(head.weight)) if head.prior else None

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Normalised pixels (n, 3, side, side) -> (n, labels), (n, d), (n, d, h, w)."""
        features = self.network.feature_map(pixels)
        embedding = features.mean((2, 3))
        logits = self.head(embedding)
        if self.evidence is not None:
            logits = logits + self.evidence(embedding)
        return logits, embedding, features


def export(
    run: Path,
    target: Path,
    version: str,
    *,
    replay: int = 2000,
    notes: Path | None = None,
    offered: Mapping[str, float] | None = None,
) -> Report:
    """Write the model folder. Return the report of the final file on the left-out sources.

    `notes` is JSON with texts for the card (trained_on, measured_on, weak_at, terms, labels).
    `offered` maps the nodes of its tree that may be answers to their least probability. Raises
    BadModel when ONNX and PyTorch, or half and full precision, disagree.
    """
    target.mkdir(parents=True, exist_ok=True)
    card = ModelCard.model_validate_json((run / "card.json").read_bytes())
    leaves = read_leaves(run / "leaves.json")
    train, held = read_split(run)
    if leaves:
        away = untold_names(leaves, train)
        said_names = {n: least for n, least in (offered or {}).items() if n not in away}
        tree = {"taxa": card_taxa(leaves, said_names), "leaves": leaves.names}
        card = card.model_copy(update=tree)
    network = networks.build(card.arch, row_count(card, leaves)).eval()
    networks.start_from(network, networks.load_weights(run / "weights.pt"))
    words = sides_in_words(run, train, held) | (json.loads(notes.read_text()) if notes else {})
    said = {
        "version": version,
        "git_commit": commit(),
        "made_with": surroundings(),
        "precision": FP32,
        "training_set": set_hash(train, held),
        "parameters": run_parameters(run),
        **words,
    }
    card = ModelCard.model_validate({**card.model_dump(by_alias=True), **said})
    if not {s.label for s in train} <= {label.name for label in card.labels}:
        raise BadModel("The notes name other labels than the run learnt.")
    head = as_head(network, read_prior(run), len(card.labels))
    write_head(head, target)
    exported = Exported(network, head).eval()
    check_full(exported, card, held[:32], write_onnx(exported, card, target))
    full = Classifier(target)
    answers = full.logits(pixels_of(held, card))[0]
    halve(target / "model.onnx")
    card = stamp(card, target, {})
    logits, embeddings = logits_of(Classifier(target), held)
    check_half(answers, logits)
    return finish(card, target, logits, embeddings, held, train, replay)


def sides_in_words(
    run: Path, train: Sequence[ds.Sample], held: Sequence[ds.Sample]
) -> dict[str, str]:
    """Return what a run learnt from and was measured on, for a card without notes."""
    said = json.loads((run / "split.json").read_text()).get("said", "")  # older runs have none
    labels, sources = {s.label for s in train}, {s.source for s in train}
    return {
        "trained_on": f"{len(train)} pictures of {len(labels)} labels from {len(sources)} sources",
        "measured_on": f"{len(held)} pictures kept aside.{said}",
    }


def as_head(network: networks.AnyNetwork, prior: Prior | None, labels: int) -> Head:
    """Return the last layer as plain numbers: the rows of its labels, and of the leaves behind
    them."""
    weight = network.head.weight.detach().float().numpy()
    bias = network.head.bias.detach().float().numpy()
    if labels == len(weight):
        return Head(weight, bias, prior)
    return Head(weight[:labels], bias[:labels], prior, weight[labels:], bias[labels:])


def read_split(run: Path) -> tuple[list[ds.Sample], list[ds.Sample]]:
    """Return the two sides of the run as samples."""
    sides = json.loads((run / "split.json").read_text())
    train, held = (
        [ds.Sample(Path(row[0]), *row[1:]) for row in sides[side]] for side in ("train", "held")
    )
    return train, held


def set_hash(train: Sequence[ds.Sample], held: Sequence[ds.Sample]) -> str:
    """Return the hex SHA-256 of every (file, split, label) of a run."""
    lines = [f"{s.path.name} train {s.label}\n" for s in train]
    lines += [f"{s.path.name} held {s.label}\n" for s in held]
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def run_parameters(run: Path) -> dict[str, str]:
    """Return the run's parameters by name, without the folders of the machine it ran on."""
    path = run / "params.json"
    said = json.loads(path.read_text()) if path.is_file() else {}
    return {
        k: str(v)
        for k, v in said.items()
        if k not in {"root", "out", "manifest", "teacher", "taxa"}
    }


def write_onnx(exported: Exported, card: ModelCard, target: Path) -> Path:
    """Export with the outputs logits, embedding and features and a free batch size, without traces
    of the build."""
    example = torch.zeros(2, 3, card.input_size, card.input_size)
    with quiet_exporter():
        program = torch.onnx.export(
            exported,
            (example,),
            dynamo=True,
            input_names=["pixels"],
            output_names=["logits", "embedding", "features"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            opset_version=OPSET,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    strip(model)
    path = target / "model.onnx"
    onnx.save(model, path)
    write_card(card.model_copy(update={"sha256": ""}), target)
    return path


@contextmanager
def quiet_exporter() -> Iterator[None]:
    """Silence PyTorch's exporter about torchvision, which is never installed, and about itself."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logger.setLevel(before)


def strip(model: onnx.ModelProto) -> None:
    """Remove doc strings and metadata, because they contain paths of the build machine."""
    model.doc_string = model.graph.doc_string = ""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    graph = model.graph
    for item in (*graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        item.doc_string = ""
        del item.metadata_props[:]


def halve(path: Path) -> None:
    """Store large weights as fp16, cast back when the session opens. The file has half the size;
    the arithmetic stays fp32."""
    model = onnx.load(path)
    graph, casts = model.graph, []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        if values.size < LEAST_SIZE_FOR_HALF:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def check_full(
    exported: Exported, card: ModelCard, samples: Sequence[ds.Sample], path: Path
) -> None:
    """Check that ONNX and PyTorch agree to PARITY, relative to the largest value. Raises
    BadModel."""
    pixels = pixels_of(samples, card)
    with torch.inference_mode():
        expected = exported(torch.from_numpy(to_batch(pixels, card)))[:2]
    got = Classifier(path.parent).logits(pixels)
    for name, theirs, ours in zip(("logits", "embedding"), expected, got, strict=True):
        reference = theirs.numpy()
        gap = float(np.abs(reference - ours).max() / max(1.0, float(np.abs(reference).max())))
        if gap > PARITY:
            raise BadModel(f"The exported {name} differ from PyTorch's by {gap:.1e}.")


def check_half(full: Floats, half: Floats) -> None:
    """Check that the fp16 file gives the same answers. Raises BadModel."""
    other = int((full.argmax(1) != half.argmax(1)).sum())
    if other > max(1, (1 - SAME_ANSWERS) * len(full)):  # one of a few may be a close call
        raise BadModel(f"Stored as fp16, {other} of {len(full)} pictures get another answer.")


def stamp(card: ModelCard, target: Path, measured: dict[str, float]) -> ModelCard:
    """Write the card with the file's hash and the figures. Return it."""
    stamped = card.model_copy(
        update={
            "sha256": file_sha256(target / "model.onnx"),
            "precision": card.precision,
            "measured": {**card.measured, **measured},
        }
    )
    write_card(stamped, target)
    return stamped


def finish(
    card: ModelCard,
    target: Path,
    logits: Floats,
    embeddings: Floats,
    held: list[ds.Sample],
    train: list[ds.Sample],
    replay: int,
) -> Report:
    """Calibrate, and write the figures and the reference. Return the report."""
    truth = numbers(held, card)
    if card.leaves:
        card, report, finer = finished_tree(card, target, (logits, embeddings), held)
    else:
        card = card.model_copy(update={"temperature": round(fit_temperature(logits, truth), 4)})
        report, finer = evaluate(softmax(logits, card.temperature), truth, card.label_names), {}
    low, high = wilson(round(report.accuracy * report.pictures), report.pictures)
    figures = {
        "held_pictures": float(report.pictures),
        "held_sources": float(len({s.source for s in held})),
        "held_accuracy": round(report.accuracy, 4),
        "held_accuracy_low": round(low, 4),
        "held_accuracy_high": round(high, 4),
        "held_mean_recall": round(report.balanced_accuracy, 4),
        "held_ece": round(ece_across_sources(logits, truth, [s.source for s in held]), 4),
        **finer,
    }
    card = stamp(card, target, figures)
    write_reference(card, target, (logits, embeddings, truth), held, train, replay)
    return report
