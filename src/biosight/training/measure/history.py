"""The history of a training run as CSV: the loss of each step, and the figures of each check.

Not here: the run (training/train.py), or its checkpoints.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from biosight.errors import BadModel

STEPS, CHECKS = "steps.csv", "checks.csv"
COLUMNS = ("step", "rate", "loss")


class Scalars(Protocol):
    """What takes figures by name and step: TensorBoard's SummaryWriter."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None: ...

    def close(self) -> None: ...


def open_tensorboard(folder: Path) -> Scalars:
    """Return a writer of TensorBoard's files below `folder`. Raises BadModel in words where
    TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise BadModel("TensorBoard is not installed: pip install 'biosight[curves]'.") from error
    writer: Scalars = SummaryWriter(str(folder / "tensorboard"))
    return writer


class RunHistory:
    """The files of a run below `folder`. A run that goes on after `step` drops what was written
    beyond that step, since it does those steps again. `tensorboard` also gets every figure."""

    def __init__(self, folder: Path, step: int = 0, tensorboard: Scalars | None = None) -> None:
        self.folder = folder
        self.tensorboard = tensorboard
        kept = [row for row in read_steps(folder) if int(row[0]) <= step]
        self.file = (folder / STEPS).open("w", newline="", encoding="utf-8")
        self.rows = csv.writer(self.file)
        self.rows.writerow(COLUMNS)
        self.rows.writerows(kept)

    def note(self, step: int, rate: float, loss: float) -> None:
        """Add a step with its learning rate and its loss."""
        self.rows.writerow((step, f"{rate:.6g}", f"{loss:.6g}"))
        self.tell({"rate": rate, "loss": loss}, step)

    def tell(self, figures: Mapping[str, float], step: int) -> None:
        """Give figures to TensorBoard, if it listens."""
        if self.tensorboard is None:
            return
        for name, figure in figures.items():
            self.tensorboard.add_scalar(name, figure, step)

    def note_checks(self, checks: Sequence[Mapping[str, float]]) -> None:
        """Write all checks so far, and the steps up to the last one."""
        self.file.flush()
        columns = list(dict.fromkeys(name for check in checks for name in check))
        with (self.folder / CHECKS).open("w", newline="", encoding="utf-8") as file:
            rows = csv.DictWriter(file, columns)
            rows.writeheader()
            rows.writerows(checks)
        last = dict(checks[-1])
        self.tell({f"check/{k}": v for k, v in last.items() if k != "step"}, int(last["step"]))

    def close(self) -> None:
        """Close the steps, and TensorBoard's file."""
        self.file.close()
        if self.tensorboard:
            self.tensorboard.close()


def read_checks(folder: Path) -> list[dict[str, str]]:
    """Return the checks that a run has made, by column; none before its first."""
    try:
        with (folder / CHECKS).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return []


def read_steps(folder: Path) -> list[list[str]]:
    """Return the steps that a run has written; none before its first."""
    try:
        with (folder / STEPS).open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file))[1:]
    except FileNotFoundError:
        return []
