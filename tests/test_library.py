"""BioSight in Python programs: what the guide's page and the notebook promise."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

import biosight
from biosight.errors import BadPicture, BadRequest, NotFound
from biosight.library import Picture
from tests import tiny
from tests.conftest import Run, add_ada

GUIDE = Path(__file__).parents[1] / "docs/guide/python.md"
NOTEBOOK = Path(__file__).parents[1] / "docs/notebooks/pictures.ipynb"


@pytest.fixture
def model(model_dir: Path) -> Iterator[biosight.OpenModel]:
    with biosight.open_model(model_dir, threads=1) as opened:
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = []
    for number, colour in enumerate(["Red", "Green", "Blue"] * 4):
        made.append(tmp_path / f"{number}.jpg")
        made[-1].write_bytes(tiny.picture(colour, number))
    return made


def test_files_and_arrays_are_named_in_order(model: biosight.OpenModel, files: list[Path]) -> None:
    said = [answer.label for answer in model.classify(files)]
    assert said == ["Red", "Green", "Blue"] * 4
    arrays = [np.asarray(Pillow.open(f).convert("RGB")) for f in files]
    assert [answer.label for answer in model.classify(arrays)] == said
    (first,) = model.classify(files[:1])
    assert 0.5 < first.confidence <= 1
    assert first.guesses[0].label == "Red"
    assert model.labels == ("Red", "Green", "Blue")
    assert model.card.key == "tiny@1"


def test_what_cannot_be_read_says_why_and_stops_nothing(
    model: biosight.OpenModel, files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    absent = [tmp_path / "broken.jpg", tmp_path / "absent.jpg"]
    some: list[Picture] = [files[0], *absent, str(files[1])]
    found = list(model.classify(some))
    assert [bool(answer.error) for answer in found] == [False, True, True, False]
    assert [answer.label for answer in found] == ["Red", "", "", "Green"]
    with pytest.raises(BadPicture):
        model.embed(some)


def test_embeddings_are_those_of_the_network(model: biosight.OpenModel, files: list[Path]) -> None:
    found = model.embed(files)
    assert found.shape == (12, 3)
    assert found.dtype == np.float32
    assert found[:3].argmax(axis=1).tolist() == [0, 1, 2]
    assert model.embed([]).shape == (0, 3)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4)])
def test_other_arrays_are_refused_in_words(
    model: biosight.OpenModel, shape: tuple[int, ...]
) -> None:
    with pytest.raises(BadRequest, match="height, width, 3"):
        list(model.classify([np.zeros(shape, np.uint8)]))
    with pytest.raises(BadRequest, match="uint8"):
        list(model.classify([np.zeros((4, 4, 3), np.float32)]))


def test_models_go_by_name_or_folder() -> None:
    with biosight.open_model("cells", threads=1) as cells:
        assert cells.card.name == "cells"
    with pytest.raises(NotFound, match="With BioSight came cells, organisms"):
        biosight.open_model("moths")


def test_a_download_is_read(run: Run, tmp_path: Path, files: list[Path]) -> None:
    add_ada(run)
    run("import", files[0].parent)
    run("export", "--to", tmp_path / "out")
    rows = biosight.read_export(tmp_path / "out")
    assert len(rows) == 12
    assert {row["label"] for row in rows} == {"Red", "Green", "Blue"}
    assert biosight.read_export(tmp_path / "out" / "biosight.csv") == rows
    with pytest.raises(NotFound):
        biosight.read_export(tmp_path)


def test_commands_load_nothing_of_it() -> None:
    code = "import sys, biosight.cli; assert 'biosight.library' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def follow(code: str, place: Path, model_dir: Path) -> None:
    """Run code in a folder of pictures as its reader would, with a small model."""
    code = code.replace("open_model()", f"open_model({str(model_dir)!r})")
    subprocess.run([sys.executable, "-c", code], cwd=place, check=True, capture_output=True)


@pytest.fixture
def place(tmp_path: Path, run: Run, files: list[Path]) -> Path:
    """What the examples read: pictures, a download, and tables of biosight classify."""
    folder = tmp_path / "place" / "pictures"
    folder.mkdir(parents=True)
    for file in files:
        file.rename(folder / file.name)
    add_ada(run)
    run("import", folder)
    run("export", "--to", folder.parent / "download")
    run("classify", folder, "--to", folder.parent / "out.parquet", "--workers", 1)
    return folder.parent


def test_the_guides_examples_run(place: Path, model_dir: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        follow(block, place, model_dir)


def test_the_notebook_runs(place: Path, model_dir: Path) -> None:
    said = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cells = ["".join(c["source"]) for c in said["cells"] if c["cell_type"] == "code"]
    assert len(cells) >= 3
    assert all(not c.get("outputs") for c in said["cells"])
    follow("\n\n".join(cells), place, model_dir)


def test_every_column_of_the_tables_is_explained() -> None:
    from biosight.bulk.work import SCHEMA

    guide = GUIDE.read_text(encoding="utf-8")
    assert [name for name in SCHEMA.names if f"| `{name}` |" not in guide] == []
