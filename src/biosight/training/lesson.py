"""The lesson of one batch: labels, mixed or not, and a teacher's opinion.

Not here: the loop (train.py), or augmenting pictures (training/data/dataset.py).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from biosight.errors import BadModel
from biosight.inference.model_files.card import ModelCard
from biosight.training import networks
from biosight.training.data.imagenet import Evidence, read_prior
from biosight.training.data.leaves import Meanings
from biosight.training.devices import find_device
from biosight.training.params import TrainParams


def normalise_batch(pixels: Tensor, card: ModelCard) -> Tensor:
    """Convert uint8 (n, side, side, 3) to float (n, 3, side, side), channels last in memory."""
    mean = torch.tensor(card.mean, device=pixels.device) * 255
    std = torch.tensor(card.std, device=pixels.device) * 255
    return ((pixels.float() - mean) / std).permute(0, 3, 1, 2)


@dataclass(frozen=True, slots=True)
class Teacher:
    """A trained network, and the card that describes its pixels."""

    network: networks.AnyNetwork
    card: ModelCard
    evidence: Evidence | None

    @torch.no_grad()
    def answer(self, pixels: Tensor) -> Tensor:
        """Return logits (n, labels) for uint8 pixels (n, side, side, 3)."""
        logits, embeddings = self.network(normalise_batch(pixels, self.card))
        logits = logits[:, : len(self.card.labels)]
        return logits + self.evidence(embeddings) if self.evidence else logits


def read_teacher(params: TrainParams, card: ModelCard) -> Teacher | None:
    """Read the network of the run folder `params.teacher`. Raises BadModel if its labels differ."""
    if params.teacher is None:
        return None
    teacher = ModelCard.model_validate_json((params.teacher / "card.json").read_text())
    if teacher.label_names != card.label_names:
        raise BadModel("The teacher's labels differ from those of these pictures.")
    weights = networks.load_weights(params.teacher / "weights.pt")
    network = networks.build(teacher.arch, networks.rows_of(weights))
    networks.start_from(network, weights)
    prior = read_prior(params.teacher)
    device = find_device(params.device)
    evidence = Evidence(prior, len(teacher.labels)).to(device) if prior else None
    network.eval().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Teacher(network, teacher, evidence)


@dataclass(frozen=True, slots=True)
class Lesson:
    """The lesson of one batch: labels, mixed or not, the leaves that each picture allows, and a
    teacher's opinion if there is one."""

    params: TrainParams
    card: ModelCard
    meanings: Meanings
    teacher: Teacher | None

    def backward(self, network: networks.AnyNetwork, pixels: Tensor, meant: Tensor) -> float:
        """Add the gradients of one batch, in chunks that fit the cache. Return the mean loss.

        `pixels` are (n, side, side, 3); `meant` are the numbers of their meanings (n,).
        """
        numbers = torch.from_numpy(self.meanings.groups)[meant]
        goals = one_hot(numbers, len(self.card.labels), self.params.smoothing).to(pixels.device)
        allowed = torch.from_numpy(self.meanings.allowed)[meant].to(pixels.device)
        if self.params.mixup:
            pixels, goals = mix_batch(pixels.float(), goals, self.params.mixup)
        total = 0.0
        size = self.params.chunk
        parts = zip(pixels.split(size), goals.split(size), allowed.split(size), strict=True)
        for part, goal, leaves in parts:
            loss = self.loss(network, part, goal, leaves) * (len(part) / len(pixels))
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        return total

    def loss(
        self, network: networks.AnyNetwork, pixels: Tensor, goals: Tensor, allowed: Tensor
    ) -> Tensor:
        """Return the cross-entropy, mixed with the distance from a teacher's softened answers if
        there is one (Hinton et al. 2015). With leaves, their partial loss has its share."""
        scores = network(normalise_batch(pixels, self.card))[0]
        logits, leaves = scores[:, : goals.shape[1]], scores[:, goals.shape[1] :]
        loss = nn.functional.cross_entropy(logits, goals)
        if self.teacher is not None:
            share = self.params.teacher_share
            loss = (1 - share) * loss + share * self.distance(logits, pixels)
        if not allowed.shape[1]:
            return loss
        share = self.params.leaf_share
        return (1 - share) * loss + share * partial_loss(leaves, allowed)

    def distance(self, logits: Tensor, pixels: Tensor) -> Tensor:
        """Return the distance of softened answers from the teacher's."""
        assert self.teacher is not None
        soft = self.params.teacher_softness
        opinion = self.teacher.answer(pixels)
        return soft**2 * nn.functional.kl_div(
            (logits / soft).log_softmax(1), (opinion / soft).softmax(1), reduction="batchmean"
        )


def partial_loss(scores: Tensor, allowed: Tensor) -> Tensor:
    """Return the mean of `partial_losses`."""
    return partial_losses(scores, allowed).mean()


def partial_losses(scores: Tensor, allowed: Tensor) -> Tensor:
    """Return minus the logarithm of the probability on allowed leaves (n,), for (n, leaves) each. A
    picture known only to its order thus teaches only the order (Cour et al. 2011, partial
    labels)."""
    masked = scores.masked_fill(~allowed, -torch.inf)
    return scores.logsumexp(1) - masked.logsumexp(1)


def one_hot(numbers: Tensor, labels: int, smoothing: float) -> Tensor:
    """Return goals (n, labels) that add up to 1; `smoothing` of it is spread over all labels."""
    goals = torch.full((len(numbers), labels), smoothing / labels)
    return goals + (1 - smoothing) * nn.functional.one_hot(numbers, labels)


def mix_batch(pixels: Tensor, goals: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Blend each picture with another one, and their goals alike (mixup, Zhang et al. 2018)."""
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    other = torch.randperm(len(pixels)).to(pixels.device)
    return (
        share * pixels + (1 - share) * pixels[other],
        share * goals + (1 - share) * goals[other],
    )
