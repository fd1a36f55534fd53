"""MegaDetector's batch JSON: boxes and names, for programs that read its results.

Source: the MegaDetector batch format 1.4 (lila.science/megadetector-output-format), which AddaxAI
and Timelapse read. A picture that is named and has no box gets one around all of it. Not here: what
the facts are (facts.py), or reading such files (workflows/results/detections.py).
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from biosight.labels import PEOPLE
from biosight.publishing.file_names import UniqueNames
from biosight.publishing.standards.coco import (
    categories,
    category,
    coco_json_text,
    coco_place,
    json_members,
)
from biosight.publishing.standards.facts import Facts, Scope, all_facts
from biosight.storage.records import Records
from biosight.subjects.box import Box, SubjectKind
from biosight.taxa.kinds import label_kind

NUMBERS: dict[SubjectKind, str] = {"animal": "1", "human": "2", "vehicle": "3"}
WORDS = {"1": "animal", "2": "person", "3": "vehicle"}


def megadetector(records: Records, scope: Scope) -> Iterator[bytes]:
    """Yield the file in pieces; only the names of files are kept in memory."""
    ids, names = categories(records, scope), UniqueNames()
    info = {
        "format_version": "1.4",
        "detector": "BioSight",
        "classifier": scope.title,
        "detection_completion_time": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
    }
    classes = {str(number): name for name, number in ids.items()}
    head = (
        f'{{"info": {coco_json_text(info)},\n"detection_categories": {coco_json_text(WORDS)},\n'
        f'"classification_categories": {coco_json_text(classes)},\n"images": ['
    )
    yield head.encode()
    yield from json_members(in_file(f, scope, ids, names) for f in all_facts(records, scope))
    yield b"]}\n"


def in_file(
    facts: Facts, scope: Scope, ids: dict[str, int], names: UniqueNames
) -> dict[str, object]:
    """Return what the format says of one picture; a person's answer is marked as AddaxAI marks
    it."""
    image = facts.image
    place = coco_place(image, hidden=scope.hides(image))
    said: dict[str, object] = {
        "file": names.take(*place).removeprefix("/"),
        "detections": detections_of(facts, scope, ids),
    }
    return said | ({"human_verified": True} if image.who in PEOPLE else {})


def detections_of(facts: Facts, scope: Scope, ids: dict[str, int]) -> list[dict[str, object]]:
    """Return the boxes of a picture; the one that its label is about has the name. A picture that
    is called empty has none."""
    image, about = facts.image, facts.subject
    kind = label_kind(image.label, scope.naming) if image.label else ""
    if kind == "empty":
        return []
    boxes = list(facts.boxes)
    if about is None and image.label:
        named: SubjectKind = "human" if kind == "human" else "animal"
        about = Box(0.0, 0.0, 1.0, 1.0, "vehicle" if kind == "vehicle" else named, sureness(facts))
        boxes = [b for b in boxes if b.kind != about.kind] + [about]
    number = ids.get(category(image.label, scope))
    found = []
    for box in sorted(boxes, key=lambda b: -b.score):
        said = detection(box)
        if box is about and number is not None and kind not in {"human", "vehicle"}:
            said["classifications"] = [[str(number), round(sureness(facts), 3)]]
        found.append(said)
    return found


def detection(box: Box) -> dict[str, object]:
    """Return a box in the format's form."""
    sides = (box.x, box.y, box.width, box.height)
    return {
        "category": NUMBERS[box.kind],
        "conf": round(box.score, 3),
        "bbox": [round(side, 4) for side in sides],
    }


def sureness(facts: Facts) -> float:
    """Return how sure the label is, 0 to 1: 1 where a person gave it."""
    now = facts.current
    return 1.0 if now is None or now.probability is None else now.probability
