"""Names, and who gives them: Prediction, Annotation, Identifications, and which of them counts.

Not here: how a name is computed (inference) or kept (storage).
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from biosight.errors import BadRequest
from biosight.subjects import Box
from biosight.subjects.box import SubjectKind
from biosight.taxa.kinds import thing_of

UNCLASSIFIED = ""
# Values of a record kind that a later form replaced: the form's number, the field with its old
# value, and the fields that are written instead.
Rewrites = tuple[tuple[int, tuple[str, str], dict[str, str]], ...]
# The label for a picture that nobody could name: in archives of earlier forms, and as people may
# type it.
FORMERLY_UNDECIDED = "Not sure"
UNDECIDED = "undecided"
# Values of `who` for a label that a person gave: "person" looked at the picture, "bulk" accepted
# the machine's labels of all pictures that match, without looking at each.
IN_BULK = "bulk"
PEOPLE = ("person", IN_BULK)
MAX_LABEL_LENGTH = 80
# How many confirmed pictures a new label needs before the model proposes it, before it may say it,
# and before it is trusted.
PROPOSED_AT = 10
OPENS_AT = 20
TRUSTED_AT = 200


@dataclass(frozen=True, slots=True)
class Guess:
    """One label with its calibrated confidence, 0 to 1."""

    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class LineLevel:
    """A name on the line from the top of a model's tree to the likeliest name, and the probability
    of it and all below it, 0 to 1.

    `needs` is the probability from which on the model may answer with it: 0 for a group, which it
    always may, and None for a name that it never answers with.
    """

    label: str
    confidence: float
    needs: float | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """The answer of an expert (a model that knows one branch of the tree) about an image.

    `top` are its likeliest names, mapped to the tree; `weight` (0 to 1) is its share in the answer.
    """

    model: str
    top: tuple[Guess, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """One model's answer about an image; predictions are appended, never overwritten.

    `top` are its labels, the likeliest first. A model with a tree also gives `answer`, the deepest
    node that it is sure enough of, and `path`, that node's place in its own tree. `levels` are the
    names on the line through the answer, and `finer` the likeliest names with nothing below them;
    archives from before there were levels have leaves in `finer` that stand for "another one of
    this group". `opinions` are those of the experts that were asked. `novelty` is the cosine
    distance from what the model knows (inference/reference.py).

    Where a detector looked for subjects, `detector` is its version and `boxes` are what it found,
    the surest first; the answer is then about the surest animal, or that nothing or a person is
    seen. `trouble` says in words why it could not look.
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
    levels: tuple[LineLevel, ...] = ()
    detector: str = ""
    boxes: tuple[Box, ...] = ()
    trouble: str = ""

    @property
    def best(self) -> Guess:
        """The answer of a model with a tree, else the likeliest label."""
        return self.answer or self.top[0]

    @property
    def group(self) -> str:
        """The likeliest of the model's labels, within which the answer lies."""
        return self.top[0].label

    @property
    def margin(self) -> float:
        """The confidence of the first guess minus that of the second (1 if there is only one)."""
        return self.top[0].confidence - self.top[1].confidence if len(self.top) > 1 else 1.0


@dataclass(frozen=True, slots=True)
class Annotation:
    """A person's answer about an image: confirmed, corrected, undecided, or withdrawn by an
    undo."""

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
    # How it was given: "random", "margin", "names" or "count" in the queues, "group", "readers" or
    # "bulk"
    via: str = ""
    # Who gave it in another program or archive, in that one's words; "" for an answer given here
    source: str = ""


def speaker_of(said: Annotation, name: Callable[[str], str]) -> str:
    """Return who gave an answer, in words: a person here (`name` gives their name by id), or
    whoever an import names, whom no account stands for."""
    return f"imported: {said.source}" if said.source else name(said.by)


@dataclass(frozen=True, slots=True)
class Identifications:
    """The names that two people gave one picture independently. The id is the picture's, so a
    picture has at most one record. The label "" means that this person could not name it.

    `state` is "one" while the second answer is missing ("none" after both were taken back), then
    "agreed" or "differ". It is "settled" once somebody looked at both answers and chose. `act` is
    the act that wrote the resulting label. `seen_by` are people who took their second answer back
    after they had seen the first. A later answer of theirs is `informed`, and not independent.
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
    """A label's scientificName and taxonRank (Darwin Core), "" where they are unknown."""

    scientific: str
    rank: str


@dataclass(frozen=True, slots=True)
class CurrentLabel:
    """The name that counts now and who gave it: "machine", "person", "bulk" or "nobody"."""

    label: str
    who: str
    confidence: float = field(default=0.0)


def current_label(prediction: Prediction | None, annotations: Sequence[Annotation]) -> CurrentLabel:
    """Return the label of the last Annotation that was not withdrawn, else that of the Prediction,
    else none.

    `annotations` are in order of time. A withdrawal takes back everything before it, and can itself
    restore an earlier label (its own `label`, when not empty).
    """
    confidence = prediction.best.confidence if prediction else 0.0
    last = annotations[-1] if annotations else None
    if last is not None and (last.label or last.kind == UNDECIDED):
        return CurrentLabel(last.label, IN_BULK if last.via == IN_BULK else "person", confidence)
    if prediction is not None:
        return CurrentLabel(prediction.best.label, "machine", confidence)
    return CurrentLabel(UNCLASSIFIED, "nobody", 0.0)


def subject_kind(label: str) -> SubjectKind:
    """Return the kind of box that a label is about; anything else than people and vehicles is an
    animal to a detector."""
    thing = thing_of(label)
    return thing if thing in {"human", "vehicle"} else "animal"


def clean_label(text: str) -> str:
    """Return a label as it is kept: NFC, single spaces, no control characters.

    Raises BadRequest when nothing is left or it is longer than MAX_LABEL_LENGTH.
    """
    if len(text) > 4 * MAX_LABEL_LENGTH:  # normalising a long run of marks is very slow
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
