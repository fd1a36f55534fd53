"""Names and who says them: Prediction, Annotation, Identifications, and who wins.

Not here: how a name is computed (inference) or kept (storage).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from biosight.errors import BadRequest

UNCLASSIFIED = ""
# Of a record kind: the form that changed a value, the field and the value, what is written then.
Rewrites = tuple[tuple[int, tuple[str, str], dict[str, str]], ...]
# How archives of earlier forms, and people by word, call what nobody can name.
FORMERLY_UNDECIDED = "Not sure"
UNDECIDED = "undecided"
# Whose labels people said: a person who looked at the picture, or one who accepted what the machine
# said of all that match without looking at each.
IN_BULK = "bulk"
PEOPLE = ("person", IN_BULK)
MAX_LABEL_LENGTH = 80
# Confirmed pictures that a new label needs to be learnt, and to be trusted.
OPENS_AT = 20
TRUSTED_AT = 200


@dataclass(frozen=True, slots=True)
class Guess:
    """One label with its calibrated confidence, 0 to 1."""

    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an expert, a model that knows one branch of the tree, said of an image: its likeliest
    names by the tree it was mapped to, and the weight (0 to 1) that it had in the answer."""

    model: str
    top: tuple[Guess, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model said of an image, once; appended, never overwritten.

    `top` are its labels, the likeliest first. A model with a tree also says `answer`, the node its
    answer goes down to, `path`, where that hangs in its own tree, and `finer`, the likeliest
    leaves; `opinions` are those of the experts that were asked. `novelty` is the cosine distance
    from what the model knows (inference/reference.py).
    """

    table: ClassVar[str] = "predictions"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("image", "at"),)

    id: str
    image: str
    model: str
    top: tuple[Guess, ...]
    at: float
    novelty: float = 0.0
    answer: Guess | None = None
    path: str = ""
    finer: tuple[Guess, ...] = ()
    opinions: tuple[Opinion, ...] = ()

    @property
    def best(self) -> Guess:
        """The answer, as deep as it goes."""
        return self.answer or self.top[0]

    @property
    def group(self) -> str:
        """The likeliest of the model's labels, which the answer lies in."""
        return self.top[0].label

    @property
    def margin(self) -> float:
        """Confidence of the first guess minus that of the second (1 if alone)."""
        return self.top[0].confidence - self.top[1].confidence if len(self.top) > 1 else 1.0


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a person said of an image: confirmed, corrected, undecided or withdrawn by an undo."""

    table: ClassVar[str] = "annotations"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("image", "at"),)
    rewritten: ClassVar[Rewrites] = (
        (5, ("label", FORMERLY_UNDECIDED), {"label": "", "kind": UNDECIDED}),
    )

    id: str
    image: str
    label: str
    kind: str  # "confirmed" | "corrected" | "undecided" | "withdrawn"
    by: str
    at: float
    act: str = ""
    # "random" or "margin" when it answered the review queue, "group", "readers" or "bulk"
    via: str = ""


@dataclass(frozen=True, slots=True)
class Identifications:
    """What two people called one picture, neither knowing the other's answer; the id is the
    picture's, so that it has one. A label "" is one who could not name it.

    `state` is "one" while the second is missing ("none" after both were taken back), then "agreed"
    or "differ"; "settled" when somebody looked at both answers and chose. `act` wrote the label
    down. `seen_by` took their second answer back after they had seen the first; an answer of theirs
    is `informed`, and no independent one.
    """

    table: ClassVar[str] = "identifications"
    precious: ClassVar[bool] = True
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("collection", "state", "first_by", "id"),
        ("collection", "state", "id"),
    )
    counters: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "state", "first_by"),)

    id: str
    collection: str
    first_by: str
    first: str
    first_at: float
    second_by: str = ""
    second: str = ""
    second_at: float = 0.0
    state: str = "one"
    settled_by: str = ""
    settled: str = ""
    settled_at: float = 0.0
    act: str = ""
    seen_by: tuple[str, ...] = ()
    informed: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class LabelNames:
    """A label's scientificName and taxonRank (Darwin Core), "" where nobody said them."""

    scientific: str
    rank: str


@dataclass(frozen=True, slots=True)
class CurrentLabel:
    """The name that counts now and who says so: "machine", "person", "bulk" or "nobody"."""

    label: str
    who: str
    confidence: float = field(default=0.0)


def current_label(prediction: Prediction | None, annotations: Sequence[Annotation]) -> CurrentLabel:
    """The last Annotation that was not withdrawn, else the Prediction, else nothing.

    `annotations` are in order of time. A withdrawal takes back all that was said before it
    and may itself restore an earlier label (its own `label`, when not empty).
    """
    confidence = prediction.best.confidence if prediction else 0.0
    last = annotations[-1] if annotations else None
    if last is not None and (last.label or last.kind == UNDECIDED):
        return CurrentLabel(last.label, IN_BULK if last.via == IN_BULK else "person", confidence)
    if prediction is not None:
        return CurrentLabel(prediction.best.label, "machine", confidence)
    return CurrentLabel(UNCLASSIFIED, "nobody", 0.0)


def clean_label(text: str) -> str:
    """A label as it is kept: NFC, single spaces, no control characters.

    Raises BadRequest when nothing is left or it is longer than MAX_LABEL_LENGTH.
    """
    if len(text) > 4 * MAX_LABEL_LENGTH:  # normalising a long run of marks takes for ever
        raise BadRequest(f"A label can be up to {MAX_LABEL_LENGTH} characters long.")
    kept = "".join(
        " " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c
        for c in unicodedata.normalize("NFC", text)
        if unicodedata.category(c) not in {"Cf", "Cs"}
    )
    label = " ".join(kept.split())
    if not label:
        raise BadRequest("A label needs at least one letter.")
    if len(label) > MAX_LABEL_LENGTH:
        raise BadRequest(f"A label can be up to {MAX_LABEL_LENGTH} characters long.")
    return label
