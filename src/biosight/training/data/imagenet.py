"""ImageNet-1k's classes as evidence for groups of organisms.

Networks that start from complete ImageNet weights can still recognise a snail or a newt that is
rare in the training pictures. Class numbers are those of ILSVRC 2012 in their usual order. Not
here: how the evidence is used (inference/head.py).
"""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from biosight.errors import BadModel
from biosight.inference.head import Prior, as_prior
from biosight.training.data.leaves import Leaves, NameFolder

Ranges = tuple[tuple[int, int], ...]
# Half-open ranges of class numbers: label -> ((first, last + 1), ...).
ORGANISMS: dict[str, Ranges] = {
    "Amphibia": ((25, 33),),
    "Animalia": ((0, 7), (69, 70), (79, 80), (107, 112), (118, 127), (327, 330), (389, 398)),
    "Arachnida": ((70, 79),),
    "Aves": ((7, 25), (80, 101), (127, 147)),
    "Fungi": ((991, 998),),
    "Insecta": ((300, 327),),
    "Mammalia": ((101, 107), (147, 300), (330, 389)),
    "Mollusca": ((112, 118),),
    "Plantae": ((936, 947), (948, 958), (984, 991)),
    "Reptilia": ((33, 69),),
}
PRIORS = {"organisms": ORGANISMS}


def make_prior(
    name: str,
    labels: tuple[str, ...],
    state: dict[str, Tensor],
    names: NameFolder | None = None,
    leaves: Leaves | None = None,
) -> Prior:
    """Return the classes of a state dict's own head that speak for labels, at strength 1. A folder
    of names, if it has classes, replaces the built-in ones and also assigns them to leaves.

    Raises BadModel for weights without a head of 1,000 classes, or for an unknown name.
    """
    if name not in PRIORS:
        raise BadModel(f"There is no prior named {name}; there is {', '.join(PRIORS)}.")
    weight = state.get("_fc.weight", state.get("fc.weight"))
    bias = state.get("_fc.bias", state.get("fc.bias"))
    if weight is None or bias is None or len(weight) != 1000:
        raise BadModel("A prior needs starting weights with ImageNet's 1,000 classes.")
    classes_of = names.classes if names else {}
    pairs = [
        (number, labels.index(names.groups[node]))
        for number, node in sorted(classes_of.items())
        if names and names.groups[node] in labels
    ] or prior_groups(name, labels)
    classes = np.array([number for number, _ in pairs])
    return Prior(
        weight.numpy()[classes].astype(np.float16).astype(np.float32),
        bias.numpy()[classes].astype(np.float16).astype(np.float32),
        np.array([label for _, label in pairs]),
        1.0,
        leaf_numbers([classes_of[n] for n, _ in pairs], leaves) if classes_of and leaves else None,
    )


def prior_groups(name: str, labels: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return the class numbers and label numbers of a prior by its name."""
    return [
        (number, labels.index(label))
        for label, ranges in PRIORS[name].items()
        if label in labels
        for first, end in ranges
        for number in range(first, end)
    ]


def leaf_numbers(nodes: list[str], leaves: Leaves) -> npt.NDArray[np.int64]:
    """Return the number of the leaf that each node (classes,) belongs to; -1 if it may be
    several."""
    near = [leaves.near(node) for node in nodes]
    return np.array([leaves.names.index(n) if n in leaves.names else -1 for n in near])


class Evidence(nn.Module):
    """A Prior in PyTorch: embeddings (n, d) -> the values to add to the logits (n, labels)."""

    def __init__(self, prior: Prior, labels: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.from_numpy(prior.weight))
        self.register_buffer("bias", torch.from_numpy(prior.bias))
        self.classes = [np.flatnonzero(prior.label == n).tolist() for n in range(labels)]
        self.strength = prior.strength

    def forward(self, embedding: Tensor) -> Tensor:
        scores = nn.functional.linear(embedding, self.weight, self.bias)
        total = torch.logsumexp(scores, 1)
        even = -math.log(sum(bool(c) for c in self.classes))
        shares = [
            torch.logsumexp(scores[:, c], 1) - total if c else torch.full_like(total, even)
            for c in self.classes
        ]
        return self.strength * torch.stack(shares, 1)


def read_prior(run: Path) -> Prior | None:
    """Return the prior that a run chose, None if there is none."""
    path = run / "prior.npz"
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        return as_prior(arrays)


def save_prior(prior: Prior, path: Path) -> None:
    """Save the chosen prior with the run."""
    np.savez_compressed(
        path,
        prior_weight=prior.weight,
        prior_bias=prior.bias,
        prior_label=prior.label,
        prior_strength=np.array(prior.strength),
        prior_leaf=np.full(0, -1) if prior.leaf is None else prior.leaf,
    )
