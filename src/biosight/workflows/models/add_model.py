"""Add a classifier that somebody else made: check it, run it once, and keep it as a candidate.

The command line and the browser both use this. Not here: the checks
(inference/model_files/arrival.py), their process (inference/model_files/trial.py), experts
(cli/models/experts.py), or serving.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from biosight import registry
from biosight.bootstrap import Archive
from biosight.errors import BadModel
from biosight.inference.model_files.arrival import Arrived
from biosight.inference.model_files.card import CardLabel, ModelCard
from biosight.inference.model_files.trial import tried_classifier, tried_export
from biosight.registry import MODEL_FILES, ModelVersion

Three = tuple[float, float, float]
# Mean and standard deviation per channel that most networks trained on ImageNet expect.
MEAN: Three = (0.485, 0.456, 0.406)
STD: Three = (0.229, 0.224, 0.225)


def card_for(
    name: str,
    release: str,
    labels: Sequence[str],
    file: str,
    *,
    size: int = 224,
    resize: int = 0,
    mean: Three = MEAN,
    std: Three = STD,
) -> ModelCard:
    """Return the card of a model that came as `file`. Raises BadModel.

    `size` is the side of the input and `resize` the short side before the crop (0: size / 0.875),
    both in pixels. `mean` and `std` are per channel, from 0 to 1.
    """
    if len(labels) != len(set(labels)) or len(labels) < 2:
        raise BadModel("Give at least two labels, each once, in the order of the outputs.")
    try:
        return ModelCard(
            name=name,
            version=release,
            arch=f"brought as {file}",
            labels=tuple(CardLabel(name=n) for n in labels),
            input_size=size,
            resize_short=resize or round(size / 0.875),
            mean=mean,
            std=std,
            embedding_size=1,
        )
    except ValueError as error:
        raise BadModel(f"These values do not make a model card: {error}") from error


def add_model(
    archive: Archive, file: Path, card: ModelCard, layout: str, by: str = ""
) -> tuple[ModelVersion, Arrived]:
    """Check a classifier, open it as it will be opened when it serves, and keep it as a candidate.
    Return the candidate and the facts found about it. Raises BadModel, Conflict if the version
    exists already, or NoSpace."""
    with TemporaryDirectory() as folder:
        found = tried_classifier(file, card, layout, Path(folder))
        return registry.keep(archive.records, archive.blobs, Path(folder), by=by), found


def add_exported(archive: Archive, folder: Path, by: str = "") -> tuple[ModelVersion, float]:
    """Check a model folder that BioSight wrote, and keep all its files as a candidate. Return the
    candidate and the seconds for one picture. Raises the same errors as `add_model`."""
    with TemporaryDirectory() as copy:
        seconds = tried_export(folder, MODEL_FILES, Path(copy))
        return registry.keep(archive.records, archive.blobs, Path(copy), by=by), seconds


def listed_labels(text: str) -> list[str]:
    """Return the labels of a comma-separated list, or one per line if there are several lines."""
    lines = text.splitlines()
    given = lines if len(lines) > 1 else text.split(",")
    return [label.strip() for label in given if label.strip()]
