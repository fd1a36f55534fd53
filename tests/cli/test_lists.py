"""A checklist says which names may be answered: sort --list and classify --list."""

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests import tiny
from tests.conftest import Run


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    tiny.make_tree_model(tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Crimsons and blues; a list that has scarlet, and a name that the model can't tell."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number, colour in enumerate(("Crimson", "Crimson", "Blue")):
        (folder / f"{colour}{number}.jpg").write_bytes(tiny.picture(colour, number))
    (tmp_path / "list.csv").write_text(
        "scientificName,taxonRank,parentNameUsage\nScarlet,order,Red\nAzure,order,Blue\n"
    )
    return folder


def test_sort_answers_names_of_the_list_alone(run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("sort", folder, "--into", out, "--list", tmp_path / "list.csv")
    assert "Of the 2 names on the list, this model can tell 1; 1 are answered" in done.output
    with (out / "biosight.csv").open(encoding="utf-8-sig", newline="") as file:
        labels = sorted(row["label"] for row in csv.DictReader(file))
    assert labels == ["Blue", "Scarlet", "Scarlet"]


def test_classify_writes_tables_of_their_own_for_a_list(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    def labels(to: Path) -> list[str]:
        return sorted(
            row["label"] for f in to.glob("*.parquet") for row in pq.read_table(f).to_pylist()
        )

    freely, listed = tmp_path / "freely", tmp_path / "listed"
    run("classify", folder, "--to", freely, "--workers", 1)
    run("classify", folder, "--to", listed, "--workers", 1, "--list", tmp_path / "list.csv")
    assert labels(freely) == ["Blue", "Crimson", "Crimson"]
    assert labels(listed) == ["Blue", "Scarlet", "Scarlet"]
    assert {f.name for f in freely.iterdir()}.isdisjoint(f.name for f in listed.iterdir())
