"""Files of a version: kept in the store by hash, copied into a folder when they are needed.

Not here: which version serves (model_version.py), or opening one (inference).
"""

from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from biosight.errors import NotFound
from biosight.inference.model_files.card import read_card, write_card
from biosight.inference.model_files.detector_card import write_detector_card
from biosight.registry.model_version import ModelVersion, add
from biosight.storage.blobs import keys
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records

MODEL_FILES = ("model.onnx", "model.tflite", "head.npz", "reference.npz", "training.json")


def keep(
    records: Records,
    blobs: Blobs,
    folder: Path,
    *,
    by: str = "",
    collection: str = "",
    report: str = "",
) -> ModelVersion:
    """Store the model in `folder` and record it as a candidate. Raises Conflict or NoSpace."""
    files = store_files(blobs, folder)
    card = read_card(folder)
    return add(records, card, files=files, by=by, collection=collection, report=report)


def store_files(blobs: Blobs, folder: Path) -> tuple[tuple[str, str], ...]:
    """Put a model's files into the store; return their names and hashes. Raises NoSpace."""
    files = []
    for name in MODEL_FILES:
        if not (folder / name).is_file():
            continue
        with (folder / name).open("rb") as file:
            received = blobs.receive(file)
        blobs.keep(received.path, keys.model(received.sha256))
        files.append((name, received.sha256))
    return tuple(files)


def materialise(blobs: Blobs, version: ModelVersion, root: Path) -> Path:
    """Return the folder of a version's files below `root`; copy them from the store where it does
    not exist yet.

    Raises NotFound when the store has lost them.
    """
    folder = root / version.id
    if not version.files:
        raise NotFound(f"The model {version.id} came with another version of BioSight.")
    if folder.is_dir():
        return folder
    root.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(prefix=".", dir=root))
    try:
        for name, sha256 in version.files:
            (part / name).write_bytes(blobs.read(keys.model(sha256)))
        write_cards(version, part)
        with suppress(OSError):  # another process may have been faster
            part.replace(folder)
    finally:
        rmtree(part, ignore_errors=True)
    return folder


def write_cards(version: ModelVersion, folder: Path) -> None:
    """Write the card that opening the version's file needs."""
    if version.card.detector:
        write_detector_card(version.card.detector, folder)
    else:
        write_card(version.card, folder)


def forget_files(blobs: Blobs, gone: list[str], files: set[str], root: Path) -> None:
    """Remove the folders of versions that are gone, and the bytes that no other version has."""
    for sha256 in files:
        blobs.remove(keys.model(sha256))
    for key in gone:
        rmtree(root / key, ignore_errors=True)
