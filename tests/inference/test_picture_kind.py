"""What pictures are, by the cameras that took them."""

import pytest

from biosight.subjects.picture_kind import is_trail_camera, suggested_kind

TRAIL = ["RECONYX HC600", "Bushnell 119436C", "BROWNING BTC-7A", "Cuddeback", "Ltl Acorn 6210"]
OTHERS = ["Canon EOS R5", "NIKON D850", "Apple iPhone 15", "MINOX DCC 5.1", "", "Acornsoft"]


@pytest.mark.parametrize("camera", TRAIL)
def test_trail_cameras_are_known(camera: str) -> None:
    assert is_trail_camera(camera)


@pytest.mark.parametrize("camera", OTHERS)
def test_other_cameras_are_none(camera: str) -> None:
    assert not is_trail_camera(camera)


def test_most_pictures_must_be_of_trail_cameras() -> None:
    assert suggested_kind({"RECONYX HC600": 8, "Canon EOS R5": 2}) == "camera traps"
    assert suggested_kind({"RECONYX HC600": 7, "Canon EOS R5": 3}) == ""
    assert suggested_kind({"": 5}) == suggested_kind({}) == ""
