"""Screenshots of two revisions are compared: what differs is found, marked and shown."""

from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from docs.shots import BY_CHANCE, FORMS, PAGES, Change, differences, write_page


def shot(path: Path, *, moved: int = 0) -> None:
    picture = Pillow.new("RGB", (200, 100), "white")
    ImageDraw.Draw(picture).rectangle((20 + moved, 20, 60 + moved, 60), fill="black")
    path.parent.mkdir(exist_ok=True)
    picture.save(path)


def test_what_differs_is_found_and_marked(tmp_path: Path) -> None:
    before, after, marked = (tmp_path / part for part in ("before", "after", "marked"))
    for folder in (before, after):
        shot(folder / "same.png")
    shot(before / "moved.png")
    shot(after / "moved.png", moved=5)
    shot(after / "new.png")
    shot(before / "gone.png")
    found = differences(before, after, marked)
    assert [c.file for c in found] == ["gone.png", "new.png", "moved.png"]
    assert found[-1].share == pytest.approx(2 * 5 * 41 / 20_000)
    assert [p.name for p in marked.iterdir()] == ["moved.png"]
    write_page(tmp_path, found, 4, "a<b")
    page = (tmp_path / "index.html").read_text()
    assert "3 of 4 screenshots differ from a&lt;b." in page
    assert page.count("<h2>") == 3
    assert 'src="marked/moved.png"' in page
    assert 'src="before/new.png"' not in page


def test_some_25_pages_have_four_forms() -> None:
    assert (len(FORMS), len(PAGES) >= 25, PAGES.keys() >= BY_CHANCE) == (4, True, True)
    assert Change("a.png", 1.0).share == 1
