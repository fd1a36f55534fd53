"""The history of a training run as CSV: the loss of each step, and the figures of each check.

Not here: the run (training/train.py), or its checkpoints.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

STEPS, CHECKS = "steps.csv", "checks.csv"
COLUMNS = ("step", "rate", "loss")


class RunHistory:
    """The files of a run below `folder`. A run that goes on after `step` drops what was written
    beyond that step, since it does those steps again."""

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.folder = folder
        kept = [row for row in read_steps(folder) if int(row[0]) <= step]
        self.file = (folder / STEPS).open("w", newline="", encoding="utf-8")
        self.rows = csv.writer(self.file)
        self.rows.writerow(COLUMNS)
        self.rows.writerows(kept)

    def note(self, step: int, rate: float, loss: float) -> None:
        """Add a step with its learning rate and its loss."""
        self.rows.writerow((step, f"{rate:.6g}", f"{loss:.6g}"))

    def note_checks(self, checks: Sequence[Mapping[str, float]]) -> None:
        """Write all checks so far, and the steps up to the last one."""
        self.file.flush()
        columns = list(dict.fromkeys(name for check in checks for name in check))
        with (self.folder / CHECKS).open("w", newline="", encoding="utf-8") as file:
            rows = csv.DictWriter(file, columns)
            rows.writeheader()
            rows.writerows(checks)

    def close(self) -> None:
        """Close the file of steps."""
        self.file.close()


def read_steps(folder: Path) -> list[list[str]]:
    """Return the steps that a run has written; none before its first."""
    try:
        with (folder / STEPS).open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file))[1:]
    except FileNotFoundError:
        return []
