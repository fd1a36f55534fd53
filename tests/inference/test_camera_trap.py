"""A frame of a camera trap is looked at where the animal is; nothing and people are proposed."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from biosight.errors import BadPicture
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.detection.camera_trap import (
    LONGEST_SHORT_SIDE,
    Sighting,
    how_often,
    large_enough,
    look_at,
)
from biosight.inference.detection.detector import Detector
from biosight.inference.preprocess import Pixels
from biosight.subjects import Box
from biosight.subjects.strip import is_in_strip
from tests import tiny
from tests.detectors import Said, make_detector

ANIMAL: Said = ((48.0, 24.0, 60.0, 34.0), 1, 0.9)
FAINT: Said = ((48.0, 24.0, 60.0, 34.0), 1, 0.06)
MAN: Said = ((8.0, 4.0, 20.0, 30.0), 0, 0.8)
# Only the detector's score decides: the tiny model knows no scenery.
BY_SCORE: dict[str, Any] = {"emptiness": (0.0, -1.0, 0.0, 0.0), "empty": 0.6}


@pytest.fixture
def classifier(tmp_path: Path) -> Classifier:
    tiny.make_tree_model(tmp_path / "tree")
    return Classifier(tmp_path / "tree", 1)


def frame() -> Pixels:
    """A green frame of 16:9 with something red at its lower right."""
    green = tiny.picture("Green", 1, (320, 180))
    red = Pillow.open(io.BytesIO(tiny.picture("Crimson", 2, (110, 90))))
    made = Pillow.open(io.BytesIO(green)).convert("RGB")
    made.paste(red, (210, 90))
    return np.asarray(made)


def looked(
    tmp_path: Path, classifier: Classifier, *said: Said, seen: list[Pixels] | None = None
) -> Sighting:
    detector = Detector(make_detector(tmp_path / "detector", said, **BY_SCORE), 1)

    def classify(pixels: Pixels) -> Verdict:
        if seen is not None:
            seen.append(pixels)
        return classifier.predict(pixels[None])[0]

    boxes = detector.detect(frame())
    return look_at(frame(), boxes, detector.card, classifier, classify, lambda _: frame())


def test_the_animal_is_named_and_not_the_meadow(tmp_path: Path, classifier: Classifier) -> None:
    assert classifier.predict(tiny_square(classifier))[0].confidences.argmax() == 1, "green"
    found = looked(tmp_path, classifier, ANIMAL)
    assert found.closely
    assert classifier.answer(found.verdict).label == "Crimson"
    assert found.proposal == ""
    assert found.verdict.leaves is not None
    assert float(found.verdict.leaves.sum()) == pytest.approx(1, abs=1e-5)
    assert float(found.verdict.confidences.sum()) == pytest.approx(1, abs=1e-5)


def tiny_square(classifier: Classifier) -> Pixels:
    side = classifier.card.input_size
    return np.asarray(Pillow.fromarray(frame()).resize((side, side)))[None]


def test_without_a_box_the_whole_frame_is_classified(
    tmp_path: Path, classifier: Classifier
) -> None:
    seen: list[Pixels] = []
    found = looked(tmp_path, classifier, seen=seen)
    assert (found.closely, found.boxes, len(seen)) == (False, (), 1)
    assert classifier.answer(found.verdict).label == "Green"
    assert found.proposal == "empty"
    assert found.sureness == found.emptiness > 0.9


def test_a_faint_box_is_looked_at_and_still_nothing(tmp_path: Path, classifier: Classifier) -> None:
    found = looked(tmp_path, classifier, FAINT)
    assert (found.closely, found.proposal) == (True, "empty")


@pytest.mark.parametrize(
    ("said", "proposal"),
    [((MAN,), "human"), ((MAN, ANIMAL), ""), ((MAN, FAINT), "human")],
)
def test_a_person_is_proposed_unless_an_animal_is_surer(
    tmp_path: Path, classifier: Classifier, said: tuple[Said, ...], proposal: str
) -> None:
    found = looked(tmp_path, classifier, *said)
    assert found.proposal == proposal
    if proposal:
        assert found.sureness == pytest.approx(0.8, abs=0.01)


def test_a_small_animal_is_cut_from_a_larger_reading(classifier: Classifier) -> None:
    """The network sees 32 px; the area around the animal has a margin of 15 %."""
    asked: list[int] = []
    small = np.zeros((180, 320, 3), np.uint8)

    def read(short: int) -> Pixels:
        asked.append(short)
        return np.zeros((short, short * 16 // 9, 3), np.uint8)

    framing = classifier.card.framing
    tiny_box = Box(0.5, 0.5, 0.05, 0.05, "animal", 0.9)  # 16 px wide, 20.8 px with its margins
    seen = large_enough(small, tiny_box, framing, read)
    assert asked == [round(180 * framing.input_size / 20.8)]
    assert seen.shape[0] == asked[0]
    assert large_enough(small, Box(0.1, 0.1, 0.5, 0.5, "animal", 0.9), framing, read) is small
    assert large_enough(small, None, framing, read) is small
    faint = Box(0.5, 0.5, 0.05, 0.05, "animal", 0.1)
    assert large_enough(small, faint, framing, read) is small
    assert len(asked) == 1
    assert large_enough(np.zeros((900, 1600, 3), np.uint8), tiny_box, framing, read).shape[0] == 900

    def refuse(_: int) -> Pixels:
        raise BadPicture("too large")

    assert large_enough(small, tiny_box, framing, refuse) is small, "a smaller look is one too"
    large_enough(small, Box(0.5, 0.5, 0.001, 0.001, "animal", 0.9), framing, read)
    assert asked[1] == LONGEST_SHORT_SIDE


LOGO: Said = ((20.0, 33.0, 26.0, 35.8), 1, 0.9)


def test_the_strip_with_date_and_logo_is_no_subject(tmp_path: Path, classifier: Classifier) -> None:
    """The frame of 16:9 fills 64 x 36 px of the detector's square."""
    assert looked(tmp_path, classifier, LOGO).boxes == ()
    assert looked(tmp_path, classifier, LOGO).proposal == "empty"
    found = looked(tmp_path, classifier, LOGO, ANIMAL)
    assert [round(b.x, 2) for b in found.boxes] == [0.75]


@pytest.mark.parametrize(
    ("y", "height", "is_logo"),
    [(0.92, 0.08, True), (0.0, 0.05, True), (0.9, 0.06, False), (0.7, 0.3, False)],
)
def test_an_animal_at_the_edge_reaches_out_of_the_strip(
    y: float, height: float, is_logo: bool
) -> None:
    assert is_in_strip(Box(0.4, y, 0.1, height, "animal", 0.5)) is is_logo


def test_camera_traps_see_mammals_most_and_plants_are_no_animals() -> None:
    seen = how_often(["Mammalia", "Aves", "Plantae"])
    assert seen[0] > seen[1] > seen[2] == 0
    assert how_often(["Mammalia", "Rodents", "Plantae"]).tolist() == [1, 1, 0], "a tree of others"
