"""What counts as one draw: uploads, or their folders and days where those count apart."""

from dataclasses import replace

import numpy as np
import pytest

from biosight.bootstrap import BioSight
from biosight.drift.draws import by_folder_and_day, by_session, counts_apart
from biosight.drift.window import draws_of, one_a_draw
from biosight.images import Embedding, Image
from biosight.storage.records import Insert, new_id
from tests.publishing.test_table import IMAGE

POND = "pond"


def survey(biosight: BioSight, uploads: int, folders: int, *, alike: bool) -> None:
    """Uploads of folders with two pictures each; with `alike` an upload's folders look alike."""
    dice = np.random.default_rng(1)
    writes: list[Insert] = []
    for upload in range(uploads):
        look = dice.normal(0, 1, 16)
        for folder in range(folders):
            about = look if alike else dice.normal(0, 1, 16)
            for n in range(2):
                writes += picture(f"s{upload}", f"card {folder}/{n}.jpg", about, dice)
    biosight.archive.records.write(*writes)


def picture(
    session: str,
    path: str,
    about: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]",
    dice: np.random.Generator,
) -> list[Insert]:
    """A picture by its record alone, that looks about so."""
    id = new_id()
    vector = about + dice.normal(0, 0.1, len(about))
    image = replace(
        IMAGE, id=id, collection=POND, sha256=id, session=session, path=path, taken_file=""
    ).in_step
    seen = replace(image, lottery=float(dice.random()))
    return [Insert(seen), Insert(Embedding.of(id, "m@1", vector))]


@pytest.mark.parametrize(("alike", "draws"), [(False, 40), (True, 10)])
def test_folders_count_where_they_differ_as_uploads_do(
    biosight: BioSight, alike: bool, draws: int
) -> None:
    survey(biosight, 10, 4, alike=alike)
    records = biosight.archive.records
    draw = draws_of(records, POND, "m@1")
    assert draw is (by_session if alike else by_folder_and_day)
    found = one_a_draw(records, POND, "m@1", draw, newest=True, draws=200)
    assert len(found) == draws


def test_many_uploads_need_no_folders(biosight: BioSight) -> None:
    survey(biosight, 130, 2, alike=False)
    assert draws_of(biosight.archive.records, POND, "m@1") is by_session


def test_one_upload_can_tell_nothing(biosight: BioSight) -> None:
    survey(biosight, 1, 40, alike=False)
    assert draws_of(biosight.archive.records, POND, "m@1") is by_session


def test_days_count_as_folders_do() -> None:
    first = replace(IMAGE, session="s", taken="2026-05-01T10:00:00")
    assert isinstance(first, Image)
    later = replace(first, taken="2026-05-02T10:00:00")
    assert by_folder_and_day(first) != by_folder_and_day(later)
    assert by_session(first) == by_session(later)


def test_few_draws_do_not_count_apart() -> None:
    vectors = np.eye(12)
    assert not counts_apart(vectors, [str(n // 2) for n in range(12)])
