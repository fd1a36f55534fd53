"""Nothing can be recognised in a part that is blurred, and the rest of the picture stays."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as Pillow

from biosight.images.blurring import blur, with_margin


def chequered(width: int = 200, height: int = 120) -> Pillow.Image:
    """A board of black and white squares of 4 px."""
    rows, columns = np.indices((height, width)) // 4
    board = (((rows + columns) % 2) * 255).astype(np.uint8)
    return Pillow.fromarray(np.stack([board] * 3, axis=2))


def contrast(pixels: npt.NDArray[np.uint8]) -> float:
    return float(pixels.astype(float).std())


def test_the_part_loses_its_squares_and_the_rest_keeps_them() -> None:
    seen = np.asarray(blur(chequered(), [(0.25, 0.25, 0.2, 0.4)]))
    assert contrast(seen[30:78, 50:90]) < 12
    assert (seen[:, 120:] == np.asarray(chequered())[:, 120:]).all()
    assert contrast(seen[:, 120:]) > 120


def test_a_margin_is_blurred_too_and_ends_at_the_edge() -> None:
    assert with_margin((0.5, 0.5, 0.2, 0.1), (100, 100)) == (47, 47, 73, 63)
    assert with_margin((0.0, 0.0, 1.0, 1.0), (100, 50)) == (0, 0, 100, 50)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3)])
def test_a_picture_of_any_size_is_blurred_as_a_whole(size: tuple[int, int]) -> None:
    seen = blur(chequered(*size), [(0.0, 0.0, 1.0, 1.0)])
    assert seen.size == size
    assert contrast(np.asarray(seen)) < 130


def test_without_parts_nothing_changes() -> None:
    assert (np.asarray(blur(chequered(), [])) == np.asarray(chequered())).all()
