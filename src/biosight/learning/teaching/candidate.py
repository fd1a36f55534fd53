"""Files of a taught model: its network, its card and its reference.

Not here: choosing examples and fitting (teach.py).
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy2

import numpy as np
import numpy.typing as npt

from biosight.inference.head import Head, write_head
from biosight.inference.model_files.card import (
    CardLabel,
    ModelCard,
    write_card,
)
from biosight.learning.gate_report import values
from biosight.learning.teaching.leaves import (
    Grown,
)
from biosight.taxa.naming import Naming

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Example:
    """A picture that a person named, with its embedding (d,). Pictures with the same `group` share
    an upload or a deployment, those with the same `alike` are near-duplicates (folds.py). `line` is
    the model's names from the top of the tree down to the label. A `locked` picture judges and
    never teaches."""

    image: str
    label: str
    group: str
    embedding: Floats
    line: tuple[str, ...] = ()
    locked: bool = False
    alike: str = ""

    @property
    def keys(self) -> tuple[str, str]:
        """What keeps pictures together in a fold: widely, and narrowly."""
        return self.group, self.alike or self.image


@dataclass(frozen=True, slots=True)
class Assignment:
    """What to teach: the folder of a base version, the labels to add by the model's own names, the
    family's name and release, and the names and tree of the collection."""

    folder: Path
    labels: tuple[str, ...]
    name: str
    release: str
    naming: Naming = field(default_factory=Naming)


def write_candidate(
    lesson: Assignment,
    base: ModelCard,
    head: Head,
    names: Sequence[str],
    chosen: Sequence[Example],
    report: values.GateReport,
    target: Path,
    made: Grown | None = None,
) -> None:
    """Write the folder: the base's network, the new head, the card, and the pictures that taught
    it."""
    target.mkdir(parents=True, exist_ok=True)
    copy2(lesson.folder / "model.onnx", target / "model.onnx")
    write_head(head, target)
    known = {label.name: label for label in base.labels}
    counts = Counter(e.label for e in chosen)
    words = ", ".join(f"{n} {label}" for label, n in counts.most_common())
    card = base.model_copy(
        update={
            "name": lesson.name,
            "version": lesson.release,
            "labels": tuple(known.get(name) or CardLabel(name=name) for name in names),
            **({"taxa": made.taxa, "leaves": made.leaves} if made else {}),
            "base": base.space,
            "trained_on": f"The head of {base.key}, refitted here on confirmed pictures: {words}; "
            f"and on a sample of what {base.key} learnt. {base.trained_on}",
            "measured_on": f"{report.pictures:,} pictures: {report.measured_on}",
            "measured": {
                "held_pictures": float(report.pictures),
                "held_accuracy": round(report.candidate_accuracy, 4),
                "held_ece": round(report.candidate_ece, 4),
            },
        }
    )
    write_card(card, target)
    (target / "training.json").write_text(json.dumps([[e.image, e.label] for e in chosen]))


def write_reference_for(folder: Path, logits: Floats, target: Path) -> None:
    """Write the base's reference with the candidate's logits of the held pictures (n, labels)."""
    with np.load(folder / "reference.npz", allow_pickle=False) as arrays:
        kept = {name: arrays[name] for name in arrays.files}
    kept["held_logits"] = logits.astype(np.float16)
    np.savez_compressed(target / "reference.npz", allow_pickle=False, **kept)
