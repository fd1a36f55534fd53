"""Predictions of other programs' models for pictures in a collection, kept as Predictions.

A person's label stays. Not here: reading their files (detections.py,
workflows/exchange/camtrap_import.py).
"""

import math
from dataclasses import dataclass, replace
from time import time
from unicodedata import normalize

from biosight.errors import Stale
from biosight.images import Image
from biosight.labels import PEOPLE, Guess, Prediction
from biosight.own_names.collected import Names
from biosight.storage.conditions import living_images
from biosight.storage.patience import tries
from biosight.storage.records import Insert, Records, Replace, Where, find_all, new_id
from biosight.subjects import Box


@dataclass(frozen=True, slots=True)
class Told:
    """A model's guesses for one picture, the likeliest first; `at` in seconds since 1970 UTC, 0 if
    unknown. `boxes` are what a detector found, the surest first."""

    model: str
    guesses: tuple[Guess, ...]
    at: float = 0.0
    boxes: tuple[Box, ...] = ()


def take_told(records: Records, names: Names, image: Image, told: Told) -> bool:
    """Keep a model's guesses; they set the picture's label unless a person gave one. Return False
    if the same prediction is known already."""
    guesses = tuple(replace(g, label=names.accepted(g.label)) for g in told.guesses)
    if is_known_prediction(records, image, replace(told, guesses=guesses)):
        return False
    best = guesses[0]
    said = Prediction(
        new_id(),
        image.id,
        told.model,
        guesses,
        told.at or time(),
        detector=told.model if told.boxes else "",
        boxes=told.boxes,
    )
    for _ in tries(image.id):
        named = replace(
            image,
            model=told.model,
            machine_label=best.label,
            group=best.label,
            confidence=best.confidence,
            percent=math.floor(best.confidence * 100),
            margin=said.margin,
            version=image.version + 1,
        )
        if image.who not in PEOPLE:
            path = names.naming.path(best.label)
            named = replace(named, label=best.label, label_path=path, who="machine")
        try:
            records.write(Insert(said), Replace(named.in_step, image.version))
        except Stale:
            found = records.get(Image, image.id)
            if found is None:
                return False
            image = found
        else:
            return True
    return False


def is_known_prediction(records: Records, image: Image, told: Told) -> bool:
    """Return whether this model gave the same guesses and boxes for the picture before."""
    found = find_all(records, Prediction, [Where("image", "=", image.id)])
    new = (told.model, told.guesses, told.boxes)
    return any((p.model, p.top, p.boxes) == new for p in found)


def model_name(said: str) -> str:
    """Return a foreign model's name as it is kept: short, on one line."""
    return " ".join(said.split())[:80] or "another program"


def source_of(said: str) -> str:
    """Return who gave an answer in another archive as it is kept: short, on one line. An answer
    that went out of BioSight and comes in again is not marked twice."""
    return " ".join(said.split()).removeprefix("imported: ")[:80] or "no name given"


def belong_together(one: str, other: str) -> bool:
    """Return whether two paths of a picture can mean the same file: one ends with the whole of the
    other. Accents may be composed or decomposed, as on a Mac; marks between folders may be those of
    Windows."""
    parts, others = path_parts(one), path_parts(other)
    size = min(len(parts), len(others))
    return size > 0 and parts[-size:] == others[-size:]


def path_parts(path: str) -> list[str]:
    """Return a path's folders and file name, in one Unicode form."""
    return [p for p in normalize("NFC", path).replace("\\", "/").split("/") if p not in {"", "."}]


def of_that_name(records: Records, collection: str, file: str) -> list[Image]:
    """Return the pictures of a collection that a path of another program can mean."""
    found = named_so(records, collection, name_in(file))
    return [i for i in found if belong_together(i.path or i.name, file)]


def name_in(file: str) -> str:
    """Return the name of a file in another program's path."""
    return file.replace("\\", "/").rpartition("/")[2]


def named_so(records: Records, collection: str, name: str) -> list[Image]:
    """Return the pictures of a collection with a name, in any Unicode form."""
    forms = tuple({name, normalize("NFC", name), normalize("NFD", name)})
    return list(find_all(records, Image, [*living_images(collection), Where("name", "in", forms)]))
