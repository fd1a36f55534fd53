"""DetectorCard: the description of a detector's file, stored beside it as card.json.

Not here: running it (inference/detection/detector.py).
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from biosight.errors import BadModel
from biosight.subjects.box import SubjectKind

Form = Literal["nanodet", "yolox", "yolov5", "yolov8", "end-to-end", "rt-detr"]


class DetectorCard(BaseModel):
    """All data needed to run a detector and to judge it.

    `side` is that of its square input in pixels; a picture is fitted into it whole, at the upper
    left or in the middle, and the rest is filled with `fill` (0 to 255). Pixels are given in the
    order of `colours`, minus `mean`, divided by `std` (0 to 255, per channel in that order). `form`
    is how its output is written (inference/detection/output_forms.py), `strides` are those of its
    grids in pixels. `kinds` names its classes by number; classes that are in no kind are dropped.

    A picture with a human box of at least `human` that is surer than any animal's shows a person.
    The probability that a picture shows nothing is a logistic regression of the surest animal's
    score and of how much the whole and the closer look are like scenery: `emptiness` are its bias
    and the weights of these three as logarithms of their odds. From `empty` on, nothing is seen.
    `measured` holds figures by name, on the pictures that `measured_on` tells.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    version: str = Field(pattern=r"^[0-9a-zA-Z][0-9a-zA-Z._+-]{0,63}$")
    form: Form
    side: int = Field(ge=32, le=2048)
    strides: tuple[int, ...] = ()
    centred: bool = False
    fill: int = Field(0, ge=0, le=255)
    colours: Literal["RGB", "BGR"] = "RGB"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (255.0, 255.0, 255.0)
    kinds: dict[SubjectKind, tuple[int, ...]] = Field(min_length=1)
    human: float = Field(0.4, ge=0, le=1)
    emptiness: tuple[float, float, float, float] = (-3.0, -1.0, 0.5, 0.5)
    empty: float = Field(0.5, ge=0, le=1)
    sha256: str = ""
    trained_on: str = ""
    measured: dict[str, float] = Field(default_factory=dict)
    measured_on: str = ""
    weak_at: tuple[str, ...] = ()
    started_from: str = ""
    terms: str = ""

    @property
    def key(self) -> str:
        """Name of the version, as in detections."""
        return f"{self.name}@{self.version}"

    @property
    def classes(self) -> int:
        """How many classes its output has at least."""
        return 1 + max(number for own in self.kinds.values() for number in own)


def read_detector_card(folder: Path) -> DetectorCard:
    """Return the card in `folder`. Raises BadModel when it is absent or malformed."""
    try:
        return DetectorCard.model_validate_json((folder / "card.json").read_bytes())
    except FileNotFoundError as error:
        raise BadModel(f"{folder} has no card.json.") from error
    except ValidationError as error:
        raise BadModel(f"{folder / 'card.json'} is not a detector's card: {error}") from error


def write_detector_card(card: DetectorCard, folder: Path) -> None:
    (folder / "card.json").write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
