"""ModelCard: the description of a model file, stored beside it as card.json.

Not here: running the model (inference/classifier.py) or choosing which one serves (registry).
"""

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from biosight.errors import BadModel, BadRequest
from biosight.inference.model_files.detector_card import DetectorCard
from biosight.inference.preprocess import Framing
from biosight.inference.rollup import Rollup
from biosight.taxa.tree import Taxon, Tree, kept_fields

# What both kinds of card say in the same words.
SAID_OF_BOTH = {
    "sha256",
    "trained_on",
    "measured",
    "measured_on",
    "weak_at",
    "started_from",
    "terms",
}
NO_SHIFT, NO_SCALE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


class CardLabel(BaseModel):
    """A label as the card writes it; scientificName and taxonRank are Darwin Core terms."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: str = Field(min_length=1, max_length=80)
    scientific_name: str = Field("", alias="scientificName")
    taxon_rank: str = Field("", alias="taxonRank")


class CardTaxon(BaseModel):
    """A node of a model's tree of names, as the card writes it, with Darwin Core's terms.

    `group` is the label that it belongs to, "" for names above the labels. The name is an answer
    from a probability of `threshold` on; 0 means that it is never an answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: str = Field(min_length=1, max_length=80)
    scientific_name: str = Field("", alias="scientificName")
    taxon_rank: str = Field("", alias="taxonRank")
    parent: str = ""
    vernacular_name: str = Field("", alias="vernacularName")
    group: str = ""
    threshold: float = Field(0.0, ge=0, le=1)

    @property
    def taxon(self) -> Taxon:
        return Taxon(self.id, **kept_fields(self))


class ModelCard(BaseModel):
    """All data needed to run a model and to judge it.

    `input_size` and `resize_short` are in pixels; `mean` and `std` are per RGB channel in units of
    0 to 1 (pixel / 255). `temperature` divides the logits before the softmax (Guo et al. 2017, "On
    calibration of modern neural networks"). `base` names the version whose network a taught head
    reads. Beyond `novelty_limit`, a cosine distance, a picture counts as unfamiliar; 0 means that
    no picture does.

    `taxa` is the tree that finer answers come from, parents first. `leaves` are the ids whose
    scores the second layer of head.npz gives; `leaf_temperature` divides those scores. A model
    without them answers only with its labels.

    `under` makes the model an expert for the names below that name of another model's tree, asked
    beside that model (inference/expert.py). `taxa` then gives the name of that tree above each
    label, and `weight` is the weight of its opinion. `training_set` is the hash of the pictures
    that taught it, `parameters` are those of its training, `git_commit` is the code, and
    `made_with` are the packages and the machine. A detector has its own card as `detector`; its
    labels are the kinds of things that it finds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    version: str = Field(pattern=r"^[0-9a-zA-Z][0-9a-zA-Z._+-]{0,63}$")
    arch: str
    labels: tuple[CardLabel, ...] = Field(min_length=1)
    taxa: tuple[CardTaxon, ...] = ()
    leaves: tuple[str, ...] = ()
    input_size: int = Field(ge=16, le=1024)
    resize_short: int = Field(ge=16, le=2048)
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    temperature: float = Field(1.0, gt=0)
    leaf_temperature: float = Field(1.0, gt=0)
    under: str = ""
    weight: float = Field(0.0, ge=0, le=1)
    embedding_size: int = Field(ge=1)
    precision: str = "fp32"
    sha256: str = ""
    base: str = ""
    novelty_limit: float = Field(0.0, ge=0)
    trained_on: str = ""
    measured: dict[str, float] = Field(default_factory=dict)
    measured_on: str = ""
    weak_at: tuple[str, ...] = ()
    started_from: str = ""
    terms: str = ""
    git_commit: str = ""
    training_set: str = ""
    parameters: dict[str, str] = Field(default_factory=dict)
    detector: DetectorCard | None = None
    made_with: dict[str, str] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name of the ModelVersion, as in predictions."""
        return f"{self.name}@{self.version}"

    @property
    def tree(self) -> Tree:
        """Tree of names for the model's answers; empty if it has none."""
        return Tree(t.taxon for t in self.taxa)

    @property
    def space(self) -> str:
        """Version whose embeddings this model reads: only embeddings of one space can be
        compared."""
        return self.base or self.key

    @property
    def framing(self) -> Framing:
        """Framing of pictures for this model."""
        return Framing(self.input_size, self.resize_short, self.interpolation)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Labels in the order of the logits."""
        return tuple(label.name for label in self.labels)


def card_of_detector(detector: DetectorCard) -> ModelCard:
    """Return a detector's card in the form that the registry keeps."""
    return ModelCard(
        name=detector.name,
        version=detector.version,
        arch=f"detector, {detector.form}",
        labels=tuple(CardLabel(name=kind) for kind in detector.kinds),
        input_size=detector.side,
        resize_short=detector.side,
        mean=NO_SHIFT,
        std=NO_SCALE,
        embedding_size=1,
        detector=detector,
        **detector.model_dump(include=SAID_OF_BOTH),
    )


def card_rollup(card: ModelCard) -> Rollup:
    """Return the roll-up of a card's tree."""
    return Rollup(
        card.tree,
        card.leaves,
        card.label_names,
        {t.id: t.group for t in card.taxa},
        {t.id: t.threshold for t in card.taxa if t.threshold},
        card.temperature,
        card.leaf_temperature,
    )


def read_card(folder: Path) -> ModelCard:
    """Return the card in `folder`. Raises BadModel when it is absent or malformed."""
    try:
        card = ModelCard.model_validate_json((folder / "card.json").read_bytes())
        check_tree(card)
        return card
    except FileNotFoundError as error:
        raise BadModel(f"{folder} has no card.json.") from error
    except ValidationError as error:
        raise BadModel(f"{folder / 'card.json'} is not a model card: {error}") from error


def check_tree(card: ModelCard) -> None:
    """Check the tree. Raises BadModel for a malformed one, or one that does not fit leaves and
    labels."""
    try:
        tree = card.tree
    except BadRequest as error:
        raise BadModel(f"The tree of names of {card.key} is wrong: {error.detail}") from error
    groups = {t.id: t.group for t in card.taxa}
    strange = [x for x in card.leaves if x not in tree or groups[x] not in card.label_names]
    if strange:
        raise BadModel(f"{strange[0]} is a leaf of {card.key}, but in no group of its labels.")


def write_card(card: ModelCard, folder: Path) -> None:
    text = card.model_dump_json(indent=2, by_alias=True, exclude_defaults=False)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")


def file_sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def learnt_from(folder: Path) -> frozenset[str]:
    """Return the images of a collection that taught a version: they can't measure it."""
    path = folder / "training.json"
    if not path.is_file():
        return frozenset()
    return frozenset(image for image, _label in json.loads(path.read_bytes()))
