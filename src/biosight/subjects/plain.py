"""Subjects as plain values for tables and JSON, under the terms of Camtrap DP, and read back.

Not here: what the terms mean (subject.py).
"""

import json
from collections.abc import Iterable, Mapping

from biosight.subjects.subject import LIFE_STAGES, LONGEST_WORDS, SEXES, Details, Region, Subject

Plain = dict[str, object]


def subjects_text(subjects: Iterable[Subject]) -> str:
    """Return subjects as JSON on one line; who named them is left out."""
    return json.dumps([plain_subject(s) for s in subjects], ensure_ascii=False)


def plain_subject(subject: Subject) -> Plain:
    """Return a subject as JSON writes it: its label and all that is said of it."""
    said = subject.details
    box = [round(side, 5) for side in said.region.sides] if said.region else []
    found = {
        "label": subject.label,
        "count": said.count,
        "sex": said.sex,
        "lifeStage": said.life_stage,
        "behavior": said.behaviour,
        "individualID": said.individual,
        "bbox": box,
    }
    return {name: value for name, value in found.items() if value or name == "label"}


def read_subjects(text: str) -> tuple[Subject, ...]:
    """Return the subjects in a text that `subjects_text` wrote; none for any other text."""
    try:
        said = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return ()
    rows = said if isinstance(said, list) else []
    return tuple(read_subject(row) for row in rows if isinstance(row, dict))


def read_subject(said: Mapping[str, object]) -> Subject:
    """Return one subject; what can't be is left out."""

    def words(name: str) -> str:
        value = said.get(name)
        return " ".join(value.split())[:LONGEST_WORDS] if isinstance(value, str) else ""

    count, sex, stage = said.get("count"), words("sex"), words("lifeStage")
    details = Details(
        count=count if isinstance(count, int) and count > 0 else 0,
        sex=sex if sex in SEXES else "",
        life_stage=stage if stage in LIFE_STAGES else "",
        behaviour=words("behavior"),
        individual=words("individualID"),
        region=read_region(said.get("bbox")),
    )
    return Subject(words("label"), details)


def read_region(said: object) -> Region | None:
    """Return where four shares of a picture say that something is; None for anything else, and for
    the whole picture, which says nothing."""
    sides = said if isinstance(said, list | tuple) else ()
    if len(sides) != 4 or not all(isinstance(side, int | float) for side in sides):
        return None
    region = Region(*(float(side) for side in sides))
    is_whole = min(region.width, region.height) >= 0.999
    return region if region.is_inside and not is_whole else None
