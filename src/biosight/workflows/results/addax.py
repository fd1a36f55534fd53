"""AddaxAI's tables, read as answers about pictures with boxes.

Source: results_detections.csv and results_files.csv (github.com/PetervanLunteren/AddaxAI). Its JSON
is MegaDetector's. Not here: that format (detections.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from biosight.labels import Guess
from biosight.places.tables import Row, bounded_rows, head_of
from biosight.subjects import Box, Details, Region, Subject
from biosight.subjects.plain import read_region
from biosight.workflows.results.detections import (
    EMPTY,
    FAINTEST,
    KINDS,
    LEAST,
    MOST_BOXES,
    MOST_ROWS,
)
from biosight.workflows.results.foreign_predictions import Told
from biosight.workflows.results.foreign_words import CHECKED, as_label, as_share, is_yes
from biosight.workflows.results.result import Result


def is_of_addax(columns: Sequence[str]) -> bool:
    """Return whether a table with these columns is one of AddaxAI's."""
    return {"relative_path", "label", "confidence"} <= set(columns) or "n_detections" in columns


def from_addax(text: str) -> Iterator[Result]:
    """Yield the results of AddaxAI's tables. results_detections.csv has one row per detection;
    results_files.csv has one row per file, including files without detections. Where a person
    checked a row, only what they checked counts for its file."""
    mark, _ = head_of(text)
    rows = bounded_rows(text, mark, MOST_ROWS)
    found: dict[str, Counted] = {}
    for row in rows:
        found.setdefault(row.get("relative_path") or "", Counted()).note(row)
    for file, seen in found.items():
        told = Told("AddaxAI", seen.guesses(), boxes=seen.found)
        yield Result(file, told, bool(seen.checked), subjects=tuple(seen.subjects))


@dataclass(slots=True)
class Counted:
    """What AddaxAI's rows say of one file: labels with the surest confidence, apart by who gave
    them, the machine's boxes, and the subjects that a person checked."""

    machine: dict[str, float] = field(default_factory=dict)
    checked: dict[str, float] = field(default_factory=dict)
    boxes: list[Box] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)

    def note(self, row: Row) -> None:
        """Note one row: a detection, or a file with the confidence of its surest one."""
        label, sure = as_label(row.get("label") or ""), as_share(row.get("confidence"))
        most, region = as_share(row.get("max_confidence")), region_of(row)
        if region and sure >= FAINTEST:
            self.boxes.append(Box(*region.sides, KINDS.get(label, "animal"), sure))
        if label and any(is_yes(row.get(word)) for word in CHECKED):
            self.subjects.append(Subject(label, Details(region=region)))
            self.checked[label] = max(self.checked.get(label, 0.0), sure)
        elif label and sure >= LEAST:
            self.machine[label] = max(self.machine.get(label, 0.0), sure)
        elif not label and most >= LEAST:
            self.machine["Animalia"] = most

    @property
    def found(self) -> tuple[Box, ...]:
        """The boxes, the surest first."""
        return tuple(sorted(self.boxes, key=lambda box: -box.score)[:MOST_BOXES])

    def guesses(self) -> tuple[Guess, ...]:
        """Return the likeliest labels; Empty where nothing is sure enough."""
        said = self.checked or self.machine
        best = sorted(said.items(), key=lambda g: -g[1])[:5]
        return tuple(Guess(n, c) for n, c in best) or (Guess(EMPTY, 1.0),)


def region_of(row: Row) -> Region | None:
    """Return the box of a row, whose edges are pixels of the file; None without one."""
    names = ("bbox_left", "bbox_top", "bbox_right", "bbox_bottom", "file_width", "file_height")
    try:
        left, top, right, bottom, wide, high = (float(row.get(name) or "nan") for name in names)
    except ValueError:
        return None
    if not (wide > 0 and high > 0):
        return None
    return read_region([left / wide, top / high, (right - left) / wide, (bottom - top) / high])
