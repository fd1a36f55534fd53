"""What one batch teaches: labels, mixed or not, and a teacher's opinion.

Not here: the loop (train.py), or augmenting pictures (dataset.py).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from biosight.errors import BadModel
from biosight.inference.card import ModelCard
from biosight.training import networks
from biosight.training.imagenet import Evidence, read_prior
from biosight.training.params import TrainParams


def normalised(pixels: Tensor, card: ModelCard) -> Tensor:
    """uint8 (n, side, side, 3) -> float (n, 3, side, side), channels last in memory."""
    mean, std = torch.tensor(card.mean) * 255, torch.tensor(card.std) * 255
    return ((pixels.float() - mean) / std).permute(0, 3, 1, 2)


@dataclass(frozen=True, slots=True)
class Teacher:
    """A trained network and the card that says how it wants its pixels."""

    network: networks.Network
    card: ModelCard
    evidence: Evidence | None

    @torch.no_grad()
    def answer(self, pixels: Tensor) -> Tensor:
        """Logits (n, labels) for uint8 pixels (n, side, side, 3)."""
        logits, embeddings = self.network(normalised(pixels, self.card))
        return logits + self.evidence(embeddings) if self.evidence else logits


def read_teacher(params: TrainParams, card: ModelCard) -> Teacher | None:
    """The network of the run folder `params.teacher`. Raises BadModel for other labels."""
    if params.teacher is None:
        return None
    teacher = ModelCard.model_validate_json((params.teacher / "card.json").read_text())
    if teacher.label_names != card.label_names:
        raise BadModel("The teacher says other labels than these pictures have.")
    network = networks.build(teacher.arch, len(teacher.labels))
    networks.start_from(network, networks.load_weights(params.teacher / "weights.pt"))
    prior = read_prior(params.teacher)
    evidence = Evidence(prior, len(teacher.labels)) if prior else None
    network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Teacher(network, teacher, evidence)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one batch teaches: labels, mixed or not, and a teacher's opinion if there is one."""

    params: TrainParams
    card: ModelCard
    teacher: Teacher | None

    def backward(self, network: networks.Network, pixels: Tensor, numbers: Tensor) -> float:
        """Add one batch's gradients, in chunks that fit the cache; returns the mean loss."""
        goals = one_hot(numbers, len(self.card.labels), self.params.smoothing)
        if self.params.mixup:
            pixels, goals = mixed(pixels.float(), goals, self.params.mixup)
        total = 0.0
        for part, goal in zip(
            pixels.split(self.params.chunk), goals.split(self.params.chunk), strict=True
        ):
            loss = self.loss(network, part, goal) * (len(part) / len(pixels))
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        return total

    def loss(self, network: networks.Network, pixels: Tensor, goals: Tensor) -> Tensor:
        """Cross-entropy, and with a teacher its softened answers too (Hinton et al. 2015)."""
        logits = network(normalised(pixels, self.card))[0]
        hard = nn.functional.cross_entropy(logits, goals)
        if self.teacher is None:
            return hard
        soft = self.params.teacher_softness
        opinion = self.teacher.answer(pixels)
        distance = nn.functional.kl_div(
            (logits / soft).log_softmax(1), (opinion / soft).softmax(1), reduction="batchmean"
        )
        share = self.params.teacher_share
        return (1 - share) * hard + share * soft**2 * distance


def one_hot(numbers: Tensor, labels: int, smoothing: float) -> Tensor:
    """Goals (n, labels) that add up to 1, `smoothing` of it spread over all labels."""
    goals = torch.full((len(numbers), labels), smoothing / labels)
    return goals + (1 - smoothing) * nn.functional.one_hot(numbers, labels)


def mixed(pixels: Tensor, goals: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Each picture blended with another one, and so are its goals (mixup, Zhang et al. 2018)."""
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    other = torch.randperm(len(pixels))
    return (
        share * pixels + (1 - share) * pixels[other],
        share * goals + (1 - share) * goals[other],
    )
