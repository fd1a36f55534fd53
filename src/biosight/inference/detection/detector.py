"""Detector: one detector folder; whole pictures -> boxes around animals, people and vehicles.

Not here: reading the forms of its output (output_forms.py), or what is made of the boxes
(subjects).
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from biosight.errors import BadModel
from biosight.inference.detection.output_forms import read_outputs
from biosight.inference.model_files.card import file_sha256
from biosight.inference.model_files.detector_card import DetectorCard, read_detector_card
from biosight.inference.network import open_network
from biosight.inference.preprocess import Pixels
from biosight.subjects.box import Box, distinct

log = logging.getLogger(__name__)
LOOK_SECONDS = 5.0
# Below this score, a box says nothing.
LEAST_SCORE = 0.05
MOST_BOXES = 100


class Detectors:
    """The detector that serves, opened when it is first asked for, since few servers need it. Any
    thread may ask.

    `serving` says which version it is, and is asked every LOOK_SECONDS, because other instances
    promote versions too.
    """

    def __init__(
        self, locate: Callable[[str], Path], serving: Callable[[], str], threads: int | None = None
    ) -> None:
        self.locate = locate
        self.serving = serving
        self.threads = threads
        self.opened: Detector | None = None
        self.looked = -LOOK_SECONDS
        self.lock = threading.Lock()

    def get(self) -> "Detector":
        """Return the detector. Raises BadModel or NotFound."""
        with self.lock:
            now = time.monotonic()
            if self.opened is None or now - self.looked >= LOOK_SECONDS:
                self.looked = now
                self.opened = self.current(self.opened)
            return self.opened

    def current(self, before: "Detector | None") -> "Detector":
        """Return the detector that serves now, which may be the one before. One that can't be
        opened leaves the one before in its place, with a log entry."""
        try:
            key = self.serving()
            if before is not None and before.card.key == key:
                return before
            return Detector(self.locate(key), self.threads)
        except Exception:  # a database or a disk may fail; the one before looks on
            if before is None:
                raise
            log.exception("a detector can't be opened")
            return before


class Detector:
    """A detector folder opened for inference, for any thread. Raises BadModel."""

    def __init__(self, folder: Path, threads: int | None = None, provider: str = "cpu") -> None:
        self.folder = folder
        self.card: DetectorCard = read_detector_card(folder)
        model = folder / "model.onnx"
        if not model.is_file():
            raise BadModel(f"{folder} has no model.onnx.")
        if self.card.sha256 and file_sha256(model) != self.card.sha256:
            raise BadModel(f"{model} is not the file its card describes (SHA-256 differs).")
        self.session = open_network(model, threads, provider)
        wanted = self.session.get_inputs()[0]
        self.input = wanted.name
        self.precision = np.float16 if wanted.type == "tensor(float16)" else np.float32

    def detect(self, reading: Pixels) -> tuple[Box, ...]:
        """Return the boxes in one upright RGB picture (height, width, 3), the surest first. Raises
        BadModel for a file whose output is not what its card says."""
        batch, scale, offset = fitted(reading, self.card)
        asked = {self.input: batch.astype(self.precision, copy=False)}
        outputs = [np.asarray(o, np.float32) for o in self.session.run(None, asked)]
        corners, scores = read_outputs(outputs, self.card)
        height, width = reading.shape[:2]
        places = (corners[0] - np.array([*offset, *offset], np.float32)) / np.float32(scale)
        return self.boxes(places / np.array([width, height] * 2, np.float32), scores[0])

    def boxes(
        self, places: npt.NDArray[np.float32], scores: npt.NDArray[np.float32]
    ) -> tuple[Box, ...]:
        """Return boxes for corners (points, 4) as shares of the picture, and scores (points,
        classes)."""
        places = np.clip(places, 0, 1)
        found: list[Box] = []
        for kind, numbers in self.card.kinds.items():
            own = scores[:, list(numbers)].max(axis=1)
            order = np.argsort(-own, kind="stable")[:MOST_BOXES]
            for i in order[own[order] >= LEAST_SCORE]:
                x, y, right, bottom = (round(float(v), 4) for v in places[i])
                if right > x and bottom > y:
                    size = (round(right - x, 4), round(bottom - y, 4))
                    found.append(Box(x, y, *size, kind, round(min(1.0, float(own[i])), 4)))
        return distinct(found)[:MOST_BOXES]


def fitted(
    reading: Pixels, card: DetectorCard
) -> tuple[npt.NDArray[np.float32], float, tuple[int, int]]:
    """Return the input (1, 3, side, side) with the whole picture in it, the scale, and how far it
    was moved right and down, in pixels."""
    height, width = reading.shape[:2]
    scale = card.side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = Pillow.fromarray(reading).resize(size, Pillow.Resampling.BILINEAR, reducing_gap=2.0)
    offset = ((card.side - size[0]) // 2, (card.side - size[1]) // 2) if card.centred else (0, 0)
    canvas = np.full((card.side, card.side, 3), card.fill, np.float32)
    canvas[offset[1] : offset[1] + size[1], offset[0] : offset[0] + size[0]] = np.asarray(small)
    if card.colours == "BGR":
        canvas = canvas[:, :, ::-1]
    batch = (canvas - np.array(card.mean, np.float32)) / np.array(card.std, np.float32)
    return np.ascontiguousarray(batch.transpose(2, 0, 1)[None]), scale, offset
