"""COCO and COCO Camera Traps JSON, read as answers about pictures with boxes.

Sources: cocodataset.org; COCO Camera Traps 1.0, github.com/agentmorris/MegaDetector. Annotations
are people's unless they say that a machine made them, as BioSight's own do. Not here: writing the
format (publishing/standards/coco.py).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from biosight.labels import Guess, subject_kind
from biosight.subjects import Box, Details, Subject
from biosight.subjects.plain import read_region
from biosight.workflows.results.foreign_predictions import Told, model_name, source_of
from biosight.workflows.results.foreign_words import as_label, as_object, as_share
from biosight.workflows.results.result import Result

CocoObject = Mapping[str, Any]


def is_coco(said: CocoObject) -> bool:
    """Return whether a JSON document is one of COCO's."""
    lists = ("images", "annotations", "categories")
    return all(isinstance(said.get(name), list) for name in lists)


def from_coco(said: CocoObject) -> Iterator[Result]:
    """Yield what is said of each picture that has an annotation."""
    info = as_object(said.get("info"))
    names = {c.get("id"): as_label(str(c.get("name", ""))) for c in objects(said, "categories")}
    about: dict[object, list[CocoObject]] = {}
    for one in objects(said, "annotations"):
        about.setdefault(one.get("image_id"), []).append(one)
    for image in objects(said, "images"):
        rows = [r for r in about.get(image.get("id"), []) if names.get(r.get("category_id"))]
        people = [r for r in rows if r.get("classification_method") != "machine"]
        if people:
            who = source_of(str(info.get("contributor") or "COCO"))
            yield said_by_people(image, people, names, who)
        elif rows:
            model = model_name(str(info.get("description") or "COCO"))
            yield said_by_machine(image, rows, names, model)


def objects(said: CocoObject, name: str) -> list[CocoObject]:
    """Return the objects of a list in a JSON document."""
    return [one for one in said[name] if isinstance(one, dict)]


def said_by_people(
    image: CocoObject, rows: list[CocoObject], names: Mapping[Any, str], who: str
) -> Result:
    """Return a picture's annotations as a person's answer: one subject each."""
    subjects = tuple(Subject(names[r.get("category_id")], details_of(r, image)) for r in rows)
    told = Told(who, (Guess(subjects[0].label, 1.0),))
    return Result(str(image.get("file_name", "")), told, checked=True, subjects=subjects)


def said_by_machine(
    image: CocoObject, rows: list[CocoObject], names: Mapping[Any, str], model: str
) -> Result:
    """Return a picture's annotations as a machine's answer with boxes, the surest first."""
    sure = sorted(rows, key=lambda r: -score(r))
    guesses: dict[str, float] = {}
    for row in sure:
        guesses.setdefault(names[row.get("category_id")], score(row))
    boxes = [box_of(names[r.get("category_id")], r, image) for r in sure]
    told = Told(
        model,
        tuple(Guess(label, share) for label, share in guesses.items()),
        boxes=tuple(box for box in boxes if box),
    )
    return Result(str(image.get("file_name", "")), told)


def score(row: CocoObject) -> float:
    """Return how sure a machine is, 0 to 1; 1 where it does not say."""
    return as_share(row.get("score", 1.0))


def details_of(row: CocoObject, image: CocoObject) -> Details:
    """Return the count and the box of an annotation."""
    count = row.get("count")
    box = box_shares(row, image)
    return Details(
        count=count if isinstance(count, int) and count > 0 else 0, region=read_region(box)
    )


def box_of(label: str, row: CocoObject, image: CocoObject) -> Box | None:
    """Return a machine's box, None where there is none."""
    region = read_region(box_shares(row, image))
    if region is None:
        return None
    return Box(*region.sides, subject_kind(label), score(row))


def box_shares(row: CocoObject, image: CocoObject) -> list[float]:
    """Return a box in pixels as shares of the picture; none without a box or the picture's size."""
    box, wide, high = row.get("bbox"), image.get("width"), image.get("height")
    if not isinstance(box, list) or len(box) != 4 or not wide or not high:
        return []
    try:
        x, y, w, h = (float(side) for side in box)
        wide, high = float(wide), float(high)
    except (TypeError, ValueError):
        return []
    return [x / wide, y / high, w / wide, h / high]
