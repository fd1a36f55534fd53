"""What a model says of a picture, as the API shows it: levels, guesses, and what experts see.

Not here: the picture itself (web/schemas/pictures.py), or where guesses come from (labels.py).
"""

from pydantic import BaseModel

from biosight.labels import Guess, Opinion, Prediction
from biosight.subjects.box import SubjectKind
from biosight.taxa.naming import Naming
from biosight.web.schemas.pictures import vernacular_line


class GuessOut(BaseModel):
    """A label and its confidence, 0 to 1.

    With a tree of names, `line` holds the labels from the top down to it, and `vernacular_line` the
    common name of each, "" for none.
    """

    label: str
    confidence: float
    line: list[str] = []
    vernacular_line: list[str] = []


class LevelOut(BaseModel):
    """A name on the line from the top of the tree to the likeliest name, and the probability of it
    and all below it, 0 to 1.

    `needs` is the probability from which on the model may answer with it: 0 for a group, null for a
    name that it never answers with.
    """

    label: str
    confidence: float
    needs: float | None


class BoxOut(BaseModel):
    """A box around something in a picture: its upper left corner and its size, as shares of the
    picture's width and height, what it holds, and how sure the detector is, 0 to 1."""

    x: float
    y: float
    w: float
    h: float
    kind: SubjectKind
    score: float


class OpinionOut(BaseModel):
    """What an expert says of a picture: labels under its own names, the likeliest first.

    `weight`, 0 to 1, is the expert's part in the answer.
    """

    model: str
    weight: float
    top: list[GuessOut]


def levels_out(prediction: Prediction, naming: Naming) -> list[LevelOut]:
    """Return the names on the line through a model's answer, as a collection calls them; names that
    are one here stand once, with the larger probability."""
    found: dict[str, LevelOut] = {}
    for level in prediction.levels:
        label = naming.shown(level.label)
        if label and label not in found:
            found[label] = LevelOut(label=label, confidence=level.confidence, needs=level.needs)
    return list(found.values())


def why_no_finer(prediction: Prediction, naming: Naming) -> str:
    """Return in words why a model's answer goes no further down, "" where nothing likely is below:
    of the first name that it could answer with, if there is one."""
    names = [level.label for level in prediction.levels]
    answer = prediction.best.label
    if answer not in names or answer == names[-1]:
        return ""
    finer = prediction.levels[names.index(answer) + 1 :]
    below = next((level for level in finer if level.needs is not None), finer[0])
    label, sure = naming.shown(below.label), f"{int(below.confidence * 100)} %"
    if not label:
        return ""
    if below.needs is None:
        return f"Not named {label} ({sure}): this model does not answer with that name."
    return f"Not named {label} ({sure}): that name needs {below.needs * 100:.0f} %."


def finer_out(prediction: Prediction, naming: Naming) -> list[GuessOut]:
    """Return the finer names that a model considers. In archives from before there were levels, a
    leaf that stands for "another one of this name" is left out: it would contradict the answer."""
    answer = naming.shown(prediction.best.label)
    above = set(naming.tree.line(answer))

    def contradicts(guess: GuessOut) -> bool:
        same = guess.label == answer and guess.confidence == prediction.best.confidence
        return guess.label in above and not same

    found = guesses_out(prediction.finer, naming)
    return found if prediction.levels else [g for g in found if not contradicts(g)]


def guesses_out(guesses: tuple[Guess, ...], naming: Naming) -> list[GuessOut]:
    """Return guesses under the names used in a collection, the likeliest first.

    Guesses whose label was removed there are left out. Guesses whose labels were merged there
    become one.
    """
    found: dict[str, GuessOut] = {}
    for guess in guesses:
        label = naming.shown(guess.label)
        if label in found:
            found[label].confidence = min(1.0, found[label].confidence + guess.confidence)
        elif label:
            line = naming.tree.line(label)
            found[label] = GuessOut(
                label=label,
                confidence=guess.confidence,
                line=list(line),
                vernacular_line=vernacular_line(naming.tree, line),
            )
    return list(found.values())


def opinions_out(opinions: tuple[Opinion, ...]) -> list[OpinionOut]:
    """Return what experts said, under their own names: these are only shown and stand for no
    label."""
    return [
        OpinionOut(
            model=o.model,
            weight=o.weight,
            top=[GuessOut(label=g.label, confidence=g.confidence) for g in o.top],
        )
        for o in opinions
    ]
