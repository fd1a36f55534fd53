"""Detectors of every form find the same boxes, whatever the picture's shape."""

from pathlib import Path

import numpy as np
import pytest

from biosight.errors import BadModel
from biosight.inference.detection.detector import Detector, fitted
from biosight.subjects import Box
from biosight.subjects.area import around
from biosight.subjects.box import distinct, iou, surest
from tests.detectors import SIDE, WRITERS, Said, card_of, make_detector

DOG: Said = ((8.0, 4.0, 40.0, 28.0), 1, 0.9)
MAN: Said = ((40.0, 8.0, 56.0, 32.0), 0, 0.6)
WIDE = np.zeros((90, 160, 3), np.uint8)  # fitted to 64 x 36


@pytest.mark.parametrize("writer", WRITERS)
def test_every_form_says_the_same_boxes(tmp_path: Path, writer: str) -> None:
    found = Detector(make_detector(tmp_path, [DOG, MAN], writer), 1).detect(WIDE)
    assert [b.kind for b in found] == ["animal", "human"]
    dog = found[0]
    assert (dog.x, dog.y) == pytest.approx((8 / 64, 4 / 36), abs=0.01)
    assert (dog.width, dog.height) == pytest.approx((32 / 64, 24 / 36), abs=0.01)
    assert dog.score == pytest.approx(0.9, abs=0.01)


def test_a_picture_in_the_middle_of_the_input_has_its_boxes_moved_back(tmp_path: Path) -> None:
    said: Said = ((8.0, 14.0 + 4.0, 40.0, 14.0 + 28.0), 1, 0.9)
    [dog] = Detector(make_detector(tmp_path, [said], centred=True), 1).detect(WIDE)
    assert (dog.x, dog.y) == pytest.approx((8 / 64, 4 / 36), abs=0.01)


def test_boxes_end_where_the_picture_ends(tmp_path: Path) -> None:
    said: Said = ((-5.0, 30.0, 30.0, 60.0), 1, 0.9)
    [dog] = Detector(make_detector(tmp_path, [said]), 1).detect(WIDE)
    assert dog.x == 0
    assert dog.y + dog.height <= 1.0001


def test_the_input_is_the_whole_picture_in_the_colours_of_the_card() -> None:
    picture = np.zeros((32, 64, 3), np.uint8)
    picture[..., 0] = 200  # red
    card = card_of("yolov8", colours="BGR", fill=114, mean=(1, 2, 3), std=(2, 2, 2))
    batch, scale, offset = fitted(picture, card)
    assert (batch.shape, scale, offset) == ((1, 3, SIDE, SIDE), 1.0, (0, 0))
    assert batch[0, :, 0, 0].tolist() == [-0.5, -1.0, (200 - 3) / 2]
    assert batch[0, :, -1, 0].tolist() == [(114 - 1) / 2, (114 - 2) / 2, (114 - 3) / 2]


def test_a_card_of_another_form_is_told(tmp_path: Path) -> None:
    folder = make_detector(tmp_path, [DOG], "end-to-end")
    card = (folder / "card.json").read_text()
    (folder / "card.json").write_text(card.replace('"end-to-end"', '"nanodet"'))
    with pytest.raises(BadModel):
        Detector(folder, 1).detect(WIDE)


@pytest.mark.parametrize("fault", ["no card", "no file", "other file", "no kinds"])
def test_a_folder_that_is_no_detector_is_told(tmp_path: Path, fault: str) -> None:
    folder = make_detector(tmp_path, [DOG])
    card = folder / "card.json"
    if fault == "no card":
        card.unlink()
    if fault == "no file":
        (folder / "model.onnx").unlink()
    if fault == "other file":
        (folder / "model.onnx").write_bytes(b"other")
    if fault == "no kinds":
        card.write_text('{"name": "x", "version": "1", "form": "yolov8", "side": 64, "kinds": {}}')
    with pytest.raises(BadModel):
        Detector(folder, 1)


def test_boxes_that_repeat_a_surer_one_are_dropped() -> None:
    first = Box(0.1, 0.1, 0.4, 0.4, "animal", 0.5)
    surer = Box(0.12, 0.1, 0.4, 0.4, "animal", 0.7)
    man = Box(0.12, 0.1, 0.4, 0.4, "human", 0.6)
    apart = Box(0.6, 0.6, 0.2, 0.2, "animal", 0.3)
    assert iou(first, surer) > 0.6
    assert iou(first, apart) == 0
    head = Box(0.3, 0.12, 0.1, 0.1, "animal", 0.6)
    assert iou(head, surer) < 0.1, "a part of the animal"
    assert distinct([first, surer, man, apart, head]) == (surer, man, apart)
    assert surest([first, surer, man], "human") == man
    assert surest([first], "vehicle") is None


def test_the_area_is_a_square_inside_the_picture() -> None:
    box = Box(0.9, 0.4, 0.1, 0.2, "animal", 1)
    area = around(box, 1000, 500, 0.15)
    assert (area.right - area.left, area.bottom - area.top) == pytest.approx((130, 130))
    assert area.right == 1000
    whole = around(Box(0, 0, 1, 1, "animal", 1), 1000, 500, 0.15)
    assert (whole.left, whole.top, whole.right, whole.bottom) == (0, 0, 1000, 500)
