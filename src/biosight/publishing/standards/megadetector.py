"""MegaDetector's batch JSON: boxes and names, for programs that read its results.

Source: the MegaDetector batch format 1.4 (lila.science/megadetector-output-format), which AddaxAI
and Timelapse read. A picture that is named and has no box gets one around all of it. Not here: what
the facts are (facts.py), or reading such files (workflows/results/detections.py).
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from biosight.labels import PEOPLE, subject_kind
from biosight.publishing.file_names import UniqueNames
from biosight.publishing.standards.coco import (
    categories,
    category,
    coco_json_text,
    coco_place,
    json_members,
)
from biosight.publishing.standards.facts import Facts, Scope, all_facts, by_subject
from biosight.storage.records import Records
from biosight.subjects.box import Box, SubjectKind, are_one

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
    """Return the boxes of a picture: one for each subject with a name, and what else the detector
    found. A picture that is called empty has none."""
    subjects_here = [f for f in by_subject(facts, scope) if f.image.label]
    named = [f for f in subjects_here if f.image.thing != "empty"]
    if subjects_here and not named:
        return []
    used = None if facts.image.details.region else facts.found
    subjects = [subject_box(f) for f in named]
    rest = [b for b in facts.boxes if b is not used and not repeats(b, subjects)]
    found = []
    for one, box in zip(named, subjects, strict=True):
        number, said = ids.get(category(one.image.label, scope)), detection(box)
        if number is not None and one.image.thing not in {"human", "vehicle"}:
            said["classifications"] = [[str(number), round(sureness(one), 3)]]
        found.append((box, said))
    found += [(box, detection(box)) for box in rest]
    return [said for _, said in sorted(found, key=lambda f: -f[0].score)]


def subject_box(facts: Facts) -> Box:
    """Return the box of a named subject: the detector's, unless a person drew one; all of the
    picture where there is none."""
    if facts.found and not facts.image.details.region:
        return facts.found
    sides = facts.region.sides if facts.region else (0.0, 0.0, 1.0, 1.0)
    return Box(*sides, subject_kind(facts.image.label), sureness(facts))


def repeats(box: Box, subjects: list[Box]) -> bool:
    """Return whether a detector's box is about a subject that has a box: it says the same, or the
    subject's box is the whole picture."""
    return any(s.kind == box.kind and (are_one(box, s) or s.area == 1.0) for s in subjects)


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
