"""Results of MegaDetector and SpeciesNet, read as answers about pictures with boxes.

Source: the MegaDetector batch format in JSON (lila.science/megadetector-output-format), which
AddaxAI writes too. The most confident detection names the picture. Not here: keeping what was read
(foreign_predictions.py, results_import.py).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from biosight.labels import Guess
from biosight.subjects import Box, Details, Subject
from biosight.subjects.box import SubjectKind
from biosight.subjects.plain import read_region
from biosight.workflows.results.foreign_predictions import Told, model_name
from biosight.workflows.results.foreign_words import (
    CHECKED,
    as_label,
    as_object,
    as_share,
    is_yes,
    ranks_of,
)
from biosight.workflows.results.result import Result

LEAST = 0.2
FAINTEST = 0.05  # fainter boxes are noise, of which MegaDetector writes many
MOST_BOXES = 50
MOST_ROWS = 5_000_000
EMPTY = "Empty"
KINDS: dict[str, SubjectKind] = {"Human": "human", "Vehicle": "vehicle"}
Detections = list[dict[str, Any]]
CategoryNames = tuple[dict[str, str], dict[str, str]]


def from_megadetector(said: Mapping[str, Any]) -> Iterator[Result]:
    """Yield the results of a document; pictures that failed there are left out."""
    info = as_object(said.get("info"))
    # The descriptions hold SpeciesNet's ranks; the categories beside them only a common name.
    classes = words(said, "classification_categories")
    classes |= words(said, "classification_category_descriptions")
    names = (words(said, "detection_categories"), classes)
    lines = {as_label(c): tuple(ranks_of(c)) for c in classes.values() if ";" in c}
    model = model_name(str(info.get("classifier") or info.get("detector") or "MegaDetector"))
    threshold = as_object(info.get("detector_metadata")).get("typical_detection_threshold")
    least = threshold if isinstance(threshold, int | float) else LEAST
    for image in said["images"]:
        if isinstance(image, dict) and isinstance(image.get("detections"), list):
            checked = any(is_yes(image.get(word)) for word in CHECKED)
            detections = sound_detections(image["detections"])
            guesses = guesses_of(detections, names, 0.0 if checked else least)
            told = Told(model, guesses, boxes=boxes_of(detections, names))
            yield Result(
                str(image.get("file", "")),
                told,
                checked,
                lines.get(guesses[0].label, ()),
                subjects=subjects_of(detections, names) if checked else (),
            )


def sound_detections(said: list[Any]) -> Detections:
    """Return the detections that say how sure they are, the surest first."""
    found = [d for d in said if isinstance(d, dict) and isinstance(d.get("conf"), int | float)]
    return sorted(found, key=lambda d: -as_share(d["conf"]))


def boxes_of(detections: Detections, names: CategoryNames) -> tuple[Box, ...]:
    """Return the boxes of detections that are no mere noise, the surest first."""
    boxes = []
    for one in detections[:MOST_BOXES]:
        region, sure = read_region(one.get("bbox")), as_share(one["conf"])
        if region and sure >= FAINTEST:
            kind = KINDS.get(as_label(names[0].get(str(one.get("category")), "")), "animal")
            boxes.append(Box(*region.sides, kind, sure))
    return tuple(boxes)


def subjects_of(detections: Detections, names: CategoryNames) -> tuple[Subject, ...]:
    """Return the detections that a person checked, as subjects: each has its likeliest name."""
    found = []
    for one in detections[:MOST_BOXES]:
        label, _ = max(labels_of(one, names), key=lambda named: named[1])
        found.append(Subject(label, Details(region=read_region(one.get("bbox")))))
    return tuple(s for s in found if s.label)


def words(said: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return a table of names by number."""
    return {str(k): str(v) for k, v in as_object(said.get(key)).items()}


def guesses_of(detections: Detections, names: CategoryNames, least: float) -> tuple[Guess, ...]:
    """Return the guesses for a picture, the most confident first; Empty where no detection is
    confident enough."""
    found: dict[str, float] = {}
    surest = 0.0
    for one in detections:
        sure = as_share(one["conf"])
        surest = max(surest, sure)
        if sure < least:
            continue
        for label, share in labels_of(one, names):
            found[label] = max(found.get(label, 0.0), sure * share)
    if not found:
        return (Guess(EMPTY, 1.0 - surest),)
    return tuple(Guess(n, c) for n, c in sorted(found.items(), key=lambda g: -g[1])[:5])


def labels_of(one: dict[str, Any], names: CategoryNames) -> list[tuple[str, float]]:
    """Return the labels of a detection: its classes with their shares, else the detector's own
    word."""
    detector, classes = names
    found = []
    pairs = one.get("classifications")
    for pair in pairs if isinstance(pairs, list) else []:
        sound = isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], int | float)
        label = as_label(classes.get(str(pair[0]), "")) if sound else ""
        if label:
            found.append((label, as_share(pair[1])))
    return found or [(as_label(detector.get(str(one.get("category")), "animal")), 1.0)]
